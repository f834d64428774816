"""A run in a notebook's cell: the live view, the picture that a saved notebook keeps of it, interrupts."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..widgets.timeline import Timeline


class Display:
    """A view as a cell's output; once the run `has_ended`, the output is replaced by the final picture, once.

    A view that was closed meanwhile (``Widget.close_all()``) is followed by a new one. The replacement happens on the
    main shell, never on the background loop: when a front end has drawn the final state, or when a waiter has seen the
    end.
    """

    def __init__(self, make_view: Callable[[], Timeline], has_ended: Callable[[], bool]) -> None:
        self._make_view = make_view
        self._view = self._make()
        self._has_ended = has_ended
        self._handles: list[Any] = []  # of every cell that showed the view before the end

    def _make(self) -> Timeline:
        view = self._make_view()
        view.on_finished(self.finish)
        return view

    def show(self) -> None:
        """Display the view."""
        from IPython.display import display

        if self._view.is_closed:
            self._view = self._make()
        has_ended = self._has_ended()
        handle = display(self._view, display_id=True)  # type: ignore[no-untyped-call]
        if handle is not None and not has_ended:
            self._handles.append(handle)

    def finish(self) -> None:
        """Replace the outputs by the final picture, unless that was done."""
        while self._handles and self._has_ended():
            self._handles.pop().update(self._view)


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
