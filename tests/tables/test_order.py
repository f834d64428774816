"""The order of words: of the rows of a table it means nothing, of the transcript it stays."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest
from corrected_runs import count_corrections, result_record
from records import write_journal
from servers import texts

import paraformer_nb as pnb
from paraformer_nb.journal.records import RunEnded

WORDS = [("b", 0, 0), ("a", 0, 0), ("c", 0, 500), ("e", 900, 1000), ("d", 500, 600), ("d", 500, 700)]


@pytest.fixture
def tied(tmp_path: Path) -> pnb.Run:
    """A run with words that start together, and one that was recognised after a later one."""
    words = [{"text": text, "begin_time": first, "end_time": last} for text, first, last in WORDS]
    records = result_record(words=words, text="b a c e d d"), result_record("x", number=2), RunEnded(9.0, "finished")
    return pnb.load(write_journal(tmp_path / "run.jsonl", *records))


@pytest.mark.parametrize("columns", [["text"], ["end", "text"], ["start"], ["sentence_id", "punctuation"], ["speaker"]])
def test_a_table_that_was_only_sorted_is_no_correction(columns: list[str], tied: pnb.Run) -> None:
    for ascending in (True, False):
        assert tied.correct(tied.words.sort_values(columns, ascending=ascending)) == 0
    assert count_corrections(Path(tied.journal)) == 0


def test_words_that_start_together_keep_their_order_when_one_is_corrected(tied: pnb.Run) -> None:
    before = tied.text
    assert before == "b a c e d d x"
    table = tied.words.sample(frac=1, random_state=random.Random(1).randrange(99))
    table.loc[table["text"] == "a", "text"] = "A"
    assert tied.correct(table) == 1
    assert tied.text == "b A c e d d x", "neighbours are not sorted again, not even the late one"
    assert texts(tied) == ["b", "A", "c", "d", "d", "e", "x"]
    table.loc[table["text"] == "e", "text"] = "E"
    assert tied.correct(table) == 1
    assert tied.text == "b A c E d d x"
    assert tied.undo()
    assert tied.undo()
    assert tied.text == before


def test_words_of_two_sentences_that_start_together_keep_the_order_of_the_sentences(tmp_path: Path) -> None:
    spans = [{"text": text, "begin_time": 1000, "end_time": 1100} for text in ("z", "y")]
    records = result_record("m", words=spans, begin_time=1000), result_record("k", number=2), RunEnded(9.0, "finished")
    run = pnb.load(write_journal(tmp_path / "run.jsonl", *records))
    assert texts(run) == ["z", "y", "k"]
    assert run.correct(run.words.sort_values(["start", "text"])) == 0


def test_a_moved_word_goes_where_its_start_belongs(tied: pnb.Run) -> None:
    table = tied.words
    table.loc[table["text"] == "c", ["start", "end"]] = 0.55, 0.65
    new = pd.DataFrame([(1, "n", 0.2, 0.3)], columns=["sentence_id", "text", "start", "end"])
    assert tied.correct(pd.concat([new, table])) == 1
    assert texts(tied) == ["b", "a", "n", "d", "d", "c", "e", "x"]
