"""Open one connection: its options, the handshake, and the errors for refusals."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidProxyStatus, InvalidStatus, WebSocketException
from websockets.http11 import Response

from ..dashscope.codes import handshake_error
from ..dashscope.redaction import redact, redact_log_record
from ..errors import ConnectionFailed, MissingDependency, ParaformerError
from ..text import sanitise
from .connection import ObservedConnection
from .proxy import find_proxy, proxy_host
from .reasons import connect_problem
from .service import Endpoint
from .tcp import WRITE_LIMIT, limit_send_buffer
from .timeouts import CompleteTimeouts

_logger = logging.getLogger("paraformer_nb.websocket")
_logger.addFilter(redact_log_record)

_MAX_MESSAGE = 2**20
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?", re.ASCII)  # whole by the standard; some gateways send fractions
_LONGEST = 1e9
_NEXT_ADDRESS = 0.25  # seconds until a host's next address is tried beside the one before (RFC 8305)


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """Follow no redirect: not every version of websockets keeps the key from another host."""
        return exc


async def handshake(host: str, endpoint: Endpoint, timeouts: CompleteTimeouts) -> ObservedConnection:
    """Open a connection to a service. `host` is how messages name it.

    Raises ConnectionFailed, MissingDependency or a ServiceError: whether a retry may help is its `retryable`.
    """
    proxy_name = proxy_host(_proxy(endpoint))  # not its URL: a traceback may show locals, and the password in it
    try:
        socket = await _Connect(
            endpoint.url,
            additional_headers=endpoint.headers,
            compression=None,
            max_size=_MAX_MESSAGE,
            open_timeout=timeouts.connect,
            ping_interval=None,
            close_timeout=timeouts.close,
            user_agent_header="paraformer_nb",
            logger=_logger,
            create_connection=ObservedConnection,
            proxy=_proxy(endpoint),
            **_tcp_options(endpoint),
        )
    except InvalidStatus as error:
        body = redact(_text(error.response))
        wait = retry_after(error.response)
        problem: ParaformerError = handshake_error(error.response.status_code, body, host, wait)
    except ImportError:  # websockets needs another package for this kind of proxy only
        problem = MissingDependency(
            f"could not connect to {host}: the configured SOCKS proxy needs the package python-socks. Nothing was "
            "sent. Run: pip install python-socks[asyncio]; or exempt the host in NO_PROXY."
        )
    except (WebSocketException, ValueError, LookupError, OSError, EOFError) as error:
        reason, advice, is_temporary = connect_problem(error, timeouts.connect, has_proxy=bool(proxy_name))
        wait = retry_after(error.response) if isinstance(error, InvalidProxyStatus) and is_temporary else None
        asked = "" if wait is None else f" It asks to wait {wait:.0f} s."
        through = f" through the proxy {sanitise(proxy_name)}" if proxy_name else ""
        message = f"could not connect to {host}{through}: {reason}.{asked} Nothing was sent. {advice}"
        problem = ConnectionFailed(message, retryable=is_temporary)
        problem.retry_after = wait
    else:
        limit_send_buffer(socket.transport.get_extra_info("socket"), is_loopback=endpoint.is_loopback)
        return cast("ObservedConnection", socket)
    raise problem  # out here: the frames of what websockets raised hold the request, and the key in it


def _proxy(endpoint: Endpoint) -> str | None:
    return None if endpoint.is_loopback else find_proxy(endpoint.url)


def _tcp_options(endpoint: Endpoint) -> dict[str, Any]:
    options: dict[str, Any] = {} if endpoint.is_loopback else {"write_limit": WRITE_LIMIT}
    is_own_loop = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
    if is_own_loop and not _is_address(urlsplit(endpoint.url).hostname):  # uvloop tries one address after the other
        options["happy_eyeballs_delay"] = _NEXT_ADDRESS
    return options


def _is_address(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True


def _text(response: Response) -> str:
    """A response's body; "" where it is not text, such as a compressed page."""
    body = bytes(response.body or b"").decode("utf-8", "replace")
    return "" if "\ufffd" in body[:200] else body


def retry_after(response: Response) -> float | None:
    """The seconds that a response's Retry-After asks to wait; None where there is none that can be read."""
    values = response.headers.get_all("Retry-After")
    value = values[0].strip() if len(values) == 1 else ""
    if _SECONDS.fullmatch(value):
        return min(float(value[:20]), _LONGEST)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
