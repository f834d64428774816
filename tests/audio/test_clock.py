"""Times agree with FFmpeg's own clock in every container: holes, late starts, shifted stamps, parts, resumes, windows.

pytest -m campaign -n 0 tests/audio/test_clock.py
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from timed_clips import FORMS, KEEPS_STAMPS, Form, ffmpeg_onsets, make_clip, onsets

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.playback.playable import PlayableClip

RATE = 16_000
SECONDS = 6.0
TOLERANCE = 0.02  # seconds
EDGE = 0.15  # seconds at the edges of a part in which a burst may be cut


def clip_of(form: Form, seed: int) -> tuple[bytes, float]:
    """A clip, and a position in it: bursts at irregular times, holes between them, a late start, shifted stamps."""
    dice = random.Random(seed)
    times = [0.4]
    while times[-1] < SECONDS - 1.6:
        times.append(times[-1] + dice.uniform(0.45, 1.1))
    holes: list[tuple[float, float]] = []
    if form.container in KEEPS_STAMPS:
        firsts = dice.sample(range(len(times) - 2), dice.randint(0, 2))
        holes = [(times[first] + 0.2, times[first + dice.randint(1, 2)] - 0.2) for first in firsts]
    has_picture = bool(form.picture) and dice.random() < 0.6
    late = dice.choice([0.0, dice.uniform(0.05, 4.0)]) if has_picture else 0.0
    shift = dice.choice([0.0, 0.0, dice.uniform(0.1, 90_000.0)]) if form.container in KEEPS_STAMPS - {"ogg"} else 0.0
    data = make_clip(form, times, SECONDS, holes=holes, late=late, shift=shift, has_picture=has_picture)
    return data, dice.uniform(0.2, SECONDS - 1.0)


def read(clip: Clip, start: float | None = None) -> np.ndarray:
    return np.frombuffer(b"".join(clip.blocks(RATE // 10, start)), "<i2")


def assert_same_times(found: Sequence[float], expected: Sequence[float], start: float, end: float) -> None:
    """Both have the same bursts, apart from those that an edge of the part may cut."""
    ours = [time for time in found if start + EDGE < time < end - EDGE]
    theirs = [time for time in expected if start + EDGE < time < end - EDGE]
    inner = [time for time in theirs if start + 2 * EDGE < time < end - 2 * EDGE]
    assert all(min((abs(time - each) for each in expected), default=9.0) <= TOLERANCE for time in ours), (ours, theirs)
    assert all(min((abs(time - each) for each in found), default=9.0) <= TOLERANCE for time in inner), (ours, theirs)


def check_clock(form: Form, seed: int) -> None:
    """Every way to read a clip agrees with FFmpeg's stamps."""
    data, position = clip_of(form, seed)
    expected = ffmpeg_onsets(data)
    assert len(expected) > 2
    whole = open_clip(data, sample_rate=RATE)
    assert isinstance(whole, Clip)
    pcm = read(whole)
    length = len(pcm) / RATE
    position = min(position, length - 0.5)  # packets may be missing at the end
    assert_same_times(onsets(pcm, RATE), expected, -1, length + 1)
    assert whole.end is None or abs(whole.end - length) < 0.1
    resumed = read(whole, position)
    assert_same_times(onsets(resumed, RATE, position), expected, position, length + 1)
    whole.close()
    part = open_clip(data, sample_rate=RATE, start=position, end=position + 2.5)
    assert isinstance(part, Clip)
    assert_same_times(onsets(read(part), RATE, position), expected, position, min(length, position + 2.5))
    part.close()
    check_playback(data, expected, position, length)


def check_playback(data: bytes, expected: Sequence[float], position: float, length: float) -> None:
    """What is played at a time is what was recognised at it, first far into the clip, then from its beginning."""
    playable = PlayableClip(data)
    try:
        for start in (position, 0.0):
            end = min(length, start + 3.0)
            assert_same_times(onsets(playable.pcm(start, end, RATE), RATE, start), expected, start, end)
    finally:
        playable.close()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_times_agree_with_ffmpegs_clock(form: Form) -> None:
    check_clock(form, 1)


@settings(max_examples=10, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(st.sampled_from([form for form in FORMS if form.container in KEEPS_STAMPS]), st.integers(10, 10**6))
def test_times_agree_with_ffmpegs_clock_for_any_holes_and_starts(form: Form, seed: int) -> None:
    check_clock(form, seed)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_times_agree_with_ffmpegs_clock_many_times(form: Form) -> None:
    for seed in range(1000, 1100):
        check_clock(form, seed)
