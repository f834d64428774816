"""The recording: what is written is read back, whatever a crash leaves of its last line."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw, structs

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, TaskStartedEvent, UnknownEvent
from paraformer_nb.errors import JournalError
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.files import append_to
from paraformer_nb.journal.journal import Journal, read
from paraformer_nb.journal.records import (
    Audio,
    ClipSource,
    Connected,
    Corrected,
    Disconnected,
    Gap,
    KnownRecord,
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

RUN = RunStarted(
    0.0,
    1,
    "2026-01-02T03:04:05.678+00:00",
    ClipSource("课.flac", "/tmp/课.flac"),
    16000,
    0.0,
    39.665,
    ServiceSource("embedded", "127.0.0.1", "scripted"),
    "paraformer-realtime-v2",
    {"language_hints": ["en"]},
)
STARTED = b'{"header":{"task_id":"t","event":"task-started","attributes":{}},"payload":{}}'


def written(*records: KnownRecord) -> bytes:
    file = io.BytesIO()
    writer = Appender(file)
    for record in records:
        writer.append(record)
    return file.getvalue()


def records_of(data: bytes) -> list[Record]:
    return list(read(io.BytesIO(data)))


_times = st.floats(0, 1e6)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)
_bodies = _json.map(lambda value: Raw(json.dumps(value, ensure_ascii=False).encode()))
_objects = st.dictionaries(st.text(), _json, max_size=3)
_records = st.one_of(
    st.builds(Connected, _times, st.text(), st.none() | st.text()),
    st.builds(Sent, _times, st.text(), _bodies),
    st.builds(Received, _times, st.text(), _bodies),
    st.builds(Audio, _times, st.text(), _times, _times),
    st.builds(Peaks, _times, _times, _times, st.binary(max_size=40)),
    st.builds(Disconnected, _times, st.text(), st.text(), st.none() | st.integers(0, 5000)),
    st.builds(Resumed, _times, st.text(), _times, st.integers(1, 9)),
    st.builds(Gap, _times, _times, _times, st.text()),
    st.builds(Corrected, _times, _objects),
    st.builds(RunEnded, _times, st.text(), st.none() | st.text(), _times, st.none() | st.text()),
)
_settings = settings(max_examples=200, deadline=None, derandomize=True, database=None)


@_settings
@given(st.lists(_records, max_size=6), _objects)
def test_a_recording_is_read_back_equal(records: list[KnownRecord], parameters: dict[str, Any]) -> None:
    run = RunStarted(
        0.0, 1, "now", ClipSource("a"), 8000, 1.5, None, ServiceSource("dashscope", "host"), "m", parameters
    )
    assert records_of(written(run, *records)) == [run, *records]


@_settings
@given(st.lists(_records, max_size=3), _records, st.data())
def test_a_torn_last_line_costs_only_itself(records: list[KnownRecord], last: KnownRecord, data: st.DataObject) -> None:
    whole, line = written(RUN, *records), written(last)
    cut = data.draw(st.integers(0, len(line) - 2), "bytes left of the last line")
    assert records_of(whole + line[:cut]) == [RUN, *records]


def test_a_line_torn_at_any_byte_is_left_out_and_one_that_only_lacks_its_end_is_not() -> None:
    whole, line = written(RUN, Audio(1.0, "t", 0.0, 0.1)), written(Received.of(2.0, "t", '{"a":"字"}'.encode()))
    for cut in range(len(line) - 1):
        assert len(records_of(whole + line[:cut])) == 2
    assert len(records_of(whole + line[:-1])) == 3


def test_a_recording_that_was_cut_short_has_no_end() -> None:
    assert not any(isinstance(record, RunEnded) for record in records_of(written(RUN, Audio(1.0, "t", 0.0, 0.1))))


# -------------------------------------------------------------------------------------------------- frames as they came


def test_a_frame_is_kept_byte_for_byte_and_typed() -> None:
    record = Received.of(1.0, "t", STARTED)
    assert bytes(record.body) == STARTED
    assert isinstance(record.event, TaskStartedEvent)
    back = records_of(written(RUN, record))[1]
    assert isinstance(back, Received)
    assert bytes(back.body) == STARTED
    assert back.event == record.event


def test_a_frame_with_line_breaks_takes_one_line_and_means_the_same() -> None:
    text = json.dumps(
        {
            "header": {"event": "result-generated", "task_id": "t"},
            "payload": {"output": {"sentence": {"text": "a\nb"}}},
        },
        indent=2,
    ).encode()
    data = written(RUN, Received.of(1.0, "t", text), RunEnded(2.0, "finished"))
    assert data.count(b"\n") == 3
    received = records_of(data)[1]
    assert isinstance(received, Received)
    assert isinstance(received.event, ResultGeneratedEvent)
    assert received.event.sentence.text == "a\nb"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"hello",
        b'{"a":1}x',
        b"null",
        b'{"a":"x\ny"}',
        b"\n\n",
        b'{"header":{"event":"task-star',
        b"\x00\x01\xff\xfe",
        b'{"a":"\xff"}',
        b'{"header":{"event":"task-started","x":"\xff\xfe"}}',
        b"[" * 5000 + b"]" * 5000,
    ],
    ids=lambda frame: repr(frame[:40]),
)
def test_whatever_a_service_sends_the_recording_stays_readable_text(frame: bytes) -> None:
    data = written(RUN, Received.of(1.0, "t", frame), RunEnded(2.0, "finished"))
    data.decode("utf-8")
    back = records_of(data)
    assert [type(record) for record in back] == [RunStarted, Received, RunEnded]
    assert json.loads(data.splitlines()[1])["kind"] == "received"


@_settings
@given(st.binary())
def test_a_frame_of_any_bytes_is_one_readable_line(frame: bytes) -> None:
    data = written(RUN, Received.of(1.0, "t", frame), RunEnded(2.0, "finished"))
    assert data.count(b"\n") == 3
    data.decode("utf-8")
    received = records_of(data)[1]
    assert isinstance(received, Received)
    assert isinstance(received.event, UnknownEvent)


# ------------------------------------------------------------------------------------------------------ on disk


def test_a_settled_sentence_and_all_before_it_is_on_disk_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        writer = Appender(file)
        writer.append(RUN)
        assert list(Journal(path)) == [RUN]
        result = {"header": {"event": "result-generated"}, "payload": {"output": {"sentence": {"text": "a"}}}}
        partial = json.dumps(result).encode()
        for record in (Audio(1.0, "t", 0.0, 0.1), Peaks(1.0, 0.0, 0.01, b"\0\1"), Received.of(1.1, "t", partial)):
            writer.append(record)
        result["payload"]["output"]["sentence"]["end_time"] = 900  # type: ignore[index,call-overload]
        writer.append(Received.of(1.2, "t", json.dumps(result).encode()))
        assert [type(record) for record in Journal(path)] == [RunStarted, Audio, Peaks, Received, Received]


@pytest.mark.parametrize(
    "record",
    [
        Connected(1.0, "t"),
        Sent(1.0, "t", Raw(b"{}")),
        Received.of(1.0, "t", STARTED),
        Received.of(1.0, "t", b"no event"),
        Disconnected(1.0, "t", "reset"),
        Resumed(1.0, "t", 1.0, 2),
        Gap(1.0, 1.0, 2.0, "late"),
        Corrected(1.0, {}),
        RunEnded(1.0, "failed"),
    ],
    ids=lambda record: type(record).__name__,
)
def test_whatever_happens_once_is_on_disk_at_once(record: KnownRecord, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        writer = Appender(file)
        writer.append(RUN)
        writer.append(record)
        assert list(Journal(path)) == [RUN, record]


def test_a_recording_can_be_read_while_it_is_written_and_more_than_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    recording = Journal(path)
    with path.open("wb") as file:
        writer = Appender(file)
        writer.append(RUN)
        for number in range(3):
            writer.append(Audio(number, "t", number, 1.0))
        writer.flush()
        assert len(list(recording)) == len(list(recording)) == 4
        writer.append(RunEnded(4.0, "finished"))
        assert len(list(recording)) == 5


def test_a_clip_whose_file_name_is_no_utf8_can_be_recorded() -> None:
    # Chinese names from a GBK zip look like this on Linux: bytes that are no UTF-8, held as surrogates.
    name = os.fsdecode(b"\xbf\xce.wav")
    run = RunStarted(0.0, 1, "now", ClipSource(name, f"/tmp/{name}"), 8000, 0.0, None, RUN.service, "m", {})
    assert isinstance(records_of(written(run))[0], RunStarted)


EDIT = Corrected(9.0, {"action": "undo"})


def test_what_is_appended_after_the_end_is_read_back_with_it(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(written(RUN, RunEnded(2.0, "finished")))
    append_to(path, RUN, EDIT)
    append_to(path, RUN, EDIT)
    assert list(Journal(path)) == [RUN, RunEnded(2.0, "finished"), EDIT, EDIT]


def test_what_is_appended_after_a_line_torn_at_any_byte_leaves_a_whole_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    whole, line = written(RUN, Audio(1.0, "t", 0.0, 0.1)), written(Received.of(2.0, "t", '{"a":"字"}'.encode()))
    for cut in range(len(line) + 1):
        path.write_bytes(whole + line[:cut])
        kept = list(Journal(path))
        append_to(path, RUN, EDIT)
        append_to(path, RUN, EDIT)
        assert list(Journal(path)) == [*kept, EDIT, EDIT]


@pytest.mark.parametrize("data", [b"", b"mine\n", written(structs.replace(RUN, started="later"))])
def test_nothing_is_appended_to_another_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(data)
    with pytest.raises(JournalError):
        append_to(path, RUN, EDIT)
    assert path.read_bytes() == data


def test_nothing_is_made_where_the_recording_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        append_to(tmp_path / "run.jsonl", RUN, EDIT)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------- what is no recording


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n",
        b"\n",
        b"{}\n",
        b"[]\n",
        b'{"kind":"run-ended","t":1,"state":"finished"}\n',
        b'{"kind":"run-started"}\n',
        b"RIFF\xff\xfe",
        b'{"kind":"later","t":0}\n',
        b'{"cells":[],"metadata":{}}',
    ],
)
def test_another_file_is_refused_as_no_recording(data: bytes) -> None:
    with pytest.raises(JournalError, match="this is no recording"):
        records_of(data)


@pytest.mark.parametrize(
    "line", [b"garbage", b"", b'{"kind":"audio","t":1.0}', b'{"kind":"audio","t":"x"}', b'{"t":1}']
)
def test_damage_in_the_midst_is_told_with_its_line_and_what_came_before_is_given(line: bytes) -> None:
    data = written(RUN, Connected(0.5, "t")) + line + b"\n" + written(RunEnded(1.0, "finished"))
    records = read(io.BytesIO(data))
    assert [type(next(records)) for _ in range(2)] == [RunStarted, Connected]
    with pytest.raises(JournalError, match="line 3 is damaged"):
        next(records)


def test_a_recording_of_a_later_version_says_what_to_do() -> None:
    data = written(RUN).replace(b'"version":1', b'"version":2')
    with pytest.raises(JournalError, match=r"version 2.*update paraformer_nb"):
        records_of(data)


def test_kinds_and_keys_of_a_later_version_are_kept_and_passed_by() -> None:
    later = b'{"kind":"mood","t":1.5,"colour":"blue"}\n'
    extra = b'{"kind":"audio","t":2.0,"task":"t","position":0.0,"seconds":0.1,"loudness":3}\n'
    records = records_of(written(RUN) + later + extra + written(RunEnded(3.0, "finished")))
    assert records[1] == UnknownRecord(1.5, "mood", later)
    assert records[2] == Audio(2.0, "t", 0.0, 0.1)
    assert isinstance(records[3], RunEnded)
