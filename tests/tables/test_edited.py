"""Corrections by table: an edited copy of `run.words`, compared with the run."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corrected_runs import count_corrections, result_record
from hypothesis import given, settings
from hypothesis import strategies as st
from records import write_journal
from servers import texts

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError


def test_an_edited_table_is_applied_and_only_what_differs_is_written(run: pnb.Run, path: Path) -> None:
    table = run.words
    table.loc[1, "text"] = "morning"
    assert run.correct(table) == 1
    assert run.words["text"].tolist() == table["text"].tolist()
    assert b'"old":[{"text":"mourning","start":0.1,"end":0.2}]' in path.read_bytes()
    assert run.correct(run.words) == run.correct(table) == 0
    assert count_corrections(path) == 1


def test_rows_may_be_changed_deleted_and_added_at_once(run: pnb.Run, path: Path) -> None:
    table = run.words.drop(index=0)
    table.loc[3, ["text", "end", "punctuation"]] = "bye", 1.5, "!"
    columns = ["sentence_id", "text", "start", "end", "punctuation"]
    new = pd.DataFrame([(1, "you", 0.3, 0.4, "."), (2, "bye", 1.6, 1.9, "")], columns=columns)
    assert run.correct(pd.concat([new, table])) == 2
    assert run.text == "mourning all you. bye! bye"
    assert pnb.load(path).words.equals(run.words)
    assert count_corrections(path) == 1
    assert run.undo()
    assert run.text == "good mourning all by", "one table is one step"
    assert pnb.load(path).redo() is True
    assert pnb.load(path).text == "mourning all you. bye! bye"


def test_a_sentence_whose_rows_are_all_deleted_is_deleted(run: pnb.Run) -> None:
    table = run.words
    assert run.correct(table[table["sentence_id"] == 1]) == 1
    assert run.text == "good mourning all"
    assert run.correct(table) == 1
    assert run.text == "good mourning all by"


def test_a_word_whose_text_is_unchanged_keeps_confidence_and_speaker(tmp_path: Path) -> None:
    known = {"confidence": 0.5, "speaker_id": "a"}
    words = [
        {"text": text, "punctuation": mark, "begin_time": 100 * n, "end_time": 100 * n + 100} | known
        for n, (text, mark) in enumerate([(" one", ","), (" two", "."), (" three", "")])
    ]
    run = pnb.load(write_journal(tmp_path / "run.jsonl", result_record("one", words=words)))
    table = run.words
    table.loc[1, "end"] = 0.25
    table.loc[2, "text"] = "free"
    run.correct(table.drop(columns=["punctuation", "confidence", "speaker", "is_final"]))
    after = run.words
    assert after["text"].tolist() == ["one", "two", "free"]
    assert after["punctuation"].tolist() == [",", ".", ""], "a table without the column keeps the punctuation"
    assert after["end"].tolist() == [0.1, 0.25, 0.3]
    assert after["speaker"].tolist() == ["a", "a", "a"]
    assert after["confidence"].isna().tolist() == [False, False, True]
    assert run.text == " one, two. free"


def test_a_table_may_have_been_written_as_csv_and_read_back(run: pnb.Run, tmp_path: Path) -> None:
    run.words.to_csv(tmp_path / "words.csv", index=False)
    table = pd.read_csv(tmp_path / "words.csv")
    assert run.correct(table) == 0
    table.loc[3, "text"] = "bye"
    assert run.correct(table) == 1
    assert run.text == "good mourning all bye"


def test_once_a_run_has_ended_its_table_is_whole_wherever_it_comes_from(run: pnb.Run, path: Path) -> None:
    """Without `attrs`, concatenated, merged, of another load of the journal, of the words as recognised."""
    first = run.words[:3]
    tables = {
        "without attrs": pd.DataFrame(first.to_dict()),
        "concatenated": pd.concat([first[:1], pnb.load(path).words[1:3]]),
        "merged": first.merge(pd.DataFrame({"text": ["good", "mourning", "all"], "note": "x"})),
        "of another load": pnb.load(path).words[:3],
        "as recognised": run.words_raw[:3],
        "of another session": first.assign().pipe(lambda table: pd.DataFrame(table.to_dict("list"))),
    }
    for name, table in tables.items():
        assert run.correct(table) == 1, name
        assert run.text == "good mourning all", name
        assert run.undo()


def test_many_deleted_words_are_a_warning_that_names_undo(run: pnb.Run) -> None:
    with pytest.warns(UserWarning, match=r"deleted 2 of 4 words.*run\.undo\(\)") as warned:
        assert run.correct(run.words[:2]) == 2
    assert warned[0].filename == __file__
    assert run.text == "good mourning"
    assert run.undo()
    assert run.text == "good mourning all by"


def test_a_table_without_rows_deletes_all_words_only_where_that_is_said(run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=r"delete_all=True.*Nothing was changed"):
        run.correct(run.words[:0])
    assert run.text == "good mourning all by"
    assert run.correct(run.words[:0], delete_all=True) == 2
    assert (run.text, len(run.words)) == ("", 0)
    assert run.correct(run.words) == 0, "there is nothing to delete any more"
    assert run.undo()
    assert run.text == "good mourning all by"


def test_a_new_word_has_the_speaker_of_its_time(tmp_path: Path) -> None:
    words = [
        {"text": text, "begin_time": 1000 * n, "end_time": 1000 * n + 900, "speaker_id": speaker}
        for n, (text, speaker) in enumerate([("ja", "a"), ("so", "a"), ("non", "b")])
    ]
    run = pnb.load(write_journal(tmp_path / "run.jsonl", result_record("ja", words=words)))
    table = run.words
    table.loc[2, "text"] = "no"
    late = pd.DataFrame([(1, "so", 3.0, 3.1), (1, "oh", 1.6, 1.7)], columns=["sentence_id", "text", "start", "end"])
    run.correct(pd.concat([table, late])[["sentence_id", "text", "start", "end"]])
    assert run.words[["text", "speaker"]].to_numpy().tolist() == [
        ["ja", "a"],
        ["so", "a"],
        ["oh", "a"],
        ["no", "b"],
        ["so", "b"],
    ]
    run.correct(run.words[:0], delete_all=True)
    run.correct(pd.DataFrame([(1, "non", 2.0, 2.9)], columns=["sentence_id", "text", "start", "end"]))
    assert run.words["speaker"].tolist() == ["b"], "from the recognised words, though none was left"


@pytest.mark.parametrize("missing", [["text"], ["start", "end"], ["sentence_id"]])
def test_a_table_that_lacks_columns_is_refused_by_their_names(missing: list[str], run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=f"lacks {', '.join(missing)}:"):
        run.correct(run.words.drop(columns=missing))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("sentence_id", 7, "does not have: 7"),
        ("sentence_id", 1.5, "not a whole number"),
        ("sentence_id", float("nan"), "sentence_id is nan"),
        ("text", None, "not a string"),
        ("text", 5, "not a string"),
        ("text", pd.NA, "not a string"),
        ("text", "", "leave the word out"),
        ("text", "a\nb", "line breaks"),
        ("text", "a" * 501, "at most 500"),
        ("start", float("nan"), "start is nan"),
        ("end", float("inf"), "end is inf"),
        ("end", pd.NaT, "end is NaT"),
        ("start", -0.5, "0 s or later"),
        ("end", 0.05, "not end before it starts"),
        ("start", "0.1", "start is '0.1'"),
        ("start", True, "start is True"),
        ("start", pd.Timestamp(0), "start is Timestamp"),
        ("punctuation", 5, "punctuation is 5"),
    ],
)
def test_with_one_invalid_row_nothing_is_written(
    column: str, value: Any, reason: str, run: pnb.Run, path: Path
) -> None:
    table = run.words.astype(object)
    table.loc[1, "text"] = "morning"  # valid, and of an earlier sentence
    table.loc[3, column] = value
    with pytest.raises(ParameterError, match=reason) as caught:
        run.correct(table)
    assert "Nothing was changed." in str(caught.value)
    assert (run.text, count_corrections(path)) == ("good mourning all by", 0)


@pytest.mark.parametrize("table", [None, [], {"text": ["a"]}, "words.csv"])
def test_what_is_not_a_table_is_refused(table: Any, run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=r"edited copy of run\.words"):
        run.correct(table)


def test_of_equal_words_that_begin_together_the_first_stay(tmp_path: Path) -> None:
    words = [{"text": text, "begin_time": 500, "end_time": 500} for text in ("ha", "ha", "so")]
    run = pnb.load(write_journal(tmp_path / "run.jsonl", result_record("ha", words=words)))
    table = run.words
    table.loc[1, "text"] = "ho"
    run.correct(table)
    assert texts(run) == ["ha", "ho", "so"]
    table = pd.concat([table[:1], table[:1].assign(text="he"), table[1:]])
    run.correct(table)
    assert texts(run) == ["ha", "ho", "so", "he"], "a new one comes after those that were recognised"
    run.correct(table[[True, False, True, True]])
    assert texts(run) == ["ha", "ho", "so"]


_time = st.integers(0, 8).map(lambda tenths: tenths / 10)
_rows = st.lists(st.tuples(st.integers(1, 2), st.sampled_from("abc"), _time, _time), max_size=8, unique=True)


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(_rows, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_after_any_table_the_words_equal_it(
    tmp_path_factory: pytest.TempPathFactory, tables: list[list[tuple[int, str, float, float]]], rng: random.Random
) -> None:
    """Words that are repeated, without length, at the same time, overlapping, with rows in any order."""
    path = write_journal(
        tmp_path_factory.mktemp("runs") / "run.jsonl", result_record("a", "b", "a", "c"), result_record("b", number=2)
    )
    run = pnb.load(path)
    before = run.words
    steps = 0
    for table in tables:
        rows = [(number, text, start, start + length) for number, text, start, length in table]
        table = pd.DataFrame(rows, columns=["sentence_id", "text", "start", "end"])
        table = table.sample(frac=1, random_state=rng.randrange(99))
        table.attrs = run.words.attrs  # it is the whole table, however few its rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # many words are deleted
            steps += bool(run.correct(table, delete_all=True))
        assert _by_sentence(run.words) == _by_sentence(table)
        assert pnb.load(path).words.equals(run.words)
    for _ in range(steps):
        assert run.undo() is True
    assert run.words.equals(before)
    assert run.undo() is False


def _by_sentence(table: pd.DataFrame) -> list[Any]:
    """Its rows, in one order: for words that begin together, that of the table means nothing."""
    rows = table[["sentence_id", "text", "start", "end"]].round(3)
    return sorted(rows.itertuples(index=False, name=None))
