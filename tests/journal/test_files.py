"""The journal on disk: what is written at once, and what is appended later."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from msgspec import Raw, structs
from records import RUN, journal_bytes, read_bytes

from paraformer_nb.errors import JournalError
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.files import append_to
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.records import (
    VERSION,
    Audio,
    ClipSource,
    Connected,
    Corrected,
    Disconnected,
    Failure,
    Gap,
    KnownRecord,
    Noticed,
    Peaks,
    Received,
    Reopened,
    Resumed,
    RunEnded,
    RunStarted,
    Sent,
)

STARTED = b'{"header":{"task_id":"t","event":"task-started","attributes":{}},"payload":{}}'


def test_a_final_and_all_before_it_is_on_disk_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(RUN)
        assert list(Journal(path)) == [RUN]
        result = {"header": {"event": "result-generated"}, "payload": {"output": {"sentence": {"text": "a"}}}}
        partial = json.dumps(result).encode()
        for record in (Audio(1.0, "t", 0.0, 0.1), Peaks(1.0, 0.0, 0.01, b"\0\1"), Received.of(1.1, "t", partial)):
            appender.append(record)
        result["payload"]["output"]["sentence"]["end_time"] = 900  # type: ignore[index,call-overload]
        appender.append(Received.of(1.2, "t", json.dumps(result).encode()))
        assert [type(record) for record in Journal(path)] == [RunStarted, Audio, Peaks, Received, Received]


@pytest.mark.parametrize(
    "record",
    [
        Connected(1.0, "t"),
        Sent(1.0, "t", Raw(b"{}")),
        Received.of(1.0, "t", STARTED),
        Received.of(1.0, "t", b"not an event"),
        Disconnected(1.0, "t", "reset"),
        Resumed(1.0, "t", 1.0, 2),
        Gap(1.0, 1.0, 2.0, "late"),
        Noticed(1.0, "one channel"),
        Corrected(1.0, {}),
        RunEnded(1.0, "failed"),
        Reopened(1.0),
    ],
    ids=lambda record: type(record).__name__,
)
def test_whatever_happens_only_once_is_on_disk_at_once(record: KnownRecord, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(RUN)
        appender.append(record)
        assert list(Journal(path)) == [RUN, record]


def test_a_journal_can_be_read_while_it_is_written_and_more_than_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = Journal(path)
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(RUN)
        for number in range(3):
            appender.append(Audio(number, "t", number, 1.0))
        assert len(list(journal)) == len(list(journal)) == 4
        appender.append(RunEnded(4.0, "finished"))
        assert len(list(journal)) == 5


def test_a_clip_whose_file_name_is_not_utf8_can_be_written() -> None:
    # Chinese names from a GBK zip look like this on Linux: bytes that are not UTF-8, held as surrogates.
    name = os.fsdecode(b"\xbf\xce.wav")
    run = RunStarted(0.0, VERSION, "now", ClipSource(name, f"/tmp/{name}"), 8000, 0.0, None, RUN.service, "m", {})
    assert isinstance(read_bytes(journal_bytes(run))[0], RunStarted)


UNDO = Corrected(9.0, {"action": "undo"})


def test_what_is_appended_after_the_end_is_read_back_with_it(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(RUN, RunEnded(2.0, "finished")))
    append_to(path, RUN, UNDO)
    append_to(path, RUN, UNDO)
    assert list(Journal(path)) == [RUN, RunEnded(2.0, "finished"), UNDO, UNDO]


def test_appending_after_a_line_torn_at_any_byte_leaves_a_whole_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    whole, line = (
        journal_bytes(RUN, Audio(1.0, "t", 0.0, 0.1)),
        journal_bytes(Received.of(2.0, "t", '{"a":"字"}'.encode())),
    )
    for cut in range(len(line) + 1):
        path.write_bytes(whole + line[:cut])
        kept = list(Journal(path))
        append_to(path, RUN, UNDO)
        append_to(path, RUN, UNDO)
        assert list(Journal(path)) == [*kept, UNDO, UNDO]


@pytest.mark.parametrize("data", [b"", b"mine\n", journal_bytes(structs.replace(RUN, started="later"))])
def test_nothing_is_appended_to_another_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(data)
    with pytest.raises(JournalError):
        append_to(path, RUN, UNDO)
    assert path.read_bytes() == data


def test_nothing_is_created_where_the_journal_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        append_to(tmp_path / "run.jsonl", RUN, UNDO)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_was_reopened_is_read_as_one(tmp_path: Path) -> None:
    first = RUN, Audio(1.0, "t", 0.0, 0.1), RunEnded(2.0, "failed", Failure("ConnectionLost", "gone"))
    again = Reopened(3.0), Audio(4.0, "u", 0.1, 0.1), RunEnded(5.0, "finished")
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(*first))
    for record in again:
        append_to(path, RUN, record)
    assert list(Journal(path)) == [*first, *again]


def test_a_journal_of_a_missing_file_raises_when_it_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gone.jsonl")
    assert repr(journal) == "Journal('gone.jsonl')"
    with pytest.raises(FileNotFoundError):
        list(journal)
