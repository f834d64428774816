"""Where a run's records go when the disk says no: copies, corrections and the end, and who is told."""

from __future__ import annotations

import io
import resource
import shutil
import signal
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import on_loop
from paraformer_nb.run.live import LiveTranscript
from servers import Cloud, Talk, eventually, texts, tone
from test_corrections import CORRECTION, RUN, edits, replace, said, written

import paraformer_nb as pnb
from paraformer_nb.errors import JournalError
from paraformer_nb.journal.records import Journal, RunEnded
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word
from paraformer_nb.widgets.timeline import Timeline


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording: "good mourning all" and "by"."""
    records = said("good", "mourning", "all"), said("by", number=2), RunEnded(9.0, "finished")
    return written(tmp_path / "run.jsonl", *records)


@pytest.fixture
def run(path: Path) -> pnb.Run:
    return pnb.load(path)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As on a full disk: no file grows beyond a size."""
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)


# --------------------------------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("what", ["gone", "another recording", "another file", "a directory", "empty"])
def test_a_recording_that_is_not_there_any_more_cannot_be_copied_and_says_what_can(
    what: str, run: pnb.Run, path: Path, tmp_path: Path
) -> None:
    data = path.read_bytes()
    path.unlink()
    if what == "another recording":
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
        pytest.raises(JournalError, match="copy.jsonl.*too large.*another place"),
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

    monkeypatch.setattr(shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.save(tmp_path / "copy.jsonl")
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_sees_half_a_copy(run: pnb.Run, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    copy = shutil.copyfileobj

    def watched(source: Any, target: Any) -> None:
        copy(source, target)
        target.flush()
        seen.append((tmp_path / "copy.jsonl").read_bytes())

    monkeypatch.setattr(shutil, "copyfileobj", watched)
    run.save(tmp_path / "copy.jsonl")
    assert seen == [b""]


# ---------------------------------------------------------------------------------------------------------- who is told


def test_a_person_at_a_view_is_told_that_a_correction_could_not_be_written(
    run: pnb.Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(Timeline, "send", lambda _view, content, _buffers=None: told.append(content))
    view = run.timeline()
    path.unlink()
    warned: list[Any] = []
    monkeypatch.setattr(warnings, "warn", lambda *told, **_: warned.append(told))
    old, new = ["mourning", "", 0.1, 0.2, None, 1, 0], ["morning", "", 0.1, 0.2, None, 1, 0]
    for content in ({"kind": "edit", "sentence": 1, "old": [old], "new": [new]}, {"kind": "undo"}, {"kind": "redo"}):
        view._on_message(view, content, [])
    on_loop(lambda: None)
    assert texts(run) == ["good", "morning", "all", "by"]
    (said_so,) = [content["text"] for content in told if content["kind"] == "say"]
    assert "kept in memory only. Keep them with run.words.to_csv(...)." in said_so
    assert run.edit(replace(2, [Word("by", 1.0, 1.1)], [])) is True
    assert warned == [], "one of them was told, once"


def test_a_table_is_taken_over_whole_before_a_warning_that_is_an_error(run: pnb.Run, path: Path) -> None:
    frame = run.words
    frame.loc[[1, 3], "text"] = "morning", "bye"
    path.unlink()
    with pytest.raises(UserWarning, match="in memory only"):  # as in these tests, and with python -W error
        run.correct(frame)
    assert texts(run) == ["good", "morning", "all", "bye"]


# -------------------------------------------------------------------------------------------------------------- the end


def test_the_file_is_closed_before_anybody_else_may_append_to_it() -> None:
    class Slow(io.BytesIO):
        def close(self) -> None:
            closed_under_lock.append(journal.lock.locked())
            super().close()

    closed_under_lock: list[bool] = []
    journal = LiveTranscript(Journal(Path("run.jsonl")), Transcript(), lambda: 1.0, Slow())
    journal.take(RUN)
    journal.close()
    journal.close()
    assert closed_under_lock == [True]


def test_views_are_told_of_an_end_that_could_not_be_written(tmp_path: Path) -> None:
    states: list[tuple[str, bool]] = []

    class View:
        def refresh(self) -> None:
            states.append((run.state, run._journal.lock.locked()))

    async def quiet(talk: Talk) -> None:
        await talk.begin()
        await talk.say("good", "mourning")
        await talk.forever()

    view: Any = View()
    with Cloud(quiet) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 2)
            run._journal.show_in(view)
            with largest_file(run.recording.path.stat().st_size):
                run.cancel()
                with pytest.warns(UserWarning, match="cannot be written"):
                    run.wait(15)
        finally:
            run.cancel()
    assert states[-1] == ("stopped", False)
    assert run.state == "stopped"
    assert list(run.events["event"])[-1] == "stopped"
    assert texts(run) == texts(pnb.load(run.recording.path)) == ["good", "mourning"]


def test_on_a_full_disk_a_run_may_be_looked_at_and_saved_elsewhere(tmp_path: Path) -> None:
    async def quiet(talk: Talk) -> None:
        await talk.begin()
        await talk.say("good", "mourning", "all")
        await talk.forever()

    with Cloud(quiet) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 3)
            with largest_file(run.recording.path.stat().st_size), pytest.warns(UserWarning, match=r"run\.save"):
                run.edit(CORRECTION)
                assert len(run.events) >= 3
        finally:
            run.cancel()
    run.save(tmp_path / "copy.jsonl")
    assert edits(tmp_path / "copy.jsonl") == 1
