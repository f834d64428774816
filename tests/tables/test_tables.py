"""The tables of words, sentences and spans: the same columns and dtypes for any number of rows, sorted by time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from records import run_started

from paraformer_nb.journal.records import ClipSource, Connected, Gap, ServiceSource
from paraformer_nb.tables.sentences import sentences_table
from paraformer_nb.tables.spans import gaps_table, matches_table
from paraformer_nb.tables.words import COLUMNS, word_row, words_table
from paraformer_nb.transcript.search import find
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence, Word

RUN = run_started(service=ServiceSource("embedded", "127.0.0.1", "pocketsphinx"))
TRANSCRIPT = Transcript(RUN)
SENTENCES = [
    Sentence(2, "今天,好。", 5.0, 6.0, False, (Word("今天", 5.0, 5.5, ","), Word("好", 5.5, 6.0, "。", None, "b"))),
    Sentence(1, " One two.", 1.0, 2.0, True, (Word(" One", 1.0, 1.4, "", 0.75), Word(" two", 1.5, 2.0, ".", 0.5, "a"))),
]
TEXT = pd.StringDtype("python", na_value=pd.NA)
WORD_DTYPES = {
    "sentence_id": "int64",
    "text": TEXT,
    "punctuation": TEXT,
    "start": "float64",
    "end": "float64",
    "confidence": "float64",
    "speaker": TEXT,
    "is_final": "bool",
}
SENTENCE_DTYPES = {
    "sentence_id": "int64",
    "text": TEXT,
    "start": "float64",
    "end": "float64",
    "is_final": "bool",
    "words": "int64",
}


def dtypes(table: pd.DataFrame) -> dict[str, Any]:
    return {str(name): dtype for name, dtype in table.dtypes.items()}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_words_and_sentences_have_the_same_dtypes_for_any_number_of_rows(count: int) -> None:
    assert dtypes(words_table(SENTENCES[:count], TRANSCRIPT)) == WORD_DTYPES
    assert dtypes(sentences_table(SENTENCES[:count], TRANSCRIPT)) == SENTENCE_DTYPES
    assert tuple(words_table(SENTENCES[:count], TRANSCRIPT).columns) == tuple(WORD_DTYPES)


def test_text_columns_have_na_and_not_nan_for_missing_values() -> None:
    table = words_table(SENTENCES, TRANSCRIPT)
    assert table["speaker"].dtype.na_value is pd.NA  # type: ignore[union-attr]
    assert table["speaker"].tolist() == [pd.NA, "a", pd.NA, "b"]
    assert table["confidence"].isna().tolist() == [False, False, True, True]


def test_words_are_sorted_by_start_across_sentences() -> None:
    table = words_table(SENTENCES, TRANSCRIPT)
    assert isinstance(table.index, pd.RangeIndex)
    assert table["text"].tolist() == ["One", "two", "今天", "好"]
    assert table["punctuation"].tolist() == ["", ".", ",", "。"]
    assert table["start"].tolist() == [1.0, 1.5, 5.0, 5.5]
    assert table["sentence_id"].tolist() == [1, 1, 2, 2]
    assert table["is_final"].tolist() == [True, True, False, False]


def test_sentences_count_their_words_and_have_no_space_before_them() -> None:
    table = sentences_table(SENTENCES, TRANSCRIPT)
    assert isinstance(table.index, pd.RangeIndex)
    assert table.to_dict("records") == [
        {"sentence_id": 1, "text": "One two.", "start": 1.0, "end": 2.0, "is_final": True, "words": 2},
        {"sentence_id": 2, "text": "今天,好。", "start": 5.0, "end": 6.0, "is_final": False, "words": 2},
    ]


@pytest.mark.parametrize("make", [words_table, sentences_table])
def test_a_table_names_its_clip_service_and_model(make: Any) -> None:
    embedded = {"clip": "lesson.flac", "service": "pocketsphinx", "model": "paraformer-realtime-v2"}
    assert make([], TRANSCRIPT).attrs == embedded
    cloud = run_started(clip=ClipSource("a"), service=ServiceSource("dashscope", "dashscope.host"), model="m")
    assert make(SENTENCES, Transcript(cloud)).attrs == {"clip": "a", "service": "dashscope.host", "model": "m"}


def test_a_table_names_the_engine_that_the_service_named() -> None:
    transcript = Transcript.from_records([run_started(), Connected(0.1, "t", "paraformer")])
    assert words_table([], transcript).attrs["service"] == "paraformer"


def test_a_table_can_be_concatenated_and_written_as_csv() -> None:
    table = words_table(SENTENCES, TRANSCRIPT)
    assert pd.concat([words_table([], TRANSCRIPT), table]).dtypes.equals(table.dtypes)
    assert table.to_csv(index=False).count("\n") == 5


def test_a_row_as_plain_values_equals_the_table_s_row() -> None:
    table = words_table(SENTENCES, TRANSCRIPT).astype(object)
    rows = [word_row(sentence, word) for sentence in reversed(SENTENCES) for word in sentence.words]
    for row, expected in zip(rows, table.to_dict("records"), strict=True):
        assert list(row) == list(WORD_DTYPES)
        assert {key: value for key, value in row.items() if value is not None} == {
            str(key): value for key, value in expected.items() if not pd.isna(value)
        }


def test_columns_define_the_words_table() -> None:
    table = words_table(SENTENCES, TRANSCRIPT)
    assert [column.name for column in COLUMNS] == list(table.columns) == list(WORD_DTYPES)
    for column in COLUMNS:
        assert table[column.name].dtype == (TEXT if column.dtype == "string" else column.dtype)
        assert column.meaning
    values = word_row(SENTENCES[1], SENTENCES[1].words[0])
    assert list(values.values()) == [1, "One", "", 1.0, 1.4, 0.75, None, True]


def test_gaps_and_matches_are_tables_of_spans() -> None:
    gaps = gaps_table([Gap(9.0, 1.0, 2.5, "late"), Gap(9.5, 4.0, 5.0, "out of reach")])
    assert dtypes(gaps) == dtypes(gaps_table([])) == {"start": "float64", "end": "float64", "reason": TEXT}
    assert gaps.to_numpy().tolist() == [[1.0, 2.5, "late"], [4.0, 5.0, "out of reach"]]
    matches = matches_table(find(SENTENCES, "one two"))
    span_dtypes = {"sentence_id": "int64", "text": TEXT, "start": "float64", "end": "float64"}
    assert dtypes(matches) == dtypes(matches_table([])) == span_dtypes
    assert matches.to_numpy().tolist() == [[1, "One two", 1.0, 2.0]]
