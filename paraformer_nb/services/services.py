"""Where to connect, and how: DashScope in the cloud, or the embedded service on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from ..dashscope.redaction import Secret, bearer, is_key
from ..errors import AuthenticationError, ConnectionFailed, ParameterError
from ..journal.records import ServiceSource
from ..loop import get_loop, submit
from .keys import KEY_VARIABLE, known_key

if TYPE_CHECKING:
    from ..server.embedded_server import EmbeddedServer as RunningService
    from ..server.limits import Limits

BEIJING = "wss://dashscope.aliyuncs.com/api-ws/v1/inference"
"""The vendor's public endpoint; Paraformer runs in this region alone."""


@dataclass(frozen=True)
class Endpoint:
    """One connection's address and headers. Its repr leaves the headers out: they hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    is_loopback: bool
    link_timeout: float = 20.0


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
            one of `login`, else the environment variable DASHSCOPE_API_KEY.
        workspace: the workspace's id, if the key needs one.
        url: where it listens; ``ws://`` is for loopback only.
        link_timeout: seconds after which a link that answers no ping counts as lost.

    Raises ParameterError where there is no key, or the URL cannot be meant.
    """

    pace = 1.0
    languages = None

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        *,
        workspace: str | None = None,
        url: str = BEIJING,
        link_timeout: float = 20.0,
    ) -> None:
        # The arguments themselves are hidden: a traceback may show its frames' variables.
        api_key, url = _hidden(api_key), Secret(url)
        if not api_key:
            raise ParameterError(
                f"DashScope needs an API key: pnb.login() asks for it; or set {KEY_VARIABLE}, or pass api_key= (a "
                "text, or a function that gives one). Without one, leave service= out: the embedded recogniser answers."
            )
        self._key = api_key
        self._workspace = workspace
        self._link_timeout = _check_timeout(link_timeout)
        self._is_loopback = _check_url(url)
        self._url = str(url)
        self.source = ServiceSource("dashscope", urlsplit(url).netloc)

    def __repr__(self) -> str:
        return f"DashScope({self.source.host!r})"

    async def endpoint(self) -> Endpoint:
        """The URL, with the key in its headers. Source of the headers: the vendor's WebSocket API page."""
        key = self._key if isinstance(self._key, Secret) else await asyncio.to_thread(_ask, self._key)
        key = Secret(key.strip())
        if not is_key(key):
            raise AuthenticationError("the API key is empty or has characters that no key has. Nothing was sent.")
        headers: dict[str, str] = {"Authorization": bearer(key)}
        if self._workspace:
            headers["X-DashScope-WorkSpace"] = self._workspace
        return Endpoint(self._url, headers, self._is_loopback, self._link_timeout)


