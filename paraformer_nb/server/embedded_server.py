"""The WebSocket server of the embedded service."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from ..dashscope.redaction import redact_log_record
from ..dashscope.server_protocol import ENGINE_HEADER, NOTICE_HEADER, Refusal
from .connection import Connection
from .engines.base import Engine, EngineKind
from .faults import Fault, FaultSchedule
from .faulty_wire import with_faults
from .limits import Limits
from .log import log
from .task import TaskRefused
from .wire import LimitedConnection, SocketWire

PATH = "/api-ws/v1/inference"
# Bytes in the kernel per socket: with more, a client sees audio as sent long before it is processed.
_BUFFER = 32 * 1024
# × `Limits.frame`: up to here a client gets an error message; beyond it the connection just ends (1009).
_OVERSIZE = 4
logger = logging.getLogger("paraformer_nb.server.websocket")
logger.setLevel(logging.WARNING)
logger.addFilter(redact_log_record)
# websockets logs an error with a traceback if a client disconnects or sends anything but HTTP during the handshake.
logger.addFilter(lambda record: record.msg not in ("unexpected internal error", "opening handshake failed"))


class EmbeddedServer:
    """The embedded service. Once it is started, `url` and `api_key` are what a client needs.

    Args:
        kind: the engine's kind; its name and notice are sent to clients.
        engine: the recogniser, an engine of this kind.
        api_key: the key that clients must send.
        faults: faults to inject.
        limits: time and size limits.

    Attributes:
        kind: as given.
        api_key: as given.
    """

    def __init__(
        self,
        kind: EngineKind,
        engine: Engine,
        api_key: str,
        *,
        faults: Sequence[Fault] = (),
        limits: Limits | None = None,
    ) -> None:
        self.kind = kind
        self.api_key = api_key
        self._engine = engine
        self._limits = limits or Limits()
        self._faults = FaultSchedule(faults)
        self._server: Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._task_count = 0

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The addresses and ports that it listens on; none before `start`."""
        return [sock.getsockname() for sock in self._server.sockets] if self._server else []

    @property
    def url(self) -> str:
        """The address for clients, once it is started."""
        return f"ws://127.0.0.1:{self.addresses[0][1]}{PATH}"

    @property
    def connection_count(self) -> int:
        """Connections that are open or being closed."""
        return len(self._connections)

    @property
    def task_count(self) -> int:
        """Tasks that are running."""
        return self._task_count

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 selects a free one. Raises OSError if the port is in use."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            raise
        # No pings: the vendor's SDKs do not answer them while a microphone pauses, and every wait has its own timeout.
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=self._check_request,
            process_response=self._add_headers,
            compression=None,
            max_size=_OVERSIZE * self._limits.frame,
            max_queue=4,
            server_header=None,
            open_timeout=self._limits.handshake,
            close_timeout=self._limits.close,
            ping_interval=None,
            logger=logger,
            create_connection=partial(LimitedConnection, limits=self._limits),  # type: ignore[arg-type]  # a factory
        )
        await self._engine.open()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
            for task in self._connections:
                task.cancel()
            await self._server.wait_closed()
            await self._engine.close()

    async def _serve(self, socket: ServerConnection) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            wire = with_faults(SocketWire(socket, self._limits), self._faults.next_connection())
            await Connection(wire, self._engine, self.kind, self._limits, self._admit).serve()
        finally:
            self._connections.discard(task)

    @contextmanager
    def _admit(self) -> Iterator[None]:
        """Count a running task. Raises TaskRefused if there are too many."""
        if self._task_count >= self._limits.tasks:
            raise TaskRefused(Refusal("Throttling", "Requests throttling triggered."))
        self._task_count += 1
        try:
            yield
        finally:
            self._task_count -= 1

    # ------------------------------------------------------------------------------------------------- the handshake

    def _check_request(self, socket: ServerConnection, request: Request) -> Response | None:
        """Return the response to a handshake that is refused; None to accept it."""
        path, _, query = request.path.partition("?")
        if path.rstrip("/") != PATH:
            return socket.respond(HTTPStatus.NOT_FOUND, f"not found; the service is at {PATH}\n")
        key = _requested_key(request, query)
        if not hmac.compare_digest(key.encode(errors="surrogateescape"), self.api_key.encode()):
            log(logging.INFO, "wrong-key" if key else "no-key")
            return _refusal(socket, HTTPStatus.UNAUTHORIZED, "InvalidApiKey", "Invalid API-key provided.")
        if self.connection_count >= self._limits.connections:
            log(logging.WARNING, "too-many-connections", limit=self._limits.connections)
            return _refusal(socket, HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Too many connections.")
        if (status := self._faults.next_handshake()) is not None:
            log(logging.INFO, "refused-by-fault", status=status)
            return _refusal(socket, HTTPStatus(status), "Refused", "This refusal was requested as a fault.")
        return None

    def _add_headers(self, _socket: ServerConnection, _request: Request, response: Response) -> None:
        response.headers[ENGINE_HEADER] = self.kind.name
        if self.kind.notice:
            response.headers[NOTICE_HEADER] = quote(self.kind.notice)


def _requested_key(request: Request, query: str) -> str:
    """The key that a client sends, in a header or as ``api_key=``; ``""`` if it sends none or several."""
    keys = request.headers.get_all("Authorization") or parse_qs(query).get("api_key", [])
    key = keys[0] if len(keys) == 1 else ""
    scheme, _, rest = key.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else key


def _refusal(socket: ServerConnection, status: HTTPStatus, code: str, message: str) -> Response:
    """The response to a refused handshake, with a JSON body like the cloud's."""
    response = socket.respond(status, json.dumps({"code": code, "message": message}, separators=(",", ":")))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response
