"""The tables: the same columns and dtypes however little was heard, sorted by time, and labelled."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from msgspec import Raw

from paraformer_nb.dashscope.messages import ContinueTask, FinishTask, RunTask, encode_command
from paraformer_nb.journal.records import (
    Audio,
    ClipSource,
    Connected,
    Corrected,
    Disconnected,
    Gap,
    Peaks,
    Received,
    Record,
    Resumed,
    RunEnded,
    RunStarted,
    Sent,
    ServiceSource,
    UnknownRecord,
)
from paraformer_nb.tables.events import events_table
from paraformer_nb.tables.sentences import sentences_table
from paraformer_nb.tables.words import WORD_COLUMNS, word_row, words_table
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Sentence, Word

EMBEDDED = ServiceSource("embedded", "127.0.0.1", "pocketsphinx")
RUN = RunStarted(0.0, 1, "now", ClipSource("lesson.flac"), 16000, 0.0, 40.0, EMBEDDED, "paraformer-realtime-v2", {})
SENTENCES = [
    Sentence(2, "今天,好。", 5.0, 6.0, False, (Word("今天", 5.0, 5.5, ","), Word("好", 5.5, 6.0, "。", None, "b"))),
    Sentence(1, " One two.", 1.0, 2.0, True, (Word(" One", 1.0, 1.4, "", 0.75), Word(" two", 1.5, 2.0, ".", 0.5, "a"))),
]
TEXT = pd.StringDtype(na_value=pd.NA)
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
EVENT_DTYPES = {"t": "float64", "event": TEXT, "task": TEXT, "text": TEXT, "body": TEXT}


def dtypes(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): dtype for name, dtype in frame.dtypes.items()}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_words_and_sentences_have_the_same_dtypes_for_no_row_as_for_many(count: int) -> None:
    assert dtypes(words_table(SENTENCES[:count], RUN)) == WORD_DTYPES
    assert dtypes(sentences_table(SENTENCES[:count], RUN)) == SENTENCE_DTYPES
    assert tuple(words_table(SENTENCES[:count], RUN).columns) == WORD_COLUMNS


def test_every_text_column_holds_na_and_not_nan_for_what_is_missing() -> None:
    frame = words_table(SENTENCES, RUN)
    assert frame["speaker"].dtype.na_value is pd.NA  # type: ignore[union-attr]
    assert frame["speaker"].tolist() == [pd.NA, "a", pd.NA, "b"]
    assert frame["confidence"].isna().tolist() == [False, False, True, True]


def test_words_stand_in_the_order_of_their_times_whatever_sentence_they_are_of() -> None:
    frame = words_table(SENTENCES, RUN)
    assert isinstance(frame.index, pd.RangeIndex)
    assert frame["text"].tolist() == ["One", "two", "今天", "好"]
    assert frame["punctuation"].tolist() == ["", ".", ",", "。"]
    assert frame["start"].tolist() == [1.0, 1.5, 5.0, 5.5]
    assert frame["sentence_id"].tolist() == [1, 1, 2, 2]
    assert frame["is_final"].tolist() == [True, True, False, False]


def test_sentences_count_their_words_and_lose_the_space_before_them() -> None:
    frame = sentences_table(SENTENCES, RUN)
    assert isinstance(frame.index, pd.RangeIndex)
    assert frame.to_dict("records") == [
        {"sentence_id": 1, "text": "One two.", "start": 1.0, "end": 2.0, "is_final": True, "words": 2},
        {"sentence_id": 2, "text": "今天,好。", "start": 5.0, "end": 6.0, "is_final": False, "words": 2},
    ]


@pytest.mark.parametrize("make", [words_table, sentences_table])
def test_a_table_says_which_clip_service_and_model_it_is_of(make: Any) -> None:
    assert make([], RUN).attrs == {"clip": "lesson.flac", "service": "pocketsphinx", "model": "paraformer-realtime-v2"}
    cloud = RunStarted(
        0.0, 1, "now", ClipSource("a"), 16000, 0.0, None, ServiceSource("dashscope", "dashscope.host"), "m", {}
    )
    assert make(SENTENCES, cloud).attrs == {"clip": "a", "service": "dashscope.host", "model": "m"}
    assert make([], None).attrs == {"clip": None, "service": None, "model": None}


def test_a_table_can_be_stored_and_joined_like_any_other() -> None:
    frame = words_table(SENTENCES, RUN)
    assert pd.concat([words_table([], RUN), frame]).dtypes.equals(frame.dtypes)
    assert frame.to_csv(index=False).count("\n") == 5


def test_one_row_as_plain_values_is_the_tables_row() -> None:
    frame = words_table(SENTENCES, RUN).astype(object)
    rows = [word_row(sentence, word) for sentence in reversed(SENTENCES) for word in sentence.words]
    for row, expected in zip(rows, frame.to_dict("records"), strict=True):
        assert list(row) == list(WORD_COLUMNS)
        assert {key: value for key, value in row.items() if value is not None} == {
            str(key): value for key, value in expected.items() if not pd.isna(value)
        }


# ------------------------------------------------------------------------------------------------------------ events


def event(name: str, payload: Any = None, **header: Any) -> Received:
    message = {"header": {"task_id": "t", "event": name} | header, "payload": payload or {}}
    return Received.of(1.0, "t", json.dumps(message).encode())


def sent(command: RunTask | FinishTask | ContinueTask) -> Sent:
    return Sent(0.5, "t", Raw(encode_command(command).encode()))


EDIT = Correction("replace", 1, (Word("wrold", 1.0, 2.0),), (Word("world", 1.0, 2.0, "."),)).plain
RECORDS: list[Record] = [
    RUN,
    Connected(0.1, "t", "scripted"),
    sent(RunTask("t", "m")),
    event("task-started"),
    Audio(1.0, "t", 0.0, 0.1),
    Peaks(1.0, 0.0, 0.01, b"\x01\x02"),
    event("result-generated", {"output": {"sentence": {"text": "one"}}}),
    event("result-revised"),
    sent(ContinueTask("t")),
    Disconnected(2.0, "t", "reset", 1006),
    Resumed(3.0, "u", 4.5, 2),
    Gap(3.5, 4.0, 4.5, "too late"),
    Corrected(3.6, EDIT),
    Corrected(3.65, {}),
    UnknownRecord(3.7, "mood", b"{}"),
    sent(FinishTask("t")),
    event("task-finished"),
    event("task-failed", error_code="C", error_message="m"),
    RunEnded(9.0, "failed", "C: m"),
]


def test_everything_that_happened_is_one_row_each_in_order() -> None:
    frame = events_table(RECORDS)
    assert dtypes(frame) == EVENT_DTYPES == dtypes(events_table([]))
    assert frame["event"].tolist() == [
        "connected",
        "run-task",
        "task-started",
        "result-generated",
        "result-revised",
        "continue-task",
        "lost",
        "resumed",
        "gap",
        "edit",
        "finish-task",
        "task-finished",
        "task-failed",
        "failed",
    ]
    text = dict(zip(frame["event"], frame["text"], strict=True))
    assert (text["result-generated"], text["task-failed"], text["lost"]) == ("one", "C: m", "reset")
    assert text["resumed"] == "from 4.50 s, attempt 2"
    assert "4.00–4.50" in text["gap"]
    assert text["edit"] == "'wrold' → 'world.'"
    assert frame["task"].isna().sum() == 3


def test_the_body_is_the_message_as_it_crossed() -> None:
    frame = events_table(RECORDS)
    started = frame[frame["event"] == "task-started"].iloc[0]
    assert json.loads(started["body"])["header"]["task_id"] == "t"
    assert frame[frame["event"] == "lost"]["body"].isna().all()


@pytest.mark.parametrize(
    "frame", [b"", b"hello", b"\xff\xfe", b'{"a":"\xff"}', b'{"header":{"event":"task-started","x":"\xff"}}']
)
def test_a_frame_that_is_no_message_is_a_row_too(frame: bytes) -> None:
    table = events_table([RUN, Received.of(1.0, "t", frame), RunEnded(2.0, "finished")])
    assert len(table) == 2
    assert table["body"].notna().tolist() == [True, False]


def test_a_command_of_a_later_version_is_a_row_too() -> None:
    later = Sent(1.0, "t", Raw(b'{"header":{"action":"pause-task","task_id":"t"},"payload":{}}'))
    assert events_table([RUN, later])["body"].tolist() == [bytes(later.body).decode()]
