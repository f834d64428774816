"""Interrupts of a notebook's cells."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def in_kernel() -> bool:
    """Whether this runs in a notebook: there a cancellation is a person's interrupt, elsewhere it is the program's."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


class _InterruptHandler:
    """The process's SIGINT handler while there are listeners."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self._previous: Any = None  # the handler that this one replaces

    @contextmanager
    def listening(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back, on the main thread, at each interrupt. Several may listen, and leave in any order.

        On other threads nothing is called: a subshell's cell receives no interrupt.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if signal.getsignal(signal.SIGINT) != self._notify:
            self._previous = signal.signal(signal.SIGINT, self._notify)
        self._callbacks.append(callback)
        try:
            yield
        finally:
            self._callbacks.remove(callback)
            if not self._callbacks and signal.getsignal(signal.SIGINT) == self._notify:  # else its cell ended before
                signal.signal(signal.SIGINT, self._previous)

    def _notify(self, _signal: int, _frame: FrameType | None) -> None:
        for callback in list(self._callbacks):
            callback()


further_interrupts = _InterruptHandler()
"""Interrupts of a waiting cell after the first: the kernel cancels the cell at that one, and ignores later ones."""
