"""The background loop and its threads, and what happens where no more threads can be started."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from servers import eventually

from paraformer_nb.loop import DaemonThreads, new_loop


def test_on_windows_the_loop_can_start_processes_whatever_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the Proactor loop can there, and it is no part of the standard library elsewhere."""
    monkeypatch.setattr(asyncio, "ProactorEventLoop", lambda: "proactor", raising=False)
    loop: Any = new_loop("win32")
    assert loop == "proactor"
    for platform in ("linux", "darwin"):
        loop = new_loop(platform)
        assert isinstance(loop, asyncio.SelectorEventLoop)
        loop.close()


_NO_THREAD_ONCE = """
import threading
import paraformer_nb as pnb
start, failures = threading.Thread.start, [1]
def fail_once(self):
    if failures:
        failures.pop()
        raise RuntimeError("can't start new thread")
    start(self)
threading.Thread.start = fail_once
service = pnb.Embedded("scripted", script={script!r})
try:
    pnb.transcribe({clip!r}, service=service)
except RuntimeError as error:
    print(error)
print(pnb.transcribe({clip!r}, service=service).wait(60).state)
"""


def test_a_thread_that_cannot_be_started_fails_one_run_only(english: Any) -> None:
    code = _NO_THREAD_ONCE.format(clip=str(english), script=str(english.with_suffix(".json")))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.stdout.splitlines(), done.stderr) == (["can't start new thread", "finished"], "")


def test_calls_beyond_the_limit_wait_and_each_returns_its_own_result() -> None:
    threads, running, most = DaemonThreads("test", 3), [0], [0]
    lock = threading.Lock()

    def call(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return number

    futures = [threads.submit(call, number) for number in range(20)]
    assert [future.result(20) for future in futures] == list(range(20))
    assert most[0] <= 3
    assert eventually(lambda: not [each for each in threading.enumerate() if each.name == "paraformer_nb test"])


def test_a_stalled_call_holds_up_no_other_kind_of_calls() -> None:
    stalled, others, release = DaemonThreads("stalled", 1), DaemonThreads("others", 1), threading.Event()
    first = stalled.submit(release.wait, 30)
    second = stalled.submit(release.wait, 30)
    try:
        assert others.submit(lambda: "done").result(20) == "done"
        assert second.cancel(), "a call that has not begun can be cancelled"
    finally:
        release.set()
    assert first.result(20)


def test_a_call_that_is_given_up_leaves_its_place_to_others() -> None:
    """As a read from a drive that is gone, whose run was cancelled: dozens of them made every later run wait."""
    threads, release = DaemonThreads("test", 2), threading.Event()
    stalled = [threads.submit(release.wait, 30) for _ in range(2)]
    queued = [threads.submit(release.wait, 30) for _ in range(3)]
    assert eventually(lambda: all(future.running() for future in stalled))
    for future in [*queued, *stalled]:
        assert future.cancel() is (future in queued)
    assert [future.cancel() for future in stalled] == [False, False], "once more changes nothing"
    assert [threads.submit(int, number).result(20) for number in range(5)] == list(range(5))
    again = [threads.submit(release.wait, 30) for _ in range(2)]
    waiting = threads.submit(lambda: "done")
    time.sleep(0.05)
    assert not waiting.done(), "those that were not given up are limited as before"
    release.set()
    assert [future.result(20) for future in [*stalled, *again]] == [True] * 4
    assert waiting.result(20) == "done"
    assert eventually(lambda: not [each for each in threading.enumerate() if each.name == "paraformer_nb test"])


def test_a_call_that_raises_raises_where_its_result_is_awaited() -> None:
    def fail() -> None:
        raise OSError("gone")

    threads = DaemonThreads("test", 1)
    with pytest.raises(OSError, match="gone"):
        threads.submit(fail).result(20)
    assert threads.submit(lambda: 1).result(20) == 1


def test_a_stalled_call_does_not_keep_a_program_from_exiting() -> None:
    code = "import time; from paraformer_nb.loop import READERS; READERS.submit(time.sleep, 1000); time.sleep(0.2)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


_AFTER_THE_MAIN_THREAD = """
import asyncio, concurrent.futures, threading, time
from paraformer_nb.loop import submit
def wait():
    with concurrent.futures.ThreadPoolExecutor() as others:
        try:
            while others.submit(int).result() == 0:
                time.sleep(0.01)
        except RuntimeError as error:
            print(error)
    print(submit(asyncio.to_thread(str, "done")).result(30))
threading.Thread(target=wait).start()
"""


@pytest.mark.skipif(
    (3, 12) <= sys.version_info < (3, 12, 2),
    reason="PYTHON 3.12.0 AND 3.12.1 START NO THREAD once the main thread has ended (gh-113964)",
)
def test_a_thread_that_waits_for_a_run_may_outlive_the_main_thread() -> None:
    """`concurrent.futures` starts no further calls then; a run needs some, such as for the name of a host."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _AFTER_THE_MAIN_THREAD],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert (lines[1:], done.stderr) == (["done"], "")
    assert "after" in lines[0] and "shutdown" in lines[0]
