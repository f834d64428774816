"""Waits that could never end are refused with a reason, and locks are held neither in the user's code nor after a fork:
each of these made a run, or all of them, hang."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from lessons import scripted
from servers import KEY, Cloud, assert_says, ended, failure, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError, AuthenticationError

pytestmark = [pytest.mark.timeout(40), pytest.mark.usefixtures("nothing_left")]
END = 3.6  # seconds of the lesson


class Once:
    """A listener that calls a function once, and keeps what it raised."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self.raised: Future[BaseException | None] = Future()

    def refresh(self) -> None:
        if not self.raised.done():
            self.raised.set_running_or_notify_cancel()
            try:
                self._call()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test checks it
                self.raised.set_result(error)
            else:
                self.raised.set_result(None)


WAITS: dict[str, Callable[[pnb.Run, pnb.Embedded], Any]] = {
    "Embedded.close": lambda run, service: service.close(),
    "run.wait": lambda run, service: run.wait(),
    "temporary_key": lambda run, service: pnb.temporary_key(service=service),
    "hotwords": lambda run, service: pnb.hotwords.list(service=service),
}


@pytest.mark.parametrize("name", WAITS)
def test_a_listener_that_would_stop_the_loop_for_ever_gets_an_error_and_the_run_goes_on(
    name: str, english: Path
) -> None:
    service = scripted(english)
    run = pnb.transcribe(english, service=service, end=END)
    listener = Once(lambda: WAITS[name](run, service))
    run.add_listener(listener)
    error = listener.raised.result(20)
    assert isinstance(error, RuntimeError)
    assert_says(error, "would wait for itself", "Nothing was done", "another thread")
    assert ended(run).state == "finished"
    service.close()


def test_a_listener_may_have_another_thread_or_another_loop_wait(english: Path) -> None:
    service, states = scripted(english), []
    ends = [threading.Event(), threading.Event()]
    run = pnb.transcribe(english, service=service, end=END)

    async def wait_too() -> None:
        states.append((await run).state)
        ends[1].set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        close = threading.Thread(target=lambda: (states.append(run.wait().state), ends[0].set()))
        listener = Once(lambda: (close.start(), asyncio.run_coroutine_threadsafe(wait_too(), loop)))
        run.add_listener(listener)
        assert await asyncio.to_thread(listener.raised.result, 20) is None
        for each in ends:
            await asyncio.to_thread(each.wait, 20)
        close.join()

    asyncio.run(main())
    assert states == ["finished", "finished"]
    service.close()


@pytest.mark.parametrize("is_blocking", [True, False])
def test_a_live_source_that_waits_for_its_own_run_fails_with_the_reason(is_blocking: bool, english: Path) -> None:
    service, runs = scripted(english), Future[pnb.Run]()

    async def source() -> AsyncGenerator[bytes]:
        yield bytes(3200)
        run = runs.result(20)
        if is_blocking:
            run.wait()
        else:
            await run
        yield bytes(3200)

    run = pnb.transcribe((source(), 16_000), service=service)
    runs.set_result(run)
    error = failure(run)
    assert isinstance(error, RuntimeError)
    assert_says(error, "waits for the code that waits for it", "run.stop()")
    service.close()


def test_a_live_source_may_wait_for_another_run_and_have_a_task_that_waits_for_its_own(english: Path) -> None:
    """As one that reads what another run gives, and closes its device when its own run ends."""
    service, runs, closed = scripted(english), Future[pnb.Run](), threading.Event()
    before = pnb.transcribe(english, service=service, end=END)

    async def close_at_the_end() -> None:
        try:
            await runs.result(20)
        finally:
            closed.set()

    async def source() -> AsyncGenerator[bytes]:
        task = asyncio.create_task(close_at_the_end())
        assert (await before).state == "finished"
        assert before.wait().state == "finished"
        yield bytes(3200)
        await asyncio.sleep(0)
        assert not task.done()
        runs.result(20).stop()
        yield bytes(3200)

    run = pnb.transcribe((source(), 16_000), service=service)
    runs.set_result(run)
    assert ended(run).state in ("finished", "stopped")
    assert closed.wait(20)
    service.close()


