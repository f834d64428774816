"""Floor 3: one attempt to open a connection: options, the handshake, and what its refusals mean."""

from __future__ import annotations

import logging
from contextlib import suppress
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from ..errors import ConnectionFailed
from ..protocol.codes import handshake_error
from ..services import Endpoint, Service

# At DEBUG websockets logs the handshake, and the key with it.
_logger = logging.getLogger("paraformer_nb.websocket")
_logger.setLevel(logging.INFO)

_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0
_PING_EVERY = 10.0  # and as long for the answer: a dead link is found within 20 s
_LARGEST_MESSAGE = 2**20
_EMBEDDED_BUFFER = 32 * 1024  # bytes in the kernel: more would show audio as sent long before it is heard


async def handshake(service: Service, endpoint: Endpoint) -> ClientConnection:
    """An open connection. Raises ConnectionFailed where trying again may help, a ServiceError where it will not."""
    host = service.source.host
    ping = None if endpoint.is_loopback else _PING_EVERY
    options: dict[str, Any] = {"proxy": None} if endpoint.is_loopback else {}
    try:
        socket = await connect(
            endpoint.url, additional_headers=endpoint.headers, compression=None, max_size=_LARGEST_MESSAGE,
            open_timeout=_TIMEOUT, ping_interval=ping, ping_timeout=ping, close_timeout=CLOSE_TIMEOUT,
            user_agent_header="paraformer_nb", logger=_logger, **options,
        )  # fmt: skip
    except InvalidStatus as error:
        body = bytes(error.response.body or b"").decode("utf-8", "replace")
        raise handshake_error(error.response.status_code, _without_key(body, endpoint), host) from None
    except (WebSocketException, ImportError) as error:
        # A bad proxy, mostly; the text may hold its password, so only the kind of error is told.
        reason = str(error) if isinstance(error, InvalidHandshake) else type(error).__name__
        raise _no_connection(host, _without_key(reason, endpoint)) from None
    except (OSError, TimeoutError, EOFError) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise _no_connection(host, reason) from None
    if service.source.kind == "embedded":
        with suppress(OSError):  # it is gone already; whoever uses it will see
            socket.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, _EMBEDDED_BUFFER)
    return socket


def _no_connection(host: str, reason: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"no connection to {host} ({reason}). Nothing was sent. Check the network, the proxy and the URL."
    )


def _without_key(text: str, endpoint: Endpoint) -> str:
    """What a service says, without the key that it may repeat."""
    for value in endpoint.headers.values():
        text = text.replace(value.rpartition(" ")[2], "…")
    return text
