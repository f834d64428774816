"""The handshakes of the embedded service: which are refused, and how many may be under way."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import SplitResult, parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from .faults import FaultSchedule
from .limits import Limits
from .log import log
from .service_keys import ServiceKeys

PATH = "/api-ws/v1/inference"
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_MINUTE = 60.0  # seconds


class RefusedRequest(Exception):
    """A request that must not be answered otherwise than with this status, code and message."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class HandshakeCheck:
    """Refuses what a handshake must not be, with the cloud's codes where the cloud has one.

    Args:
        keys: the keys of the service.
        count: the number of open connections.
    """

    def __init__(self, keys: ServiceKeys, limits: Limits, faults: FaultSchedule, count: Callable[[], int]) -> None:
        self._keys = keys
        self._limits = limits
        self._faults = faults
        self._count = count
        self._wrong_keys: deque[float] = deque(maxlen=limits.wrong_keys)  # when they came

    def __call__(self, socket: ServerConnection, request: Request) -> Response | None:
        """Return the response to a handshake that is refused; None to accept it."""
        if request.path.partition("?")[0].rstrip("/") != PATH:
            return socket.respond(HTTPStatus.NOT_FOUND, f"not found; the service is at {PATH}\n")
        try:
            self.check(request)
            self._check_room()
        except RefusedRequest as refused:
            return _response(socket, refused)
        return None

    def check(self, request: Request) -> None:
        """Raise RefusedRequest for a web page's request, and for a wrong key."""
        if problem := _foreign(request):
            log(logging.WARNING, "foreign", problem=problem)
            raise RefusedRequest(HTTPStatus.FORBIDDEN, "AccessDenied", problem)
        if self._has_too_many_wrong_keys():
            log(logging.WARNING, "too-many-wrong-keys", limit=self._limits.wrong_keys)
            problem = "Too many wrong API keys in a minute; no key is checked now. Try again later."
            raise RefusedRequest(HTTPStatus.TOO_MANY_REQUESTS, "Throttling", problem)
        key = _requested_key(request)
        if not self._keys.accept(key):
            log(logging.INFO, "wrong-key" if key else "no-key")
            self._wrong_keys.append(time.monotonic())
            raise RefusedRequest(HTTPStatus.UNAUTHORIZED, "InvalidApiKey", "Invalid API-key provided.")

    def _check_room(self) -> None:
        if self._count() >= self._limits.connections:
            log(logging.WARNING, "too-many-connections", limit=self._limits.connections)
            raise RefusedRequest(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Too many connections.")
        if (status := self._faults.next_handshake()) is not None:
            log(logging.INFO, "refused-by-fault", status=status)
            raise RefusedRequest(HTTPStatus(status), "Refused", "This refusal was requested as a fault.")

    def _has_too_many_wrong_keys(self) -> bool:
        """Whether the last minute had so many that none is checked, not even the right one: else guessing goes on."""
        times = self._wrong_keys
        return len(times) == times.maxlen and time.monotonic() - times[0] < _MINUTE


def _foreign(request: Request) -> str | None:
    """Why a handshake comes from a web page, or through a name that is not this machine's; None if it does not.

    A browser lets any page connect to any address, but names the page in Origin; a page whose own name was pointed at
    127.0.0.1 sends that name in Host. Some libraries send the service's own address as Origin: no page has that one.
    """
    host = request.headers.get_all("Host")
    if len(host) != 1 or _parts(f"//{host[0]}").hostname not in _HOSTS:
        return "Host must be 127.0.0.1 or localhost."
    for origin in request.headers.get_all("Origin"):
        if _parts(origin).netloc != host[0]:
            return "Web pages cannot use this service."
    return None


def _parts(url: str) -> SplitResult:
    """A URL's parts, all empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _requested_key(request: Request) -> str:
    """The key that a client sends, in a header or as ``api_key=``; ``""`` if it sends none or several."""
    query = request.path.partition("?")[2]
    keys = request.headers.get_all("Authorization") or parse_qs(query).get("api_key", [])
    key = keys[0] if len(keys) == 1 else ""
    scheme, _, rest = key.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else key


def _response(socket: ServerConnection, refused: RefusedRequest) -> Response:
    """The response to a refused handshake, with a JSON body like the cloud's."""
    body = json.dumps({"code": refused.code, "message": refused.message}, separators=(",", ":"))
    response = socket.respond(refused.status, body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response
