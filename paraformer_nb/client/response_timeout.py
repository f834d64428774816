"""How long the other side may take, on a clock that stands still while nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class ResponseTimeout:
    """Calls `overdue` when something that is waited for does not come in time.

    The time runs only between `resume` and `pause`, that is, while somebody listens: a consumer that is slow with one
    event is not told that the next is late.
    """

    def __init__(self) -> None:
        self.overdue: Callable[[], None] | None = None
        self._left: float | None = None  # seconds; None: there is no hurry
        self._is_running = False
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a hurry."""
        return self._left is not None

    def set(self, seconds: float | None) -> None:
        """From now on something must come within so many seconds; None: there is no hurry."""
        self._stop_timer()
        self._left = seconds
        if self._is_running:
            self._start_timer()

    def resume(self) -> None:
        """Somebody listens: let the time run."""
        self._is_running = True
        if self._left is not None:
            self._start_timer()

    def pause(self) -> None:
        """Nobody listens: let the time stand still."""
        self._is_running = False
        if self._timer is not None and self._left is not None:
            self._left = max(0.0, self._left - (asyncio.get_running_loop().time() - self._since))
            self._stop_timer()

    def _start_timer(self) -> None:
        if self._left is not None and self.overdue is not None:
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            self._timer = loop.call_later(self._left, self.overdue)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
