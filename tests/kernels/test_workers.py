"""Worker processes in kernels of four ipykernel versions: none survives its run or its kernel."""

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

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

_SHOW_RUN = "run = pnb.transcribe(lesson, start=0.7, pace=1)\ndisplay(run)\n"
# With a worker that is started by this cell: one started by an idle kernel inherits that it ignores interrupts.
_AWAIT_RUN = f"""
from paraformer_nb.services.default import close_default_service
close_default_service()
{_SHOW_RUN}
print('waiting')
run.wait()
"""


async def _soon(condition: Callable[[], object]) -> None:
    assert await asyncio.to_thread(eventually, condition, PATIENCE)


@pytest.mark.parametrize("how", ["Stop", "cancel", "■"])
def test_no_recogniser_outlives_its_run(how: str, kernels: Matrix) -> None:
    """Only the spare worker for the next run may be left."""

    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_AWAIT_RUN if how == "■" else _SHOW_RUN)
        busy = workers(kernel.pid)[0]
        if how == "Stop":
            view.press_stop()
        elif how == "cancel":
            await kernel.run("run.cancel()")
        else:
            await kernel.until(lambda: "waiting" in cell.printed)
            await kernel.interrupt()
            await kernel.end(cell)
        await kernel.until(lambda: view.has_ended)
        await _soon(lambda: not is_running(busy))
        await _soon(lambda: len(workers(kernel.pid)) <= 1)
        is_whole = await kernel.run(
            "print('disconnected' not in set(run.events.event))"
        )  # one worker served the whole run
        return f"{view.state}, worker ended" if is_whole == "True" else "its worker died early"

    assert set(kernels.row(f"recogniser, {how}", case).values()) == {"stopped, worker ended"}


@pytest.mark.parametrize("how", ["restart", "restart now", "kill -9", "shutdown"])
def test_no_recogniser_outlives_its_kernel(how: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        await kernel.show(_SHOW_RUN)
        pid = kernel.pid
        assert kernel.recognisers()
        async with asyncio.timeout(PATIENCE):  # shorter than the time after which the kernel manager kills it
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
        assert kernel.stderr == ""
        return "nothing left"

    assert set(kernels.row(f"recogniser, {how}", case).values()) == {"nothing left"}
