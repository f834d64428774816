"""A response timeout that is paused while the consumer is not reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class ResponseTimeout:
    """Calls `on_timeout` when an expected response does not arrive in time.

    The time runs only between `resume` and `pause`, while the consumer is waiting for the next event: a slow consumer
    is never mistaken for a slow service.
    """

    def __init__(self, on_timeout: Callable[[], None]) -> None:
        self._on_timeout = on_timeout
        self._left: float | None = None  # seconds; None: nothing is expected
        self._is_running = False
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether a response is expected."""
        return self._left is not None

    def set(self, seconds: float | None) -> None:
        """Expect a response within so many seconds from now; None: expect nothing."""
        self._stop_timer()
        self._left = seconds
        if self._is_running:
            self._start_timer()

    def resume(self) -> None:
        """Let the time run: the consumer is waiting."""
        self._is_running = True
        if self._left is not None:
            self._start_timer()

    def pause(self) -> None:
        """Stop the time: the consumer is busy."""
        self._is_running = False
        if self._timer is not None and self._left is not None:
            self._left = max(0.0, self._left - (asyncio.get_running_loop().time() - self._since))
            self._stop_timer()

    def _start_timer(self) -> None:
        if self._left is not None:
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            self._timer = loop.call_later(self._left, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
