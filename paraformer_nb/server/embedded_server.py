"""The embedded service: DashScope's protocol on loopback, with a recogniser in it."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from ..dashscope.redaction import keep_keys_out_of
from ..dashscope.server_protocol import ENGINE_HEADER, Refusal
from .connection import Connection
from .engines.base import Engine
from .engines.registry import ENGINES
from .faults import Fault, Refuse
from .faulty_wire import with_faults
from .limits import Limits
from .log import log
from .task import TaskRefused
from .wire import Socket, SocketWire

PATH = "/api-ws/v1/inference"
_BUFFER = 32 * 1024  # bytes in the kernel per socket: more would show audio as sent long before it is heard
_FAR_TOO_LARGE = 4  # × the largest frame: up to here a client is told why, beyond it the connection just ends (1009)
_HANDSHAKE_TIMEOUT = 5.0
_CLOSE_TIMEOUT = 2.0
logger = logging.getLogger("paraformer_nb.server.websocket")
logger.setLevel(logging.WARNING)
keep_keys_out_of(logger)
# As mistakes, with tracebacks, websockets tells of clients that go or speak no HTTP amid their handshake.
logger.addFilter(lambda record: record.msg not in ("unexpected internal error", "opening handshake failed"))


@dataclass
class _Planned:
    """A fault, and how many more connections it befalls (None: all)."""

    fault: Fault
    left: int | None


class EmbeddedServer:
    """The service: once started, `url` and `api_key` are what a client needs.

    Args:
        name: the engine's, as it is told to clients.
        engine: what recognises.
        api_key: what clients must send.
        faults: what goes wrong on purpose.
        limits: how long it waits, and how much it takes.
    """

    def __init__(
        self, name: str, engine: Engine, api_key: str, *, faults: Sequence[Fault] = (), limits: Limits | None = None
    ) -> None:
        self.engine = name
        self.api_key = api_key
        self._engine = engine
        self._limits = limits or Limits()
        self._faults = [_Planned(fault, fault.times) for fault in faults]
        self._server: Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._tasks = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{PATH}"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one. Raises OSError where the port is taken."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            raise
        # No pings: SDKs do not answer them while a microphone pauses, and every wait here has a limit of its own.
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=self._authenticate,
            process_response=self._name_engine,
            compression=None,
            max_size=_FAR_TOO_LARGE * self._limits.frame,
            max_queue=4,
            server_header=None,
            open_timeout=_HANDSHAKE_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            ping_interval=None,
            logger=logger,
            create_connection=Socket,
        )
        await self._engine.open()

    async def close(self) -> None:
        """Stop listening and end every task."""
        if self._server is not None:
            self._server.close()
            for task in self._serving:
                task.cancel()
            await self._server.wait_closed()
            await self._engine.close()

    async def _serve(self, socket: ServerConnection) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            wire = with_faults(SocketWire(socket, self._limits), self._befalling(at_handshake=False))
            await Connection(wire, self._engine, ENGINES[self.engine], self._limits, self._admit).serve()
        finally:
            self._serving.discard(task)

    @contextmanager
    def _admit(self) -> Iterator[None]:
        """One more task."""
        if self._tasks >= self._limits.tasks:
            raise TaskRefused(Refusal("Throttling", "Requests throttling triggered."))
        self._tasks += 1
        try:
            yield
        finally:
            self._tasks -= 1

    # ------------------------------------------------------------------------------------------------- the handshake

    def _authenticate(self, socket: ServerConnection, request: Request) -> Response | None:
        path, _, query = request.path.partition("?")
        if path.rstrip("/") != PATH:
            return socket.respond(HTTPStatus.NOT_FOUND, f"there is nothing here, only at {PATH}\n")
        keys = request.headers.get_all("Authorization") or parse_qs(query).get("api_key", [])
        key = keys[0] if len(keys) == 1 else ""
        scheme, _, rest = key.partition(" ")
        key = rest.strip() if scheme.lower() == "bearer" else key
        if not hmac.compare_digest(key.encode(errors="surrogateescape"), self.api_key.encode()):
            log(logging.INFO, "wrong-key" if key else "no-key")
            return _no(socket, HTTPStatus.UNAUTHORIZED, "InvalidApiKey", "Invalid API-key provided.")
        if len(self._serving) >= self._limits.connections:
            log(logging.WARNING, "too-many-connections", most=self._limits.connections)
            return _no(socket, HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Too many connections.")
        return self._refusal(socket)

    def _refusal(self, socket: ServerConnection) -> Response | None:
        """What the fault ``refuse`` answers, if it was asked for."""
        refusals = [fault for fault in self._befalling(at_handshake=True) if isinstance(fault, Refuse)]
        if not refusals:
            return None
        log(logging.INFO, "refused-on-purpose", status=refusals[0].status)
        return _no(socket, HTTPStatus(refusals[0].status), "Refused", "This was asked for.")

    def _befalling(self, *, at_handshake: bool) -> list[Fault]:
        """The faults that befall the connection that begins now."""
        planned = [item for item in self._faults if isinstance(item.fault, Refuse) == at_handshake and item.left != 0]
        for item in planned:
            item.left = None if item.left is None else item.left - 1
        return [item.fault for item in planned]

    def _name_engine(self, _socket: ServerConnection, _request: Request, response: Response) -> None:
        response.headers[ENGINE_HEADER] = self.engine


def _no(socket: ServerConnection, status: HTTPStatus, code: str, message: str) -> Response:
    """A handshake's refusal, as the service words it."""
    response = socket.respond(status, json.dumps({"code": code, "message": message}, separators=(",", ":")))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response
