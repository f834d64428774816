"""Floor 3: the embedded service: DashScope's protocol on loopback, with a recogniser in it."""

from __future__ import annotations

import hmac
import logging
import socket
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, serve
from websockets.asyncio.server import ServerConnection as Socket
from websockets.http11 import Request, Response

from ..protocol.server import ENGINE_HEADER
from .connection import Connection
from .engines import ENGINES, Engine

PATH = "/api-ws/v1/inference"
_BUFFER = 32 * 1024  # bytes in the kernel per socket: more would show audio as sent long before it is heard
_MAX_FRAME = 1024 * 1024  # the vendor's Node.js sample sends 64 KiB
# At DEBUG websockets logs the handshake, and the key with it.
logger = logging.getLogger("paraformer_nb.server.websocket")
logger.setLevel(logging.INFO)


class Service:
    """The service: once started, `url` and `api_key` are what a client needs."""

    def __init__(self, name: str, engine: Engine, api_key: str) -> None:
        self.engine = name
        self.api_key = api_key
        self._engine = engine
        self._server: Server | None = None

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
        await self._engine.open()
        self._server = await serve(
            self._serve, sock=listener, process_request=self._authenticate, process_response=self._name_engine,
            compression=None, max_size=_MAX_FRAME, max_queue=4, server_header=None, logger=logger,
        )  # fmt: skip

    async def close(self) -> None:
        """Stop listening and end every task."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            await self._engine.close()

    async def _serve(self, socket: Socket) -> None:
        await Connection(socket, ENGINES[self.engine], self._engine).serve()

    def _authenticate(self, socket: Socket, request: Request) -> Response | None:
        url = urlsplit(request.path)
        if url.path.rstrip("/") != PATH:
            return socket.respond(HTTPStatus.NOT_FOUND, f"there is nothing here, only at {PATH}\n")
        key = request.headers.get("Authorization") or next(iter(parse_qs(url.query).get("api_key", [])), "")
        scheme, _, rest = key.partition(" ")
        key = rest.strip() if scheme.lower() == "bearer" else key
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            return socket.respond(
                HTTPStatus.UNAUTHORIZED, '{"code":"InvalidApiKey","message":"Invalid API-key provided."}'
            )
        return None

    def _name_engine(self, _socket: Socket, _request: Request, response: Response) -> None:
        response.headers[ENGINE_HEADER] = self.engine