class _Waiting(io.BytesIO):
    """A file object whose reader waits for the run that reads it."""

    def __init__(self, data: bytes, runs: Future[pnb.Run], *, is_seekable: bool) -> None:
        super().__init__(data)
        self._runs = runs
        self._is_seekable = is_seekable
        self._left = len(data) // 2

    def seekable(self) -> bool:
        return self._is_seekable

    def _wait(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            self._runs.result(20).wait()
        return data

    def read(self, size: int | None = -1) -> bytes:
        return self._wait(super().read(size))

    def read1(self, size: int | None = -1) -> bytes:
        return self._wait(super().read1(size if size is not None else -1))


@pytest.mark.parametrize("is_seekable", [True, False])
def test_a_file_object_that_waits_for_its_own_run_fails_with_the_reason(is_seekable: bool, english: Path) -> None:
    service, runs = scripted(english), Future[pnb.Run]()
    data = english.with_suffix(".flac").read_bytes()
    run = pnb.transcribe(_Waiting(data, runs, is_seekable=is_seekable), service=service)
    runs.set_result(run)
    error = failure(run)
    assert isinstance(error, AudioError)
    assert_says(error, "cannot be read", "waits for the code that waits for it", "was recognised before is kept")
    service.close()


def test_a_key_function_that_waits_for_its_own_run_or_needs_its_own_key_fails_at_once() -> None:
    runs, services = Future[pnb.Run](), list[pnb.DashScope]()

    def waits() -> str:
        runs.result(20).wait()
        return KEY

    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(1), service=cloud.service(waits))
        runs.set_result(run)
        assert isinstance(failure(run), AuthenticationError)
        # One service's function asks the second service, and the second one's asks the first.
        services += [cloud.service(lambda: pnb.temporary_key(service=services[1]))]
        services += [cloud.service(lambda: pnb.temporary_key(service=services[0]))]
        error = failure(pnb.transcribe(tone(1), service=services[0]))
        assert isinstance(error, AuthenticationError)
        assert_says(error, "the key of this same service", "another service", "Nothing was sent")
        with pytest.raises(AuthenticationError, match="the key of this same service"):
            pnb.temporary_key(service=services[1])
        right = cloud.service(lambda: str(pnb.DashScope(KEY, url=cloud.url) and KEY))
        assert ended(pnb.transcribe(tone(1), service=right)).state == "finished"


def test_a_handler_of_the_log_may_read_and_correct_the_run_that_logs(
    english: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The run logs where its journal cannot be written: a lock that is held meanwhile made all runs hang."""
    service, path, seen = scripted(english), tmp_path / "run.jsonl", list[int]()
    run = pnb.transcribe(english, service=service, pace=20.0, save=path)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(len(run.words))
            run.save(tmp_path / "copy.jsonl")

    logger, handler = logging.getLogger("paraformer_nb"), Handler()
    logger.addHandler(handler)
    try:
        path.unlink()
        with pytest.warns(UserWarning, match="cannot be written"):
            assert ended(run).state == "finished"
    finally:
        logger.removeHandler(handler)
    assert len(seen) == 1
    assert len(pnb.load(tmp_path / "copy.jsonl").words) == seen[0]
    service.close()


_FORKS = """
import os, signal, sys, threading, warnings
import paraformer_nb as pnb
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 and later, because there are threads
service = pnb.Embedded("scripted", script={script!r})
run = pnb.transcribe({clip!r}, service=service, end=3.6).wait(60)
is_ended, forks = threading.Event(), 0
def correct():  # holds the lock for much of the time
    while not is_ended.is_set():
        run.undo()
        run.text
threads = [threading.Thread(target=correct) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(60):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        run.text
        os._exit(0)
    forks += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
is_ended.set()
for thread in threads:
    thread.join()
service.close()
print(forks)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_reads_a_run_whatever_other_threads_did_at_that_moment(english: Path) -> None:
    code = _FORKS.format(clip=str(english), script=str(english.with_suffix(".json")))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("60\n", "", 0)
