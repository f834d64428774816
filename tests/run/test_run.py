"""Waiting for a run, ending it early, interrupting it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import Cloud, Talk, ended, eventually, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.run.waiting import Interrupts

pytestmark = pytest.mark.usefixtures("nothing_left")


# -------------------------------------------------------------------------------------------------------------- waiting


def test_waiting_twice_gives_the_run_twice() -> None:
    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(), pace=None)
        assert run.wait(10) is run
        assert run.wait(10) is run
        assert asyncio.run(_await(run)) is run
    assert (run.state, run.error, texts(run)) == ("finished", None, ["hello", "there"])
    assert repr(run) == "Run('array': finished, 2 words)"


async def _await(run: pnb.Run) -> pnb.Run:
    return await run


def test_waiting_for_a_failed_run_raises_each_time() -> None:
    async def failing(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.fail("InternalError", "Internal server error!")

    with Cloud(failing) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(), pace=None)
        for _ in range(2):
            with pytest.raises(errors.TaskFailed):
                run.wait(10)
            with pytest.raises(errors.TaskFailed):
                asyncio.run(_await(run))
    assert (texts(run), run.state) == (["hello"], "failed")


@pytest.mark.parametrize("timeout", [0, 0.05, 0.5])
def test_waiting_no_longer_than_the_timeout(timeout: float, running: pnb.Run) -> None:
    with pytest.raises(TimeoutError, match="it goes on"):
        running.wait(timeout)
    assert (running.state, running.error) == ("streaming", None)


async def _wait_for(run: pnb.Run) -> None:
    await asyncio.wait_for(run, 0.05)  # type: ignore[arg-type]  # any awaitable


async def _timeout(run: pnb.Run) -> None:
    async with asyncio.timeout(0.05):
        await run


async def _gather(run: pnb.Run) -> None:
    async with asyncio.timeout(0.05):
        await asyncio.gather(_await(run), _await(run))


async def _gather_with_a_failure(run: pnb.Run) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise TimeoutError("the sibling's")

    waiting = asyncio.ensure_future(_await(run))
    try:
        await asyncio.gather(waiting, fail())
    finally:
        waiting.cancel()


async def _task_group(run: pnb.Run) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise TimeoutError("the sibling's")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_await(run))
            group.create_task(fail())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _cancelled_task(run: pnb.Run) -> None:
    task = asyncio.create_task(_await(run))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    raise TimeoutError("as planned")


CANCELLATIONS = [_wait_for, _timeout, _gather, _gather_with_a_failure, _task_group, _cancelled_task]


@pytest.mark.parametrize("how", CANCELLATIONS)
def test_a_cancelled_waiter_raises_and_leaves_the_run_alone(how: Callable[..., Any], running: pnb.Run) -> None:
    """Also where the waiter's loop is closed before the run has ended."""
    with pytest.raises(TimeoutError):
        asyncio.run(how(running))
    assert (running.state, running.error) == ("streaming", None)
    running.stop()
    assert texts(ended(running)) == ["hello", "there", "goodbye"]


def test_a_run_can_be_awaited_again_after_a_timeout(running: pnb.Run) -> None:
    async def patient() -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(running, 0.05)  # type: ignore[arg-type]
        running.stop()
        assert await asyncio.wait_for(running, 20) is running  # type: ignore[arg-type]

    asyncio.run(patient())
    assert running.state == "stopped"


def test_two_loops_may_wait_at_once(running: pnb.Run) -> None:
    results: list[Any] = []
    waiters = [
        threading.Thread(target=lambda: results.append(running.wait(20))),
        threading.Thread(target=lambda: results.append(asyncio.run(_await(running)))),
    ]
    for waiter in waiters:
        waiter.start()
    running.stop()
    for waiter in waiters:
        waiter.join(20)
    assert results == [running, running]


