"""Floor 5: a run in a notebook's cell: the live view, and the picture that a saved notebook keeps of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .widgets.timeline import Timeline


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
