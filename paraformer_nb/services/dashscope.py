"""DashScope in the cloud, or any service that speaks its protocol at a URL."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from ..client.service import Endpoint
from ..client.timeouts import Timeouts
from ..dashscope.redaction import Secret, bearer, is_key
from ..errors import AuthenticationError, ParameterError
from ..journal.records import ServiceSource
from ..loop import USER_CALLS
from .keys import KEY_VARIABLE, known_key

BEIJING = "wss://dashscope.aliyuncs.com/api-ws/v1/inference"
"""The vendor's public endpoint; Paraformer is served in this region only."""


class DashScope:
    """Alibaba Cloud's DashScope, or anything that speaks its protocol.

    Args:
        api_key: the key; a callable that gives one, asked for each connection (short-lived tokens); or None for the
            one of `login`, else the environment variable DASHSCOPE_API_KEY.
        workspace: the workspace's id, if the key needs one.
        url: where it listens; ``ws://`` is for loopback only.

    Raises ParameterError if there is no key, or the URL is invalid.
    """

    pace = 1.0
    languages = None
    timeouts = Timeouts()

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        *,
        workspace: str | None = None,
        url: str = BEIJING,
    ) -> None:
        # The arguments themselves are hidden: a traceback may show its frames' variables.
        api_key, url = _hidden(api_key), Secret(url)
        if not api_key:
            raise ParameterError(
                f"DashScope needs an API key: pnb.login() asks for it; or set {KEY_VARIABLE}, or pass api_key= (a "
                "text, or a function that returns one). Without a key, leave service= out and use the embedded service."
            )
        self._key = api_key
        self._workspace = workspace
        self._is_loopback = _check_url(url)
        self._url = str(url)
        self.source = ServiceSource("dashscope", urlsplit(url).netloc)

    def __repr__(self) -> str:
        return f"DashScope({self.source.host!r})"

    async def endpoint(self) -> Endpoint:
        """The URL, with the key in its headers. Source of the headers: the vendor's WebSocket API page."""
        if isinstance(self._key, Secret):
            key = self._key
        else:
            key = await asyncio.wrap_future(USER_CALLS.submit(_call, self._key))
        key = Secret(key.strip())
        if not is_key(key):
            raise AuthenticationError("the API key is empty or has characters that no key has. Nothing was sent.")
        headers: dict[str, str] = {"Authorization": bearer(key)}
        if self._workspace:
            headers["X-DashScope-WorkSpace"] = self._workspace
        return Endpoint(self._url, headers, self._is_loopback)


def _hidden(api_key: str | Callable[[], str] | None) -> Secret | Callable[[], str] | None:
    """Wrap a given key so that its repr hides it; None where it is missing or cannot be a key."""
    if api_key is None:
        return known_key()
    if isinstance(api_key, str):
        return Secret(api_key)
    # The bound method of a callable: its repr does not show what a functools.partial holds.
    return api_key.__call__ if callable(api_key) else None  # type: ignore[no-any-return, operator]


def _call(api_key: Callable[[], str]) -> Secret:
    """Call a user's function for the key. Raises AuthenticationError if it fails, without its own error: that one's
    text and frames may hold the key."""
    try:
        key = api_key()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
        problem = type(error).__name__
    else:
        return Secret(key if isinstance(key, str) else "")
    raise AuthenticationError(
        f"api_key= was a function, and calling it failed ({problem}). Nothing was sent. Call it by itself to see why."
    )


def _check_url(url: Secret) -> bool:
    """Whether the URL is on this machine. Raises ParameterError if it is invalid."""
    if set("@?#") & set(url):  # before it is parsed: a traceback may show the parts
        raise ParameterError("url= must not contain a key, user or query: pass the key as api_key=.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        reason = str(error).lower()
        raise ParameterError(f"url= is not a WebSocket address, such as wss://host/path: {reason}.") from None
    if parts.scheme not in ("ws", "wss") or not host:
        raise ParameterError(f"url={str(url)!r} is not a WebSocket address: one begins with wss:// and names a host.")
    is_loopback = _is_loopback(host)
    if parts.scheme == "ws" and not is_loopback:
        raise ParameterError(
            f"url={str(url)!r}: ws:// would send the key in the clear; use wss:// (ws:// is for 127.0.0.1)."
        )
    return is_loopback


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