@pytest.mark.parametrize("how", ["wait", "await"])
def test_waiting_for_a_run_that_ends_with_a_users_own_error(how: str) -> None:
    """The error of a callable key may hold the key: only its kind is reported. asyncio logs no warning."""
    called, go = threading.Event(), threading.Event()

    def token() -> str:
        called.set()
        go.wait(10)
        raise LookupError("the vault is locked")

    async def wait() -> None:
        asyncio.get_running_loop().call_later(0.5, go.set)  # after it has polled twice
        await run

    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(token))
        assert called.wait(10)
        with pytest.raises(errors.AuthenticationError, match="LookupError"):
            if how == "await":
                asyncio.run(wait())
            else:
                go.set()
                run.wait(10)
    assert run.state == "failed"
    assert run.error.__cause__ is run.error.__context__ is None


# -------------------------------------------------------------------------------------------------------- ending early


def test_a_stop_keeps_the_last_words(running: pnb.Run) -> None:
    running.stop()
    running.stop()
    assert ended(running) is running
    assert (running.state, running.error) == ("stopped", None)
    assert texts(running) == ["hello", "there", "goodbye"]
    assert bool(running.words["is_final"].all())
    running.stop()
    running.cancel()
    assert running.state == "stopped"
    assert pnb.load(running.journal.path).words.equals(running.words)


def test_a_cancel_keeps_the_words_so_far(running: pnb.Run) -> None:
    running.cancel()
    running.cancel()
    assert ended(running) is running
    assert eventually(lambda: running.state == "stopped", 10)
    assert running.error is None
    assert texts(running) == ["hello", "there", "g"]


def test_a_cancelled_run_has_ended_when_waiting_is_over(running: pnb.Run) -> None:
    running.cancel()
    running.wait(10)
    assert running.state == "stopped"
    loaded = pnb.load(running.journal.path)
    assert (loaded.state, loaded.error) == ("stopped", None)
    assert texts(loaded) == ["hello", "there", "g"]


def test_a_cancelled_run_has_ended_when_awaiting_is_over(running: pnb.Run) -> None:
    running.cancel()
    asyncio.run(_await(running))
    assert running.state == "stopped"
    assert pnb.load(running.journal.path).error is None


async def _recognise_nothing(talk: Talk) -> None:
    await talk.begin()
    await talk.command()
    await talk.finish()


@pytest.mark.parametrize("how", ["stop", "cancel"])
@pytest.mark.parametrize("attempt", range(8))
def test_ending_a_run_before_it_has_started(how: str, attempt: int, english: Path) -> None:
    with Cloud(_recognise_nothing) as cloud:  # it may have started by then: the loop is another thread
        run = pnb.transcribe(english, service=cloud.service(), save=None)
        getattr(run, how)()
        ended(run)
        assert eventually(lambda: run.state == "stopped", 5), run.state
        assert eventually(lambda: pnb.load(run.journal.path).state == "stopped", 5)
    assert (run.error, len(run.words)) == (None, 0)


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_ending_a_run_while_it_connects(how: str) -> None:
    from servers import RawServer

    reached = threading.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readline()
        reached.set()
        await reader.read()

    with RawServer(silent) as server:
        run = pnb.transcribe(tone(0.2), service=server.service())
        assert reached.wait(10)
        assert run.state == "connecting"
        getattr(run, how)()
        ended(run, 8)
        assert eventually(lambda: run.state == "stopped", 5)
    assert run.error is None


def test_a_stop_after_the_end_changes_nothing() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
        run.stop()
        run.cancel()
        assert run.wait(5) is run
    assert (run.state, run.error) == ("finished", None)
    loaded = pnb.load(run.journal.path)
    loaded.stop()
    loaded.cancel()
    assert loaded.wait() is loaded
    assert loaded.state == "finished"


# ---------------------------------------------------------------------------------------------------------- interrupts


def _is_waiting() -> bool:
    """Whether the main thread is asleep in a wait for a run."""
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    names = []
    while frame.f_back is not None:
        names.append((Path(frame.f_code.co_filename).name, frame.f_code.co_name))
        frame = frame.f_back
    is_asleep = names[0] in (("threading.py", "wait"), ("selectors.py", "select"))
    return is_asleep and any(name in (("run.py", "wait"), ("runners.py", "run")) for name in names)


