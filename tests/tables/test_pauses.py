"""The pauses of a run: where no word sounds, of what kind, and whether there may be words that were not recognised."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest
from records import fold, result, sent_audio, write_journal

import paraformer_nb as pnb
from paraformer_nb.journal.records import Gap, RunEnded
from paraformer_nb.tables.pauses import pauses_table
from paraformer_nb.tables.words import words_table
from paraformer_nb.transcript.words import Sentence, Word


def words_of(*sentences: list[Word]) -> pd.DataFrame:
    made = [
        Sentence(number, "", words[0].start, words[-1].end, True, tuple(words))
        for number, words in enumerate(sentences, 1)
    ]
    return words_table(made, fold())


def test_a_pause_has_its_kind_and_the_words_around_it() -> None:
    words = words_of(
        [Word("a", 1.0, 2.0), Word("b", 2.5, 3.0, speaker="x")],
        [Word("c", 4.0, 5.0, speaker="y"), Word("d", 5.0, 5.5)],
        [Word("e", 6.0, 7.0)],
    )
    table = pauses_table(words, [], 0.0, 9.0).astype(object)
    table = table.where(table.notna(), None)
    assert table.drop(columns="is_heard").to_numpy().tolist() == [
        [0.0, 1.0, 1.0, "edge", None, "a", None, None],
        [2.0, 2.5, 0.5, "within", "a", "b", None, "x"],
        [3.0, 4.0, 1.0, "turn", "b", "c", "x", "y"],
        [5.5, 6.0, 0.5, "between", "d", "e", None, None],
        [7.0, 9.0, 2.0, "edge", "e", None, None, None],
    ]
    assert table["is_heard"].all()


def test_where_words_overlap_there_is_no_pause() -> None:
    words = words_of([Word("long", 0.0, 5.0), Word("in it", 1.0, 2.0), Word("late", 6.0, 7.0)])
    table = pauses_table(words, [], 0.0, None)
    assert table[["start", "end", "before", "after"]].to_numpy().tolist() == [[5.0, 6.0, "long", "late"]]


def test_a_pause_that_touches_a_gap_was_not_heard() -> None:
    words = words_of([Word(text, start, start + 1) for start, text in enumerate("abcd") for start in [2.0 * start]])
    gaps = [Gap(1.0, 3.2, 3.4, "late"), Gap(1.0, 6.5, 6.9, "within a word")]
    table = pauses_table(words, gaps, 0.0, 7.0)
    assert table[["start", "is_heard"]].to_numpy().tolist() == [[1.0, True], [3.0, False], [5.0, True]]


def test_a_run_without_words_is_one_pause_once_it_has_ended(tmp_path: Path) -> None:
    run = pnb.load(write_journal(tmp_path / "run.jsonl", sent_audio(0.0, 4.0), RunEnded(9.0, "finished")))
    assert run.pauses[["start", "end", "kind"]].to_numpy().tolist() == [[0.0, 4.0, "edge"]]
    assert run.duration == 4.0
    empty = pnb.load(write_journal(tmp_path / "empty.jsonl", RunEnded(9.0, "finished")))
    assert (len(empty.pauses), empty.duration) == (0, None)


def test_pauses_follow_corrections_and_the_clip_s_part(tmp_path: Path) -> None:
    records = sent_audio(0.0, 4.0), result("a b", 1000, 3000), RunEnded(9.0, "finished")
    run = pnb.load(write_journal(tmp_path / "run.jsonl", *records))
    assert run.pauses["start"].tolist() == [0.0, 3.0]
    run.correct(run.words.assign(end=[1.5, 3.0]))
    assert run.pauses["start"].tolist() == [0.0, 1.5, 3.0]


@pytest.mark.parametrize("seed", range(30))
def test_pauses_are_what_a_slow_count_of_milliseconds_finds(seed: int) -> None:
    rng = random.Random(seed)
    spans = sorted(
        (start, start + rng.randint(0, 9)) for start in (rng.randint(0, 60) for _ in range(rng.randint(0, 12)))
    )
    words = words_of(*([[Word("w", start, end) for start, end in spans]] if spans else []))
    is_silent = [not any(start <= at < end for start, end in spans) for at in range(80)]
    runs, begin = [], None
    for at in range(81):
        if at < 80 and is_silent[at] and not any(end == start == at for start, end in spans):
            begin = at if begin is None else begin
        elif begin is not None:
            runs.append((begin, at))
            begin = at if at < 80 and is_silent[at] else None
    assert list(pauses_table(words, [], 0.0, 80.0)[["start", "end"]].itertuples(index=False, name=None)) == runs
