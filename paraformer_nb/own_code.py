"""The user's code that a run calls and waits for: its clip, its key function. It must not wait for the run in turn."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

_caller: ContextVar[object] = ContextVar("paraformer_nb caller", default=None)
_position: ContextVar[asyncio.Task[Any] | int | None] = ContextVar("paraformer_nb called task or thread", default=None)


def begin_calling(caller: object) -> None:
    """Mark the current task as the one of `caller`: contexts carry this on to what it calls."""
    _caller.set(caller)


def mark_task() -> None:
    """The caller waits for the current task."""
    _position.set(asyncio.current_task())


def mark_thread() -> None:
    """The caller waits for what the current thread does in this context."""
    _position.set(threading.get_ident())


def is_called_by(caller: object, *, is_blocking: bool) -> bool:
    """Whether `caller` waits for the code that runs now, so that the code cannot wait for `caller`.

    `is_blocking`: the wait would hold up the whole event loop that runs here, and not only the current task.
    """
    position = _position.get()
    if _caller.get() is not caller or position is None:
        return False
    if isinstance(position, int):
        return position == threading.get_ident()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # another thread, which the called task may have started
        return False
    return position.get_loop() is loop if is_blocking else position is asyncio.current_task()
