"""Worker processes that die, hang, send nonsense or wait for a task: which tasks that costs, and that none is left."""

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
from servers import assert_says, eventually, needs_pocketsphinx, workers

from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines.base import EngineError, Settings
from paraformer_nb.server.engines.pocketsphinx.engine import PocketSphinx
from paraformer_nb.server.engines.workers.process import own_group

pytestmark = [needs_pocketsphinx, pytest.mark.usefixtures("nothing_left")]

Behaviour = Callable[[], None]


def make_engine(**options: Any) -> PocketSphinx:
    return PocketSphinx(command=(sys.executable, "-IS", fake.__file__), **options)


class FakeTask:
    """One task of an engine, whose worker has a given behaviour."""

    def __init__(self, engine: PocketSphinx, behaviour: Behaviour = fake.works) -> None:
        self._texts: list[str | None] = []
        self.stream = engine.stream(Settings(fake.BEHAVIOURS.index(behaviour)), self._emit)
        self.start = self.stream.start
        self.close = self.stream.close

    async def _emit(self, sentence: SentenceResult, translations: Mapping[str, str] | None = None) -> None:
        self._texts.append(sentence.text)

    async def send(self, seconds: float = 3) -> None:
        await self.stream.accept(bytes(round(32_000 * seconds)))

    async def finish(self) -> int:
        """End the task; return the pid of its worker."""
        try:
            await self.stream.finish()
        finally:
            await self.close()
        (pid,) = self._texts
        return int(pid or 0)


async def run_task(engine: PocketSphinx, behaviour: Behaviour = fake.works, seconds: float = 3) -> int:
    """Run a whole task; return the pid of its worker."""
    task = FakeTask(engine, behaviour)
    try:
        await task.start()
        await task.send(seconds)
    except BaseException:
        await task.close()
        raise
    return await task.finish()


