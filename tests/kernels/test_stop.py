"""Stop and interrupts in kernels of four ipykernel versions: however a run is ended early, its words are kept."""

from __future__ import annotations

import pytest
from front_end import Cell, View
from kernel import Kernel
from matrix import Matrix

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

WAYS = pytest.mark.parametrize("way", ["await run", "run.wait()"])

_PRINT_RUN = "print(run.state, run.text, run.words.is_final.all(), sep='|')"
_STOPPED = "stopped, tail kept"


def _cell(way: str = "", service: str = "scripted") -> str:
    """Return the code of a cell that shows a run in real time, and waits for it in the given way."""
    shown = f"run = pnb.transcribe(lesson, start=0.7, service={service}, pace=1)\ndisplay(run)\n"
    return shown + (f"print('waiting')\n{way}\n{_PRINT_RUN}" if way else "")


def _ending(printed: str, words: list[str]) -> str:
    """Describe how a run has ended: its state, and whether its last words, which were shown before, are final."""
    state, text, is_final = printed.split("|")
    assert text.lower().split()[: len(words)] == words
    return f"{state}, tail {'kept' if is_final == 'True' else 'cut off'}"


async def _interrupt(kernel: Kernel, cell: Cell) -> None:
    """Interrupt a cell once it waits."""
    await kernel.until(lambda: "waiting" in cell.printed)
    await kernel.interrupt()


async def _check_stop_not_received(kernel: Kernel, view: View) -> None:
    """The kernel's updates still offer Stop: the front end can see that Stop was not received, and reports it."""
    updates = view.updates
    await kernel.until(lambda: view.updates >= updates + 4)
    assert view.run["can_stop"]


def test_stop_after_the_cell_has_returned(kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_cell())
        await kernel.end(cell)
        words, pictures = view.partial_words, kernel.pictures
        view.press_stop()
        # The picture is kept by a saved notebook.
        await kernel.until(lambda: view.has_ended and kernel.pictures == pictures + 1)
        return _ending(await kernel.run(_PRINT_RUN), words)

    assert set(kernels.row("Stop, the cell has returned", case).values()) == {_STOPPED}


@pytest.mark.parametrize(
    ("way", "has_subshell", "blocked"),
    [
        ("await run", True, {"6.31"}),
        ("run.wait()", True, {"6.31"}),
        ("await run", False, {"6.31", "7.0.1", "7.3"}),
    ],
)
def test_stop_while_the_cell_waits(way: str, has_subshell: bool, blocked: set[str], kernels: Matrix) -> None:
    """If the kernel cannot receive Stop, the view does not claim that it has, and an interrupt stops the run."""

    async def case(kernel: Kernel) -> str:
        kernel.has_subshell = has_subshell
        cell, view = await kernel.show(_cell(way))
        words = view.partial_words
        view.press_stop()
        if kernel.name not in blocked:
            return _ending(await kernel.end(cell), words)
        await _check_stop_not_received(kernel, view)
        await _interrupt(kernel, cell)
        return f"not received; ■: {_ending(await kernel.end(cell), words)}"

    row = kernels.row(f"Stop during {way}" + ("" if has_subshell else ", no subshell"), case)
    assert row == {name: f"not received; ■: {_STOPPED}" if name in blocked else _STOPPED for name in row}


def test_stop_while_another_cell_is_busy(kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_cell())
        await kernel.end(cell)
        words = view.partial_words
        busy = kernel.begin(f"print('waiting')\neventually(lambda: os.path.exists('{kernel.pid}'), 60)")
        await kernel.until(lambda: "waiting" in busy.printed)
        view.press_stop()
        if kernel.name == "6.31":
            await _check_stop_not_received(kernel, view)
        else:
            await kernel.until(lambda: view.has_ended)
        was_busy = not busy.is_done
        (kernel.home / str(kernel.pid)).touch()
        await kernel.until(lambda: view.has_ended)
        assert was_busy
        return _ending(await kernel.run(_PRINT_RUN), words)

    assert set(kernels.row("Stop, another cell is busy", case).values()) == {_STOPPED}


@WAYS
def test_an_interrupt_stops_the_run_and_ends_the_cell_without_an_error(way: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_cell(way))
        words = view.partial_words
        await _interrupt(kernel, cell)
        ending = _ending(await kernel.end(cell), words)
        again = "run = pnb.transcribe(lesson, service=scripted, end=3.6)\nawait run\nprint(run.state, len(run.words))"
        return f"{ending}; next {await kernel.run(again)}"

    assert set(kernels.row(f"■ during {way}", case).values()) == {f"{_STOPPED}; next finished 8"}


@WAYS
def test_a_second_interrupt_cancels_the_run(way: str, kernels: Matrix) -> None:
    async def case(kernel: Kernel) -> str:
        cell, view = await kernel.show(_cell(way, "silent"))
        words = view.partial_words
        await _interrupt(kernel, cell)
        await kernel.until(lambda: view.state == "finishing")
        assert not cell.is_done
        await kernel.interrupt()
        return _ending(await kernel.end(cell), words)

    assert set(kernels.row(f"■ ■ during {way}", case).values()) == {"stopped, tail cut off"}
