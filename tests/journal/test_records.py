"""The journal: what is written is read back, whatever a crash leaves of its last line."""

from __future__ import annotations

import json
import os
import tracemalloc
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw, structs
from records import journal_bytes, read_bytes, run_started

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, TaskStartedEvent, UnknownEvent
from paraformer_nb.errors import JournalError
from paraformer_nb.journal.files import append_to
from paraformer_nb.journal.journal import Journal, parse_line
from paraformer_nb.journal.records import (
    VERSION,
    Audio,
    ClipHashed,
    ClipSource,
    Connected,
    Corrected,
    DamagedRecord,
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
    ServiceSource,
    Silence,
    UnknownRecord,
)

RUN = run_started(clip=ClipSource("课.flac", "/tmp/课.flac"), end=39.665, parameters={"language_hints": ["en"]})
STARTED = b'{"header":{"task_id":"t","event":"task-started","attributes":{}},"payload":{}}'


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
_failures = st.builds(Failure, st.text(), st.text(), st.none() | _objects)
_records = st.one_of(
    st.builds(Reopened, _times),
    st.builds(ClipHashed, _times, st.text()),
    st.builds(Connected, _times, st.text(), st.none() | st.text(), st.text()),
    st.builds(Sent, _times, st.text(), _bodies),
    st.builds(Received, _times, st.text(), _bodies),
    st.builds(Audio, _times, st.text(), _times, _times, st.binary(max_size=40)),
    st.builds(Silence, _times, st.text(), _times, _times),
    st.builds(Peaks, _times, _times, _times, st.binary(max_size=40)),
    st.builds(Disconnected, _times, st.text(), st.text(), st.none() | st.integers(0, 5000)),
    st.builds(Resumed, _times, st.text(), _times, st.integers(1, 9)),
    st.builds(Gap, _times, _times, _times, st.text()),
    st.builds(Noticed, _times, st.text()),
    st.builds(Corrected, _times, _objects),
    st.builds(RunEnded, _times, st.text(), st.none() | _failures, _times, st.none() | st.text()),
)
_settings = settings(deadline=None, derandomize=True, database=None)


@_settings
@given(st.lists(_records, max_size=6), _objects)
def test_a_journal_is_read_back_equal(records: list[KnownRecord], parameters: dict[str, Any]) -> None:
    run = RunStarted(
        0.0, VERSION, "now", ClipSource("a"), 8000, 1.5, None, ServiceSource("dashscope", "host"), "m", parameters
    )
    assert read_bytes(journal_bytes(run, *records)) == [run, *records]


@_settings
@given(st.lists(_records, max_size=3), _records, st.data())
def test_a_torn_last_line_costs_only_itself(records: list[KnownRecord], last: KnownRecord, data: st.DataObject) -> None:
    whole, line = journal_bytes(RUN, *records), journal_bytes(last)
    cut = data.draw(st.integers(0, len(line) - 2), "bytes left of the last line")
    assert read_bytes(whole + line[:cut]) == [RUN, *records]


def test_a_line_torn_at_any_byte_is_left_out_and_one_that_only_lacks_its_line_break_is_read() -> None:
    whole, line = (
        journal_bytes(RUN, Audio(1.0, "t", 0.0, 0.1)),
        journal_bytes(Received.of(2.0, "t", '{"a":"字"}'.encode())),
    )
    for cut in range(len(line) - 1):
        assert len(read_bytes(whole + line[:cut])) == 2
    assert len(read_bytes(whole + line[:-1])) == 3


def test_a_journal_that_was_cut_short_has_no_end() -> None:
    assert not any(isinstance(record, RunEnded) for record in read_bytes(journal_bytes(RUN, Audio(1.0, "t", 0.0, 0.1))))


# -------------------------------------------------------------------------------------------------- frames as received


def test_a_frame_is_kept_byte_for_byte_and_typed() -> None:
    record = Received.of(1.0, "t", STARTED)
    assert bytes(record.body) == STARTED
    assert isinstance(record.event, TaskStartedEvent)
    back = read_bytes(journal_bytes(RUN, record))[1]
    assert isinstance(back, Received)
    assert bytes(back.body) == STARTED
    assert back.event == record.event


def test_a_frame_with_line_breaks_is_one_line_and_means_the_same() -> None:
    text = json.dumps(
        {
            "header": {"event": "result-generated", "task_id": "t"},
            "payload": {"output": {"sentence": {"text": "a\nb"}}},
        },
        indent=2,
    ).encode()
    data = journal_bytes(RUN, Received.of(1.0, "t", text), RunEnded(2.0, "finished"))
    assert data.count(b"\n") == 3
    received = read_bytes(data)[1]
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
def test_whatever_a_service_sends_the_journal_stays_readable_text(frame: bytes) -> None:
    data = journal_bytes(RUN, Received.of(1.0, "t", frame), RunEnded(2.0, "finished"))
    data.decode("utf-8")
    back = read_bytes(data)
    assert [type(record) for record in back] == [RunStarted, Received, RunEnded]
    assert json.loads(data.splitlines()[1])["kind"] == "received"


