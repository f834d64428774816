"""Open one connection: its options, the handshake, and the errors for refusals."""

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
from .service import Endpoint, Service
from .timeouts import Timeouts

_logger = logging.getLogger("paraformer_nb.websocket")
_logger.addFilter(redact_log_record)

_MAX_MESSAGE = 2**20
# Bytes of the kernel's send buffer: more would count audio as sent long before it is received, and delay pings.
_EMBEDDED_BUFFER, _NETWORK_BUFFER = 32 * 1024, 128 * 1024


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """Follow no redirect: not every version of websockets keeps the key from another host."""
        return exc


async def handshake(service: Service, endpoint: Endpoint, timeouts: Timeouts) -> ClientConnection:
    """Open a connection. Raises ConnectionFailed if a retry may help, a ServiceError if it will not."""
    host = service.source.host
    options: dict[str, Any] = {"proxy": None} if endpoint.is_loopback else {}
    try:
        socket = await _Connect(
            endpoint.url,
            additional_headers=endpoint.headers,
            compression=None,
            max_size=_MAX_MESSAGE,
            open_timeout=timeouts.connect,
            ping_interval=None,
            close_timeout=min(timeouts.close, 0.2 * timeouts.keepalive),
            user_agent_header="paraformer_nb",
            logger=_logger,
            **options,
        )
    except InvalidStatus as error:
        body = redact(bytes(error.response.body or b"").decode("utf-8", "replace"))
        problem: ParaformerError = handshake_error(error.response.status_code, body, host)
    except (WebSocketException, ImportError, ValueError, LookupError) as error:
        # Mostly a bad proxy or redirect; the text may hold a password, so only the kind of error is reported.
        reason = redact(str(error)) if isinstance(error, InvalidHandshake) else type(error).__name__
        problem = _connection_failed(host, reason)
    except (OSError, TimeoutError, EOFError) as error:
        problem = _connection_failed(host, f"{type(error).__name__}: {error}".rstrip(": "))
    else:
        buffer = _EMBEDDED_BUFFER if service.source.kind == "embedded" else _NETWORK_BUFFER
        with suppress(OSError):  # closed already; the next use of it reports that
            socket.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, buffer)
        return socket
    raise problem  # out here: the frames of what websockets raised hold the request, and the key in it


def _connection_failed(host: str, reason: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"could not connect to {host} ({reason}). Nothing was sent. Check the network, the proxy and the URL."
    )
