"""Collect tokens to sentences, as results of a task: partials while a sentence grows, and then its final."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ....dashscope.messages import SentenceResult, WordResult
from .punctuation import Punctuator
from .recogniser import Token
from .words import Vocabulary, join_words

_MAX_SENTENCE = 60_000  # ms; a longer sentence is split in its longest pause


class ParaformerSentences:
    """The sentences of one stream. It keeps the current sentence only. Finals are punctuated by `punctuator`."""

    def __init__(self, symbols: Sequence[str], silence: int, punctuator: Punctuator | None = None) -> None:
        self._vocabulary = Vocabulary(symbols)
        self._silence = silence
        self._punctuator = punctuator
        self._tokens: list[Token] = []
        self._number = 1

    @property
    def is_partial(self) -> bool:
        """Whether a sentence has begun and is not final."""
        return bool(self._tokens)

    def add(self, tokens: Sequence[Token], silent_until: float) -> Iterator[SentenceResult]:
        """Yield the results of a chunk's tokens and of the silence after them, ms from the stream's beginning."""
        is_new = False
        for token in tokens:
            if not self._vocabulary.is_text(token.number):
                continue
            if self._tokens and token.begin - self._tokens[-1].end >= self._silence:
                yield self._finalise(len(self._tokens))
            self._tokens.append(token)
            is_new = True
            if token.end - self._tokens[0].begin >= _MAX_SENTENCE:
                yield self._finalise(self._longest_pause(), is_end=False)
        if self._tokens and silent_until - self._tokens[-1].end >= self._silence:
            yield self._finalise(len(self._tokens))
        elif is_new:
            yield self._result(self._tokens, is_final=False)

    def finish(self) -> Iterator[SentenceResult]:
        """Yield the final of a sentence that the end of the sound cuts off."""
        if self._tokens:
            yield self._finalise(len(self._tokens))

    def _finalise(self, count: int, *, is_end: bool = True) -> SentenceResult:
        """End the sentence after its first `count` tokens; the others begin the next one.

        `is_end`: in a pause, so the text gets the mark of an end.
        """
        final = self._result(self._tokens[:count], is_final=True, is_end=is_end)
        del self._tokens[:count]
        self._number += 1
        return final

    def _longest_pause(self) -> int:
        """The number of tokens before the longest pause between two words, the last of equal ones."""
        pairs = pairwise(self._vocabulary.words(self._tokens))
        pauses = [(after.begin - before.end, self._tokens.index(after.tokens[0])) for before, after in pairs]
        return max(pauses, default=(0.0, len(self._tokens)))[1]

    def _result(self, tokens: Sequence[Token], *, is_final: bool, is_end: bool = False) -> SentenceResult:
        words = self._vocabulary.words(tokens)
        marks = [""] * len(words)
        if is_final and self._punctuator:
            marks = self._punctuator.marks([word.text for word in words], is_end=is_end)
        results = [
            WordResult(
                round(word.begin), round(word.end), word.text, mark, is_final, confidence=round(word.confidence, 3)
            )
            for word, mark in zip(words, marks, strict=True)
        ]
        return SentenceResult(
            begin_time=round(tokens[0].begin),
            end_time=round(tokens[-1].end) if is_final else None,
            text=join_words(words, marks),
            words=results,
            sentence_end=is_final,
            sentence_id=self._number,
            heartbeat=False,
        )
