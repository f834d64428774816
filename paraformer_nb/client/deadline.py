"""Floor 3: how long the other side may take, on a clock that stands still while nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Deadline:
    """Calls `overdue` when something that is waited for does not come in time.

    The time runs only inside `listening`: a consumer that is slow with one event is not told that the next is late.
    """

    def __init__(self) -> None:
        self._left: float | None = None  # seconds; None: there is no hurry
        self._since = 0.0
        self._overdue: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a hurry."""
        return self._left is not None

    def set(self, seconds: float | None) -> None:
        """From now on something must come within so many seconds; None: there is no hurry."""
        self._left = seconds
        if self._overdue is not None:
            self._start(self._overdue)

    @contextmanager
    def listening(self, overdue: Callable[[], None]) -> Iterator[None]:
        """Let the time run."""
        self._overdue = overdue
        self._start(overdue)
        try:
            yield
        finally:
            self._overdue = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
                if self._left is not None:
                    self._left = max(0.0, self._left - (asyncio.get_running_loop().time() - self._since))

    def _start(self, overdue: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._left is not None:
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            self._timer = loop.call_later(self._left, overdue)
