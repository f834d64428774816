"""The background event loop: one daemon thread that all I/O of the process runs on."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.RLock()  # reentrant: a finaliser may run while it is held
_loop: asyncio.AbstractEventLoop | None = None
_owner = 0  # the process that runs the loop's thread: a forked child has none


def get_loop() -> asyncio.AbstractEventLoop:
    """The background loop, started at the first call."""
    global _loop, _owner
    with _lock:
        if _loop is None or _owner != os.getpid():
            _loop, _owner = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_run, args=(_loop,), name="paraformer_nb", daemon=True).start()
        return _loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run forever; a task that raises SystemExit (which leaves `run_forever`) must not stop the others."""
    while True:
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()
            return


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine on the background loop."""
    return asyncio.run_coroutine_threadsafe(coroutine, get_loop())
