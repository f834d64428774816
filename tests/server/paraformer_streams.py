"""Sounds for the Paraformer engine, and streams that collect its results."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from paraformer_nb.audio.clip import open_clip
from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines.base import Settings
from paraformer_nb.server.engines.paraformer.engine import Paraformer, ParaformerStream
from paraformer_nb.server.engines.paraformer.model import ParaformerModel
from paraformer_nb.server.engines.paraformer.model_folder import ModelFolder, check_model_folder
from paraformer_nb.server.engines.paraformer.recogniser import ParaformerRecogniser, Token

RATE = 16_000
MS = RATE // 1000

Load = Callable[[ModelFolder], ParaformerModel]


def sound(*spans: tuple[int, int], ms: int) -> np.ndarray[Any, Any]:
    """Noise in some spans of silence, all in ms."""
    pcm = np.zeros(ms * MS, np.int16)
    random = np.random.default_rng(len(spans))
    for begin, end in spans:
        pcm[begin * MS : end * MS] = random.normal(0, 3000, (end - begin) * MS)
    return pcm


def decode_clip(clip: Path) -> np.ndarray[Any, Any]:
    """A clip's samples."""
    file = open_clip(clip, sample_rate=RATE)
    pcm = np.frombuffer(b"".join(file.blocks(RATE)), "<i2")
    file.close()
    return pcm


async def with_engine(folder: Path, use: Callable[[Paraformer], Awaitable[Any]], load: Load = ParaformerModel) -> Any:
    """Open an engine, return the result of `use`, and close the engine."""
    engine = Paraformer(folder, load)
    await engine.open()
    try:
        return await use(engine)
    finally:
        await engine.close()


class CollectingStream:
    """A task's stream, its results and the threads on which they were emitted."""

    def __init__(self, engine: Paraformer, **settings: Any) -> None:
        self.results: list[SentenceResult] = []
        self.threads: set[int] = set()
        self.stream: ParaformerStream = engine.stream(Settings(**settings), self._emit)

    async def _emit(self, sentence: SentenceResult, translations: Any = None) -> None:
        self.results.append(sentence)
        self.threads.add(threading.get_ident())

    async def recognise(self, *blocks: bytes) -> None:
        """Run a whole task."""
        await self.stream.start()
        try:
            for block in blocks:
                await self.stream.accept(block)
            await self.stream.finish()
        finally:
            await self.stream.close()


def recognise(
    folder: Path, pcm: np.ndarray[Any, Any], block: int = 1600, load: Load = ParaformerModel, **settings: Any
) -> list[SentenceResult]:
    """All results for a sound sent in blocks of so many samples."""

    async def use(engine: Paraformer) -> list[SentenceResult]:
        stream = CollectingStream(engine, **settings)
        data = pcm.tobytes()
        await stream.recognise(*(data[start : start + 2 * block] for start in range(0, len(data), 2 * block)))
        return stream.results

    results: list[SentenceResult] = asyncio.run(with_engine(folder, use, load))
    return results


def finals(results: list[SentenceResult]) -> list[SentenceResult]:
    """The results that end a sentence."""
    return [result for result in results if result.sentence_end]


def spans(results: list[SentenceResult]) -> list[tuple[Any, Any]]:
    """The times of all words of all final sentences."""
    return [(word.begin_time, word.end_time) for result in finals(results) for word in result.words or ()]


def tokens_of(folder: Path, pcm: np.ndarray[Any, Any]) -> list[Token]:
    """The tokens of a sound, recognised without an engine."""
    recogniser = ParaformerRecogniser(ParaformerModel(check_model_folder(folder)))
    recogniser.add(pcm.tobytes())
    recogniser.add_tail()
    tokens = []
    while recogniser.is_ready:
        tokens += recogniser.recognise()
    return tokens
