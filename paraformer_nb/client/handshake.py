"""One attempt to open a connection: options, the handshake, and what its refusals mean."""

from __future__ import annotations

import logging
from contextlib import suppress
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from ..dashscope.codes import handshake_error
from ..dashscope.redaction import redact, redact_log_record
from ..errors import ConnectionFailed, ParaformerError
from ..services.services import Endpoint, Service

_logger = logging.getLogger("paraformer_nb.websocket")
_logger.addFilter(redact_log_record)

_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0
_LARGEST_MESSAGE = 2**20
# Bytes in the kernel: more would show audio as sent long before it is heard, and keep pings waiting behind it.
_EMBEDDED_BUFFER, _NETWORK_BUFFER = 32 * 1024, 128 * 1024


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """No redirect is followed: not every version of websockets keeps the key from another host."""
        return exc


async def handshake(service: Service, endpoint: Endpoint) -> ClientConnection:
    """An open connection. Raises ConnectionFailed where trying again may help, a ServiceError where it will not."""
    host = service.source.host
    options: dict[str, Any] = {"proxy": None} if endpoint.is_loopback else {}
    try:
        socket = await _Connect(
            endpoint.url,
            additional_headers=endpoint.headers,
            compression=None,
            max_size=_LARGEST_MESSAGE,
            open_timeout=_TIMEOUT,
            ping_interval=None,
            close_timeout=min(CLOSE_TIMEOUT, 0.2 * endpoint.link_timeout),
            user_agent_header="paraformer_nb",
            logger=_logger,
            **options,
        )
    except InvalidStatus as error:
        body = redact(bytes(error.response.body or b"").decode("utf-8", "replace"))
        problem: ParaformerError = handshake_error(error.response.status_code, body, host)
    except (WebSocketException, ImportError, ValueError, LookupError) as error:
        # A bad proxy or redirect, mostly; the text may hold a password, so only the kind of error is told.
        reason = redact(str(error)) if isinstance(error, InvalidHandshake) else type(error).__name__
        problem = _no_connection(host, reason)
    except (OSError, TimeoutError, EOFError) as error:
        problem = _no_connection(host, f"{type(error).__name__}: {error}".rstrip(": "))
    else:
        buffer = _EMBEDDED_BUFFER if service.source.kind == "embedded" else _NETWORK_BUFFER
        with suppress(OSError):  # it is gone already; whoever uses it will see
            socket.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, buffer)
        return socket
    raise problem  # out here: what websockets raised has frames that hold the request, and the key in it


def _no_connection(host: str, reason: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"no connection to {host} ({reason}). Nothing was sent. Check the network, the proxy and the URL."
    )
