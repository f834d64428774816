"""Reading the words again and again: the same table, a copy of it, and only what changed is made anew."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corrected_runs import CORRECTION, result_record
from msgspec import structs
from records import fold

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Corrected, Record, Resumed
from paraformer_nb.journal.writer import JournalWriter
from paraformer_nb.run.live_transcript import LiveTranscript
from paraformer_nb.run.tables import RunTables
from paraformer_nb.tables.words import words_table
from paraformer_nb.tables.words_cache import WordsCache
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence, Word


def test_two_readings_are_equal_to_the_byte(run: pnb.Run, path: Path) -> None:
    """So that a result that is cached by its arguments is found again, in another session as well."""
    first, second, loaded = run.words, run.words, pnb.load(path).words
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs == second.attrs == loaded.attrs
    assert pickle.dumps(first) == pickle.dumps(second)
    run.correct(CORRECTION)
    run.undo()
    assert run.words.attrs == first.attrs


def test_concatenated_readings_keep_attrs(run: pnb.Run) -> None:
    joined = pd.concat([run.words[:2], run.words[2:]])
    assert joined.attrs == run.words.attrs
    assert run.correct(joined) == 0


def test_a_table_is_a_copy_whatever_is_done_to_it(run: pnb.Run) -> None:
    before = run.words
    table = run.words
    with suppress(ValueError):  # with pandas 3 it is read-only
        table["text"].array[0] = "changed"
    table.loc[1, "text"] = "changed"
    table["start"] += 1
    del table["end"]
    table.attrs.clear()
    pd.testing.assert_frame_equal(run.words, before)
    assert run.words.attrs == before.attrs
    assert run.correct(before) == 0


@contextmanager
def live_tables(transcript: Transcript) -> Iterator[tuple[RunTables, LiveTranscript]]:
    """The tables of a run that goes on, and what appends to it."""
    live = LiveTranscript(transcript, JournalWriter.temporary(transcript.run)[0], lambda: 1.0)
    yield RunTables(live), live
    live.close()


def _random_record(rng: random.Random, number: int) -> Record:
    texts = [rng.choice("abc") for _ in range(rng.randint(1, 4))]
    kind = rng.random()
    word = Word("w", number - 1.0, number - 0.9)
    if kind < 0.5:
        return result_record(*texts, number=rng.randint(max(1, number - 2), number), final=rng.random() < 0.6)
    if kind < 0.8:
        old = (Word(rng.choice("abc"), number - 1.0, number - 0.9),)
        return Corrected(1.0, Correction("replace", rng.randint(1, number), rng.choice([(), old]), (word,)))
    if kind < 0.95:
        return Corrected(1.0, Correction(rng.choice(["undo", "redo"])))
    return Resumed(1.0, "t", number - 1.0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_table_that_is_kept_up_equals_one_that_is_made_anew(seed: int) -> None:
    rng = random.Random(seed)
    readings = []  # none of which changes later
    with live_tables(fold()) as (tables, live):
        for step in range(60):
            live.append(_random_record(rng, 1 + step // 6))
            if rng.random() < 0.7:
                expected = words_table(tables.transcript.sentences, tables.transcript)
                given = tables.words
                pd.testing.assert_frame_equal(given.drop(columns="word"), expected, check_flags=False)
                _check_rows(given, tables.words_raw)
                readings.append((given, given.copy()))
    for given, as_it_was in readings:
        pd.testing.assert_frame_equal(given, as_it_was)


def _check_rows(words: pd.DataFrame, raw: pd.DataFrame) -> None:
    """A word's row in `words_raw` holds the same word; one that has no row was written by a person."""
    known = words[words["word"].notna()]
    names = ["sentence_id", "text", "punctuation", "start", "end"]
    assert known["word"].is_unique
    assert raw.loc[known["word"].astype(int), names].to_numpy().tolist() == known[names].to_numpy().tolist()
    missing = words.loc[words["word"].isna(), names].merge(raw.drop(index=known["word"].astype(int)), on=names)
    assert missing.empty or set(missing["text"]) <= {"w"}


def test_a_word_s_row_among_the_recognised_ones_is_missing_where_a_person_wrote_it(run: pnb.Run) -> None:
    assert run.words["word"].tolist() == [0, 1, 2, 3]
    run.correct(CORRECTION)
    assert run.words["word"].tolist() == [0, pd.NA, 2, 3]
    assert run.words["word"].dtype == "Int64"
    run.correct(run.words.drop(index=0))
    assert run.words["word"].tolist() == [pd.NA, 2, 3]
    run.undo()
    run.undo()
    assert run.words["word"].tolist() == [0, 1, 2, 3]


def test_only_sentences_that_changed_are_converted_again() -> None:
    """Counted, whatever the machine's speed: a word's text is stripped when it becomes a row."""
    stripped = []

    class Counted(str):
        def strip(self, *_: Any) -> str:  # type: ignore[override]
            stripped.append(str(self))
            return str(self)

    words = [[Word(Counted(f"{number}{text}"), number, number + 0.5) for text in "ab"] for number in range(100)]
    sentences = [Sentence(number, "", number, number + 0.5, True, tuple(each)) for number, each in enumerate(words)]
    cache = WordsCache()
    assert len(cache.table(sentences[:90])[0]) == len(stripped) == 180
    assert len(cache.table(sentences[:91])[0]) == 182
    assert stripped[180:] == ["90a", "90b"]
    cache.table([*sentences[:50], structs.replace(sentences[50], words=()), *sentences[51:93]])
    assert stripped[182:] == ["91a", "91b", "92a", "92b"]
    table, order = cache.table([*sentences[1:50], sentences[0], *sentences[51:93]])
    assert len(stripped) == 186, "they were only put in another order"
    assert table["text"].tolist() == [word.text for number in range(93) if number != 50 for word in words[number]]
    assert order is not None and order.tolist() == [98, 99, *range(98), *range(100, 184)]


@pytest.mark.parametrize("action", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_run_is_not_copied_and_the_error_says_what_to_do(action: Any, run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=r"run\.save\(.*pnb\.load\("):
        action(run)


def test_dtypes_name_their_storage(run: pnb.Run) -> None:
    """They do not depend on whether pyarrow is installed, which pandas would then prefer."""
    for table in (run.words, run.words_raw, run.sentences, run.events, run.gaps):
        texts = [dtype for dtype in table.dtypes if isinstance(dtype, pd.StringDtype)]
        assert texts
        assert {dtype.storage for dtype in texts} == {"python"}
        assert all(dtype.na_value is pd.NA for dtype in texts)
