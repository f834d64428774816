"""Recogniser processes that die, hang, lie or wait for a task: whom it costs what, and that none is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fake_pocketsphinx_worker as fake
import pytest
from servers import assert_says, eventually, workers

from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines import workers as processes
from paraformer_nb.server.engines.base import EngineError, Settings
from paraformer_nb.server.engines.pocketsphinx import engine as pocketsphinx
from paraformer_nb.server.engines.pocketsphinx.engine import PocketSphinx

pytestmark = pytest.mark.usefixtures("nothing_left")

Behaviour = Callable[[], None]


def engine(**options: Any) -> PocketSphinx:
    return PocketSphinx(command=(sys.executable, "-IS", fake.__file__), **options)


class Listening:
    """One task of an engine, whose worker behaves in a given way."""

    def __init__(self, engine: PocketSphinx, behaviour: Behaviour = fake.well) -> None:
        self._told: list[str | None] = []
        self._stream = engine.stream(Settings(fake.BEHAVIOURS.index(behaviour)), self._emit)
        self.start, self.close = self._stream.start, self._stream.close

    async def _emit(self, sentence: SentenceResult, translations: Mapping[str, str] | None = None) -> None:
        self._told.append(sentence.text)

    async def hear(self, seconds: float = 3) -> None:
        await self._stream.accept(bytes(round(32_000 * seconds)))

    async def finish(self) -> int:
        """Ends the task; returns the pid of the worker that heard it."""
        try:
            await self._stream.finish()
        finally:
            await self.close()
        (pid,) = self._told
        return int(pid or 0)


async def task(engine: PocketSphinx, behaviour: Behaviour = fake.well, seconds: float = 3) -> int:
    """A whole task; returns the pid of the worker that heard it."""
    listening = Listening(engine, behaviour)
    try:
        await listening.start()
        await listening.hear(seconds)
    except BaseException:
        await listening.close()
        raise
    return await listening.finish()


async def soon(condition: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(eventually, condition)


async def left(engine: PocketSphinx) -> list[int]:
    await engine.close()
    return workers()


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (fake.ends_before_it_is_ready, "ended unexpectedly"),
        (fake.is_never_ready, "did not get ready"),
        (fake.crashes, "ended unexpectedly"),
        (fake.closes_its_output, "ended unexpectedly"),
        (fake.closes_its_input, "ended unexpectedly"),
        (fake.says_too_early_that_it_is_done, "ended unexpectedly"),
        (fake.writes_no_json, "wrote what is no result"),
        (fake.writes_no_text, "wrote what is no result"),
        (fake.writes_other_json, "wrote what is no result"),
        (fake.writes_without_end, "wrote what is no result"),
        (fake.hangs, "does not go on"),
        (fake.never_says_that_it_is_done, "does not go on"),
        (fake.repeats_itself, "does not go on"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_worker_that_fails_costs_its_own_task_only(
    behaviour: Behaviour, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> list[int]:
        tasks = engine()
        await tasks.open()
        other = Listening(tasks)
        await other.start()
        await other.hear(1)
        with monkeypatch.context() as patch, pytest.raises(EngineError) as caught:
            if says == "does not go on":
                patch.setattr(pocketsphinx, "_STUCK_TIMEOUT", 0.2)
            if says == "did not get ready":
                patch.setattr(processes, "_READY_TIMEOUT", 0.2)
            await task(tasks, behaviour)
        assert caught.value.code == "InternalError"
        assert_says(caught.value, "the embedded recogniser's process", says)
        await other.hear(2)
        assert len({await other.finish(), await task(tasks)}) == 2
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_a_worker_that_cannot_be_started() -> None:
    async def main() -> list[int]:
        tasks = PocketSphinx(command=("/nowhere/pocketsphinx_worker",))
        await tasks.open()
        with pytest.raises(EngineError, match=r"cannot be started: .*No such file") as caught:
            await task(tasks)
        assert caught.value.code == "InternalError"
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_each_task_takes_the_worker_that_waits_and_another_is_begun() -> None:
    async def main() -> list[int]:
        tasks = engine()
        await tasks.open()
        served = []
        for _ in range(3):
            (spare,) = await soon(workers)
            served.append(await task(tasks, seconds=0.1))
            assert served[-1] == spare
        assert len(set(served)) == 3, "a worker has heard two tasks"
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_the_next_worker_is_begun_while_a_task_is_heard() -> None:
    async def main() -> list[int]:
        tasks = engine()
        await tasks.open()
        listening = Listening(tasks)
        await listening.start()
        (own,) = workers()
        await listening.hear(0.9)
        assert await soon(lambda: listening._stream._heard > 0)
        assert workers() == [own], "it competes with the first words"
        await listening.hear(1)
        assert await soon(lambda: len(workers()) == 2)
        assert await listening.finish() == own
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_there_are_never_more_than_the_bound_and_the_one_that_waits_gives_way() -> None:
    async def main() -> list[int]:
        tasks = engine(most=2)
        await tasks.open()
        both = [Listening(tasks), Listening(tasks, fake.never_says_that_it_is_done)]
        await both[0].start()
        await both[0].hear()
        assert await soon(lambda: len(workers()) == 2)  # its own, and the next one
        await both[1].start()
        with pytest.raises(EngineError) as caught:
            await task(tasks)
        assert caught.value.code == "Throttling"
        assert_says(caught.value, "2 tasks are being recognised already", "wait")
        assert len(workers()) == 2
        ending = asyncio.create_task(both[1].close())
        await asyncio.sleep(0)
        assert await task(tasks) > 0, "a task was refused, though another had just ended"
        await ending
        await both[0].finish()
        assert len(workers()) <= 2
        return await left(tasks)

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("is_noticed", [True, False])
def test_one_that_died_while_it_waited_is_never_given_to_a_task(is_noticed: bool) -> None:
    async def main() -> list[int]:
        tasks = engine()
        await tasks.open()
        (spare,) = await soon(workers)
        os.kill(spare, signal.SIGKILL)
        if is_noticed:
            await soon(lambda: spare not in workers())
        assert await task(tasks) not in (0, spare)
        assert spare not in await soon(workers)
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_one_that_waits_ends_after_a_while_without_a_task_and_comes_back_with_the_next() -> None:
    async def main() -> list[int]:
        tasks = engine(idle=0.05)
        await tasks.open()
        (spare,) = await soon(workers)
        assert await soon(lambda: workers() == [])
        listening = Listening(tasks)
        await listening.start()
        await listening.hear()
        assert await soon(lambda: len(workers()) == 2)
        waiting = workers()
        await asyncio.sleep(0.2)
        assert workers() == waiting, "there is a task"
        assert await listening.finish() != spare
        assert await soon(lambda: workers() == [])
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_one_that_writes_while_nobody_listens_can_be_ended() -> None:
    async def main() -> list[int]:
        flood = "import os  # pocketsphinx_worker\nwhile True: os.write(1, bytes(4096))"
        tasks = PocketSphinx(command=(sys.executable, "-ISc", flood))
        await tasks.open()
        (spare,) = await soon(workers)
        written = [0]

        def is_stuck() -> bool:
            io = Path(f"/proc/{spare}/io").read_text()
            written.append(int(io.split("wchar: ")[1].split()[0]))
            return written[-1] == written[-2] > 2**21

        assert await soon(is_stuck)
        return await left(tasks)

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("when", ["at once", "while it starts"])
def test_a_client_that_goes_while_its_worker_starts_leaves_none(when: str) -> None:
    async def main() -> list[int]:
        tasks = engine()  # not open: no other worker is in the way
        going = asyncio.create_task(task(tasks, fake.is_never_ready))
        await (asyncio.sleep(0) if when == "at once" else soon(workers))
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
        return await left(tasks)

    assert asyncio.run(main()) == []


def test_an_engine_may_be_opened_again() -> None:
    async def main() -> list[int]:
        tasks = engine()
        for _ in range(2):
            await tasks.open()
            assert await left(tasks) == []
        assert await task(tasks) > 0
        assert workers() == [], "it is closed, and keeps nothing"
        await tasks.open()
        assert await soon(workers)
        return await left(tasks)

    assert asyncio.run(main()) == []
