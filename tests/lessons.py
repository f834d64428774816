"""The lessons of `notebooks/data` as runs: one without faults, and others to compare with it."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from disconnecting import AT_ONCE
from servers import RATE, ended

import paraformer_nb as pnb
from paraformer_nb.audio.clip import Clip, open_clip


def scripted(clip: Path, faults: Sequence[str] = (), **options: Any) -> pnb.Embedded:
    """A service that sends a lesson's words from its script, with these faults."""
    return pnb.Embedded("scripted", script=clip.with_suffix(".json"), faults=faults, **options)


def keepalive(seconds: float) -> pnb.Timeouts:
    """The embedded service's timeouts, but for the keepalive."""
    return replace(pnb.Embedded.timeouts, keepalive=seconds)


@cache
def faultless_run(clip: Path) -> pnb.Run:
    """A run of a lesson without faults."""
    service = scripted(clip)
    try:
        return ended(pnb.transcribe(clip, service=service))
    finally:
        service.close()


def run_with_faults(
    clip: Path,
    *faults: str,
    source: Any = None,
    limits: pnb.Limits | None = None,
    **options: Any,
) -> pnb.Run:
    """A run of a lesson with these faults, ended well. `source`: the clip in another form."""
    service = scripted(clip, faults, limits=limits)
    given = {"retry": AT_ONCE} | options
    try:
        return ended(pnb.transcribe(clip if source is None else source, service=service, **given), 30)
    finally:
        service.close()


@cache
def pcm(clip: Path) -> bytes:
    """A clip's samples."""
    opened = open_clip(clip, sample_rate=RATE)
    assert isinstance(opened, Clip)
    samples = b"".join(opened.blocks(RATE))
    opened.close()
    return samples


async def live_blocks(samples: bytes, seconds: float = 0.1) -> AsyncIterator[bytes]:
    """Samples as a live source gives them, in blocks of some seconds."""
    size = 2 * round(seconds * RATE)
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def disconnects(run: pnb.Run) -> list[str]:
    """The reason of each disconnect."""
    return list(run.events.loc[run.events["event"] == "disconnected", "text"])


def events_among(run: pnb.Run, *kinds: str) -> list[str]:
    """The run's events that are of these kinds, in order."""
    return [each for each in run.events["event"] if each in kinds]


def assert_same(run: pnb.Run, other: pnb.Run, within: float = 0.001) -> None:
    """The same words and sentences, all of them, once, in the same order, at the same times; and no gap."""
    for own, expected in ((run.words, other.words), (run.sentences, other.sentences)):
        own.attrs = expected.attrs = {}  # the clip may have another name
        pd.testing.assert_frame_equal(own, expected, check_exact=False, rtol=0, atol=within)
    assert run.words["is_final"].all()
    assert len(run.gaps) == 0


class Microphone:
    """A lesson as a live source, in blocks of 0.1 s; it may pause until `resume` is called."""

    sample_rate = RATE

    def __init__(self, clip: Path, *, pauses_at: int | None = None) -> None:
        """`pauses_at`: the number of the block before which it pauses."""
        self._samples = pcm(clip)
        self._pauses_at = pauses_at
        self._loop: asyncio.AbstractEventLoop
        self._is_resumed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._loop = asyncio.get_running_loop()
        number = 0
        async for block in live_blocks(self._samples, 0.1):
            if number == self._pauses_at:
                await self._is_resumed.wait()
            number += 1
            yield block

    def resume(self) -> None:
        """End the pause. Any thread."""
        self._loop.call_soon_threadsafe(self._is_resumed.set)


def repeated(clip: Path, times: int, folder: Path) -> Path:
    """A lesson so many times, end to end, as a WAV with its script beside it."""
    samples, script = pcm(clip), json.loads(clip.with_suffix(".json").read_text())
    length = len(samples) * 1000 / 2 / RATE
    sentences = [_shifted(each, round(turn * length)) for turn in range(times) for each in script["sentences"]]
    path = folder / f"{clip.stem}_{times}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for _ in range(times):
            file.writeframes(samples)
    path.with_suffix(".json").write_text(json.dumps({"sentences": sentences}))
    return path


def _shifted(part: dict[str, Any], by: int) -> dict[str, Any]:
    """A sentence or a word, so many milliseconds later."""
    shifted = part | {"begin_ms": part["begin_ms"] + by, "end_ms": part["end_ms"] + by}
    return shifted | {"words": [_shifted(word, by) for word in part["words"]]} if "words" in part else shifted
