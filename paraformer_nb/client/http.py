"""HTTP requests beside the WebSocket: the same certificates, and the same words for what went wrong."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests

from .reasons import Problem, connect_problem, proxy_status_problem

_NO_PROXY = "the proxy that https_proxy, http_proxy or all_proxy names cannot be used"
_SOCKS = "pip install 'requests[socks]'"
_TUNNEL_STATUS = re.compile(r"Tunnel connection failed: (\d{3})")


def new_session() -> requests.Session:
    """A session that trusts the authorities of SSL_CERT_FILE, as the WebSocket does; REQUESTS_CA_BUNDLE goes first."""
    session = requests.Session()
    session.verify = os.environ.get("SSL_CERT_FILE") or True
    return session


def request_problem(error: requests.RequestException, timeout: float) -> Problem:
    """Explain what a request raised: requests and urllib3 wrap the system's error several times."""
    causes = list(_causes(error))
    has_proxy = isinstance(error, requests.exceptions.ProxyError)
    for cause in causes:
        if status := _TUNNEL_STATUS.search(str(cause)):
            return proxy_status_problem(int(status[1]))
    for cause in causes:
        if isinstance(cause, ssl.SSLError) or (isinstance(cause, OSError) and cause.errno is not None):
            problem = connect_problem(cause, timeout, has_proxy=has_proxy)
            return problem._replace(reason=f"{_NO_PROXY}: {problem.reason}") if has_proxy else problem
    if isinstance(error, requests.Timeout):
        return connect_problem(TimeoutError(), timeout, has_proxy=has_proxy)
    if isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        return Problem("the connection was cut")
    return _invalid(error)


def request_host(error: requests.RequestException) -> str:
    """The host of the request that failed, which is another one after a redirect; ``""`` if it is not known."""
    url = error.request.url if error.request else None
    return host_of(str(url or ""))


def host_of(url: str) -> str:
    """The host and the port in an address, without the name and the password before them."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _invalid(error: requests.RequestException) -> Problem:
    """Explain what requests raised without a network. Its texts may hold a proxy's password, so they are left out."""
    match error:
        case requests.TooManyRedirects():
            return Problem("it redirects without end", is_temporary=False)
        case requests.exceptions.InvalidSchema() if "SOCKS" in str(error):
            return Problem(f"a SOCKS proxy is set, which needs a further package: {_SOCKS}", is_temporary=False)
        case requests.exceptions.InvalidProxyURL():
            return Problem("the proxy's address is not valid; it is like http://host:port", is_temporary=False)
        case ValueError():
            return Problem(f"its address or the proxy's is not valid ({type(error).__name__})", is_temporary=False)
    return Problem(type(error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The errors that one was made of, itself left out, the outermost first."""
    seen = {id(error)}
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if each is not error and not isinstance(each, requests.RequestException):
            yield each
        inner = (getattr(each, "reason", None), each.__cause__, each.__context__, *each.args)
        for part in inner:
            if isinstance(part, BaseException) and id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)