async def soon(condition: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(eventually, condition)


async def workers_after_closing(engine: PocketSphinx) -> list[int]:
    await engine.close()
    return workers()


@pytest.mark.parametrize(
    ("behaviour", "problem", "timeouts"),
    [
        (fake.exits_before_it_is_ready, "ended unexpectedly", {}),
        (fake.never_becomes_ready, "did not become ready", {"ready_timeout": 2.0}),
        (fake.crashes, "ended unexpectedly", {}),
        (fake.closes_its_output, "ended unexpectedly", {}),
        (fake.closes_its_input, "ended unexpectedly", {}),
        (fake.reports_done_too_early, "ended unexpectedly", {}),
        (fake.writes_text_that_is_not_json, "sent an invalid message", {}),
        (fake.writes_bytes_that_are_not_utf8, "sent an invalid message", {}),
        (fake.writes_json_of_another_type, "sent an invalid message", {}),
        (fake.writes_an_endless_line, "sent an invalid message", {}),
        (fake.hangs, "has stopped responding", {"stall_timeout": 1.0}),
        (fake.never_reports_done, "has stopped responding", {"stall_timeout": 1.0}),
        (fake.repeats_its_position, "has stopped responding", {"stall_timeout": 1.0}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_worker_that_fails_costs_only_its_own_task(
    behaviour: Behaviour, problem: str, timeouts: dict[str, float]
) -> None:
    async def main() -> list[int]:
        engine = make_engine(**timeouts)
        await engine.open()
        other = FakeTask(engine)
        await other.start()
        await other.send(1)
        with pytest.raises(EngineError) as caught:
            await run_task(engine, behaviour)
        assert caught.value.code == "InternalError"
        assert_says(caught.value, "the embedded recogniser's process", problem)
        await other.send(2)
        assert len({await other.finish(), await run_task(engine)}) == 2
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_a_worker_that_cannot_be_started_fails_its_task() -> None:
    async def main() -> list[int]:
        engine = PocketSphinx(command=("/nowhere/pocketsphinx_worker",))
        await engine.open()
        with pytest.raises(EngineError, match=r"cannot be started: .*No such file") as caught:
            await run_task(engine)
        assert caught.value.code == "InternalError"
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_each_task_gets_the_spare_worker_and_a_new_spare_is_started() -> None:
    async def main() -> list[int]:
        engine = make_engine()
        await engine.open()
        used = []
        for _ in range(3):
            (spare,) = await soon(workers)
            used.append(await run_task(engine, seconds=0.1))
            assert used[-1] == spare
        assert len(set(used)) == 3, "a worker has served two tasks"
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_the_next_spare_is_started_during_a_task() -> None:
    async def main() -> list[int]:
        engine = make_engine()
        await engine.open()
        task = FakeTask(engine)
        await task.start()
        (own,) = workers()
        await task.send(2.4)
        assert await soon(lambda: task.stream.position > 0)
        assert workers() == [own], "it competes with the first words"
        await task.send(1)
        assert await soon(lambda: len(workers()) == 2)
        assert await task.finish() == own
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_there_are_never_more_workers_than_the_limit_and_the_spare_counts() -> None:
    async def main() -> list[int]:
        engine = make_engine(max_workers=2)
        await engine.open()
        tasks = [FakeTask(engine), FakeTask(engine, fake.never_reports_done)]
        await tasks[0].start()
        await tasks[0].send()
        assert await soon(lambda: len(workers()) == 2)  # its own, and the spare
        await tasks[1].start()
        waiting = asyncio.create_task(run_task(engine))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        assert len(workers()) == 2
        ending = asyncio.create_task(tasks[1].close())
        assert await waiting > 0, "a task did not begin, though another had ended"
        await ending
        await tasks[0].finish()
        assert len(workers()) <= 2
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_nine_tasks_begun_at_once_are_served_in_turn() -> None:
    """Also where some of those that wait are given up."""

    async def main() -> list[int]:
        engine = make_engine(max_workers=2)
        await engine.open()
        tasks = [asyncio.create_task(run_task(engine)) for _ in range(9)]
        await asyncio.sleep(0)
        for given_up in tasks[3:5]:
            given_up.cancel()
        pids = [pid for pid in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(pid, int)]
        assert len(set(pids)) == 7
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_a_worker_that_cannot_be_killed_has_just_exited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows raises PermissionError for it; here the standard library raises it instead."""

    def kill(pid: int, number: int, kill: Callable[[int, int], None] = os.kill) -> None:
        kill(pid, number)
        raise PermissionError(5, "Access is denied")

    async def main() -> list[int]:
        engine = make_engine()
        task = FakeTask(engine)
        await task.start()
        monkeypatch.setattr(os, "kill", kill)
        await task.close()
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_an_interrupt_of_the_service_does_not_reach_a_worker_on_any_system() -> None:
    assert own_group("linux") == own_group("darwin") == {"start_new_session": True}
    flags = own_group("win32")["creationflags"]
    assert flags & 0x200, "CREATE_NEW_PROCESS_GROUP is missing"


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_spare_that_has_died_is_never_given_to_a_task(is_noticed: bool) -> None:
    async def main() -> list[int]:
        engine = make_engine()
        await engine.open()
        (spare,) = await soon(workers)
        os.kill(spare, signal.SIGKILL)
        if is_noticed:
            await soon(lambda: spare not in workers())
        assert await run_task(engine) not in (0, spare)
        assert spare not in await soon(workers)
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_an_idle_spare_is_ended_and_the_next_task_starts_a_new_one() -> None:
    async def main() -> list[int]:
        engine = make_engine(idle_timeout=0.05)
        await engine.open()
        (spare,) = await soon(workers)
        assert await soon(lambda: workers() == [])
        task = FakeTask(engine)
        await task.start()
        await task.send()
        assert await soon(lambda: len(workers()) == 2)
        waiting = workers()
        await asyncio.sleep(0.2)
        assert workers() == waiting, "the spare was ended during a task"
        assert await task.finish() != spare
        assert await soon(lambda: workers() == [])
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_a_spare_whose_output_is_not_read_can_be_ended() -> None:
    async def main() -> list[int]:
        flood = "import os  # pocketsphinx_worker\nwhile True: os.write(1, bytes(4096))"
        engine = PocketSphinx(command=(sys.executable, "-ISc", flood))
        await engine.open()
        (spare,) = await soon(workers)
        written = [0]

        def is_stuck() -> bool:
            io = Path(f"/proc/{spare}/io").read_text()
            written.append(int(io.split("wchar: ")[1].split()[0]))
            return written[-1] == written[-2] > 2**21

        assert await soon(is_stuck)
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("when", ["at once", "while it starts"])
def test_a_client_that_disconnects_while_its_worker_starts_leaves_none(when: str) -> None:
    async def main() -> list[int]:
        engine = make_engine()  # not opened, so that there is no spare
        running = asyncio.create_task(run_task(engine, fake.never_becomes_ready))
        await (asyncio.sleep(0) if when == "at once" else soon(workers))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []


def test_an_engine_may_be_opened_again() -> None:
    async def main() -> list[int]:
        engine = make_engine()
        for _ in range(2):
            await engine.open()
            assert await workers_after_closing(engine) == []
        assert await run_task(engine) > 0
        assert workers() == [], "a closed engine keeps no spare"
        await engine.open()
        assert await soon(workers)
        return await workers_after_closing(engine)

    assert asyncio.run(main()) == []
