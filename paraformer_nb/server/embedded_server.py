"""The WebSocket server of the embedded service."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from ..dashscope.redaction import redact_log_record
from ..dashscope.server_protocol import ENGINE_HEADER, NOTICE_HEADER, Refusal
from .connection import Connection
from .engines.base import Engine, EngineKind
from .faults import Fault, FaultSchedule
from .faulty_wire import with_faults
from .handshakes import PATH, HandshakeCheck
from .limits import Limits
from .posts import Api
from .service_keys import ServiceKeys
from .task import TaskRefused
from .vocabularies import Vocabularies
from .wire import Census, LimitedConnection, SocketWire

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
        self._census = Census(self._limits)
        self._vocabularies = Vocabularies(self._limits.deployment)
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
        """Connections that are open or being closed, and accepted ones that are about to be."""
        return max(self._census.accepted, len(self._connections))

    @property
    def handshake_count(self) -> int:
        """Connections that have not completed their handshake."""
        return self._census.handshaking

    @property
    def task_count(self) -> int:
        """Tasks that are running."""
        return self._task_count

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 selects a free one. Raises OSError if the port is in use."""
        listener = socket.socket()
        if os.name == "nt":  # there SO_REUSEADDR would let two services share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            raise
        keys = ServiceKeys(self.api_key)
        check = HandshakeCheck(keys, self._limits, self._faults, lambda: self.connection_count)
        api = Api(check, self._vocabularies, keys.issue)
        # No pings: the vendor's SDKs do not answer them while a microphone pauses, and every wait has its own timeout.
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=check,
            process_response=self._add_headers,
            compression=None,
            max_size=_OVERSIZE * self._limits.frame,
            max_queue=4,
            server_header=None,
            open_timeout=self._limits.handshake,
            close_timeout=self._limits.close,
            ping_interval=None,
            logger=logger,
            create_connection=partial(LimitedConnection, census=self._census, api=api),  # type: ignore[arg-type]  # a factory
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
            await Connection(wire, self._engine, self.kind, self._limits, self._admit, self._vocabularies).serve()
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

    def _add_headers(self, connection: ServerConnection, _request: Request, response: Response) -> None:
        response.headers[ENGINE_HEADER] = self.kind.name
        notices = [self.kind.notice]
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            capacity = self.kind.capacity
            before = self._census.accept(connection)
            if capacity is not None and before >= capacity:
                notices.append(f"Begins when one of the {capacity} clips before it has ended. 前面的任务结束后开始。")
        if notice := " ".join(filter(None, notices)):
            response.headers[NOTICE_HEADER] = quote(notice)
