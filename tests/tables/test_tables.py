"""The tables of words, sentences and spans: the same columns and dtypes for any number of rows, sorted by time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from records import run_started

from paraformer_nb.journal.records import ClipSource, Connected, Gap, ServiceSource
from paraformer_nb.tables import schema
from paraformer_nb.tables.sentences import sentences_table
from paraformer_nb.tables.spans import gaps_table, matches_table
from paraformer_nb.tables.words import word_row, words_table
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


def dtypes(table: pd.DataFrame) -> dict[str, Any]:
    return {str(name): dtype for name, dtype in table.dtypes.items()}


def expected_dtypes(columns: tuple[schema.Column, ...]) -> dict[str, Any]:
    return {column.name: TEXT if column.dtype == "string" else column.dtype for column in columns}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_words_and_sentences_have_the_same_dtypes_for_any_number_of_rows(count: int) -> None:
    assert dtypes(words_table(SENTENCES[:count], TRANSCRIPT)) == expected_dtypes(schema.WORDS_RAW)
    assert dtypes(sentences_table(SENTENCES[:count], TRANSCRIPT)) == expected_dtypes(schema.SENTENCES)
    assert list(words_table(SENTENCES[:count], TRANSCRIPT).columns) == [column.name for column in schema.WORDS_RAW]


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
    assert table[["sentence_id", "text", "start", "end", "is_final", "words"]].to_numpy().tolist() == [
        [1, "One two.", 1.0, 2.0, True, 2],
        [2, "今天,好。", 5.0, 6.0, False, 2],
    ]


def test_a_sentence_has_the_speaker_and_the_confidence_of_most_of_its_time() -> None:
    def word(start: float, end: float, confidence: float | None, speaker: str | None) -> Word:
        return Word("w", start, end, "", confidence, speaker)

    cases = {
        ("b", 0.375): [word(0, 1, 0.75, "a"), word(1, 4, 0.25, "b")],
        ("a", 0.75): [word(0, 1, 0.75, "a"), word(1, 2, None, "b")],
        ("a", 0.5): [word(1, 1, 0.25, "a"), word(1, 1, 0.75, "a")],
        (None, None): [word(0, 1, None, None)],
    }
    sentences = [Sentence(n, "", n, n + 1, True, tuple(words)) for n, words in enumerate(cases.values(), 1)]
    table = sentences_table(sentences, TRANSCRIPT).astype(object)
    found = table[["speaker", "confidence"]].where(table[["speaker", "confidence"]].notna(), None)
    assert [tuple(row) for row in found.to_numpy().tolist()] == list(cases)


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
        assert list(row) == list(table.columns)
        assert {key: value for key, value in row.items() if value is not None} == {
            str(key): value for key, value in expected.items() if not pd.isna(value)
        }


def test_a_row_s_values_are_those_of_the_schema() -> None:
    values = word_row(SENTENCES[1], SENTENCES[1].words[0])
    assert list(values) == [column.name for column in schema.WORDS_RAW]
    assert list(values.values()) == [1, "One", "", 1.0, 1.4, 0.75, None, True]


def test_gaps_and_matches_are_tables_of_spans() -> None:
    gaps = gaps_table([Gap(9.0, 1.0, 2.5, "late"), Gap(9.5, 4.0, 5.0, "out of reach")])
    assert dtypes(gaps) == dtypes(gaps_table([])) == expected_dtypes(schema.GAPS)
    assert gaps.to_numpy().tolist() == [[1.0, 2.5, "late", 1.5], [4.0, 5.0, "out of reach", 1.0]]
    matches = matches_table(find(SENTENCES, "one two"))
    assert dtypes(matches) == dtypes(matches_table([])) == expected_dtypes(schema.MATCHES)
    assert matches.to_numpy().tolist() == [[1, "One two", 1.0, 2.0]]
