"""Sentences out of utterances: what a recogniser hears between two breaths is seldom a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LONGEST = (
    20_000  # ms; about: results stay small (a sample of the vendor reads 4,096 bytes), and so do lines for a reader
)
LONGEST_UTTERANCE = 10_000  # ms; whoever makes the utterances sees to it

Word = dict[str, Any]
Sentence = dict[str, Any]


class Sentences:
    """One task's sentences, as the protocol has them in ``output.sentence``: words that less than `silence` ms lie
    between.

    Words come as the protocol has them too, utterance by utterance; times are ms from the start of the task's audio.
    Each method yields the sentences that its news is about, as they are now.
    """

    def __init__(self, silence: int) -> None:
        self._silence = silence
        self._words: list[Word] = []  # of the open sentence, from utterances that are over
        self._number = 1
        self._begin: int | None = None  # of the open sentence, if anything was told of it

    def hear(self, words: list[Word]) -> Iterator[Sentence]:
        """The utterance that goes on has these words so far."""
        if words:
            yield from self._part(words[0])
            yield self._open(words)

    def add(self, words: list[Word], now: int) -> Iterator[Sentence]:
        """The utterance is over, with these words for good; nobody has spoken since, and it is `now`."""
        for word in words:
            yield from self._part(word)
            self._words.append(word)
        if not self._words or self._words[-1]["end_time"] - self._words[0]["begin_time"] > LONGEST - LONGEST_UTTERANCE:
            yield from self.finish()
        elif self._is_over(now):
            yield self._settle()
        else:
            yield self._open([])

    def wait(self, now: int) -> Iterator[Sentence]:
        """Nobody speaks, and it is `now`."""
        if self._words and self._is_over(now):
            yield self._settle()

    def finish(self) -> Iterator[Sentence]:
        """Nothing more will be said: what is open is final. One that was told of and came to nothing has no words."""
        if self._words or self._begin is not None:
            yield self._settle()

    def _is_over(self, now: int) -> bool:
        return bool(now - self._words[-1]["end_time"] >= self._silence)

    def _part(self, word: Word) -> Iterator[Sentence]:
        """End the open sentence where this word comes too late to be in it."""
        if self._words and self._is_over(word["begin_time"]):
            yield self._settle()

    def _open(self, words: list[Word]) -> Sentence:
        sentence = self._sentence([*self._words, *words])
        self._begin = sentence["begin_time"]
        return sentence

    def _settle(self) -> Sentence:
        sentence = self._sentence(self._words)
        end = self._words[-1]["end_time"] if self._words else sentence["begin_time"]
        self._words, self._begin = [], None
        self._number += 1
        return sentence | {"end_time": end, "sentence_end": True}

    def _sentence(self, words: list[Word]) -> Sentence:
        return {
            "sentence_id": self._number,
            "begin_time": words[0]["begin_time"] if words else self._begin,
            "end_time": None,
            "text": " ".join(word["text"] for word in words),
            "sentence_end": False,
            "heartbeat": False,
            "words": words,
        }
