"""Wait for a run's end, in a script or in a cell.

A person's interrupt stops the run, a second one cancels it, a third one leaves the wait. A program's cancellation of
the waiting task is none of these: it is raised, and leaves the run alone.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from .interrupts import Watcher, watch_interrupts
from .notebook import in_kernel
from .supervisor import Supervisor

_POLL = 0.2  # seconds: an interrupt is noticed this soon, on every kernel
# Polls within which an interrupt cancels the waiting task: a kernel needs a few turns of its loop for that. Not
# seconds, because the loop may be busy.
_CANCELLED_WITHIN = 5


class Stoppable(Protocol):
    """A run or its supervisor."""

    def stop(self) -> None:
        """Send no more audio, and receive the last results."""

    def cancel(self) -> None:
        """End now."""


class Interrupts:
    """Handles one waiter's interrupts: the first one stops the run, the second one cancels it, a further one leaves.

    Attributes:
        count: of the interrupts so far.
    """

    def __init__(self, run: Stoppable) -> None:
        self._run = run
        self.count = 0

    def handle(self) -> None:
        """Stop or cancel the run. Raises KeyboardInterrupt if it was cancelled before and has still not ended."""
        self.count += 1
        if self.count == 1:
            self._run.stop()
        elif self.count == 2:
            self._run.cancel()
        else:
            raise KeyboardInterrupt("the run was cancelled and ends in the background; its words so far are kept.")


def wait_blocking(supervisor: Supervisor, timeout: float | None) -> None:
    """Wait for the end. Raises TimeoutError after `timeout` seconds; the run goes on."""
    if not supervisor.future.done():
        supervisor.check_may_wait(is_blocking=True)
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
    """Wait for the end.

    In a kernel an interrupt of the cell stops the run and is handled with that, so that the code after it runs. In a
    script it stops the run and is raised. Any other cancellation is raised, and the run goes on.
    """
    if not supervisor.future.done():
        supervisor.check_may_wait(is_blocking=False)
    interrupts = Interrupts(supervisor)
    ended = asyncio.wrap_future(supervisor.future)
    with watch_interrupts() as watcher:
        recent = _RecentInterrupt(watcher)
        while not ended.done():
            # Polling, because an interrupt reaches a waiting cell only when its loop wakes up.
            try:
                await asyncio.wait({ended}, timeout=_POLL)
            except (asyncio.CancelledError, KeyboardInterrupt) as error:
                is_cancellation = isinstance(error, asyncio.CancelledError)
                if is_cancellation and not recent.is_pending:
                    raise
                interrupts.handle()
                if not in_kernel():
                    raise
                if is_cancellation:
                    _uncancel()
                recent.begin_handling()
            for _ in range(recent.further()):
                interrupts.handle()


class _RecentInterrupt:
    """Distinguishes a cancellation by an interrupt, which comes soon after it, from all others."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._seen = 0
        self._polls = 0

    @property
    def is_pending(self) -> bool:
        """Whether an interrupt has come that has cancelled nothing yet."""
        return self._watcher.count > self._seen

    def begin_handling(self) -> None:
        """An interrupt has cancelled the task: the kernel ignores the next ones, so `further` reports them."""
        self._watcher.is_handling = True
        self._seen = min(self._seen + 1, self._watcher.count)

    def further(self) -> int:
        """How many interrupts there are to handle, at a poll; forgets one that was for another task."""
        new = self._watcher.count - self._seen
        if self._watcher.is_handling:
            self._seen += max(0, new)
            return max(0, new)
        self._polls = self._polls + 1 if new else 0
        if self._polls > _CANCELLED_WITHIN:
            self._polls = 0
            self._seen = self._watcher.count
        return 0


def _uncancel() -> None:
    """Undo a cancellation that was handled, so that a later `asyncio.timeout` around it works."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
