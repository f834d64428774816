"""DashScope in the cloud, or any service that speaks its protocol at a URL."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import urlsplit

from ..client.service import Endpoint
from ..client.timeouts import Timeouts
from ..dashscope.models import DEFAULT_MODEL, MAINLINE_MODEL, check_region
from ..dashscope.redaction import Secret, bearer, is_key
from ..dashscope.regions import BEIJING, REGIONS, host_of, region_of
from ..errors import AuthenticationError, ParameterError
from ..journal.records import ServiceSource
from ..loop import USER_CALLS
from .keys import known_key
from .settings import KEY_VARIABLE, known_location

PATH = "/api-ws/v1/inference"
_WORKSPACE = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)
_asking: ContextVar[tuple[object, ...]] = ContextVar("paraformer_nb services whose key is asked for", default=())


class _AsksItself(AuthenticationError):
    """A function that gives a service's key needs that key itself."""

    def __init__(self) -> None:
        super().__init__(
            "api_key= was a function, and calling it needs the key of this same service, and so on for ever. Nothing "
            "was sent. Let it use another service, such as pnb.temporary_key(service=pnb.DashScope(...))."
        )


class DashScope:
    """Alibaba Cloud's DashScope, or anything that speaks its protocol.

    Args:
        api_key: the key; a callable that gives one, asked for each connection (short-lived tokens); or None for the
            one of `login`, else of the environment or the SDK's files (`docs/keys.md` has the order).
        region: where the key belongs to, such as "cn-beijing" (the default) or "ap-southeast-1" (Singapore).
        workspace: the workspace's id: selects its own host, which the vendor recommends, and is sent.
        url: where it listens, instead of a region; ``ws://`` is for loopback only.

    Attributes:
        region: as given, or of the host; None where it is not known.
        default_model: the model of a run for which none was given.

    Raises ParameterError if there is no key, or the URL, region or workspace is invalid.
    """

    pace = 1.0
    languages = None
    timeouts = Timeouts()

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        *,
        region: str | None = None,
        workspace: str | None = None,
        url: str | None = None,
    ) -> None:
        # The arguments themselves are hidden: a traceback may show its frames' variables.
        api_key = _hidden(api_key)
        url = None if url is None else Secret(url)
        url, region, workspace = _location(url, region, workspace)
        if not api_key:
            raise ParameterError(
                f"DashScope needs an API key: pnb.login() asks for it; or set {KEY_VARIABLE}, or pass api_key= (a "
                "text, or a function that returns one). Without a key, leave service= out and use the embedded service."
            )
        self._key = api_key
        self._asker = object()  # not the service itself, which contexts would keep in memory
        self._workspace = workspace
        self._url = str(url)
        self._is_loopback = _is_loopback(urlsplit(url).hostname)
        self.region = region
        self.source = ServiceSource("dashscope", urlsplit(url).netloc, region=region)
        self.default_model = DEFAULT_MODEL if self.region in (None, BEIJING) else MAINLINE_MODEL

    def __repr__(self) -> str:
        return f"DashScope({self.source.host!r})"

    def check_model(self, model: str) -> None:
        """Raise ParameterError if the region is known not to serve the model."""
        check_region(model, self.region)

    async def endpoint(self) -> Endpoint:
        """The URL, with the key in its headers. Source of the headers: the vendor's WebSocket API page."""
        if isinstance(self._key, Secret):
            key = self._key
        else:
            key = await self._ask(self._key)
        key = Secret(key.strip())
        if not is_key(key):
            raise AuthenticationError("the API key is empty or has characters that no key has. Nothing was sent.")
        headers: dict[str, str] = {"Authorization": bearer(key)}
        if self._workspace:
            headers["X-DashScope-WorkSpace"] = self._workspace
        return Endpoint(self._url, headers, self._is_loopback)

    async def _ask(self, api_key: Callable[[], str]) -> Secret:
        """Call the user's function for the key. Raises AuthenticationError if it fails."""
        if self._asker in _asking.get():
            raise _AsksItself
        previous = _asking.set((*_asking.get(), self._asker))
        try:
            asked = USER_CALLS.submit(_call, api_key)
        finally:
            _asking.reset(previous)
        return await asyncio.wrap_future(asked)


def _location(url: Secret | None, region: str | None, workspace: str | None) -> tuple[Secret, str | None, str | None]:
    """The URL, region and workspace: arguments first, then the environment and the SDK's files, then Beijing. Raises
    ParameterError if one is invalid, or a region and a URL do not fit."""
    outside = known_location()
    if url is None and region is None and workspace is None and outside.url:
        url = Secret(outside.url)
    workspace = workspace or outside.workspace
    if workspace is not None and not _WORKSPACE.fullmatch(workspace):
        raise ParameterError(f"workspace={workspace!r} is not a workspace's id: letters, digits, - and _ only.")
    if url is not None:
        _check_url(url)
        found = region_of(urlsplit(url).netloc)
        if region is not None and found is not None and region != found:
            raise ParameterError(f"region={region!r}, but url= is a host of {found}: leave one of them out.")
        region = region or found or outside.region
    else:
        region = region or outside.region or BEIJING
    if region is not None and region not in REGIONS:
        raise ParameterError(f"region={region!r} is not known: give {', '.join(REGIONS)}; or url= for another service.")
    return url or Secret(f"wss://{host_of(region or BEIJING, workspace)}{PATH}"), region, workspace


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
    except _AsksItself:
        failure: AuthenticationError = _AsksItself()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
        failure = AuthenticationError(
            f"api_key= was a function, and calling it failed ({type(error).__name__}). Nothing was sent. Call it by "
            "itself to see why."
        )
    else:
        return Secret(key if isinstance(key, str) else "")
    raise failure


def _check_url(url: Secret) -> None:
    """Raise ParameterError if a URL is invalid."""
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
    if parts.scheme == "ws" and not _is_loopback(host):
        raise ParameterError(
            f"url={str(url)!r}: ws:// would send the key in the clear; use wss:// (ws:// is for 127.0.0.1)."
        )


def _is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
