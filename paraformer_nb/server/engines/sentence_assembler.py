"""Assemble sentences from utterances: the words between two short pauses are seldom a whole sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_SENTENCE = 20_000  # ms, roughly: keeps results small (a sample of the vendor reads 4,096 bytes) and lines readable
MAX_UTTERANCE = 10_000  # ms; enforced by the recogniser

WordFields = dict[str, Any]
"""A word, with the fields of the protocol's ``words``."""
SentenceFields = dict[str, Any]
"""A sentence, with the fields of the protocol's ``output.sentence``."""


class SentenceAssembler:
    """One task's sentences: a pause of at least `silence` ms separates two of them.

    It receives words utterance by utterance; times are ms from the start of the task's audio. Each method yields the
    current state of the sentences that have changed.
    """

    def __init__(self, silence: int) -> None:
        self._silence = silence
        self._words: list[WordFields] = []  # of the current sentence, from complete utterances
        self._number = 1
        self._begin: int | None = None  # of the current sentence, if it was yielded

    def update(self, words: list[WordFields]) -> Iterator[SentenceFields]:
        """Set the words of the current utterance so far."""
        if words:
            yield from self._split_before(words[0])
            yield self._partial(words)

    def add(self, words: list[WordFields], now: int) -> Iterator[SentenceFields]:
        """Add a complete utterance with its final words, after which there has been silence until `now`."""
        for word in words:
            yield from self._split_before(word)
            self._words.append(word)
        if not self._words or self._words[-1]["end_time"] - self._words[0]["begin_time"] > MAX_SENTENCE - MAX_UTTERANCE:
            yield from self.finish()
        elif self._is_over(now):
            yield self._final()
        else:
            yield self._partial([])

    def wait(self, now: int) -> Iterator[SentenceFields]:
        """Continue the silence until `now`."""
        if self._words and self._is_over(now):
            yield self._final()

    def finish(self) -> Iterator[SentenceFields]:
        """Make the current sentence final. It is empty if its partial words were withdrawn."""
        if self._words or self._begin is not None:
            yield self._final()

    def _is_over(self, now: int) -> bool:
        return bool(now - self._words[-1]["end_time"] >= self._silence)

    def _split_before(self, word: WordFields) -> Iterator[SentenceFields]:
        """End the current sentence if this word comes after too long a pause."""
        if self._words and self._is_over(word["begin_time"]):
            yield self._final()

    def _partial(self, words: list[WordFields]) -> SentenceFields:
        sentence = self._sentence([*self._words, *words])
        self._begin = sentence["begin_time"]
        return sentence

    def _final(self) -> SentenceFields:
        sentence = self._sentence(self._words)
        end = self._words[-1]["end_time"] if self._words else sentence["begin_time"]
        self._words = []
        self._begin = None
        self._number += 1
        return sentence | {"end_time": end, "sentence_end": True}

    def _sentence(self, words: list[WordFields]) -> SentenceFields:
        return {
            "sentence_id": self._number,
            "begin_time": words[0]["begin_time"] if words else self._begin,
            "end_time": None,
            "text": " ".join(word["text"] + word["punctuation"] for word in words),
            "sentence_end": False,
            "heartbeat": False,
            "words": words,
        }
