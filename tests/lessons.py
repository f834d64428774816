"""The lessons of `notebooks/data` as runs: one that nothing befell, and others beside it."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from servers import RATE, ended

import paraformer_nb as pnb
from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.server.limits import Limits


def scripted(clip: Path, faults: Sequence[str] = (), **options: Any) -> pnb.Embedded:
    """A service that recites a lesson's words, and does what goes wrong on purpose."""
    return pnb.Embedded("scripted", script=clip.with_suffix(".json"), faults=faults, **options)


@cache
def whole(clip: Path) -> pnb.Run:
    """A run of a lesson that nothing befell."""
    service = scripted(clip)
    try:
        return ended(pnb.transcribe(clip, service=service))
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


async def pieces(samples: bytes, seconds: float = 0.1) -> AsyncIterator[bytes]:
    """Samples as a live source gives them."""
    size = 2 * round(seconds * RATE)
    for at in range(0, len(samples), size):
        yield samples[at : at + size]


def losses(run: pnb.Run) -> list[str]:
    """Why connections were lost."""
    return list(run.events.loc[run.events["event"] == "lost", "text"])


def happened(run: pnb.Run, *kinds: str) -> list[str]:
    """What of these happened, in order."""
    return [each for each in run.events["event"] if each in kinds]


def assert_same(run: pnb.Run, other: pnb.Run, within: float = 0.001) -> None:
    """The same words and sentences, all of them, once, in the same order, at the same times; and no gap."""
    for mine, theirs in ((run.words, other.words), (run.sentences, other.sentences)):
        mine.attrs = theirs.attrs = {}  # a clip may come under another name
        pd.testing.assert_frame_equal(mine, theirs, check_exact=False, rtol=0, atol=within)
    assert run.words["is_final"].all()
    assert len(run.gaps) == 0


def befallen(
    clip: Path,
    *faults: str,
    source: Any = None,
    limits: Limits | None = None,
    link_timeout: float = 60.0,
    **options: Any,
) -> pnb.Run:
    """A run of a lesson which these faults befell, ended well."""
    service = scripted(clip, faults, limits=limits, link_timeout=link_timeout)
    try:
        return ended(pnb.transcribe(clip if source is None else source, service=service, **options), 30)
    finally:
        service.close()


class Microphone:
    """A lesson as a live source, in pieces of 0.1 s; it may pause until it is told to go on."""

    sample_rate = RATE

    def __init__(self, clip: Path, *, pauses_at: int | None = None) -> None:
        self._samples, self._pauses_at = pcm(clip), pauses_at
        self._loop: asyncio.AbstractEventLoop
        self._go = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._loop = asyncio.get_running_loop()
        number = 0
        async for piece in pieces(self._samples, 0.1):
            if number == self._pauses_at:
                await self._go.wait()
            number += 1
            yield piece

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._go.set)


def repeated(clip: Path, times: int, folder: Path) -> Path:
    """A lesson so many times, end to end, as a WAV with its script beside it."""
    samples, script = pcm(clip), json.loads(clip.with_suffix(".json").read_text())
    length = len(samples) * 1000 / 2 / RATE
    sentences = [_moved(each, round(turn * length)) for turn in range(times) for each in script["sentences"]]
    path = folder / f"{clip.stem}_{times}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for _ in range(times):
            file.writeframes(samples)
    path.with_suffix(".json").write_text(json.dumps({"sentences": sentences}))
    return path


def _moved(part: dict[str, Any], by: int) -> dict[str, Any]:
    """A sentence or a word, so many milliseconds later."""
    moved = part | {"begin_ms": part["begin_ms"] + by, "end_ms": part["end_ms"] + by}
    return moved | {"words": [_moved(word, by) for word in part["words"]]} if "words" in part else moved
