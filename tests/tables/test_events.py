"""The events table: a row for each thing that happened."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from msgspec import Raw
from records import RUN, event, journal_bytes, read_bytes

from paraformer_nb.dashscope.messages import ContinueTask, FinishTask, RunTask, encode_command
from paraformer_nb.journal.records import (
    Audio,
    Connected,
    Corrected,
    Disconnected,
    Failure,
    Gap,
    Peaks,
    Received,
    Record,
    Reopened,
    Resumed,
    RunEnded,
    Sent,
    UnknownRecord,
)
from paraformer_nb.tables.events import events_table
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Word

TEXT = pd.StringDtype("python", na_value=pd.NA)
EVENT_DTYPES = {"t": "float64", "event": TEXT, "task": TEXT, "text": TEXT, "body": TEXT, "position": "float64"}


def dtypes(table: pd.DataFrame) -> dict[str, object]:
    return {str(name): dtype for name, dtype in table.dtypes.items()}


def sent(command: RunTask | FinishTask | ContinueTask) -> Sent:
    """A command of the task."""
    return Sent(0.5, "t", Raw(encode_command(command).encode()))


CORRECTION = Correction("replace", 1, (Word("wrold", 1.0, 2.0),), (Word("world", 1.0, 2.0, "."),))
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
    Corrected(3.6, CORRECTION),
    Corrected(3.65, {}),
    UnknownRecord(3.7, "mood", b"{}"),
    sent(FinishTask("t")),
    event("task-finished"),
    event("task-failed", error_code="C", error_message="m"),
    RunEnded(9.0, "failed", Failure("TaskFailed", "the service ended the task (C: m).")),
]


def test_each_event_is_one_row_in_order() -> None:
    table = events_table(RECORDS)
    assert dtypes(table) == EVENT_DTYPES == dtypes(events_table([]))
    assert table["event"].tolist() == [
        "connected",
        "run-task",
        "task-started",
        "result-generated",
        "result-revised",
        "continue-task",
        "disconnected",
        "resumed",
        "gap",
        "corrected",
        "finish-task",
        "task-finished",
        "task-failed",
        "failed",
    ]
    text = dict(zip(table["event"], table["text"], strict=True))
    assert (text["result-generated"], text["task-failed"], text["disconnected"]) == ("one", "C: m", "reset")
    assert text["resumed"] == "from 4.50 s, attempt 2"
    assert "4.00–4.50" in text["gap"]
    assert text["corrected"] == "'wrold' → 'world.'"
    assert text["failed"] == "TaskFailed: the service ended the task (C: m)."
    assert table["task"].isna().sum() == 3


def test_the_body_is_the_message_as_sent_or_received() -> None:
    table = events_table(RECORDS)
    started = table[table["event"] == "task-started"].iloc[0]
    assert json.loads(started["body"])["header"]["task_id"] == "t"
    assert table[table["event"] == "disconnected"]["body"].isna().all()


@pytest.mark.parametrize(
    "received", [b"", b"hello", b"\xff\xfe", b'{"a":"\xff"}', b'{"header":{"event":"task-started","x":"\xff"}}']
)
def test_a_table_that_is_not_a_message_is_a_row_too(received: bytes) -> None:
    table = events_table([RUN, Received.of(1.0, "t", received), RunEnded(2.0, "finished")])
    assert len(table) == 2
    assert table["body"].notna().tolist() == [True, False]


def test_a_command_of_a_later_version_is_a_row_too() -> None:
    later = Sent(1.0, "t", Raw(b'{"header":{"action":"pause-task","task_id":"t"},"payload":{}}'))
    assert events_table([RUN, later])["body"].tolist() == [bytes(later.body).decode()]


def test_undo_redo_and_a_reopened_run_are_rows() -> None:
    records = Corrected(1.0, Correction("undo")), Corrected(2.0, {"action": "redo"}), Reopened(3.0)
    table = events_table([RUN, *records])
    assert table["event"].tolist() == ["corrected", "corrected", "reopened"]
    assert table["text"].tolist() == ["undo", "redo", ""]


def test_a_correction_has_the_same_row_from_memory_and_from_disk() -> None:
    live = [RUN, Corrected(3.6, CORRECTION)]
    assert events_table(read_bytes(journal_bytes(*live))).equals(events_table(live))


def test_control_characters_in_a_message_are_escaped() -> None:
    received = event("result-generated", {"output": {"sentence": {"text": "a\u202eb\nc\x1b"}}})
    raw = Received.of(1.0, "t", json.dumps({"header": {"event": "x\u202e"}}, ensure_ascii=False).encode())
    table = events_table([RUN, received, raw])
    assert table["text"].tolist() == ["ab c", ""]
    assert table["event"].tolist() == ["result-generated", "x"]
    assert "\u202e" not in "".join(table["body"])
    assert "\\u202e" in table["body"][1]
