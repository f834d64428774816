"""Wait for a run's end, in a script or in a cell; an interrupt stops the run, a second one cancels it."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import Protocol

from .notebook import further_interrupts, in_kernel
from .supervisor import Supervisor

_POLL = 0.2  # seconds: an interrupt is noticed this soon, on every kernel


class Stoppable(Protocol):
    """A run or its supervisor."""

    def stop(self) -> None:
        """Send no more audio, and receive the last results."""

    def cancel(self) -> None:
        """End now."""


class Interrupts:
    """Handles one waiter's interrupts: the first one stops the run, a further one cancels it.

    Attributes:
        count: of the interrupts so far.
    """

    def __init__(self, run: Stoppable) -> None:
        self._run = run
        self.count = 0

    def handle(self) -> None:
        """Stop or cancel the run."""
        self.count += 1
        if self.count == 1:
            self._run.stop()
        else:
            self._run.cancel()


def wait_blocking(supervisor: Supervisor, timeout: float | None) -> None:
    """Wait for the end. Raises TimeoutError after `timeout` seconds; the run goes on."""
    deadline = None if timeout is None else time.monotonic() + timeout
    interrupts = Interrupts(supervisor)
    while not supervisor.future.done():
        left = _POLL if deadline is None else min(_POLL, deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError(f"the run has not ended after {timeout} s; it goes on.")
        try:
            supervisor.future.result(left)
        except TimeoutError:
            continue
        except KeyboardInterrupt:
            interrupts.handle()


async def wait(supervisor: Supervisor) -> None:
    """Wait for the end. In a kernel a cancellation is treated as an interrupt, elsewhere it is raised."""
    interrupts = Interrupts(supervisor)
    ended = asyncio.wrap_future(supervisor.future)
    with ExitStack() as listening:
        while not ended.done():
            # Polling, because an interrupt reaches a waiting cell only when its loop wakes up.
            try:
                await asyncio.wait({ended}, timeout=_POLL)
            except (asyncio.CancelledError, KeyboardInterrupt):
                interrupts.handle()
                if not in_kernel():
                    raise
                listening.enter_context(further_interrupts.listening(supervisor.cancel))
