"""Wait for a run's end, in a script or in a cell; an interrupt stops the run, a second one cancels it."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

from .notebook import further_interrupts, in_kernel
from .supervisor import Supervisor

_POLL = 0.2  # seconds: an interrupt is noticed this soon, on every kernel


class _Interrupts:
    """The interrupts of one waiter."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._count = 0

    def handle(self) -> None:
        """The first one stops the run, a further one cancels it."""
        self._count += 1
        if self._count == 1:
            self._supervisor.stop()
        else:
            self._supervisor.cancel()


def wait_blocking(supervisor: Supervisor, timeout: float | None) -> None:
    """Wait for the end. Raises TimeoutError after `timeout` seconds; the run goes on."""
    deadline = None if timeout is None else time.monotonic() + timeout
    interrupts = _Interrupts(supervisor)
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
    interrupts = _Interrupts(supervisor)
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
