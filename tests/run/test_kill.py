"""Every sentence that was shown as final is in the journal after ``kill -9``, and the run can be resumed from it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from servers import assert_says, ended

import paraformer_nb as pnb
from paraformer_nb.errors import JournalError
from paraformer_nb.transcript.words import Sentence

pytestmark = pytest.mark.system

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
PACES = (80.0, 200.0, None)
COLUMNS = ("sentence_id", "text", "punctuation", "start", "end", "speaker", "is_final")


def scripted() -> pnb.Embedded:
    return pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))


def printed_form(sentence: Sentence) -> list[Any]:
    """A sentence as a process prints it."""
    return [sentence.id, sentence.text, sentence.start, sentence.end, [word.text for word in sentence.words]]


# ------------------------------------------------------------------------------------------- processes to be killed


class _Printer:
    """A listener that prints each sentence the moment that it is final."""

    def __init__(self, run: pnb.Run, pipe: int) -> None:
        self._run = run
        self._pipe = pipe
        self._shown = len(run.transcript.finals)

    def refresh(self) -> None:
        for sentence in self._run.transcript.finals[self._shown :]:
            os.write(self._pipe, json.dumps(printed_form(sentence)).encode() + b"\n")
            self._shown += 1


def _transcribe(path: str, pace: float | None, pipe: int) -> None:
    """Start a run, or resume one; the process is killed meanwhile."""
    os.write(pipe, b"started\n")
    if Path(path).exists():
        run = pnb.resume(path, service=scripted(), pace=pace)
    else:
        run = pnb.transcribe(LESSON, service=scripted(), pace=pace, save=path)
    printer = _Printer(run, pipe)
    run.add_listener(printer)
    printer.refresh()
    run.wait()


def serve(requests: socket.socket) -> None:
    """Fork a process for each request: that is fast, because everything is imported already."""
    import av  # noqa: F401
    import websockets.asyncio.server  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # they are not waited for
    while (request := socket.recv_fds(requests, 10_000, 1))[0]:
        (pipe,) = request[1]
        if pid := os.fork():
            os.close(pipe)
            requests.sendall(f"{pid}\n".encode())
            continue
        try:
            requests.close()
            _transcribe(*json.loads(request[0]), pipe)
        finally:
            os._exit(0)


class Killer:
    """Makes runs in other processes, and kills them."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        environment = os.environ | {
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "OPENBLAS_NUM_THREADS": "1",  # a fork loses all threads
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, __file__, str(theirs.fileno())]
        self._server = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])
        theirs.close()

    def close(self) -> None:
        self._requests.close()
        self._server.wait(20)

    def kill(self, path: Path, pace: float | None, random: Random) -> list[list[Any]]:
        """Start a run, or resume one, and kill it at some moment. Returns the sentences that it had printed."""
        is_resumed = path.exists()
        pipe, theirs = os.pipe()
        socket.send_fds(self._requests, [json.dumps([str(path), pace]).encode()], [theirs])
        os.close(theirs)
        pid = int(self._requests.recv(100))
        with os.fdopen(pipe, "rb", 0) as printed:
            # After so many lines, and then a moment: so it does not matter how fast the machine is.
            lines = random.randrange(1, 3 if pace is None or is_resumed else 7)
            first = b"".join(printed.readline() for _ in range(lines))
            select.select([], [], [], random.uniform(0, 0.06 if pace else 0.03))
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGKILL)
            shown = (first + printed.read()).splitlines()
        return [json.loads(line) for line in shown if line != b"started"]


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    killer = Killer()
    yield killer
    killer.close()


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """The words of an undisturbed run."""
    return ended(pnb.transcribe(LESSON, service=scripted())).words


def assert_kept(path: Path, printed: list[list[Any]]) -> pnb.Run | None:
    """Assert that everything printed is in the journal, and that a loaded run says where it was cut short."""
    try:
        loaded = pnb.load(path)
    except JournalError:  # killed before the first line was written
        assert printed == []
        return None
    finals = [printed_form(sentence) for sentence in loaded.transcript.finals]
    assert [each for each in printed if each not in finals] == []
    assert len(finals) == len({each[0] for each in finals}), "a sentence became final twice"
    if loaded.state != "finished":
        assert_says(loaded.error, f"cut short at {loaded.transcript.sent_until:.1f} s", "pnb.resume")
    return loaded


def campaign(killer: Killer, whole: pd.DataFrame, folder: Path, seed: int, kills: int) -> Counter[str]:
    """Kill runs, and runs that resume them, correct some words meanwhile, and let them end. Returns how often each of
    these occurred."""
    random, count = Random(seed), Counter[str]()
    service = scripted()
    while count["kills"] < kills:
        path = folder / f"{seed}-{count['kills']}.jsonl"
        expected = whole.copy()
        for _ in range(random.choice((1, 1, 2, 3))):
            printed = killer.kill(path, random.choice(PACES), random)
            count["kills"] += 1
            loaded = assert_kept(path, printed)
            count["printed"] += len(printed)
            if loaded is None or loaded.state == "finished":
                break
            count["resumed"] += bool(loaded.transcript.resumes)
            finals = loaded.words[loaded.words["is_final"]].index
            if len(finals) and random.random() < 0.5:
                words, row = loaded.words, random.choice(finals)
                words.loc[row, "text"] = expected.loc[row, "text"] = f"corrected{count['kills']}"
                assert loaded.correct(words) == 1
                count["corrected"] += 1
        if loaded is None or loaded.state == "finished":
            count["nothing" if loaded is None else "finished"] += 1
            continue
        final_until = loaded.transcript.final_until
        run = ended(pnb.resume(path, service=service, pace=None))
        assert_frame_equal(run.words[list(COLUMNS)], expected[list(COLUMNS)])
        assert_frame_equal(pnb.load(path).words, run.words)
        positions = [each.position for each in run.transcript.resumes[-1:]]
        assert all(position > final_until - 0.4 for position in positions), "it started too early"
        count["continued"] += 1
    return count


def test_everything_printed_is_there_after_a_kill_and_the_run_can_be_resumed(
    killer: Killer, whole: pd.DataFrame, tmp_path: Path
) -> None:
    count = campaign(killer, whole, tmp_path, 1, 10)
    assert count["continued"] >= 3, count
    assert count["printed"] >= 5, count


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_campaign_of_kills(killer: Killer, whole: pd.DataFrame, tmp_path: Path, seed: int) -> None:
    print(campaign(killer, whole, tmp_path, seed, 10))  # noqa: T201


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
