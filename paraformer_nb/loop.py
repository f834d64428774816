"""The background event loop, one daemon thread that all I/O of the process runs on; threads for what would block it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from .own_code import mark_thread

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.RLock()  # reentrant: a finaliser may run while it is held
_loop: asyncio.AbstractEventLoop | None = None
_owner = 0  # the process that runs the loop's thread: a forked child has none


def get_loop() -> asyncio.AbstractEventLoop:
    """The background loop, started at the first call. Raises RuntimeError if no thread can be started for it."""
    global _loop, _owner
    with _lock:
        if _loop is None or _owner != os.getpid():
            loop = new_loop()
            try:
                threading.Thread(target=run_loop, args=(loop,), name="paraformer_nb", daemon=True).start()
            except RuntimeError:  # too many threads: the next call tries again
                loop.close()
                raise
            _loop = loop
            _owner = os.getpid()
        return _loop


def new_loop(platform: str = sys.platform) -> asyncio.AbstractEventLoop:
    """Make a loop that can start processes: on Windows only the Proactor loop can, and older ipykernels change the
    default there to the Selector loop."""
    if platform == "win32":
        return asyncio.ProactorEventLoop()  # type: ignore[attr-defined, no-any-return, unused-ignore]  # Windows only
    return asyncio.new_event_loop()


def is_background() -> bool:
    """Whether the caller runs on the background loop."""
    try:
        return _loop is not None and asyncio.get_running_loop() is _loop
    except RuntimeError:  # no loop runs on this thread
        return False


def check_may_wait(name: str) -> None:
    """Raise RuntimeError on the background loop: it would wait for itself, and nothing would go on any more.

    `name`: of the function that would wait.
    """
    if is_background():
        raise RuntimeError(
            f"{name} was called on the toolkit's own event loop, such as in a listener's refresh(): the loop would "
            "wait for itself, and no run would go on. Nothing was done. Call it on another thread: "
            "threading.Thread(target=...).start()."
        )


def run_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Run until the loop is stopped; a task that raises SystemExit (which leaves `run_forever`) must not stop it."""
    loop.set_default_executor(_DefaultExecutor())
    while True:
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()
            return


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine on the background loop. Raises RuntimeError if no thread can be started for it."""
    try:
        loop = get_loop()
    except RuntimeError:
        coroutine.close()
        raise
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()  # a thread that the child lacks may have held it


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


class DaemonThreads(Executor):
    """A limited number of threads for one kind of calls that may block for long, apart from all other kinds.

    They are daemon threads: a call that never returns, such as a read from a stalled network drive, does not keep the
    program from exiting. A thread ends when no call is waiting. A call whose future is cancelled while it runs is given
    up: it goes on, and another may begin in its place.

    Args:
        name: of the threads.
        limit: how many calls may run at once; further ones wait.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)  # a forked child has none of the threads

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()  # without those that were given up
        self._threads = 0  # that work, without those of calls that were given up
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function on a thread. Raises RuntimeError if no thread can be started."""
        future: Future[T] = _Call(self._give_up)
        context = copy_context()

        def call() -> T:
            mark_thread()
            return function(*args, **kwargs)

        job = (future, lambda: context.run(call))
        with self._lock:
            self._start_thread()
            self._waiting.append(job)
        return future

    def _start_thread(self) -> None:
        """Start one, if there may be another. Hold the lock."""
        if self._threads < self._limit:
            threading.Thread(target=self._work, name=f"paraformer_nb {self._name}", daemon=True).start()
            self._threads += 1

    def _give_up(self, future: Future[Any]) -> None:
        """Let another call begin in the place of one that runs."""
        with self._lock:
            if future in self._running:
                self._running.discard(future)
                self._threads -= 1
                if self._waiting:
                    self._start_thread()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                future, call = self._waiting.popleft()
                self._running.add(future)
            if future.set_running_or_notify_cancel():
                try:
                    result = call()
                except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
                    future.set_exception(error)
                else:
                    future.set_result(result)
            with self._lock:
                if future not in self._running:  # it was given up, and this thread is not counted any more
                    return
                self._running.discard(future)
            del future, call  # an idle thread must not keep a clip open


class _Call(Future[T]):
    """A call's future, which reports that it is cancelled while it runs."""

    def __init__(self, give_up: Callable[[Future[Any]], None]) -> None:
        super().__init__()
        self._give_up = give_up

    def cancel(self) -> bool:
        """Cancel a call that has not begun; give up one that runs. Returns whether it was cancelled."""
        if super().cancel():
            return True
        self._give_up(self)
        return False


class _DefaultExecutor(ThreadPoolExecutor):
    """Threads for `asyncio.to_thread` and the names of hosts. Those of `concurrent.futures` accept no call once the
    main thread has ended, although another thread may still wait for a run."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function on a daemon thread."""
        return _DEFAULT.submit(function, *args, **kwargs)


_DEFAULT = DaemonThreads("default", 32)
READERS = DaemonThreads("reader", 256)
"""Read clips; a run has one read at a time."""
DIGESTS = DaemonThreads("digest", 8)
"""Read whole files for their digest."""
USER_CALLS = DaemonThreads("user", 128)
"""Call a user's functions, such as one that gives an API key."""
