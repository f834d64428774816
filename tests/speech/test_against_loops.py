"""The accessor on random tables, against slow loops over rows."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_tables import GRAIN, word_tables

import paraformer_nb.speech  # noqa: F401

few = settings(deadline=None)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")
    ]


def ticks(row: dict[str, Any]) -> set[int]:
    """The parts of a second in which a word sounds."""
    return set(range(round(row["start"] * GRAIN), round(row["end"] * GRAIN)))


@few
@given(word_tables(), st.integers(0, 115).map(lambda n: n / GRAIN), st.integers(0, 60).map(lambda n: n / GRAIN))
def test_rows_at_a_time_and_between_two(table: pd.DataFrame, start: float, length: float) -> None:
    end = start + length
    rows = rows_of(table)
    at = [r["extra"] for r in rows if r["start"] <= start and (start < r["end"] or r["start"] == start)]
    assert table.speech.at(start)["extra"].tolist() == at
    inside = [r["extra"] for r in rows if start <= r["start"] and r["end"] <= end]
    assert table.speech.between(start, end, touching=False)["extra"].tolist() == inside
    touching = [
        r["extra"]
        for r in rows
        if (r["start"] < end and r["end"] > start) or (r["start"] == r["end"] and start <= r["start"] <= end)
    ]
    found = table.speech.between(start, end)
    assert found["extra"].tolist() == touching
    assert found.columns.tolist() == table.columns.tolist()
    assert found.dtypes.tolist() == table.dtypes.tolist()


@few
@given(word_tables(), st.integers(0, 10).map(lambda n: n / GRAIN), st.booleans())
def test_pauses_are_where_no_word_sounds(table: pd.DataFrame, least: float, with_edges: bool) -> None:
    edges = {"start": 0.0, "end": 8.0} if with_edges else {}
    found = table.speech.pauses(least, **edges)
    rows = rows_of(table)
    sounding = set().union(*(ticks(row) for row in rows)) if rows else set()
    marks = {round(row[name] * GRAIN) for row in rows for name in ("start", "end")}
    low, high = (0, 8 * GRAIN) if with_edges else (min(marks, default=0), max(marks, default=0))
    spans = []
    begin = None
    for tick in range(low, high + 1):
        is_silent = tick < high and tick not in sounding
        # A word of no length parts two pauses.
        is_mark = any(row["start"] == row["end"] == tick / GRAIN for row in rows)
        if begin is not None and (not is_silent or is_mark):
            spans.append((begin / GRAIN, tick / GRAIN))
            begin = None
        if is_silent and begin is None:
            begin = tick
    spans = [span for span in spans if span[1] - span[0] >= least - 1e-9]
    assert list(zip(found["start"], found["end"], strict=True)) == [pytest.approx(span) for span in spans]
    for row in rows_of(found):
        before = [r for r in rows if r["end"] == row["start"] and (r["text"] or "") == row["before"]]
        after = [r for r in rows if r["start"] == row["end"] and (r["text"] or "") == row["after"]]
        assert row["kind"] == "edge" or (before and after)
        assert row["kind"] != "turn" or row["speaker_before"] != row["speaker_after"]


@few
@given(
    word_tables(),
    st.sampled_from([0.5, 1.0, 1.7]),
    st.sampled_from([None, 0.5]),
    st.sampled_from(["words", "characters"]),
)
def test_rates_count_words_where_they_start(table: pd.DataFrame, window: float, step: float | None, unit: Any) -> None:
    rows = rows_of(table)
    end = max((row["end"] for row in rows), default=0.0)
    expected = []
    begin = 0.0
    while begin < end - 1e-9:
        until = min(begin + window, end)
        inside = [r for r in rows if begin <= r["start"] < until or (until == end and r["start"] == end)]
        count = len(inside) if unit == "words" else sum(len((r["text"] or "").replace(" ", "")) for r in inside)
        expected.append((begin, until, count, count * 60 / (until - begin)))
        begin += step or window
    found = table.speech.rate(window, step, unit)
    assert [tuple(row) for row in found[["start", "end", "count", "rate"]].itertuples(index=False)] == [
        pytest.approx(row) for row in expected
    ]
    by_speaker = table.speech.rate(window, step, unit, by="speaker")
    assert by_speaker["count"].sum() == found["count"].sum()
    assert ((found["articulation_rate"] >= found["rate"] - 1e-6) | found["articulation_rate"].isna()).all()


def turns_of(rows: list[dict[str, Any]], gap: float) -> list[list[dict[str, Any]]]:
    """A turn is one speaker's, up to more than `gap` of silence or a whole word of another one within the silence."""
    in_order = sorted(rows, key=lambda row: row["start"])
    turns: list[list[dict[str, Any]]] = []
    for speaker in {row["speaker"] for row in rows}:
        turn: list[dict[str, Any]] = []
        latest = 0.0
        for row in (row for row in in_order if row["speaker"] == speaker):
            between = [
                other
                for other in rows
                if other["speaker"] != speaker and other["start"] >= latest and other["end"] <= row["start"]
            ]
            if turn and row["start"] - latest <= gap + 1e-6 and not between:
                turn.append(row)
            else:
                turn = [row]
                turns.append(turn)
            latest = max(latest, row["end"])
    order = {id(row): number for number, row in enumerate(in_order)}
    return sorted(turns, key=lambda turn: order[id(turn[0])])