class Embedded:
    """The embedded service: the same protocol on loopback, with a recogniser in this machine. It needs no key.

    Args:
        engine: "pocketsphinx" (a real recogniser, English only, far weaker than the cloud), "paraformer" (the real one,
            from a model folder that you have; ``model_dir=DIR``), "scripted" (a test double that reads its words from a
            file; ``script=FILE.json``) or "replay" (answers as a saved run was answered; ``journal=FILE``).
        faults: what shall go wrong on purpose, as texts such as ``"drop:events=5,how=reset,times=1"``; all of them are
            listed in `paraformer_nb.server.faults`.
        limits: how long it waits and how much it takes, where the cloud's own figures will not do.
        link_timeout: as `DashScope`'s; longer, because a busy machine may be slower to answer than a network.
        engine_options: the engine's own.

    Raises ParameterError for an unknown engine, option, script, model or fault, MissingDependency where a package is
    not installed.
    """

    pace = None

    def __init__(
        self,
        engine: str = "pocketsphinx",
        *,
        faults: Sequence[str] = (),
        limits: Limits | None = None,
        link_timeout: float = 60.0,
        **engine_options: Any,
    ) -> None:
        from ..server.engines.registry import ENGINES, make_engine
        from ..server.faults import parse_fault
        from ..server.limits import Limits

        if isinstance(faults, str) or not all(isinstance(text, str) for text in faults):
            raise ParameterError(f"faults={faults!r}: give a list of texts, such as 'drop:events=5'.")
        if not isinstance(limits, Limits | None):
            raise ParameterError(f"limits={limits!r}: give pnb.Limits(...).")
        self._faults = [parse_fault(text) for text in faults]
        self._limits = limits
        self._link_timeout = _check_timeout(link_timeout)
        self._engine = make_engine(engine, engine_options)
        self._kind = ENGINES[engine]
        self._lock = threading.Lock()
        self._running: Future[RunningService] | None = None
        self._closing: Future[None] | None = None
        self.languages = self._kind.languages
        self.source = ServiceSource("embedded", "127.0.0.1", engine)

    def __repr__(self) -> str:
        return f"Embedded({self._kind.name!r})"

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
                if self._running is starting:
                    self._running = None  # the next run may try again
            raise ConnectionFailed(f"the embedded service cannot listen on 127.0.0.1: {error}.") from error
        return Endpoint(running.url, {"Authorization": bearer(running.api_key)}, True, self._link_timeout)

    def close(self) -> None:
        """End the service and all that it holds: tasks, workers, memory. It starts again at the next run."""
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                self._closing = submit(_close(running))
            closing = self._closing
        if closing is not None:
            closing.result()

    async def _start(self) -> RunningService:
        from ..server.embedded_server import EmbeddedServer as RunningService

        if self._closing is not None:  # the engine is one for both, and is closed before it is opened again
            await asyncio.wait({asyncio.wrap_future(self._closing)})
        service = RunningService(
            self._kind, self._engine, secrets.token_hex(16), faults=self._faults, limits=self._limits
        )
        await service.start()
        weakref.finalize(self, lambda: asyncio.run_coroutine_threadsafe(service.close(), get_loop())).atexit = False
        return service


async def _close(starting: Future[RunningService]) -> None:
    """Close a service that may be just starting; one that could not start has nothing to close."""
    (service,) = await asyncio.gather(asyncio.wrap_future(starting), return_exceptions=True)
    if not isinstance(service, BaseException):
        await service.close()


_default_lock = threading.Lock()
_default: Embedded | None = None


def default_service() -> DashScope | Embedded:
    """DashScope if a key is known, else the process's one embedded service."""
    global _default
    if known_key():
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


def _hidden(api_key: str | Callable[[], str] | None) -> Secret | Callable[[], str] | None:
    """What was given as a key, so that it does not show itself; None where there is none, or it can be none."""
    if api_key is None:
        return known_key()
    if isinstance(api_key, str):
        return Secret(api_key)
    # Of what else can be called, its method: that shows nothing of what a partial holds.
    return api_key.__call__ if callable(api_key) else None  # type: ignore[no-any-return, operator]


def _ask(api_key: Callable[[], str]) -> Secret:
    """The key that a user's function gives. Raises AuthenticationError where it fails; what it raised itself goes, for
    its text and its frames may hold the key."""
    try:
        key = api_key()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
        problem = type(error).__name__
    else:
        return Secret(key if isinstance(key, str) else "")
    raise AuthenticationError(
        f"api_key= was a function, and calling it failed ({problem}). Nothing was sent. Call it by itself to see why."
    )


def _check_timeout(seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise ParameterError(f"link_timeout={seconds!r}: give seconds above 0.")
    return float(seconds)


def _check_url(url: Secret) -> bool:
    """Whether the URL is one of this machine. Raises ParameterError where it cannot be connected to."""
    if set("@?#") & set(url):  # before it is taken apart: a traceback may show the parts
        raise ParameterError("url= must hold no key, user or query: pass the key as api_key=.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        told = str(error).lower()
        raise ParameterError(f"url= is no WebSocket address, such as wss://host/path: {told}.") from None
    if parts.scheme not in ("ws", "wss") or not host:
        raise ParameterError(f"url={str(url)!r} is no WebSocket address: it begins with wss:// and names a host.")
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
