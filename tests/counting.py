"""A clip that counts, and a service that recognises it: half-second number k is the word ``wk``, four make a sentence.

The words depend on nothing but the samples, so a run that was disturbed must have the words of one that was not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
from servers import RATE, Behaviour, Talk, result

import paraformer_nb as pnb

_WORD = RATE // 2  # samples
_SCALE = 50  # the samples of word k are all (k + 1) × this


def counting_clip(seconds: float) -> tuple[np.ndarray[Any, Any], int]:
    """The clip, an array and its sample rate."""
    return ((np.arange(round(seconds * RATE)) // _WORD + 1) * _SCALE).astype(np.int16), RATE


def assert_counted(run: pnb.Run, seconds: float) -> None:
    """Assert that a run has every word of the clip, once, at its time; or that a gap reports what is missing."""
    expected = {f"w{k}": k / 2 for k in range(round(2 * seconds))}
    recognised = list(zip(run.words["text"], run.words["start"], strict=True))
    texts = [text for text, _ in recognised]
    assert texts == [text for text in expected if text in set(texts)], texts  # in order, none twice, none new
    assert all(abs(start - expected[text]) <= 0.02 for text, start in recognised), recognised
    gaps = list(run.gaps[["start", "end"]].itertuples(index=False))
    for missing in set(expected) - set(texts):
        middle = expected[missing] + 0.25
        assert any(start <= middle <= end for start, end in gaps), (missing, gaps)


def counting(*, speed: float | None = None, words: int = 4, has_partials: bool = True) -> Behaviour:
    """A service that counts.

    Args:
        speed: × real time at which it reads; None: as fast as it can.
        words: in a sentence.
        has_partials: whether it sends a partial for each word.
    """

    async def behave(talk: Talk) -> None:
        await talk.begin()
        counter = _Counter(talk.task, words)
        loop = asyncio.get_running_loop()
        started = loop.time()
        while isinstance(message := await talk.connection.recv(), bytes):
            if speed:
                await asyncio.sleep(started + counter.samples / RATE / speed - loop.time())
            for text, is_final in counter.add(message):
                if is_final or has_partials:
                    await talk.send(text)
        for text, _ in counter.end():
            await talk.send(text)
        await talk.finish()

    return behave


class _Counter:
    """Recognises one task's samples."""

    def __init__(self, task: str, words: int) -> None:
        self.samples = 0
        self._task = task
        self._count = words
        self._number = 1  # of the sentence
        self._value = 0  # of the word that has begun
        self._begin = 0
        self._words: list[dict[str, Any]] = []

    def add(self, block: bytes) -> Iterator[tuple[str, bool]]:
        """Count a block's samples; yields results, and whether each is final."""
        values = np.frombuffer(block, np.int16)
        changes = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist()]
        for at in changes:
            value = int(values[at]) // _SCALE
            if value != self._value:
                yield from self._end_word(self.samples + at)
                self._value, self._begin = value, self.samples + at
        self.samples += len(values)

    def end(self) -> Iterator[tuple[str, bool]]:
        """End the last word and its sentence."""
        yield from self._end_word(self.samples)
        if self._words:
            yield self._result(is_final=True)

    def _end_word(self, at: int) -> Iterator[tuple[str, bool]]:
        if self._value == 0:  # before the first word, or silence
            return
        times = {"begin_time": self._begin * 1000 // RATE, "end_time": at * 1000 // RATE}
        self._words.append({"text": f"w{self._value - 1}", "punctuation": "", **times})
        is_final = self._value % self._count == 0
        yield self._result(is_final=is_final)
        if is_final:
            self._words = []
            self._number += 1

    def _result(self, *, is_final: bool) -> tuple[str, bool]:
        begin, end = self._words[0]["begin_time"], self._words[-1]["end_time"]
        times = {"begin_time": begin, "end_time": end if is_final else None}
        text = " ".join(word["text"] for word in self._words)
        message = result(self._task, text, number=self._number, final=is_final, words=self._words, **times)
        return message, is_final