@few
@given(word_tables())
def test_speakers_turns_and_overlaps(table: pd.DataFrame) -> None:
    rows = rows_of(table)
    turns = turns_of(rows, gap=1.0)
    found = rows_of(table.speech.turns())
    assert [(row["speaker"], row["start"], row["words"]) for row in found] == [
        (turn[0]["speaker"], turn[0]["start"], len(turn)) for turn in turns
    ]
    assert [row["end"] for row in found] == [max(r["end"] for r in turn) for turn in turns]
    speakers = rows_of(table.speech.speakers())
    assert {row["speaker"] for row in speakers} == {row["speaker"] for row in rows}
    for row in speakers:
        own = [r for r in rows if r["speaker"] == row["speaker"]]
        assert row["words"] == len(own)
        assert row["seconds"] == pytest.approx(len(set().union(*map(ticks, own))) / GRAIN)
        assert row["turns"] == sum(turn[0]["speaker"] == row["speaker"] for turn in turns)
    both: set[tuple[int, frozenset[Any]]] = set()
    for row in rows_of(table.speech.overlaps()):
        assert row["speaker_a"] != row["speaker_b"]
        both |= {(tick, frozenset((row["speaker_a"], row["speaker_b"]))) for tick in ticks(row)}
    assert both == {
        (tick, frozenset((a["speaker"], b["speaker"])))
        for a in rows
        for b in rows
        if a["speaker"] != b["speaker"]
        for tick in ticks(a) & ticks(b)
    }


@few
@given(word_tables())
def test_repaired_words_neither_overlap_nor_have_no_length(table: pd.DataFrame) -> None:
    words, changes = table.speech.repair()
    assert sorted(words["extra"]) == list(range(len(table)))
    assert words["start"].is_monotonic_increasing
    for _, own in words.assign(speaker=words["speaker"].astype(object).fillna("")).groupby("speaker"):
        assert (own["end"] - own["start"] >= 0.01 - 1e-6).all()
        assert (own["start"].to_numpy()[1:] >= own["end"].to_numpy()[:-1] - 1e-9).all()
    changed = {row["extra"] for row in rows_of(words)} - {
        row["extra"]
        for row, old in ((row, rows_of(table)[row["extra"]]) for row in rows_of(words))
        if (row["start"], row["end"]) == (old["start"], old["end"])
    }
    assert changed == set(changes["row"])
    again, none = words.speech.repair()
    assert len(none) == 0
    pd.testing.assert_frame_equal(again, words)


@few
@given(word_tables(), st.lists(st.tuples(st.integers(0, 110), st.integers(1, 40)), max_size=5), st.booleans())
def test_joined_rows_lie_at_the_start_or_overlap_most(
    table: pd.DataFrame, spans: list[tuple[int, int]], with_ends: bool
) -> None:
    other = pd.DataFrame({"start": [start / GRAIN for start, _ in spans], "slide": range(len(spans))})
    ends = [(start + length) / GRAIN for start, length in spans]
    if with_ends:
        other["end"] = ends
    else:
        later = [[s / GRAIN for s, _ in spans if s > start] for start, _ in spans]
        ends = [min(each, default=math.inf) for each in later]
    other = other.astype({"start": float})
    slides = rows_of(table.speech.join(other))
    most = rows_of(table.speech.join(other, on="overlap"))
    for row, joined, overlapped in zip(rows_of(table), slides, most, strict=True):
        lying = [
            n for n, (start, end) in enumerate(zip(other["start"], ends, strict=True)) if start <= row["start"] < end
        ]
        latest = max((other["start"][n] for n in lying), default=None)
        assert {joined["slide"]} <= ({n for n in lying if other["start"][n] == latest} or {None})
        common = [
            min(row["end"], end) - max(row["start"], start) for start, end in zip(other["start"], ends, strict=True)
        ]
        if max(common, default=0) > 0:
            assert common[int(overlapped["slide"])] == max(common)


@few
@given(word_tables(), st.sampled_from([1, 2, 5]))
def test_groups_keep_to_their_limits(table: pd.DataFrame, most: int) -> None:
    groups = table.speech.regroup("pause", split_at=0.5, max_words=most)
    pd.testing.assert_frame_equal(groups.drop(columns="sentence_id"), table)
    for _, own in groups.groupby("sentence_id"):
        assert len(own) <= most
        assert own["speaker"].nunique(dropna=False) == 1
    ordered = groups.sort_values("start", kind="stable")["sentence_id"].tolist()
    assert list(dict.fromkeys(ordered)) == list(range(1, len(set(ordered)) + 1))
    sentences = groups.speech.sentences()
    assert sentences["words"].sum() == len(table)
    assert sentences["sentence_id"].tolist() == list(dict.fromkeys(ordered))


@few
@given(word_tables())
def test_pauses_and_speakers_are_those_of_pyannote(table: pd.DataFrame) -> None:
    core = pytest.importorskip("pyannote.core", reason="of the test extra")
    annotation = core.Annotation()
    for number, row in enumerate(rows_of(table)):
        if row["end"] > row["start"]:
            annotation[core.Segment(row["start"], row["end"]), number] = row["speaker"] or "unknown"
    timed = table[table["end"] > table["start"]]
    pauses = timed.speech.pauses(min=0)[["start", "end"]].to_numpy().tolist()
    assert pauses == [pytest.approx([gap.start, gap.end]) for gap in annotation.get_timeline().gaps()]
    speakers = timed.speech.speakers()
    seconds = dict(zip(speakers["speaker"].fillna("unknown"), speakers["seconds"], strict=True))
    assert seconds == pytest.approx(
        {label: annotation.label_support(label).duration() for label in annotation.labels()}
    )
