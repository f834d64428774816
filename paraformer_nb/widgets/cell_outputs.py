"""The outputs of cells that show a view while its run goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MimeBundle = tuple[dict[str, Any], dict[str, Any]]


class CellOutputs:
    """Shows a view in cells; once its run has ended, each output is replaced by what a saved notebook is to keep.

    They are replaced where the kernel runs cells, never on the background loop: when a front end has drawn the end
    (call `replace`), and at the end of a cell while no front end has connected.

    Args:
        bundle: returns what to show now.
        has_ended: whether the run has ended.
        is_connected: whether a front end has connected; it reports when it has drawn the end.
    """

    def __init__(
        self, bundle: Callable[[], MimeBundle], has_ended: Callable[[], bool], is_connected: Callable[[], bool]
    ) -> None:
        self._bundle = bundle
        self._has_ended = has_ended
        self._is_connected = is_connected
        self._handles: list[Any] = []

    def show(self) -> None:
        """Show the view in the running cell."""
        from IPython.display import display

        data, metadata = self._bundle()
        if not self._handles:
            _events().register("post_run_cell", self._on_cell_end)
        self._handles.append(display(data, metadata=metadata, raw=True, display_id=True))  # type: ignore[no-untyped-call]

    def replace(self) -> None:
        """Replace the outputs, unless that was done or the run goes on."""
        if not self._handles or not self._has_ended():
            return
        _events().unregister("post_run_cell", self._on_cell_end)
        data, metadata = self._bundle()
        while self._handles:
            self._handles.pop().update(data, metadata=metadata, raw=True)

    def _on_cell_end(self, _result: object) -> None:
        if not self._is_connected():
            self.replace()


def _events() -> Any:
    """The events of the kernel's shell."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    return shell.events
