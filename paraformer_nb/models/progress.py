"""Show a download in a terminal or a notebook."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from .addresses import is_quiet


class Progress(Protocol):
    """What a download reports."""

    def begin(self, name: str, total: int) -> None:
        """A file of so many bytes is downloaded."""

    def update(self, done: int) -> None:
        """So many bytes of it are there."""

    def message(self, text: str) -> None:
        """Something else that a user should know."""

    def close(self) -> None:
        """It has ended."""


class ProgressBar:
    """A bar for each file on stderr, or a widget in a notebook. `is_shown`: messages alone if not."""

    def __init__(self, *, is_shown: bool = True) -> None:
        self._is_shown = is_shown and not is_quiet()
        self._bar: Any = None

    def begin(self, name: str, total: int) -> None:
        """Begin a bar."""
        from tqdm.auto import tqdm

        self.close()
        if self._is_shown:
            self._bar = tqdm(desc=name, total=total, unit="B", unit_scale=True, file=sys.stderr, leave=False)
            if not sys.stderr.isatty() and not hasattr(self._bar, "container"):  # which the widget of a notebook has
                self._bar.leave = True  # the line of a bar can be removed from a terminal only: let it end

    def update(self, done: int) -> None:
        """Move the bar; it moves back where bytes were wrong."""
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def message(self, text: str) -> None:
        """Print a line above the bar."""
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
