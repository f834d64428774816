"""Watch the interrupts (SIGINT) of this process, beside the handler that they have."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Watcher:
    """The interrupts since a waiter began to watch.

    Attributes:
        count: of the interrupts.
        is_handling: whether the waiter handles further ones itself: then the process's own handler gets none.
    """

    def __init__(self) -> None:
        self.count = 0
        self.is_handling = False


class _InterruptHandler:
    """The process's SIGINT handler while there are watchers; it passes interrupts on to the one that it replaces."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []
        self._previous: Any = None  # the handler that this one replaces

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Count the interrupts. Several may watch, and leave in any order.

        On other threads nothing is counted: a subshell's cell receives no interrupt. Nor is it while the process
        ignores them, as a kernel does between cells; a cell that starts later sets a handler of its own.
        """
        watcher = Watcher()
        if not _is_main_thread() or not callable(signal.getsignal(signal.SIGINT)):
            yield watcher
            return
        if signal.getsignal(signal.SIGINT) != self._notify:
            self._previous = signal.signal(signal.SIGINT, self._notify)
        self._watchers.append(watcher)
        try:
            yield watcher
        finally:
            self._watchers.remove(watcher)
            if not self._watchers and _is_main_thread() and signal.getsignal(signal.SIGINT) == self._notify:
                signal.signal(signal.SIGINT, self._previous)  # else its cell ended before, and has restored its own

    def _notify(self, number: int, frame: FrameType | None) -> None:
        for watcher in self._watchers:
            watcher.count += 1
        if not any(watcher.is_handling for watcher in self._watchers):
            self._previous(number, frame)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


watch_interrupts = _InterruptHandler().watch
"""Count the interrupts while its context is entered."""
