"""The outputs of cells that show a view: the view itself, and the still that a notebook without a kernel shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MimeBundle = tuple[dict[str, Any], dict[str, Any]]


class CellOutputs:
    """Shows a view in cells; once its run has ended, the outputs are replaced by what a saved notebook is to keep.

    They are replaced where the kernel runs cells, never on the background loop: when a front end has drawn the end
    (call `replace`), and the view's own at the end of a cell while no front end has connected.

    Args:
        view: returns the view's own output, as it is now.
        still: returns the still beside it as HTML, as it is now.
        has_ended: whether the run has ended.
        is_connected: whether a front end has connected; it reports when it has drawn the end.
    """

    def __init__(
        self,
        view: Callable[[], MimeBundle],
        still: Callable[[], str],
        has_ended: Callable[[], bool],
        is_connected: Callable[[], bool],
    ) -> None:
        self._view = view
        self._still = still
        self._has_ended = has_ended
        self._is_connected = is_connected
        self._shown: list[Any] = []  # every view's own output
        self._views: list[Any] = []  # those that were shown before the end
        self._stills: list[Any] = []

    def show(self, *, has_still: bool) -> None:
        """Show the view in the running cell, with its still where a front end can connect."""
        from IPython.display import display

        data, metadata = self._view()
        view: Any = display(data, metadata=metadata, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        self._shown.append(view)
        if not self._has_ended():
            if not self._views:
                _events().register("post_run_cell", self._on_cell_end)
            self._views.append(view)
        if has_still:
            self._stills.append(display(_html(self._still()), raw=True, display_id=True))  # type: ignore[no-untyped-call]

    @property
    def has_stills(self) -> bool:
        """Whether there are stills to replace."""
        return bool(self._stills)

    def go_on(self) -> None:
        """The run, which had ended, continues: what is shown is to be replaced at its end."""
        if self._shown and not self._views:
            _events().register("post_run_cell", self._on_cell_end)
        self._views = list(self._shown)

    def replace(self) -> None:
        """Replace the outputs, unless the run goes on. Called again after corrections, for the stills."""
        if not self._has_ended():
            return
        self._replace_views()
        data = _html(self._still()) if self._stills else {}
        for handle in self._stills:
            handle.update(data, raw=True)

    def _replace_views(self) -> None:
        if not self._views:
            return
        _events().unregister("post_run_cell", self._on_cell_end)
        data, metadata = self._view()
        while self._views:
            self._views.pop().update(data, metadata=metadata, raw=True)

    def _on_cell_end(self, _result: object) -> None:
        if self._has_ended() and not self._is_connected():
            self._replace_views()


def _html(text: str) -> dict[str, str]:
    """An output without text of its own: the view's output has that."""
    return {"text/html": text, "text/plain": ""}


def _events() -> Any:
    """The events of the kernel's shell."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    return shell.events
