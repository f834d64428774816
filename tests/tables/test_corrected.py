"""Corrections of a loaded run, one by one: in every table and text, and in its journal."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from corrected_runs import CORRECTION, MOURNING, count_corrections, replace
from servers import eventually, texts

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Word


def test_a_correction_is_in_every_table_and_text_and_the_recognised_words_are_kept(run: pnb.Run) -> None:
    recognised = run.words
    assert run.correct(CORRECTION) == 1
    assert texts(run) == ["good", "morning", "all", "by"]
    assert run.text == "good morning all by"
    assert run.sentences["text"].tolist() == ["good morning all", "by"]
    assert run.words_raw.equals(recognised.drop(columns="word"))
    assert run.words.dtypes.equals(recognised.dtypes)
    assert "4 words" in repr(run)
    assert run.events.set_index("event").loc["corrected", "text"] == "'mourning' → 'morning'"


def test_the_picture_shows_the_corrected_words(run: pnb.Run) -> None:
    run.correct(CORRECTION)
    shown = {text.get_text() for text in run.plot(start=0.0, end=0.5).findobj() if hasattr(text, "get_text")}
    assert "morning" in shown
    assert "mourning" not in shown


def test_a_sentence_whose_words_were_all_deleted_is_in_no_table(run: pnb.Run) -> None:
    run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
    assert run.sentences["sentence_id"].tolist() == [1]
    assert run.text == "good mourning all"
    assert run.words_raw["text"].tolist()[-1] == "by"


def test_corrections_undo_and_redo_are_loaded_with_the_journal(run: pnb.Run, path: Path) -> None:
    assert (run.undo(), run.redo(), count_corrections(path)) == (False, False, 0)
    run.correct(CORRECTION)
    run.correct(replace(2, [Word("by", 1.0, 1.1)], [Word("bye", 1.0, 1.3)]))
    assert (run.undo(), run.undo(), run.undo(), run.redo()) == (True, True, False, True)
    assert count_corrections(path) == 5
    for _ in range(2):
        run = pnb.load(path)
        assert texts(run) == ["good", "morning", "all", "by"]
        assert run.state == "finished"
    assert run.redo() is True, "an undone correction can still be redone after loading"
    assert (run.redo(), run.undo()) == (False, True)
    assert pnb.load(path).words.equals(run.words)
    assert run.words["text"].tolist() == ["good", "morning", "all", "by"]


def test_a_copy_has_the_corrections(run: pnb.Run, path: Path, tmp_path: Path) -> None:
    run.correct(CORRECTION)
    run.save(tmp_path / "copy.jsonl")
    assert pnb.load(tmp_path / "copy.jsonl").words.equals(run.words)


def test_the_clock_of_a_loaded_run_continues(run: pnb.Run) -> None:
    run.correct(CORRECTION)
    run.undo()
    times = run.events["t"].tolist()
    assert times == sorted(times)
    assert 9.0 <= times[-2] < times[-1] < 60.0


@pytest.mark.parametrize(
    "correction",
    [
        replace(0, [MOURNING], []),
        replace(3, [MOURNING], []),
        replace(-1, [MOURNING], []),
        replace(1, [], []),
        replace(1, [], [Word("a", float("nan"), 1.0)]),
        replace(1, [], [Word("a", 0.0, float("inf"))]),
        replace(1, [], [Word("a", -1.0, 1.0)]),
        replace(1, [], [Word("a", 2.0, 1.0)]),
        replace(1, [], [Word("a\nb", 0.0, 1.0)]),
        replace(1, [], [Word("a" * 501, 0.0, 1.0)]),
        replace(1, [], [Word(None, 0.0, 1.0)]),
        replace(1, [MOURNING], [Word("", 0.1, 0.2)]),  # type: ignore[arg-type]
        replace("1", [MOURNING], []),
        Correction("merge", 1, (MOURNING,)),  # type: ignore[arg-type]
    ],
    ids=lambda correction: str(correction)[-60:],
)
def test_an_invalid_correction_is_refused_and_not_written(correction: Correction, run: pnb.Run, path: Path) -> None:
    before = run.words
    with pytest.raises(ParameterError, match="Nothing was changed"):
        run.correct(correction)
    assert run.words.equals(before)
    assert (count_corrections(path), run.undo()) == (0, False)


def test_a_correction_that_changes_nothing_is_not_written(run: pnb.Run, path: Path) -> None:
    assert run.correct(replace(1, [MOURNING], [MOURNING])) == 0
    assert count_corrections(path) == 0


def test_a_listener_is_notified_on_the_background_loop(run: pnb.Run) -> None:
    refreshed: list[tuple[str, str]] = []

    class Recorder:
        def refresh(self) -> None:
            refreshed.append((threading.current_thread().name, run.text))

    listener = Recorder()
    run.add_listener(listener)
    run.correct(CORRECTION)
    assert eventually(lambda: refreshed, 5)
    assert refreshed == [("paraformer_nb", "good morning all by")]
