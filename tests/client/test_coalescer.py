"""Records of audio that was sent: each block its own at the pace of speech, one for many where they fly."""

from __future__ import annotations

from typing import Any

from paraformer_nb.client.coalescer import RecordCoalescer
from paraformer_nb.journal.records import Audio, Peaks


def sent(*times: float) -> list[Any]:
    """The records for a block of half a second at each of some times, each block with two peaks of its own."""
    records: list[Any] = []
    stretch = RecordCoalescer(records.append, "task", 0.01)
    for number, now in enumerate(times):
        stretch.add(now, 10 + number / 2, 0.5, bytes([number, number]))
    stretch.tell(times[-1] if times else 0.0)
    return records


def test_blocks_at_the_pace_of_speech_are_recorded_as_they_go() -> None:
    audio = [record for record in sent(0.1, 0.2, 0.3) if isinstance(record, Audio)]
    assert [(record.t, record.position, record.seconds) for record in audio] == [
        (0.1, 10.0, 0.5),
        (0.2, 10.5, 0.5),
        (0.3, 11.0, 0.5),
    ]


def test_blocks_that_fly_make_one_record_and_none_is_forgotten() -> None:
    records = sent(0.0, 0.01, 0.02, 0.03, 0.06, 0.07)
    assert [(record.position, record.seconds) for record in records if isinstance(record, Audio)] == [
        (10.0, 0.5),
        (10.5, 2.0),
        (12.5, 0.5),
    ]
    peaks = [record for record in records if isinstance(record, Peaks)]
    assert [record.position for record in peaks] == [10.0, 10.5, 12.5]
    assert b"".join(record.data for record in peaks) == bytes([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])


def test_where_nothing_was_sent_nothing_is_recorded() -> None:
    assert sent() == []
