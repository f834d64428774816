"""Holes in time stamps: short ones are silence, long ones are gaps that are not billed, damage is neither."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import numpy as np
import pytest
from servers import Cloud, Talk, ended
from timed_clips import FRAGMENTS, Form, bursts, make_clip, onsets

import paraformer_nb as pnb
from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.decode import Decoder
from paraformer_nb.errors import AudioError
from paraformer_nb.playback.playable import PlayableClip

RATE = 16_000
HOUR = 3600.0
TIMES = [0.5, 1.6, 3.2, 4.1]
FMP4 = Form("mp4", "aac", 48_000, options=FRAGMENTS)
FORMS = [Form("matroska", "flac", 48_000), Form("mpegts", "aac", 48_000), Form("flv", "aac", 44_100), FMP4]


def paused(form: Form, pause: float) -> bytes:
    """A clip whose stamps jump by `pause` seconds in its middle, between the bursts of 1.6 and 3.2 s."""
    return make_clip(form, TIMES, 5.0, jumps=[(2.4, pause)])


def read(clip: Clip, start: float | None = None) -> np.ndarray:
    return np.frombuffer(b"".join(clip.blocks(1600, start)), "<i2")


def opened(data: bytes, **part: float) -> Clip:
    clip = open_clip(data, sample_rate=RATE, **part)
    assert isinstance(clip, Clip)
    return clip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_hole_of_less_than_a_minute_is_silence(form: Form) -> None:
    clip = opened(paused(form, 40.0))
    assert onsets(read(clip), RATE) == pytest.approx([0.5, 1.6, 43.2, 44.1], abs=0.04)
    assert clip.hole is None
    clip.close()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_longer_hole_ends_the_blocks_and_the_clip_goes_on_after_it(form: Form) -> None:
    clip = opened(paused(form, 2 * HOUR))
    pcm = read(clip)
    assert onsets(pcm, RATE) == pytest.approx([0.5, 1.6], abs=0.04)
    hole = clip.hole
    assert hole is not None
    assert (hole.start, hole.end) == pytest.approx((2.4, 2.4 + 2 * HOUR), abs=0.06)
    assert len(pcm) / RATE == pytest.approx(hole.start, abs=0.03)
    for start in (hole.end, hole.end - 0.01, hole.end - 5.0):
        rest = read(clip, start)
        assert onsets(rest, RATE, start) == pytest.approx([3.2 + 2 * HOUR, 4.1 + 2 * HOUR], abs=0.04)
        assert clip.hole is None
    clip.close()


def test_what_is_played_after_a_long_hole_is_what_was_recognised_there() -> None:
    for form in FORMS[:2]:
        playable = PlayableClip(paused(form, 2 * HOUR))
        assert onsets(playable.pcm(2 * HOUR + 2, 2 * HOUR + 4.5, RATE), RATE, 2 * HOUR + 2) == pytest.approx(
            [3.2 + 2 * HOUR, 4.1 + 2 * HOUR], abs=0.04
        )
        assert not playable.pcm(1000, 1001, RATE).any()
        playable.close()


def test_a_part_that_ends_in_a_long_hole_ends_there() -> None:
    clip = opened(paused(FORMS[0], 2 * HOUR), end=500.0)
    assert onsets(read(clip), RATE) == pytest.approx([0.5, 1.6], abs=0.04)
    assert clip.hole is not None
    assert clip.hole.end == 500.0
    clip.close()


@pytest.mark.parametrize("pause", [40 * HOUR, 1e6])
def test_stamps_that_jump_by_days_are_damaged_and_the_sound_follows(pause: float) -> None:
    clip = opened(paused(FORMS[0], pause))
    pcm = read(clip)
    assert onsets(pcm, RATE) == pytest.approx(TIMES, abs=0.04)
    assert onsets(read(clip, 2.9), RATE, 2.9) == pytest.approx([3.2, 4.1], abs=0.04), "a resume finds the same"
    clip.close()


def test_stamps_that_go_back_count_from_there_on() -> None:
    """Two recordings in one transport stream: the second one's clock begins again."""
    form = Form("mpegts", "mp2", 48_000)
    clip = opened(make_clip(form, [0.5, 1.6], 3.0, shift=500.0) + make_clip(form, [0.7], 2.0))
    assert onsets(read(clip), RATE) == pytest.approx([0.5, 1.6, 3.7], abs=0.06)
    clip.close()


