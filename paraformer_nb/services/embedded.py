"""The embedded service: DashScope's protocol on loopback, with a recogniser on this machine."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from ..client.service import Endpoint
from ..client.timeouts import Timeouts
from ..dashscope.models import DEFAULT_MODEL
from ..dashscope.redaction import bearer
from ..errors import ConnectionFailed, ParameterError
from ..journal.records import ServiceSource
from ..loop import check_may_wait, get_loop, submit

if TYPE_CHECKING:
    from ..server.embedded_server import EmbeddedServer
    from ..server.limits import Limits

# Tasks and connections at once: they are this process's own runs, of which none may fail because there are many. They
# wait for their turn at the engine.
_MANY = 4096


class Embedded:
    """The embedded service: the same protocol on loopback, with a recogniser on this machine. It needs no key.

    Args:
        engine: "moonshine" (a real recogniser, English only), "pocketsphinx" (the same, much weaker), "paraformer"
            (Chinese and English; its files are fetched once by `pnb.fetch_model`, or given: ``model_dir=DIR``),
            "scripted" (a test double that reads its words from a file; ``script=FILE.json``) or "replay" (a saved run,
            answered again; ``journal=FILE``). None is the first of "moonshine" and "pocketsphinx" that is installed.
        faults: faults to simulate, as texts such as ``"drop:events=5,how=reset,times=1"``; see `docs/service.md`.
        limits: the service's timeouts and bounds, where the cloud's own do not fit. None: the cloud's, but for the
            number of tasks and connections, which is not limited to speak of.
        engine_options: the engine's own.

    Raises ParameterError for an unknown engine, option, script, model or fault, MissingDependency if a package is
    not installed, ModelFilesError if the files of "paraformer" are missing or damaged.
    """

    pace = None
    default_model = DEFAULT_MODEL
    # A busy machine may answer later than a network. A start has no timeout to speak of: a task may wait for its turn
    # behind long clips, a worker that does not load fails by itself, and a dead service answers no ping.
    timeouts = Timeouts(start=86_400.0, keepalive=60.0)

    def __init__(
        self,
        engine: str | None = None,
        *,
        faults: Sequence[str] = (),
        limits: Limits | None = None,
        **engine_options: Any,
    ) -> None:
        from ..server.engines.registry import ENGINES, default_engine, make_engine
        from ..server.faults import parse_fault
        from ..server.limits import Limits

        if isinstance(faults, str) or not all(isinstance(text, str) for text in faults):
            raise ParameterError(f"faults={faults!r}: give a list of texts, such as 'drop:events=5'.")
        if not isinstance(limits, Limits | None):
            raise ParameterError(f"limits={limits!r}: give pnb.Limits(...).")
        self._faults = [parse_fault(text) for text in faults]
        self._limits = limits or Limits(tasks=_MANY, connections=_MANY, handshakes=_MANY)
        engine = engine or default_engine()
        self._make_engine = partial(make_engine, engine, engine_options)
        self._begin()
        self._kind = ENGINES[engine]
        self.languages = self._kind.languages
        self.source = ServiceSource("embedded", "127.0.0.1", engine)

    def _begin(self) -> None:
        """Begin without a server, in the process that runs now."""
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._engine = self._make_engine()
        self._running: Future[EmbeddedServer] | None = None
        self._closing: Future[None] | None = None

    def _check_owner(self) -> None:
        """Begin anew in a forked child: the server and its workers are the parent's."""
        if self._owner != os.getpid():
            self._begin()

    def __repr__(self) -> str:
        return f"Embedded({self._kind.name!r})"

    async def endpoint(self) -> Endpoint:
        """The running server's address and key. The first call starts the server, on the background loop."""
        self._check_owner()
        with self._lock:
            if self._running is None:
                self._running = submit(self._start(self._closing))
            starting = self._running
        try:
            running = await asyncio.shield(asyncio.wrap_future(starting))
        except OSError as error:
            with self._lock:
                if self._running is starting:
                    self._running = None  # the next run may try again
            raise ConnectionFailed(f"the embedded service cannot listen on 127.0.0.1: {error}.") from error
        return Endpoint(running.url, {"Authorization": bearer(running.api_key)}, True)

    def close(self) -> None:
        """Stop the server and free what it holds: tasks, workers, memory. The next run starts it again.

        In a forked child there is nothing to stop: the server is the parent's. Raises RuntimeError in a listener of a
        run, which would wait for itself.
        """
        check_may_wait("Embedded.close()")
        self._check_owner()
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                self._closing = submit(_close(running))
            closing = self._closing
        if closing is not None:
            closing.result()

    async def _start(self, closing: Future[None] | None) -> EmbeddedServer:
        from ..server.embedded_server import EmbeddedServer

        if closing is not None:  # both servers share the engine, which must be closed before it is opened again
            await asyncio.wait({asyncio.wrap_future(closing)})
        server = EmbeddedServer(
            self._kind, self._engine, secrets.token_hex(16), faults=self._faults, limits=self._limits
        )
        await server.start()
        weakref.finalize(self, _close_later, server, os.getpid()).atexit = False
        return server


def _close_later(server: EmbeddedServer, owner: int) -> None:
    """Close a server whose `Embedded` has gone, in the process that started it."""
    if os.getpid() == owner:
        asyncio.run_coroutine_threadsafe(server.close(), get_loop())


async def _close(starting: Future[EmbeddedServer]) -> None:
    """Close a server that may still be starting; one that failed to start has nothing to close."""
    (server,) = await asyncio.gather(asyncio.wrap_future(starting), return_exceptions=True)
    if not isinstance(server, BaseException):
        await server.close()
