"""POST requests on the service's port: the hotword lists and temporary keys of the cloud's HTTP API.

The WebSocket library accepts only GET; so a connection that begins with POST is read here, answered once and closed.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from websockets.datastructures import Headers
from websockets.http11 import Request

from .handshakes import HandshakeCheck, RefusedRequest
from .vocabularies import ApiError, Vocabularies

METHOD = b"POST "
_HOTWORDS = "/api/v1/services/audio/asr/customization"
_TOKENS = "/api/v1/tokens"
_MAX_HEAD = 16 * 1024  # bytes
_MAX_BODY = 1024 * 1024
_LINE = re.compile(r"POST (?P<path>/\S*) HTTP/1\.[01]")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # of a header (RFC 9110, section 5.5)
_END = b"\r\n\r\n"
_LONGEST_TOKEN = 1800  # seconds, as the vendor's page says
_DEFAULT_TOKEN = 60


class PostReader:
    """Collects one request from a connection's bytes, and answers it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._data = bytearray()
        self._head: tuple[Request, int, int] | None = None  # parsed: the request, where its body is and ends
        self._is_answered = False

    def feed(self, data: bytes) -> bytes | None:
        """Add bytes. Returns the whole answer once the request is complete or refused, else None."""
        if self._is_answered:
            return None
        self._data += data
        try:
            answer = self._read()
        except ApiError as error:
            answer = _response(error.status, {"code": error.code, "message": str(error)})
        self._is_answered = answer is not None
        return answer

    def _read(self) -> bytes | None:
        self._head = self._head or self._read_head()
        if self._head is None:
            return None
        request, begin, end = self._head
        return None if len(self._data) < end else self._api.answer(request, bytes(self._data[begin:end]))

    def _read_head(self) -> tuple[Request, int, int] | None:
        """Parse the headers once they are complete, and once only: a body may arrive byte by byte."""
        at = self._data.find(_END)
        if max(at, len(self._data) if at < 0 else 0) > _MAX_HEAD:
            raise ApiError(431, "InvalidParameter", "the request's headers are too long")
        if at < 0:
            return None
        request, length = _parse_head(bytes(self._data[:at]))
        if length > _MAX_BODY:
            raise ApiError(413, "InvalidParameter", f"a body has at most {_MAX_BODY} bytes")
        begin = at + len(_END)
        return request, begin, begin + length


class Api:
    """The routes.

    Args:
        check: refuses foreign requests and wrong keys.
        issue: makes a temporary key that ends after so many seconds.
    """

    def __init__(self, check: HandshakeCheck, vocabularies: Vocabularies, issue: Callable[[int], str]) -> None:
        self._check = check
        self._vocabularies = vocabularies
        self._issue = issue

    def answer(self, request: Request, body: bytes) -> bytes:
        """The response to a complete request. Raises ApiError."""
        path, _, query = request.path.partition("?")
        if path not in (_HOTWORDS, _TOKENS):
            raise ApiError(404, "NotFound", f"not found; there are {_HOTWORDS} and {_TOKENS}")
        try:
            self._check.check(request)
        except RefusedRequest as refused:
            raise ApiError(refused.status, refused.code, refused.message) from refused
        if path == _TOKENS:
            return self._token(query)
        try:
            given = json.loads(body)["input"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise ApiError(400, "InvalidParameter", "the body is a JSON object with 'model' and 'input'") from None
        if not isinstance(given, dict):
            raise ApiError(400, "InvalidParameter", "'input' is an object")
        return _response(200, {"output": self._vocabularies.call(given), "usage": {"count": 1}})

    def _token(self, query: str) -> bytes:
        text = parse_qs(query).get("expire_in_seconds", [str(_DEFAULT_TOKEN)])[0]
        seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        if not 1 <= seconds <= _LONGEST_TOKEN:
            raise ApiError(400, "InvalidParameter", f"expire_in_seconds is 1 to {_LONGEST_TOKEN}")
        return _response(200, {"token": self._issue(seconds), "expires_at": int(time.time()) + seconds}, has_id=False)


def _parse_head(head: bytes) -> tuple[Request, int]:
    """The request without its body, and the body's length. Raises ApiError."""
    first, *lines = head.decode("latin-1").split("\r\n")
    match = _LINE.fullmatch(first)
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or not _VALUE.fullmatch(value):
            raise ApiError(400, "InvalidParameter", "a header is not valid")
        headers[name] = value.strip()
    lengths = headers.get_all("Content-Length") or ["0"]
    if match is None or len(lengths) != 1 or not re.fullmatch(r"[0-9]{1,9}", lengths[0]):
        raise ApiError(400, "InvalidParameter", "this is not an HTTP request with one Content-Length")
    if headers.get_all("Transfer-Encoding"):
        raise ApiError(411, "InvalidParameter", "a body needs a Content-Length")
    return Request(match["path"], headers), int(lengths[0])


def _response(status: int, body: dict[str, Any], *, has_id: bool = True) -> bytes:
    if has_id:
        body = body | {"request_id": secrets.token_hex(16)}
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + text
