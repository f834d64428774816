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
    """A view as a cell's output; once the run `has_ended`, the output is exchanged for its final picture, once.

    The exchange happens where the kernel runs cells, never on the background loop: when the front end says that it has
    drawn the end, or when somebody has waited for it.
    """

    def __init__(self, view: Timeline, has_ended: Callable[[], bool]) -> None:
        self._view = view
        self._has_ended = has_ended
        self._handles: list[Any] = []  # of every cell that showed it before it had ended
        view.on_finished(self.settle)

    def show(self) -> None:
        """Display the view."""
        from IPython.display import display

        has_ended = self._has_ended()
        handle = display(self._view, display_id=True)  # type: ignore[no-untyped-call]
        if handle is not None and not has_ended:
            self._handles.append(handle)

    def settle(self) -> None:
        """Put the final picture in place of the first one, unless it is there."""
        while self._handles and self._has_ended():
            self._handles.pop().update(self._view)


def in_kernel() -> bool:
    """Whether a cell is running us: there an interrupt is a person's, elsewhere a cancellation is the program's own."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


class _Interrupts:
    """Whom to tell of interrupts; the process's handler of them is this while there is anybody."""

    def __init__(self) -> None:
        self._told: list[Callable[[], None]] = []
        self._before: Any = None  # the handler that this one stands in for

    @contextmanager
    def told_to(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back, on the main thread, at each interrupt. Several may be told, and leave in any order.

        On other threads nothing is called: no interrupt goes to the cell of a subshell.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if signal.getsignal(signal.SIGINT) != self._tell:
            self._before = signal.signal(signal.SIGINT, self._tell)
        self._told.append(callback)
        try:
            yield
        finally:
            self._told.remove(callback)
            if not self._told and signal.getsignal(signal.SIGINT) == self._tell:  # else its cell has ended before
                signal.signal(signal.SIGINT, self._before)

    def _tell(self, _signal: int, _frame: FrameType | None) -> None:
        for callback in list(self._told):
            callback()


further_interrupts = _Interrupts()
"""Those of an awaiting cell after the first: a kernel cancels the cell at that one, and has no ear for another."""