# -------------------------------------------------------------------------------------------------------------- damage


def test_damaged_fragments_never_become_endless_silence() -> None:
    data = make_clip(FMP4, TIMES, 5.0)
    fields = [at for name in (b"tfdt", b"tfhd", b"trun", b"mvhd", b"mdhd", b"trex") for at in _all(data, name)]
    dice = random.Random(5)
    for _ in range(25):
        changed = bytearray(data)
        at = dice.choice(fields) + 4 + dice.randrange(16)
        changed[at : at + 9] = dice.choice([dice.randbytes(9), bytes(9), b"\xff" * 9, b"\0\0\1\0\0\0\1\0\0"])
        try:
            clip = opened(bytes(changed))
        except AudioError as error:
            assert str(error)
            continue
        seconds, position = 0.0, 0.0
        for _ in range(20):
            seconds += len(read(clip, position)) / RATE
            if clip.hole is None:
                break
            position = clip.hole.end
        assert seconds < 400, "a damaged rate makes 5 s some 240 s long"
        clip.close()


def test_samples_that_claim_to_last_half_a_minute_each_do_not_become_hours_of_silence() -> None:
    """The default duration of a fragment's samples: each of 300 is declared to last 30 s."""
    data = bytearray(make_clip(FMP4, TIMES, 5.0))
    changed = 0
    for at in [*_all(data, b"tfhd")]:
        flags = struct.unpack_from(">I", data, at + 4)[0]
        if flags & 8:  # has a default duration, behind what other flags say
            offset = at + 12 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
            struct.pack_into(">I", data, offset, 30 * 48_000)
            changed += 1
    assert changed
    clip = opened(bytes(data))
    assert len(read(clip)) / RATE < 300
    clip.close()


def _all(data: bytes | bytearray, name: bytes) -> list[int]:
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


# ------------------------------------------------------------------------------------------------------------ in a run


async def counting(talk: Talk) -> None:
    """Recognise one word, at the beginning of what is sent."""
    await talk.begin()
    await talk.command()
    await talk.say("word")
    await talk.finish()


@pytest.mark.parametrize("pace", [None, 1000.0])
def test_a_run_skips_a_long_hole_as_a_gap_and_goes_on(pace: float | None) -> None:
    with Cloud(counting) as cloud:
        run = ended(pnb.transcribe(paused(FORMS[0], 2 * HOUR), service=cloud.service(), pace=pace))
    assert run.state == "finished"
    assert run.usage.sent == pytest.approx(5.0, abs=0.1), "the hole is not billed"
    (gap,) = run.gaps.to_dict("records")
    assert (gap["start"], gap["end"]) == pytest.approx((2.4, 2.4 + 2 * HOUR), abs=0.1)
    assert "time stamps jump" in gap["reason"]
    starts = sorted(run.words["start"])
    assert len(starts) == 2
    assert starts[1] - starts[0] == pytest.approx(2.4 + 2 * HOUR, abs=0.1)


def test_a_run_records_how_its_clip_is_read() -> None:
    speech = bursts(TIMES, 5.0, RATE)
    with Cloud(counting) as cloud:
        run = ended(pnb.transcribe((np.stack([speech, -speech], 1), RATE), service=cloud.service(), pace=None))
    assert "one channel alone is recognised" in run.transcript.notice
    assert "notice" in list(run.events["event"])


def test_a_decoder_without_a_bound_fills_every_hole(tmp_path: Any) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(paused(FORMS[0], 300.0))
    with path.open("rb") as file:
        decoder = Decoder(file, "clip")
        seconds = sum(len(chunk) for chunk in decoder.read(8000, 0.0, None, max_hole=math.inf)) / 16_000
        assert seconds == pytest.approx(305, abs=0.1)
        decoder.close()
