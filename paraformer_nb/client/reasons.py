"""Why a connection could not be made, or ended, in words that a person can act on."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from typing import NamedTuple

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidURI,
    ProxyError,
    SecurityError,
)

from ..dashscope.redaction import redact

_GENERAL_ADVICE = "Check the network, the proxy and the URL."
_PROXY_ADVICE = "Check the proxy's address in HTTPS_PROXY or ALL_PROXY, or exempt the host in NO_PROXY."
_ERRNO = re.compile(r"\[Errno (\d+)\]")  # asyncio joins the errors of several addresses into one text
_TEMPORARY_STATUS = (408, 425, 429)


class Problem(NamedTuple):
    """Why no connection was made: the reason, what to do, and whether a further attempt may succeed."""

    reason: str
    advice: str = _GENERAL_ADVICE
    is_temporary: bool = True


def connect_problem(error: Exception, timeout: float, *, has_proxy: bool = False) -> Problem:
    """Explain what opening a connection, directly or through a proxy, raised. Texts that may hold a proxy's password
    are left out."""
    advice = _PROXY_ADVICE if has_proxy else _GENERAL_ADVICE
    match error:
        case ssl.SSLError():
            return _tls_problem(error)
        case InvalidProxyStatus():
            return proxy_status_problem(error.response.status_code)
        case ProxyError():
            return _proxy_problem(error)
        case InvalidProxy():
            return Problem("the proxy's address is not valid", f"It is like http://host:port. {_PROXY_ADVICE}", False)
        case InvalidURI() | SecurityError() | ValueError() | LookupError():
            reason = f"the service's address or the proxy's is not valid ({type(error).__name__})"
            return Problem(reason, is_temporary=False)
        case InvalidHandshake():
            return Problem(f"it did not answer as a WebSocket service does: {redact(str(error))}")
        case TimeoutError() if error.errno is None:
            return Problem(f"no answer within {timeout:g} s", advice)
        case EOFError():
            return Problem("it closed the connection during the handshake", advice)
        case OSError():
            return Problem(_os_reason(error), advice)
    return Problem(f"{type(error).__name__}", advice)


def close_reason(error: ConnectionClosed) -> str:
    """How an open connection ended."""
    close = error.rcvd or error.sent
    if close is not None:
        text = redact(close.reason)
        return f"code {close.code}{f', {text!r}' if text else ''}"
    cause = error.__cause__
    return f"without a close frame: {_os_reason(cause)}" if isinstance(cause, OSError) else "without a close frame"


def _tls_problem(error: ssl.SSLError) -> Problem:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = error.verify_message.rstrip(".")
        return Problem(f"its TLS certificate is not valid: {message}", _certificate_advice(message.lower()), False)
    reason = (error.reason or type(error).__name__).replace("_", " ").lower()
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)):
        return Problem(f"it closed the connection during the TLS handshake ({reason})")
    is_final = any(word in reason for word in ("version", "protocol", "handshake failure", "certificate", "http"))
    return Problem(
        f"it does not speak TLS as this computer does ({reason})", f"{_GENERAL_ADVICE} wss:// needs TLS.", not is_final
    )


def _certificate_advice(message: str) -> str:
    if "mismatch" in message:
        return "Check the host in the URL: the certificate is for another one."
    if "expired" in message or "not yet valid" in message:
        return "Check this computer's clock; if it is right, the service must renew the certificate."
    return (
        "If a proxy of your network inspects TLS, add its root certificate: set SSL_CERT_FILE to a file with it, and "
        "start the kernel again."
    )


def proxy_status_problem(status: int) -> Problem:
    """Explain a status with which an HTTP proxy answered."""
    if status == 407:
        return _login_problem("HTTP 407")
    is_temporary = status >= 500 or status in _TEMPORARY_STATUS
    return Problem(f"the proxy refused to connect to it (HTTP {status})", _PROXY_ADVICE, is_temporary)


def _proxy_problem(error: ProxyError) -> Problem:
    """A proxy that answered otherwise; for SOCKS, the cause is an error of python-socks, without the password."""
    cause = redact(str(error.__cause__ or error)) or type(error.__cause__).__name__
    if "auth" in cause.lower():
        return _login_problem(cause)
    is_temporary = "not allowed" not in cause.lower()
    return Problem(f"the proxy refused to connect to it, or failed: {cause}", _PROXY_ADVICE, is_temporary)


def _login_problem(cause: str) -> Problem:
    advice = "Put them into its address, as in HTTPS_PROXY=http://user:password@host:port."
    return Problem(f"the proxy needs a user and a password, or does not accept those given ({cause})", advice, False)


def _os_reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"the host's name is not known, or no name server answers ({error.strerror})"
    found = _ERRNO.search(str(error))
    number = error.errno or (int(found[1]) if found else None)
    text = f" ({error})"
    match number:
        case errno.ECONNREFUSED:
            return f"the connection was refused: nothing listens there, or a firewall rejects it{text}"
        case errno.ECONNRESET | errno.EPIPE | errno.ECONNABORTED:
            return f"the connection was reset{text}"
        case errno.ETIMEDOUT:
            return f"the network delivered nothing for too long{text}"
        case errno.ENETUNREACH | errno.EHOSTUNREACH | errno.ENETDOWN:
            return f"the network cannot reach it: this computer may be offline{text}"
    return str(error) or type(error).__name__
