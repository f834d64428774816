"""A run's journal on a disk that fails: copies, corrections and the end, and who is notified."""

from __future__ import annotations

import gc
import io
import shutil
import stat
import threading
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import FrontEnd, on_loop
from full_disk import largest_file
from saved_journals import CORRECTION, RUN, count_corrections, write_journal
from servers import Cloud, Talk, eventually, texts, tone

import paraformer_nb as pnb
from paraformer_nb.errors import JournalError
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.writer import JournalWriter
from paraformer_nb.run.live_transcript import LiveTranscript
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal: "good mourning all" and "by"."""
    return write_journal(tmp_path / "run.jsonl")


@pytest.fixture
def run(path: Path) -> pnb.Run:
    return pnb.load(path)


# --------------------------------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("what", ["missing", "another journal", "another file", "a directory", "empty"])
def test_a_journal_that_no_longer_exists_cannot_be_copied_and_the_error_says_what_can(
    what: str, run: pnb.Run, path: Path, tmp_path: Path
) -> None:
    data = path.read_bytes()
    path.unlink()
    if what == "another journal":
        path.write_bytes(data.replace(b"today", b"tomorrow"))
    elif what == "another file":
        path.write_text("mine\n")
    elif what == "a directory":
        path.mkdir()
    elif what == "empty":
        path.touch()
    before = list(tmp_path.iterdir())
    with pytest.raises(JournalError, match=r"run\.jsonl.* Nothing was copied\..*run\.words\.to_csv"):
        run.save(tmp_path / "copy.jsonl")
    assert list(tmp_path.iterdir()) == before


def test_a_copy_is_whole_or_not_there(run: pnb.Run, path: Path, tmp_path: Path) -> None:
    with (
        largest_file(path.stat().st_size - 10),
        pytest.raises(JournalError, match=r"copy.jsonl.*too large.*another folder"),
    ):
        run.save(tmp_path / "copy.jsonl")
    assert list(tmp_path.iterdir()) == [path]
    run.save(tmp_path / "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_bytes() == path.read_bytes()
    assert stat.filemode((tmp_path / "copy.jsonl").stat().st_mode) == stat.filemode(path.stat().st_mode)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_copy_that_is_interrupted_leaves_nothing(
    run: pnb.Run, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfileobj", interrupted)  # the only way to interrupt a copy half-way
    with pytest.raises(KeyboardInterrupt):
        run.save(tmp_path / "copy.jsonl")
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_copy_is_never_visible(run: pnb.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visible: list[bytes] = []
    copy = shutil.copyfileobj

    def observed(source: Any, target: Any) -> None:
        copy(source, target)
        target.flush()
        visible.append((tmp_path / "copy.jsonl").read_bytes())

    monkeypatch.setattr(shutil, "copyfileobj", observed)  # the only way to look half-way
    run.save(tmp_path / "copy.jsonl")
    assert visible == [b""]


# ---------------------------------------------------------------------------------------------------------- corrections


def test_a_view_shows_that_a_correction_could_not_be_written_once_and_nothing_warns(run: pnb.Run, path: Path) -> None:
    """A warning on the background loop would be lost."""
    front_end = FrontEnd(run.transcript, run.timeline())
    path.unlink()
    old, new = ["mourning", "", 0.1, 0.2, None, " ", False], ["morning", "", 0.1, 0.2, None, " ", False]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        front_end.send("correct", sentence=1, old=[old], new=[new])
        front_end.send("undo")
        front_end.send("redo")
        assert texts(run) == ["good", "morning", "all", "by"]
        (shown,) = [content["text"] for content in front_end.contents("refused")]
        assert "kept in memory only. Keep them with run.words.to_csv(...)." in shown
        assert run.correct(Correction("replace", 2, (Word("by", 1.0, 1.1),), ())) == 1
    assert caught == [], "the problem was shown once, in the view"
    front_end.view.close()


def test_a_correction_that_cannot_be_written_has_a_problem_once(run: pnb.Run, path: Path) -> None:
    path.unlink()
    with pytest.warns(UserWarning, match=r"in memory only.*run\.words\.to_csv") as caught:
        assert run.correct(CORRECTION) == 1
        assert run.undo() is True
        assert run.redo() is True
    assert len(caught) == 1
    assert texts(run) == ["good", "morning", "all", "by"]


def test_a_table_is_applied_whole_before_a_warning_that_is_an_error(run: pnb.Run, path: Path) -> None:
    table = run.words
    table.loc[[1, 3], "text"] = "morning", "bye"
    path.unlink()
    with pytest.raises(UserWarning, match="in memory only"):  # as in these tests, and with python -W error
        run.correct(table)
    assert texts(run) == ["good", "morning", "all", "bye"]


# -------------------------------------------------------------------------------------------------------------- the end


def test_the_file_is_closed_before_a_correction_may_be_appended_to_it() -> None:
    """A correction opens the file again; what its buffer holds must have been written by then."""

    class SlowFile(io.BytesIO):
        def close(self) -> None:
            other = threading.Thread(target=lambda: was_locked.append(not live.lock.acquire(blocking=False)))
            other.start()
            other.join()
            super().close()

    was_locked: list[bool] = []
    writer = JournalWriter(Journal(Path("run.jsonl")), RUN, SlowFile())
    live = LiveTranscript(Transcript(RUN), writer, lambda: 1.0)
    live.append(RUN)
    live.close()
    live.close()
    assert was_locked == [True]


async def _recognise_and_wait(talk: Talk) -> None:
    await talk.begin()
    await talk.say("good", "mourning", "all")
    await talk.forever()


class StateListener:
    """A listener that reads the run's tables, as a view does: the run must not be locked meanwhile."""

    def __init__(self, run: pnb.Run) -> None:
        self._run = run
        self.states: list[str] = []
        self.texts: list[str] = []

    def refresh(self) -> None:
        self.states.append(self._run.state)
        self.texts.append(self._run.text)


