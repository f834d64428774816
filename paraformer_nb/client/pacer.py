"""Send blocks on a schedule. Delays do not accumulate, and audio that is sent again after a disconnect catches up."""

from __future__ import annotations

import asyncio
import time

from .stopping import wait_for_stop


class Pacer:
    """Releases blocks at `pace` × real time. What is sent again after a disconnect is overdue and released at once."""

    def __init__(self, pace: float, stop: asyncio.Event) -> None:
        self._pace = pace
        self._stop = stop
        self._started: float | None = None

    def restart(self) -> None:
        """Begin again with the next block, because a part of the clip is skipped."""
        self._started = None

    async def wait(self, seconds: float) -> None:
        """Wait until `seconds` of the clip may have been sent; a stop ends the wait."""
        now = time.monotonic()
        if self._started is None:
            self._started = now - seconds / self._pace
        delay = self._started + seconds / self._pace - now
        if delay > 0:
            await wait_for_stop(self._stop, delay)
