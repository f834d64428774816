"""Tables that look like a mistake are refused, and nothing is changed; what may be one is done with a warning."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corrected_runs import count_corrections, result_record
from records import write_journal

import paraformer_nb as pnb
from paraformer_nb.errors import NotWords, ParameterError
from paraformer_nb.journal.records import RunEnded


def in_ms(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(start=table["start"] * 1000, end=table["end"] * 1000)


def with_new_row(table: pd.DataFrame) -> pd.DataFrame:
    new = pd.DataFrame([(2, "now", 1500, 1800)], columns=["sentence_id", "text", "start", "end"])
    return pd.concat([table[list(new.columns)], new])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (in_ms, "look like milliseconds.*clip ends at 40 s.*Divide by 1000"),
        (lambda table: in_ms(table).astype({"start": int, "end": int}), "look like milliseconds"),
        (with_new_row, "look like milliseconds"),
        (lambda table: pd.concat([table, table]), r"rows 0 and 4 .*same word: 'good' at 0 s.*drop_duplicates"),
        (lambda table: pd.concat([table, table[2:3]]), "rows 2 and 4 .*same word"),
        (
            lambda table: table.rename(columns={"start": "begin", "text": "word"}),
            r"lacks text, start: .*\{'word': 'text', '",
        ),
        (lambda table: table.assign(file=["a.wav", "a.wav", "b.wav", "b.wav"]), "several clips"),
        (lambda table: pd.concat([table, table.assign(start=table["start"] + 0.05)]), "words of several runs"),
        (lambda table: table.rename(columns={"sentence_id": "Segment"}), r"columns=\{'Segment': 'sentence_id'\}\)"),
        (lambda table: table[["text"]], "lacks sentence_id, start, end.* and has text"),
        (lambda table: table.assign(start=["0", "0.1", "0.2", "1"]), r"row 0 .*pd\.to_numeric.*So are 3 more"),
        (lambda table: table.assign(start=["0", "0,1", "0,2", "1"]).iloc[1:], r"\.str\.replace\(',', '\.'\)"),
        (
            lambda table: table.set_index(["start", "text"]),
            r"lacks text, start.*index has text, start.*reset_index\(\)",
        ),
        (lambda table: table.assign(end=[0.1, None, None, 2]), r"row 1 .*dropna.*So are 1 more"),
        (
            lambda table: table.assign(end=pd.to_datetime("2026-01-01")),
            "end is Timestamp.*Subtract when the clip starts",
        ),
        (lambda table: table.assign(end=["0:01.5"] * 4), r"row 0 .*pd\.to_timedelta\('0:' \+ table\['end'\]\)"),
        (lambda table: table.assign(end=["0:00:01.5"] * 4), r"row 0 .*pd\.to_timedelta\(table\['end'\]\)"),
        (lambda table: table.assign(end=[datetime.time(0, 0, 1)] * 4), r"pd\.to_timedelta\(table\['end'\].astype\(str"),
        (lambda table: table.assign(end=True), "end is True, not a finite number. Give seconds"),
        (lambda table: table.assign(end=[[1.0]] * 4), r"end is \[1.0\], not a finite number. Give seconds"),
        (lambda table: pd.concat([table, table[["text"]]], axis=1), r"more than one column 'text'.*columns.duplicated"),
        (lambda table: pd.concat([table, table[["speaker"]]], axis=1), "more than one column 'speaker'"),
        (lambda table: pd.concat({"a": table}, axis=1), r"two levels.*droplevel\(0, axis=1\)"),
        (lambda table: table.rename(columns={"text": " Text "}), r"rename\(columns=\{' Text ': 'text'\}\)"),
        (lambda table: table.to_dict("list"), r"type dict .*pd\.DataFrame\("),
    ],
)
def test_what_looks_like_a_mistake_is_refused(change: Any, reason: str, run: pnb.Run, path: Path) -> None:
    with pytest.raises(ParameterError, match=reason) as refused:
        run.correct(change(run.words))
    assert "Nothing was changed." in str(refused.value)
    assert (run.text, count_corrections(path)) == ("good mourning all by", 0)


def test_a_column_that_means_nothing_here_may_be_there_twice(run: pnb.Run) -> None:
    table = run.words.assign(note="")
    assert run.correct(pd.concat([table, table[["note"]]], axis=1)) == 0


@pytest.mark.parametrize(("factor", "unit"), [(60, "minutes"), (3600, "hours")])
def test_times_in_minutes_are_kept_with_a_warning(factor: int, unit: str) -> None:
    """Nobody says so many words a second; tables of seconds are as quick as people speak, or have few words."""
    seconds = pd.DataFrame({"text": [f"w{n}" for n in range(100)], "sentence_id": 1}).assign(
        start=lambda table: table.index * 0.3, end=lambda table: table["start"] + 0.2
    )
    given = seconds.assign(start=seconds["start"] / factor, end=seconds["end"] / factor)
    advice = rf"look like {unit}: 100 words .* kept as they are.*speech\.scale\({factor}\)"
    run = pnb.load(seconds)
    for use in (pnb.load, lambda table: table.speech.pauses(), lambda table: pnb.score("w1", table), run.correct):
        with pytest.warns(UserWarning, match=advice) as caught:
            use(given)
        assert {each.filename for each in caught} == {__file__}
    assert len(pnb.load(given.speech.scale(factor)).words) == len(pnb.load(given[:10]).words) * 10


def test_decimal_numbers_are_times(run: pnb.Run) -> None:
    """As databases and Parquet have them."""
    assert run.correct(run.words.assign(start=[Decimal(str(each)) for each in run.words["start"]])) == 0


def test_a_table_without_the_columns_of_words_has_an_error_of_its_own(run: pnb.Run) -> None:
    """It is an AttributeError too, as `hasattr` and completion expect."""
    table = run.words.rename(columns={"text": "token", "start": "Onset", "end": "stop"})
    with pytest.raises(
        NotWords, match=r"\.rename\(columns=\{'token': 'text', 'Onset': 'start', 'stop': 'end'\}\)"
    ) as refused:
        run.correct(table)
    assert isinstance(refused.value, AttributeError | ParameterError)
    with pytest.raises(NotWords, match="lacks start, end"):
        run.timeline().highlight(pd.DataFrame({"time": [1.0]}))


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.set_index(pd.Index([7] * len(table))),
        lambda table: table.sample(frac=1, random_state=1),
        lambda table: table.astype({"text": "category", "sentence_id": "category", "start": "category"}),
        lambda table: table.astype({"text": object, "sentence_id": "Int32", "start": "Float32", "end": object}),
        lambda table: table.assign(note=1, words=[[1]] * len(table)),
        lambda table: table.assign(
            start=pd.Series([np.timedelta64(round(1000 * t), "ms") for t in table["start"]], dtype=object)
        ),
        lambda table: table.assign(start=pd.to_timedelta(table["start"], "s"), end=pd.to_timedelta(table["end"], "s")),
    ],
    ids=["index", "order", "categories", "dtypes", "more columns", "durations of NumPy", "durations"],
)
def test_other_forms_of_the_same_table_change_nothing(change: Any, run: pnb.Run, path: Path) -> None:
    assert run.correct(change(run.words)) == 0
    assert count_corrections(path) == 0


def test_a_shorter_run_s_words_among_a_longer_one_s_are_refused() -> None:
    """As when the tables of two clips were put together, which have lost their clips' names then."""
    words = pd.DataFrame({"text": list("abcdefghij"), "start": range(10), "end": range(1, 11)})
    long = pnb.load(words.assign(sentence_id=[1] * 3 + [2] * 7))
    short = pnb.load(words[:8].assign(sentence_id=1, start=lambda table: table["start"] + 0.3))
    both = pd.concat([long.words, short.words])
    for table in (both, both.sort_values("start")):
        with pytest.raises(ParameterError, match="words of several runs.*Nothing was changed"):
            long.correct(table)
    moved = long.words.assign(sentence_id=[1] * 4 + [2] * 6)  # one word to the sentence before, and a copy of it
    assert long.correct(pd.concat([moved, moved[3:4].assign(sentence_id=2, start=3.5)])) == 2


