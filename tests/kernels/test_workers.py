"""The recogniser's process: in the kernels of four ipykernels it survives neither its run nor its kernel."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import pytest
from kernel import Kernel
from matrix import Matrix
from processes import PATIENCE
from servers import eventually, is_running, workers

pytestmark = pytest.mark.timeout(240)

_HEARD = "run = pnb.transcribe(lesson, start=0.7, pace=1)\ndisplay(run)\n"
# With a process that this very cell begins: one that an idle kernel has begun is deaf to interrupts, as that is.
_WAITED_FOR = f"pnb.services.default_service().close()\n{_HEARD}print('waiting')\nrun.wait()"


async def _soon(condition: Callable[[], object]) -> None:
    assert await asyncio.to_thread(eventually, condition, PATIENCE)


@pytest.mark.parametrize("how", ["Stop", "cancel", "■"])
def test_no_recogniser_outlives_its_run(how: str, kernels: Matrix) -> None:
    """One that is kept warm for the next run may be there, and has heard nothing."""

    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_WAITED_FOR if how == "■" else _HEARD)
        busy = workers(kernel.pid)[0]
        if how == "Stop":
            view.press_stop()
        elif how == "cancel":
            await kernel.run("run.cancel()")
        else:
            await kernel.until(lambda: "waiting" in cell.printed)
            await kernel.interrupt()
            await kernel.end(cell)
        await kernel.until(lambda: view.is_over)
        await _soon(lambda: not is_running(busy))
        await _soon(lambda: len(workers(kernel.pid)) <= 1)
        is_whole = await kernel.run("print('lost' not in set(run.events.event))")  # it was heard by that one process
        return f"{view.state}, process gone" if is_whole == "True" else "its process died early"

    assert set(kernels.row(f"recogniser, {how}", case).values()) == {"stopped, process gone"}


@pytest.mark.parametrize("how", ["restart", "restart now", "kill -9", "shutdown"])
def test_no_recogniser_outlives_its_kernel(how: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        await kernel.show(_HEARD)
        pid = kernel.pid
        assert kernel.recognisers()
        async with asyncio.timeout(PATIENCE):  # with less patience than the kernel's manager has before it kills
            if how == "kill -9":
                os.kill(pid, signal.SIGKILL)
            elif how == "shutdown":
                await kernel.shut_down()
            else:
                await kernel.restart(now=how == "restart now")
        await _soon(lambda: not is_running(pid))
        await _soon(lambda: not kernel.recognisers())
        if how == "kill -9":
            await kernel.shut_down(now=True)
        assert kernel.complaints == ""
        return "nothing left"

    assert set(kernels.row(f"recogniser, {how}", case).values()) == {"nothing left"}