def test_listeners_are_notified_of_an_end_that_could_not_be_written(tmp_path: Path) -> None:
    with Cloud(_recognise_and_wait) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 3)
            listener = StateListener(run)
            run.add_listener(listener)
            with largest_file(run.journal.path.stat().st_size):
                run.cancel()
                with pytest.warns(UserWarning, match="cannot be written"):
                    run.wait(15)
        finally:
            run.cancel()
    assert (listener.states[-1], listener.texts[-1]) == ("stopped", "good mourning all")
    assert run.state == "stopped"
    assert list(run.events["event"])[-1] == "stopped"
    assert texts(run) == texts(pnb.load(run.journal.path)) == ["good", "mourning", "all"]


def test_on_a_full_disk_a_run_can_be_read_and_saved_elsewhere(tmp_path: Path) -> None:
    with Cloud(_recognise_and_wait) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 3)
            with largest_file(run.journal.path.stat().st_size), pytest.warns(UserWarning, match=r"run\.save"):
                run.correct(CORRECTION)
                assert len(run.events) >= 3
        finally:
            run.cancel()
    run.save(tmp_path / "copy.jsonl")
    assert count_corrections(tmp_path / "copy.jsonl") == 1


# ------------------------------------------------------------------------------------------------------------ listeners


class CountingListener:
    def __init__(self) -> None:
        self.count = 0
        self.threads: set[str] = set()

    def refresh(self) -> None:
        self.count += 1
        self.threads.add(threading.current_thread().name)


def test_listeners_are_notified_of_corrections_on_the_background_loop(run: pnb.Run) -> None:
    listeners = [CountingListener(), CountingListener()]
    for each in listeners:
        run.add_listener(each)
    assert run.correct(CORRECTION) == 1
    assert run.correct(CORRECTION) == 0, "it changes nothing any more"
    on_loop(lambda: None)
    assert [each.count for each in listeners] == [1, 1]
    assert listeners[0].threads == {"paraformer_nb"}


def test_a_listener_is_held_weakly(run: pnb.Run) -> None:
    kept, dropped = CountingListener(), CountingListener()
    run.add_listener(kept)
    run.add_listener(dropped)
    reference = weakref.ref(dropped)
    del dropped
    gc.collect()
    assert reference() is None
    run.correct(CORRECTION)
    on_loop(lambda: None)
    assert kept.count == 1