@_settings
@given(st.binary())
def test_a_frame_of_any_bytes_is_one_readable_line(frame: bytes) -> None:
    data = journal_bytes(RUN, Received.of(1.0, "t", frame), RunEnded(2.0, "finished"))
    assert data.count(b"\n") == 3
    data.decode("utf-8")
    received = read_bytes(data)[1]
    assert isinstance(received, Received)
    assert isinstance(received.event, UnknownEvent)


# ------------------------------------------------------------------------------------------- invalid journals


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
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="this is not a journal"):
        read_bytes(data)


@pytest.mark.parametrize(
    ("line", "has_result"),
    [
        (b"garbage", True),
        (b'{"kind":"audio","t":1.0}', False),
        (b'{"kind":"audio","t":"x"}', False),
        (b'{"t":1}', True),
        (b'{"kind":"received","t":1.0,"task":"t","body":{"a', True),
        (b'{"kind":"received","t":1.0,"task":"t","body":{"sentence_end":false', False),
        (b'{"kind":"corrected","t":1.0,"correction":' + b"[" * 100_000, False),
        (b'{"kind":"audio","t":1e308,"task":"t","position":0.0,"seconds":0.1}', False),
        (b'{"kind":"audio","t":1.0,"task":"t","position":-1.0,"seconds":0.1}', False),
        (b'{"kind":"audio","t":1.0,"task":"t","position":1e400,"seconds":0.1}', False),
        (b'{"kind":"corrected","t":1.0,"correction":{"action":"replace","new":[{"start":1e300}]}}', False),
        (b'{"kind":"resumed","t":1.0,"task":"t","position":1.0,"attempt":' + b"9" * 4000 + b"}", False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_damaged_line_costs_only_itself(line: bytes, has_result: bool) -> None:
    data = journal_bytes(RUN, Connected(0.5, "t")) + line + b"\n" + journal_bytes(RunEnded(1.0, "finished"))
    records = read_bytes(data)
    assert [type(record) for record in records] == [RunStarted, Connected, DamagedRecord, RunEnded]
    damaged = records[2]
    assert isinstance(damaged, DamagedRecord)
    assert (damaged.t, damaged.line, damaged.has_result) == (0.5, 3, has_result)
    assert damaged.problem
    assert journal_bytes(*records) == data, "it is kept as it was"


@pytest.mark.parametrize("seed", range(3))
def test_the_lines_of_a_long_journal_are_read_as_each_on_its_own(seed: int, tmp_path: Path) -> None:
    """Lines are decoded a megabyte at once; damage of any kind, anywhere in it, costs only its own line."""
    random = Random(seed)
    blocks = [Audio(0.1 * number, "t" * 40, 0.1 * number, 0.1) for number in range(30_000)]
    first, *others = journal_bytes(RUN, *blocks).splitlines(keepends=True)
    kinds = (
        lambda line: line[: len(line) // 2] + b"\n",
        lambda line: line[:30] + b"\n" + line[30:],
        lambda line: line[:-1] + line,
        lambda line: line.replace(b"t", b"\xff", 3),
        lambda line: b"\0" * 9 + line,
        lambda line: line[:-1] + b"\r\n\n",
        lambda line: b'{"kind":"of-later","t":1.0}\n',
        lambda line: line.replace(b'"position":', b'"position":-'),
    )
    for number in random.sample(range(len(others)), seed * 6):
        others[number] = random.choice(kinds)(others[number])
    path = tmp_path / "run.jsonl"
    path.write_bytes(first + b"".join(others))
    lines = BytesIO(b"".join(others))
    alone = [parse_line(line, number, 0.0) for number, line in enumerate(lines, 2)]
    found = list(Journal(path))
    assert isinstance(found[0], RunStarted)
    expected = [record for record in alone if record is not None]
    assert len(found) == 1 + len(expected)
    for one, other in zip(found[1:], expected, strict=True):
        assert one == (structs.replace(other, t=one.t) if isinstance(other, DamagedRecord) else other)


def test_blank_lines_zeros_and_marks_of_editors_cost_nothing() -> None:
    lines = journal_bytes(RUN, Connected(0.5, "t"), RunEnded(1.0, "finished")).splitlines()
    data = b"\xef\xbb\xbf" + b"\r\n\r\n".join(lines[:2]) + b"\r\n" + bytes(4096) + lines[2] + b"\n" + bytes(512)
    assert read_bytes(data) == read_bytes(b"\n".join(lines))


def test_bytes_that_are_not_utf8_cost_only_themselves() -> None:
    data = journal_bytes(RUN, Received.of(1.0, "t", '{"a":"好"}'.encode()))
    received = read_bytes(data.replace("好".encode(), b"\xa5\xa5"))[1]
    assert isinstance(received, Received)
    assert bytes(received.body).decode() == '{"a":"\ufffd\ufffd"}'


def test_a_line_without_an_end_needs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        file.write(journal_bytes(RUN) + b"x")
        file.seek(80_000_000, os.SEEK_CUR)
        file.write(b"x\n" + journal_bytes(Connected(0.5, "t")))
    tracemalloc.start()
    records = list(Journal(path))
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(record) for record in records] == [RunStarted, DamagedRecord, Connected]
    assert memory < 60_000_000


@pytest.mark.parametrize("version", [0, 1, 3, 99])
def test_a_journal_of_another_version_is_refused_with_what_to_do(version: int, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(structs.replace(RUN, version=version), Audio(1.0, "t", 0.0, 0.1)))
    before = path.read_bytes()
    what = "transcribe the clip again" if version < VERSION else "Update paraformer_nb"
    with pytest.raises(JournalError, match=rf"version.*{version}.*{what}.*Nothing was changed") as caught:
        list(Journal(path))
    assert f"reads version {VERSION}" in str(caught.value)
    with pytest.raises(JournalError, match=f"{version}"):
        append_to(path, RUN, RunEnded(2.0, "finished"))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "first",
    [
        # As the first version of this package wrote it.
        b'{"kind":"run","t":0.0,"version":1,"started":"2026-01-01T10:00:00.000+00:00","clip":{"name":"lesson_en.flac",'
        b'"path":"/home/jo/lesson_en.flac"},"sample_rate":16000,"start":0.0,"end":39.665,"service":{"kind":"embedded",'
        b'"host":"127.0.0.1","engine":"pocketsphinx"},"model":"paraformer-realtime-v2","parameters":{}}\n',
        b'{"kind":"run","version":1}\n',
    ],
)
def test_a_journal_of_version_1_is_refused_as_an_older_one(first: bytes) -> None:
    with pytest.raises(JournalError, match=r"older version \(1\).*paraformer_nb that wrote it.*transcribe") as caught:
        read_bytes(first + b'{"kind":"end","t":1.0,"state":"finished"}\n')
    assert "not a journal" not in str(caught.value)


def test_unknown_kinds_are_kept_and_unknown_keys_are_ignored() -> None:
    later = b'{"kind":"mood","t":1.5,"colour":"blue"}\n'
    extra = b'{"kind":"audio","t":2.0,"task":"t","position":0.0,"seconds":0.1,"loudness":3}\n'
    records = read_bytes(journal_bytes(RUN) + later + extra + journal_bytes(RunEnded(3.0, "finished")))
    assert records[1] == UnknownRecord(1.5, "mood", later)
    assert records[2] == Audio(2.0, "t", 0.0, 0.1)
    assert isinstance(records[3], RunEnded)


def test_each_kind_is_the_class_s_name_in_kebab_case() -> None:
    records = RUN, Reopened(1.0), Corrected(2.0, {}), RunEnded(3.0, "finished")
    kinds = [json.loads(line)["kind"] for line in journal_bytes(*records).splitlines()]
    assert kinds == ["run-started", "reopened", "corrected", "run-ended"]


_SENTENCE = (
    '{"begin_time":0,"end_time":900,"sentence_end":true,"text":"hello","words":[{"text":"hello","begin_time":0%s}]}'
)


@pytest.mark.parametrize(
    "sentence",
    [
        _SENTENCE % ',"confidence":NaN',
        _SENTENCE % ',"end_time":1e400',
        _SENTENCE % ',"confidence":-Infinity',
        _SENTENCE % ',"fixed":"\\ud83d"',
        _SENTENCE % ',"fixed":"a\ttab"',
        _SENTENCE % ',"fixed":"\x1b[2J"',
        f"[{_SENTENCE % ''}]",
    ],
    ids=["NaN", "out of range", "infinity", "half a character", "tab", "control", "in a list"],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "byte order mark"])
def test_an_event_that_is_almost_json_keeps_its_words_also_in_the_journal(sentence: str, mark: str) -> None:
    text = f'{{"header":{{"task_id":"t","event":"result-generated"}},"payload":{{"output":{{"sentence":{sentence}}}}}}}'
    record = Received.of(1.0, "t", f"{mark}{text}".encode())
    assert isinstance(record.event, ResultGeneratedEvent)
    assert [word.text for word in record.event.sentence.words or ()] == ["hello"]
    *_, read = read_bytes(journal_bytes(run_started(), record))
    assert isinstance(read, Received)
    assert read.event == record.event
