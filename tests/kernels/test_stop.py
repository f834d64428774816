"""Stop and interrupts in the kernels of four ipykernels: whatever ends a run early, its words stay."""

from __future__ import annotations

import pytest
from front_end import Cell, View
from kernel import Kernel
from matrix import Matrix

pytestmark = pytest.mark.timeout(240)

WAYS = pytest.mark.parametrize("way", ["await run", "run.wait()"])

_TOLD = "print(run.state, run.text, run.words.is_final.all(), sep='|')"
_STOPPED = "stopped, tail kept"


def _begun(way: str = "", service: str = "scripted") -> str:
    """A cell that shows a run in real time, and waits for it in some way."""
    shown = f"run = pnb.transcribe(lesson, start=0.7, service={service}, pace=1)\ndisplay(run)\n"
    return shown + (f"print('waiting')\n{way}\n{_TOLD}" if way else "")


def _ending(told: str, seen: list[str]) -> str:
    """How a run has ended: its state, and whether the last words that were seen before have settled."""
    state, text, is_final = told.split("|")
    assert text.lower().split()[: len(seen)] == seen
    return f"{state}, tail {'kept' if is_final == 'True' else 'cut off'}"


async def _interrupt(kernel: Kernel, cell: Cell) -> None:
    """Interrupt a cell that waits."""
    await kernel.until(lambda: "waiting" in cell.printed)
    await kernel.interrupt()


async def _is_unheard(kernel: Kernel, view: View) -> None:
    """The kernel goes on to offer Stop, by which the front end knows that it was not heard, and says so."""
    updates = view.updates
    await kernel.until(lambda: view.updates >= updates + 4)
    assert view.run["can_stop"]


def test_stop_after_the_cell_has_returned(kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_begun())
        await kernel.end(cell)
        seen, pictures = view.open_words, kernel.pictures
        view.press_stop()
        await kernel.until(lambda: view.is_over and kernel.pictures == pictures + 1)  # which a saved notebook keeps
        return _ending(await kernel.run(_TOLD), seen)

    assert set(kernels.row("Stop, the cell has returned", case).values()) == {_STOPPED}


@pytest.mark.parametrize(
    ("way", "has_subshell", "deaf"),
    [
        ("await run", True, {"6.31"}),
        ("run.wait()", True, {"6.31"}),
        ("await run", False, {"6.31", "7.0.1", "7.3"}),
    ],
)
def test_stop_while_the_cell_waits(way: str, has_subshell: bool, deaf: set[str], kernels: Matrix) -> None:
    """Where the kernel cannot hear it, the view does not promise that it has, and an interrupt stops the run."""

    async def case(kernel: Kernel) -> str:
        kernel.has_subshell = has_subshell
        cell, view = await kernel.show(_begun(way))
        seen = view.open_words
        view.press_stop()
        if kernel.name not in deaf:
            return _ending(await kernel.end(cell), seen)
        await _is_unheard(kernel, view)
        await _interrupt(kernel, cell)
        return f"unheard; ■: {_ending(await kernel.end(cell), seen)}"

    row = kernels.row(f"Stop during {way}" + ("" if has_subshell else ", no subshell"), case)
    assert row == {name: f"unheard; ■: {_STOPPED}" if name in deaf else _STOPPED for name in row}


def test_stop_while_another_cell_is_busy(kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_begun())
        await kernel.end(cell)
        seen = view.open_words
        busy = kernel.begin(f"print('waiting')\neventually(lambda: os.path.exists('{kernel.pid}'), 60)")
        await kernel.until(lambda: "waiting" in busy.printed)
        view.press_stop()
        if kernel.name == "6.31":
            await _is_unheard(kernel, view)
        else:
            await kernel.until(lambda: view.is_over)
        was_busy = not busy.is_done
        (kernel.home / str(kernel.pid)).touch()
        await kernel.until(lambda: view.is_over)
        assert was_busy
        return _ending(await kernel.run(_TOLD), seen)

    assert set(kernels.row("Stop, another cell is busy", case).values()) == {_STOPPED}


@WAYS
def test_an_interrupt_stops_the_run_and_ends_the_cell_well(way: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_begun(way))
        seen = view.open_words
        await _interrupt(kernel, cell)
        told = _ending(await kernel.end(cell), seen)
        again = "run = pnb.transcribe(lesson, service=scripted, end=3.6)\nawait run\nprint(run.state, len(run.words))"
        return f"{told}; next {await kernel.run(again)}"

    assert set(kernels.row(f"■ during {way}", case).values()) == {f"{_STOPPED}; next finished 8"}


@WAYS
def test_a_second_interrupt_cancels_the_run(way: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_begun(way, "silent"))
        seen = view.open_words
        await _interrupt(kernel, cell)
        await kernel.until(lambda: view.state == "finishing")
        assert not cell.is_done
        await kernel.interrupt()
        return _ending(await kernel.end(cell), seen)

    assert set(kernels.row(f"■ ■ during {way}", case).values()) == {"stopped, tail cut off"}