def test_spans_of_several_clips_are_not_laid_over_one(run: pnb.Run) -> None:
    table = run.words.assign(file=["a.wav", "a.wav", "b.wav", "b.wav"])
    view = run.timeline()
    with pytest.raises(ParameterError, match="rows of several clips"):
        view.highlight(table)
    view.highlight(table[:2])
    view.close()


def test_a_table_of_another_clip_is_refused(run: pnb.Run) -> None:
    table = run.words
    table.attrs["clip"] = "other.flac"
    with pytest.raises(ParameterError, match=r"of 'other\.flac', and the run is of 'lesson\.flac'"):
        run.correct(table)


def test_milliseconds_may_be_said(run: pnb.Run) -> None:
    assert run.correct(in_ms(run.words), unit="ms") == 0
    edited = in_ms(run.words)
    edited.loc[3, "end"] = 1250
    assert run.correct(edited, unit="ms") == 1
    assert run.words["end"].tolist() == [0.1, 0.2, 0.3, 1.25]
    with pytest.raises(ParameterError, match="unit='min'"):
        run.correct(edited, unit="min")  # type: ignore[arg-type]


def test_times_behind_the_clip_are_a_warning(run: pnb.Run) -> None:
    table = run.words
    table.loc[3, ["start", "end"]] = 39.5, 41.0
    with pytest.warns(UserWarning, match="1 of the rows end behind the clip, which ends at 40 s") as warned:
        assert run.correct(table) == 1
    assert warned[0].filename == __file__


def test_a_long_word_s_text_and_edge_may_be_changed(tmp_path: Path) -> None:
    """A service that times sentences only gives each as one word."""
    spans = {"words": [{"text": "a whole sentence", "begin_time": 1000, "end_time": 31_000}]}
    run = pnb.load(write_journal(tmp_path / "run.jsonl", result_record("a", **spans), RunEnded(9.0, "finished")))
    table = run.words
    table.loc[0, "text"] = "another sentence"
    assert run.correct(table) == 1
    table.loc[0, "end"] = 30.0
    assert run.correct(table) == 1
    assert run.words.loc[0, ["text", "end"]].tolist() == ["another sentence", 30.0]
