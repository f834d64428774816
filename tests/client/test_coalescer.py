"""Records of audio that was sent: one for each block at the pace of speech, one for many where the service is fast."""

from __future__ import annotations

from typing import Any

from paraformer_nb.client.coalescer import RecordCoalescer
from paraformer_nb.journal.records import Audio, Silence


def coalesce(*times: float) -> list[Any]:
    """The records of a block of half a second at each of these times, each block with two peaks of its own."""
    records: list[Any] = []
    coalescer = RecordCoalescer(records.append, "task")
    for number, now in enumerate(times):
        coalescer.add_audio(now, 10 + number / 2, 0.5, bytes([number, number]))
    coalescer.flush(times[-1] if times else 0.0)
    return records


def test_blocks_at_the_pace_of_speech_have_a_record_each() -> None:
    assert [(record.t, record.position, record.seconds) for record in coalesce(0.1, 0.2, 0.3)] == [
        (0.1, 10.0, 0.5),
        (0.2, 10.5, 0.5),
        (0.3, 11.0, 0.5),
    ]


def test_blocks_within_50_ms_share_a_record_and_none_is_missing() -> None:
    records = coalesce(0.0, 0.01, 0.02, 0.03, 0.06, 0.07)
    assert [(record.position, record.seconds) for record in records] == [(10.0, 0.5), (10.5, 2.0), (12.5, 0.5)]
    assert [record.peaks for record in records] == [b"\0\0", b"\1\1\2\2\3\3\4\4", b"\5\5"]


def test_silence_is_recorded_by_the_second_and_before_the_audio_that_follows_it() -> None:
    records: list[Any] = []
    coalescer = RecordCoalescer(records.append, "task")
    for number in range(6):
        coalescer.add_silence(number / 4, 2.0, 0.25)
    coalescer.add_audio(1.5, 2.0, 0.5, b"\0\1")
    assert [(type(record), record.t, record.position) for record in records] == [
        (Silence, 0.75, 2.0),
        (Silence, 1.5, 2.0),
        (Audio, 1.5, 2.0),
    ]
    assert [record.seconds for record in records] == [1.0, 0.5, 0.5]


def test_where_nothing_was_sent_nothing_is_recorded() -> None:
    assert coalesce() == []
