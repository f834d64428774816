"""A run in a notebook's cell: the live view, the picture that a saved notebook keeps of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..widgets.timeline import Timeline


class Display:
    """A view as a cell's output; once the run `has_ended`, the output is replaced by the final picture, once.

    The replacement happens on the main shell, never on the background loop: when a front end has drawn the final state,
    or when a waiter has seen the end.
    """

    def __init__(self, view: Timeline, has_ended: Callable[[], bool]) -> None:
        self._view = view
        self._has_ended = has_ended
        self._handles: list[Any] = []  # of every cell that showed the view before the end
        view.on_finished(self.finish)

    def show(self) -> None:
        """Display the view."""
        from IPython.display import display

        has_ended = self._has_ended()
        handle = display(self._view, display_id=True)  # type: ignore[no-untyped-call]
        if handle is not None and not has_ended:
            self._handles.append(handle)

    def finish(self) -> None:
        """Replace the outputs by the final picture, unless that was done."""
        while self._handles and self._has_ended():
            self._handles.pop().update(self._view)


def in_kernel() -> bool:
    """Whether this runs in a notebook, or in IPython."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
