"""The handshakes of the embedded service: which are refused, and how many may be under way."""

from __future__ import annotations

import hmac
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from .faults import FaultSchedule
from .limits import Limits
from .log import log

PATH = "/api-ws/v1/inference"
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_MINUTE = 60.0  # seconds


class HandshakeCheck:
    """Refuses what a handshake must not be, with the cloud's codes where the cloud has one.

    Args:
        api_key: the key that clients must send.
        count: the number of open connections.
    """

    def __init__(self, api_key: str, limits: Limits, faults: FaultSchedule, count: Callable[[], int]) -> None:
        self._api_key = api_key
        self._limits = limits
        self._faults = faults
        self._count = count
        self._wrong_keys: deque[float] = deque(maxlen=limits.wrong_keys)  # when they came

    def __call__(self, socket: ServerConnection, request: Request) -> Response | None:
        """Return the response to a handshake that is refused; None to accept it."""
        path, _, query = request.path.partition("?")
        if path.rstrip("/") != PATH:
            return socket.respond(HTTPStatus.NOT_FOUND, f"not found; the service is at {PATH}\n")
        if problem := _foreign(request):
            log(logging.WARNING, "foreign", problem=problem)
            return _refusal(socket, HTTPStatus.FORBIDDEN, "AccessDenied", problem)
        if self._has_too_many_wrong_keys():
            log(logging.WARNING, "too-many-wrong-keys", limit=self._limits.wrong_keys)
            problem = "Too many wrong API keys in a minute; no key is checked now. Try again later."
            return _refusal(socket, HTTPStatus.TOO_MANY_REQUESTS, "Throttling", problem)
        key = _requested_key(request, query)
        if not hmac.compare_digest(key.encode(errors="surrogateescape"), self._api_key.encode()):
            log(logging.INFO, "wrong-key" if key else "no-key")
            self._wrong_keys.append(time.monotonic())
            return _refusal(socket, HTTPStatus.UNAUTHORIZED, "InvalidApiKey", "Invalid API-key provided.")
        if self._count() >= self._limits.connections:
            log(logging.WARNING, "too-many-connections", limit=self._limits.connections)
            return _refusal(socket, HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Too many connections.")
        if (status := self._faults.next_handshake()) is not None:
            log(logging.INFO, "refused-by-fault", status=status)
            return _refusal(socket, HTTPStatus(status), "Refused", "This refusal was requested as a fault.")
        return None

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
    if len(host) != 1 or _hostname(f"//{host[0]}") not in _HOSTS:
        return "Host must be 127.0.0.1 or localhost."
    for origin in request.headers.get_all("Origin"):
        if urlsplit(origin).netloc != host[0]:
            return "Web pages cannot use this service."
    return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _requested_key(request: Request, query: str) -> str:
    """The key that a client sends, in a header or as ``api_key=``; ``""`` if it sends none or several."""
    keys = request.headers.get_all("Authorization") or parse_qs(query).get("api_key", [])
    key = keys[0] if len(keys) == 1 else ""
    scheme, _, rest = key.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else key


def _refusal(socket: ServerConnection, status: HTTPStatus, code: str, message: str) -> Response:
    """The response to a refused handshake, with a JSON body like the cloud's."""
    response = socket.respond(status, json.dumps({"code": code, "message": message}, separators=(",", ":")))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response
