"""A run on a disk that fails: everything is kept in memory, for one warning, and can be saved elsewhere."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from random import Random

import pytest
from full_disk import largest_file
from pandas.testing import assert_frame_equal
from servers import assert_says, ended, eventually

import paraformer_nb as pnb
from paraformer_nb.errors import JournalError

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"


@pytest.fixture(scope="module")
def service() -> pnb.Embedded:
    """Sends the lesson's words from its script."""
    return pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))


@pytest.fixture(scope="module")
def whole(service: pnb.Embedded, tmp_path_factory: pytest.TempPathFactory) -> pnb.Run:
    """An undisturbed run of the lesson."""
    path = tmp_path_factory.mktemp("whole") / "run.jsonl"
    return ended(pnb.transcribe(LESSON, service=service, save=path))


def events_of(run: pnb.Run) -> list[tuple[str, str]]:
    """What happened, without times and tasks."""
    events = run.events
    return sorted(zip(events["event"], events["text"], strict=True))


def assert_complete(run: pnb.Run, whole: pnb.Run, copy: Path) -> None:
    """Assert that a run that could not be written has everything, also in a copy."""
    assert_frame_equal(run.words, whole.words)
    assert events_of(run) == events_of(whole)
    run.save(copy)
    loaded = pnb.load(copy)
    assert_frame_equal(loaded.words, run.words)
    assert_frame_equal(loaded.events, run.events)
    assert (loaded.state, loaded.usage) == (run.state, run.usage)
    assert loaded.transcript.waveform.data == run.transcript.waveform.data


def test_a_disk_that_is_full_at_any_moment_costs_one_warning(
    whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    random, size = Random(6), whole.journal.path.stat().st_size
    for number, limit in enumerate([0, 10, *(random.randrange(size) for _ in range(4))]):
        path = tmp_path / f"{number}.jsonl"
        with pytest.warns(UserWarning) as caught, largest_file(limit):
            run = ended(pnb.transcribe(LESSON, service=service, save=path))
            run.wait(1)
            assert events_of(run) == events_of(whole)
        assert len(caught) == 1
        assert_says(caught[0].message, f"{number}.jsonl", "cannot be written", "the run goes on", "run.save(...)")
        assert_complete(run, whole, tmp_path / f"copy {number}.jsonl")
        if path.stat().st_size:
            kept = pnb.load(path).words
            assert_frame_equal(kept[kept["is_final"]], whole.words[: kept["is_final"].sum()])
            assert path.read_bytes().endswith(b"\n"), "no half line is left"


@pytest.mark.parametrize("what", ["deleted", "moved"])
def test_a_folder_that_disappears_meanwhile_costs_one_warning(
    what: str, whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    run = pnb.transcribe(LESSON, service=service, pace=100, save=folder / "run.jsonl")
    assert eventually(lambda: len(run.transcript.finals) >= 2)
    if what == "deleted":
        shutil.rmtree(folder)
    else:
        folder.rename(tmp_path / "moved")
    with pytest.warns(UserWarning, match=r"run.jsonl.*it was deleted or moved.*in memory only") as caught:
        ended(run)
        run.wait(1)
    assert len(caught) == 1
    assert_complete(run, whole, tmp_path / "copy.jsonl")
    assert not folder.exists()


def test_a_journal_that_is_replaced_meanwhile_costs_one_warning(
    whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    path, other = tmp_path / "run.jsonl", tmp_path / "other.jsonl"
    run = pnb.transcribe(LESSON, service=service, pace=100, save=path)
    assert eventually(lambda: len(run.transcript.finals) >= 2)
    shutil.copy(path, other)  # as a program that synchronises folders does
    before = other.read_bytes()
    other.replace(path)
    with pytest.warns(UserWarning, match=r"run.jsonl.*another file is now at its path.*in memory only") as caught:
        ended(run)
        run.wait(1)
    assert len(caught) == 1
    assert path.read_bytes() == before, "the other file is left as it is"
    assert_complete(run, whole, tmp_path / "copy.jsonl")


def test_a_journal_that_is_shortened_meanwhile_costs_one_warning_and_no_word(
    whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    run = pnb.transcribe(LESSON, service=service, pace=100, save=path)
    assert eventually(lambda: len(run.transcript.finals) >= 2)
    path.write_bytes(b"")
    with pytest.warns(UserWarning, match=r"run.jsonl.*another program has shortened it") as caught:
        ended(run)
        run.wait(1)
    assert len(caught) == 1
    assert_frame_equal(run.words, whole.words)
    with pytest.raises(JournalError, match=r"not this run's journal any more.*run\.words\.to_csv"):
        run.save(tmp_path / "copy.jsonl")


def test_a_journal_that_disappears_after_the_run_is_reported(service: pnb.Embedded, tmp_path: Path) -> None:
    run = ended(pnb.transcribe(LESSON, service=service, end=5.0, save=tmp_path / "run.jsonl"))
    (tmp_path / "run.jsonl").unlink()
    assert len(run.words) > 5
    for call in (lambda: run.events, lambda: run.save(tmp_path / "copy.jsonl")):
        with pytest.raises(JournalError, match=r"cannot be read: No such file.*run\.words\.to_csv"):
            call()


def test_where_no_temporary_file_can_be_made_the_run_is_kept_in_memory(
    whole: pnb.Run, service: pnb.Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)  # so that the standard library looks for one again
    with pytest.warns(UserWarning) as caught, largest_file(0):
        run = ended(pnb.transcribe(LESSON, service=service))
        run.wait(1)
    assert_says(caught[0].message, "No usable temporary directory", "the run goes on", "run.save(...)")
    assert len(caught) == 1
    assert_complete(run, whole, tmp_path / "copy.jsonl")
