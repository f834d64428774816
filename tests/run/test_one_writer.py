"""A journal has one writer: a second one is refused, and nothing is damaged."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from saved_journals import count_corrections, write_journal
from servers import Cloud, ended, eventually, recognise_last_word_late, texts, tone

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_journal_that_is_being_written_cannot_be_resumed(tmp_path: Path) -> None:
    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        assert eventually(lambda: len(run.words) == 3)
        early = pnb.load(run.journal)
        assert "still writing" in str(early.error)
        with pytest.raises(errors.JournalError, match=r"a run is writing the journal 'run\.jsonl'"):
            pnb.resume(run.journal, clip=tone(60), service=cloud.service())
        run.stop()
        ended(run)
    loaded = pnb.load(run.journal)
    assert texts(loaded) == texts(run) == ["hello", "there", "goodbye"]
    assert loaded.state == "stopped"


# ------------------------------------------------------------------------------------------ locks of other processes


def correct(run: pnb.Run, text: str) -> None:
    """Correct a run's first word."""
    words = run.words
    words.loc[0, "text"] = text
    assert run.correct(words) == 1


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Lock a journal for a while, as another run would; then let the code after it run on."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        timer = threading.Timer(seconds, fcntl.flock, (file.fileno(), fcntl.LOCK_UN))
        timer.start()
        yield
        timer.join()


def test_a_momentary_lock_costs_nothing(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl")
    run = pnb.load(path)
    with locked(path, 0.2):
        correct(run, "GOOD")  # without a warning
    assert texts(pnb.load(path))[0] == "GOOD"


def test_a_longer_lock_delays_a_correction_and_says_why(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl")
    run = pnb.load(path)
    with locked(path, 3.0):
        with pytest.warns(UserWarning, match=r"'run\.jsonl' is being written by another.*written as soon as that ends"):
            correct(run, "GOOD")
        assert texts(run)[0] == "GOOD"
        assert texts(pnb.load(path))[0] == "good"
    assert eventually(lambda: texts(pnb.load(path))[0] == "GOOD", 20), "it is written without another correction"
    correct(run, "Good")
    assert texts(pnb.load(path))[0] == "Good"


def test_two_views_of_a_journal_that_correct_at_once_write_everything(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl")
    runs = [pnb.load(path) for _ in range(2)]

    def correct_often(run: pnb.Run, name: str) -> None:
        for number in range(30):
            correct(run, f"{name}{number}")

    threads = [threading.Thread(target=correct_often, args=(run, name)) for run, name in zip(runs, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert eventually(lambda: count_corrections(path) == 60, 20)


def fork(child: Callable[[], None]) -> int:
    """Fork a process that runs `child`, and then stays until it is killed. Returns its id when `child` has returned."""
    ready, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child()
            os.write(theirs, b"1")
            signal.pause()
        finally:
            os._exit(1)
    os.close(theirs)
    with os.fdopen(ready, "rb") as pipe:
        assert pipe.read(1) == b"1", "the child failed"
    return pid


@pytest.mark.parametrize("ending", ["stop", "cancel"])
def test_a_process_that_was_forked_during_a_run_does_not_keep_its_lock(tmp_path: Path, ending: str) -> None:
    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        assert eventually(lambda: len(run.words) == 3)
        pid = fork(lambda: None)
        try:
            getattr(run, ending)()
            ended(run)
            correct(run, "HELLO")  # without a warning
            assert texts(pnb.load(run.journal))[0] == "HELLO"
            again = pnb.resume(run.journal, clip=tone(60), service=cloud.service())
            again.cancel()
            ended(again)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_a_forked_process_does_not_write_a_run_that_its_parent_writes(tmp_path: Path) -> None:
    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        assert eventually(lambda: len(run.words) == 3)

        def child() -> None:
            with pytest.warns(UserWarning, match="is being written by another"):
                correct(run, "CHILD")

        pid = fork(child)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        run.stop()
        ended(run)
    assert texts(pnb.load(run.journal)) == texts(run) == ["hello", "there", "goodbye"]


# ------------------------------------------------------------------------------------------------ a temporary journal


SCRIPT = """
import asyncio, sys, tempfile
import paraformer_nb as pnb
tempfile.tempdir = sys.argv[1]
run = pnb.transcribe(sys.argv[2], service=pnb.Embedded("scripted", script=sys.argv[3]), pace=1.0)
print(run.journal.path, flush=True)
{wait}
"""


@pytest.mark.parametrize("wait", ["run.wait()", "import time; time.sleep(100)", "import signal; signal.pause()"])
def test_sigterm_deletes_a_temporary_journal_and_ends_the_process(tmp_path: Path, english: Path, wait: str) -> None:
    arguments = [str(tmp_path), str(english), str(english.with_suffix(".json"))]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(wait=wait), *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        path = Path(process.stdout.readline().strip())
        assert path.parent == tmp_path
        assert path.exists()
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_handler_of_sigterm_that_a_program_has_is_kept(tmp_path: Path, english: Path) -> None:
    handler = "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
    script = SCRIPT.format(wait="run.wait()").replace("run = ", f"{handler}run = ")
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(english), str(english.with_suffix(".json"))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        process.terminate()
        assert process.wait(60) == 7
    assert list(tmp_path.iterdir()) == []
