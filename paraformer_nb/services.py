"""Floor 3: where to connect, and how: DashScope in the cloud, or the embedded service on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from ._loop import get_loop, submit
from .errors import AuthenticationError, ConnectionFailed, ParameterError
from .recording import ServiceSource

if TYPE_CHECKING:
    from .server.service import Service as RunningService

BEIJING = "wss://dashscope.aliyuncs.com/api-ws/v1/inference"
"""The vendor's public endpoint; Paraformer runs in this region alone."""

KEY_VARIABLE = "DASHSCOPE_API_KEY"


@dataclass(frozen=True)
class Endpoint:
    """One connection's address and headers. Its repr leaves the headers out: they hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    is_loopback: bool


class Service(Protocol):
    """What a run needs to know of a service.

    Attributes:
        pace: how fast it likes its audio, as a multiple of real time; None: as fast as it takes it.
        source: what is said of it in the recording.
        languages: the languages it knows, or None where that is the service's business.
    """

    @property
    def pace(self) -> float | None: ...
    @property
    def source(self) -> ServiceSource: ...
    @property
    def languages(self) -> tuple[str, ...] | None: ...

    async def endpoint(self) -> Endpoint:
        """Where to connect now. Asked anew for every connection."""


class DashScope:
    """Alibaba Cloud's DashScope, or anything that speaks its protocol.

    Args:
        api_key: the key; a callable that gives one, asked for each connection (short-lived tokens); or None for the
            environment variable DASHSCOPE_API_KEY.
        workspace: the workspace's id, if the key needs one.
        url: where it listens; ``ws://`` is for loopback only.

    Raises ParameterError where there is no key, or the URL cannot be meant.
    """

    pace = 1.0
    languages = None

    def __init__(
        self, api_key: str | Callable[[], str] | None = None, *, workspace: str | None = None, url: str = BEIJING
    ) -> None:
        key = os.environ.get(KEY_VARIABLE) if api_key is None else api_key
        if not key:
            raise ParameterError(
                f"DashScope needs an API key: set {KEY_VARIABLE}, or pass DashScope(api_key=...). "
                "Without one, leave service= out: the embedded recogniser answers."
            )
        self._key = key
        self._workspace = workspace
        self._url = url
        self._is_loopback = _check_url(url)
        self.source = ServiceSource("dashscope", urlsplit(url).netloc)

    def __repr__(self) -> str:
        return f"DashScope({self.source.host!r})"

    async def endpoint(self) -> Endpoint:
        """The URL, with the key in its headers. Source of the headers: the vendor's WebSocket API page."""
        try:
            key = self._key if isinstance(self._key, str) else await asyncio.to_thread(self._key)
        except Exception as error:
            raise AuthenticationError(
                f"api_key= was a function, and calling it failed ({type(error).__name__}). Nothing was sent."
            ) from error
        if not isinstance(key, str) or not key.strip() or not key.strip().isascii() or len(key.split()) != 1:
            raise AuthenticationError("the API key is empty or has characters that no key has. Nothing was sent.")
        headers = {"Authorization": f"Bearer {key.strip()}"}
        if self._workspace:
            headers["X-DashScope-WorkSpace"] = self._workspace
        return Endpoint(self._url, headers, self._is_loopback)


class Embedded:
    """The embedded service: the same protocol on loopback, with a recogniser in this machine. It needs no key.

    Args:
        engine: "pocketsphinx" (a real recogniser, English only, far weaker than the cloud) or "scripted" (a test double
            that reads its words from a file; needs ``script=FILE.json``).
        engine_options: the engine's own.

    Raises ParameterError for an unknown engine, option or script.
    """

    pace = None

    def __init__(self, engine: str = "pocketsphinx", **engine_options: Any) -> None:
        from .server.engines import ENGINES, make_engine

        self._engine = make_engine(engine, engine_options)
        self._name = engine
        self._lock = threading.Lock()
        self._running: Future[RunningService] | None = None
        self.languages = ENGINES[engine].languages
        self.source = ServiceSource("embedded", "127.0.0.1", engine)

    def __repr__(self) -> str:
        return f"Embedded({self._name!r})"

    async def endpoint(self) -> Endpoint:
        """The running service's address and key; it is started at the first call, on the background loop."""
        with self._lock:
            if self._running is None:
                self._running = submit(self._start())
            starting = self._running
        try:
            running = await asyncio.shield(asyncio.wrap_future(starting))
        except OSError as error:
            with self._lock:
                self._running = None  # the next run may try again
            raise ConnectionFailed(f"the embedded service cannot listen on 127.0.0.1: {error}.") from error
        return Endpoint(running.url, {"Authorization": f"Bearer {running.api_key}"}, True)

    async def _start(self) -> RunningService:
        from .server.service import Service as RunningService

        service = RunningService(self._name, self._engine, secrets.token_hex(16))
        await service.start()
        weakref.finalize(self, _close, service).atexit = False
        return service


def _close(service: RunningService) -> None:
    asyncio.run_coroutine_threadsafe(service.close(), get_loop())


_default_lock = threading.Lock()
_default: Embedded | None = None


def default_service() -> DashScope | Embedded:
    """DashScope if a key is set in the environment, else the process's one embedded service."""
    global _default
    if os.environ.get(KEY_VARIABLE):
        return DashScope()
    with _default_lock:
        _default = _default or Embedded()
        return _default


def check_languages(service: Service, hints: Sequence[str] | None) -> None:
    """Raise ParameterError where a service cannot know any of the languages that are hinted at."""
    known = service.languages
    if hints and known and not set(hints) & set(known):
        raise ParameterError(
            f"language_hints={list(hints)!r}: the embedded recogniser knows {', '.join(known)} only. Nothing was sent. "
            "Use a DashScope key (service=pnb.DashScope(api_key=...)), or the scripted engine to show how it looks. "
            "内置识别器只懂英语;其他语言请使用 DashScope 密钥。"
        )


def _check_url(url: str) -> bool:
    """Whether the URL is one of this machine. Raises ParameterError where it cannot be connected to."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        told = str(error).lower()
        raise ParameterError(f"url= is no WebSocket address, such as wss://host/path: {told}.") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ParameterError("url= must hold no key, user or query: pass the key as api_key=.")
    if parts.scheme not in ("ws", "wss") or not host:
        raise ParameterError(f"url={url!r} is no WebSocket address: it begins with wss:// and names a host.")
    is_loopback = _is_loopback(host)
    if parts.scheme == "ws" and not is_loopback:
        raise ParameterError(
            f"url={url!r}: ws:// would send the key in the clear; use wss:// (ws:// is for 127.0.0.1)."
        )
    return is_loopback


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