def _interrupt_when(condition: Any) -> threading.Thread:
    """Interrupt this process, as a kernel does, once the condition holds and it is waiting for the run."""

    def wait_and_raise() -> None:
        if eventually(lambda: condition() and _is_waiting()):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait_and_raise)
    thread.start()
    return thread


def test_an_interrupt_while_waiting_stops_the_run_and_keeps_its_words(running: pnb.Run) -> None:
    thread = _interrupt_when(lambda: True)
    assert running.wait(20) is running
    thread.join(5)
    assert running.state == "stopped"
    assert texts(running) == ["hello", "there", "goodbye"]


def test_a_second_interrupt_cancels() -> None:
    finishing = threading.Event()

    async def endless(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello", "there")
        await talk.command()
        finishing.set()
        await talk.forever()

    with Cloud(endless) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, timeouts=pnb.Timeouts(close=0.3))
        first = _interrupt_when(lambda: len(run.words) == 2)
        second = _interrupt_when(finishing.is_set)
        assert run.wait(20) is run
        for thread in (first, second):
            thread.join(5)
        assert eventually(lambda: run.state == "stopped")
    assert texts(run) == ["hello", "there"]


class Stalled(io.BytesIO):
    """A WAV file on a drive that stalls after the first seconds, until it is released."""

    def __init__(self) -> None:
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setparams((1, 2, 16_000, 0, "NONE", ""))
            writer.writeframes(tone(120)[0].tobytes())
        super().__init__(file.getvalue())
        self.is_stalled = threading.Event()
        self.release = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        if 200_000 < self.tell() < len(self.getbuffer()) - 65_536:  # opening looks at both ends
            self.is_stalled.set()
            assert self.release.wait(60)
        return super().read(size)


async def _hello_and_no_end(talk: Talk) -> None:
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    while True:
        await talk.block()


def test_a_cancel_gives_up_a_stalled_read() -> None:
    """The clip's thread is left behind until its read returns, and other runs are read as ever."""
    clip = Stalled()
    with Cloud(_hello_and_no_end) as cloud:
        run = pnb.transcribe(clip, service=cloud.service(), pace=None)
        try:
            assert clip.is_stalled.wait(20)
            run.cancel()
            assert ended(run, 15).state == "stopped"
            assert not clip.closed
            with Cloud(well) as other:
                assert texts(ended(pnb.transcribe(tone(1), service=other.service(), pace=None))) == ["hello", "there"]
        finally:
            clip.release.set()


def test_interrupts_end_a_wait_for_a_stalled_read() -> None:
    clip = Stalled()
    with Cloud(_hello_and_no_end) as cloud:
        run = pnb.transcribe(clip, service=cloud.service(), pace=None)
        try:
            assert clip.is_stalled.wait(20)
            first = _interrupt_when(lambda: True)
            second = _interrupt_when(lambda: not first.is_alive() and not first.join() and not time.sleep(0.5))
            assert run.wait(20) is run
            for thread in (first, second):
                thread.join(5)
        finally:
            clip.release.set()
    assert run.state == "stopped"


def test_a_further_interrupt_leaves_the_wait() -> None:
    """For example while a service of the user's own blocks; the run goes on ending in the background."""
    pressed = []

    class Unstoppable:
        def stop(self) -> None:
            pressed.append("stop")

        def cancel(self) -> None:
            pressed.append("cancel")

    interrupts = Interrupts(Unstoppable())
    interrupts.handle()
    interrupts.handle()
    with pytest.raises(KeyboardInterrupt, match="ends in the background; its words so far are kept"):
        interrupts.handle()
    assert pressed == ["stop", "cancel"]


def test_an_interrupt_under_asyncio_run_stops_the_run(running: pnb.Run) -> None:
    thread = _interrupt_when(lambda: True)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(_await(running))
    thread.join(5)
    assert texts(ended(running)) == ["hello", "there", "goodbye"]
    assert running.state == "stopped"
