"""An utterance of Moonshine's recogniser: speech between two pauses, and its words. Times are seconds of the task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from ..sentence_assembler import WordFields
from .text import Token

OVERHANG = 0.3
"""Seconds by which the detector reports the end of speech late, at most."""

_ADJACENT = 0.01  # between two spans of speech that are one
_LATEST_CUT = 1.5  # before the end of the audio: later words are not reliable yet
_EARLIEST_CUT = 2.0  # after the first word
_MOVING = 2  # last words of a partial, whose times move when the next ones are known


class Word(NamedTuple):
    """A word as transcribed. `score`: the alignment's, None where the times were estimated."""

    token: Token
    begin: float
    end: float
    score: float | None

    def fields(self, *, is_final: bool) -> WordFields:
        """The word with the protocol's fields."""
        fields = {
            "begin_time": milliseconds(self.begin),
            "end_time": milliseconds(self.end),
            "text": self.token.text,
            "punctuation": self.token.punctuation,
            "fixed": is_final,
        }
        if self.score is None:
            return fields | {"estimated": True}
        return fields | ({"confidence": _confidence(self.score)} if is_final else {})


class Window(NamedTuple):
    """What is transcribed at once: the audio from `begin` on.

    `spelling`: of its first word, where the words before it were cut off; else ``""``.
    """

    begin: float
    spelling: str = ""


@dataclass
class Utterance:
    """Speech between two pauses.

    Attributes:
        whole: all of its audio.
        window: the audio that partials transcribe: first all of it, later what follows the stable words.
        speech: begin and end of each span of speech.
        transcribed: up to which time it was transcribed.
        stable: the first words, which partials do not transcribe again.
        recent: the words in the window.
        is_complete: whether the words cover all speech so far, and it was transcribed as a whole.
    """

    whole: Window
    window: Window
    speech: list[tuple[float, float]]
    transcribed: float
    stable: list[Word] = field(default_factory=list)
    recent: list[Word] = field(default_factory=list)
    is_complete: bool = False

    @property
    def words(self) -> list[Word]:
        """All words so far."""
        return self.stable + self.recent

    @property
    def spoken(self) -> float:
        """Seconds of speech."""
        return sum(end - begin for begin, end in self.speech)

    @property
    def end_of_speech(self) -> float:
        """Where the speech ends so far: by the words where they are known, since the detector is late."""
        detected = self.speech[-1][1]
        if self.is_complete and self.words and self.words[-1].score is not None:
            return min(detected, max(self.words[-1].end, detected - OVERHANG))
        return detected

    def extend(self, begin: float, end: float) -> None:
        """Add a span of speech."""
        if begin - self.speech[-1][1] < _ADJACENT:
            self.speech[-1] = (self.speech[-1][0], end)
        else:
            self.speech.append((begin, end))
        self.is_complete = False

    def speech_from(self, begin: float) -> list[tuple[float, float]]:
        """The spans of speech after a time; a short one if there are none."""
        spans = [(max(first, begin), last) for first, last in self.speech if last > begin]
        return spans or [(begin, begin + _ADJACENT)]

    def confirmed(self, tokens: Sequence[Token]) -> list[Word]:
        """The recent words that a new transcription of the window repeats, and whose times need not be found again."""
        same = takewhile(lambda pair: pair[0].token.text == pair[1].text, zip(self.recent, tokens, strict=False))
        words = [word._replace(token=token) for word, token in same][:-_MOVING]
        return words if all(word.score is not None for word in words) else []

    def shorten_window(self, position: float) -> None:
        """Make the words before the best pause stable. Estimated times would cut through a word."""
        number = best_cut(self.recent, position) if all(word.score is not None for word in self.recent) else None
        if number is not None:
            self.window = window_after(self.recent, number)
            self.stable += self.recent[:number]
            self.recent = self.recent[number:]


def best_cut(words: Sequence[Word], position: float) -> int | None:
    """The number of words before the best pause: long, after a mark, late. None if there is none in reliable words."""

    def value(number: int) -> float:
        before = words[number - 1]
        mark = 0.3 if before.token.ends_sentence else 0.15 if before.token.punctuation else 0.0
        return words[number].begin - before.end + mark + (before.end - words[0].begin) / 50

    last = [number for number in range(1, len(words)) if words[number - 1].end <= position - _LATEST_CUT]
    after_begin = [number for number in last if words[number - 1].end - words[0].begin >= _EARLIEST_CUT]
    return max(after_begin or last, key=value, default=None)


def window_after(words: Sequence[Word], number: int) -> Window:
    """The audio after the first so many words."""
    before, after = words[number - 1], words[number]
    return Window((before.end + after.begin) / 2, "" if before.token.ends_sentence else after.token.text)


def fit(words: Sequence[Word]) -> float:
    """How well aligned words fit their audio: the mean of their scores, by their durations."""
    scored = [(word.end - word.begin, word.score) for word in words if word.score is not None]
    total = sum(duration for duration, _ in scored)
    return sum(duration * score for duration, score in scored) / total if total else -math.inf


def milliseconds(seconds: float) -> int:
    """Round a time."""
    return round(seconds * 1000)


def _confidence(score: float) -> float:
    """How well a word fits its audio, 0 to 1; not how sure the model is of it. Fitted to right and wrong words."""
    return round(1 / (1 + math.exp(-(score + 2) / 0.5)), 3)
