"""Corrections by a person: applied to recognised sentences, undone, redone.

What was recognised stays as it is. One operation does everything: `old` words of a sentence are replaced by `new` ones.
It retypes a word, moves its edges, splits it (1 old, 2 new), merges two (2 old, 1 new), deletes (no new) and inserts
(no old).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from ..errors import ParameterError
from ..text import join
from .words import Sentence, Word

MAX_TEXT = 500
"""Characters that a word, its punctuation or its speaker may have in a correction."""


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction, or `undo` of the last one, or `redo` of the last undone one; these two need no other field.

    Example:
        >>> wrong, right = Word("wrold", 0.5, 0.9), Word("world", 0.5, 0.9)
        >>> Correction("replace", sentence=1, old=(wrong,), new=(right,)).span
        (0.5, 0.9)
    """

    action: Literal["replace", "undo", "redo"]
    sentence: int = 0
    old: tuple[Word, ...] = ()
    new: tuple[Word, ...] = ()

    @classmethod
    def parse(cls, value: Any) -> Correction:
        """Convert what a `Corrected` record holds; a correction is returned as it is.

        Raises ParameterError if the value is not a valid correction.
        """
        return value if isinstance(value, cls) else cls._validated(value)

    def check(self) -> None:
        """Raise ParameterError if a field has another type, or a word is invalid. A person's words must meet more
        rules than recognised ones, which may be odd."""
        self._validated(self)

    @classmethod
    def _validated(cls, value: Any) -> Correction:
        try:
            correction = msgspec.convert(msgspec.to_builtins(value), cls)
        except (msgspec.ValidationError, TypeError) as error:
            raise ParameterError(f"this is not a correction: {error}. Nothing was changed.") from None
        correction._check_words()
        return correction

    def _check_words(self) -> None:
        if self.action != "replace":
            return
        if not self.old and not self.new:
            raise ParameterError("a correction needs old words, new words or both. Nothing was changed.")
        old = {appearance(word) for word in self.old}
        for word in (*self.old, *self.new):
            if problem := _not_storable(word) or ("" if appearance(word) in old else _invalid(word)):
                raise ParameterError(f"{word.text[:40]!r} at {word.start} s: {problem}. Nothing was changed.")

    @property
    def span(self) -> tuple[float, float]:
        """Start and end of the old words; for an insertion, of the new ones."""
        words = self.old or self.new
        return min(word.start for word in words), max(word.end for word in words)

    def lies_in(self, sentence: Sentence) -> bool:
        """Whether the middle of its span lies within a sentence."""
        return sentence.start <= sum(self.span) / 2 < sentence.end


def _not_storable(word: Word) -> str:
    """Why a word could not be written to a journal and read back, or ``""``."""
    numbers = word.start, word.end, *([] if word.confidence is None else [word.confidence])
    if not all(math.isfinite(number) for number in numbers):
        return "times and confidence must be finite numbers"
    try:
        "".join(_texts(word)).encode()
    except UnicodeEncodeError:
        return "the text has half a character (a lone surrogate)"
    return ""


def _invalid(word: Word) -> str:
    """Why a person may not write a word, or ``""``."""
    if not 0 <= word.start <= word.end:
        return f"a word must start at 0 s or later and not end before it starts (end: {word.end} s)"
    if not word.text.strip():
        return "a word needs text; leave the word out to delete it"
    if any(len(text) > MAX_TEXT for text in _texts(word)):
        return f"a word has at most {MAX_TEXT} characters"
    if any(text.splitlines() not in ([], [text]) for text in _texts(word)):
        return "a word has no line breaks"
    return ""


def _texts(word: Word) -> tuple[str, str, str]:
    return word.text, word.punctuation, word.speaker or ""


def appearance(word: Word) -> tuple[str, str, float, float]:
    """What distinguishes words in tables and views: text without spaces around it, mark, times to the millisecond."""
    return word.text.strip(), word.punctuation, round(word.start, 3), round(word.end, 3)


def speaker_at(recognised: Iterable[Word], start: float, end: float) -> str | None:
    """The speaker of the recognised word whose midpoint is closest; a person corrects words, never speakers."""
    nearest = min(recognised, key=lambda word: abs(word.start + word.end - start - end), default=None)
    return nearest.speaker if nearest else None


def replace_words(words: Iterable[Word], correction: Correction) -> tuple[Word, ...]:
    """A sentence's words after a correction, sorted by start.

    The old words are removed where they stand in a row. Where they do not (the sentence was recognised again since),
    the words that lie where they lay are removed.
    """
    line = sorted(words, key=lambda word: word.start)
    removed = _find_row(line, correction.old) or [i for i, word in enumerate(line) if _lies_within(word, correction)]
    was_edited = {appearance(line[i]): line[i].is_edited for i in removed}
    new = [structs.replace(word, is_edited=was_edited.get(appearance(word), True)) for word in correction.new]
    index = removed[0] if removed else len(line)
    kept_after = [line[i] for i in range(index, len(line)) if i not in set(removed)]
    return tuple(sorted([*line[:index], *new, *kept_after], key=lambda word: word.start))


def _find_row(line: Sequence[Word], old: Sequence[Word]) -> list[int]:
    """The indices at which all the old words stand in a row; empty if they do not, or there are none."""
    wanted = [appearance(word) for word in old]
    present = [appearance(word) for word in line]
    for first in range(len(present) - len(wanted) + 1 if wanted else 0):
        if present[first : first + len(wanted)] == wanted:
            return list(range(first, first + len(wanted)))
    return []


def _lies_within(word: Word, correction: Correction) -> bool:
    """Whether its middle lies within the old words' span, or the middle of an old word in it: it may have grown."""
    if not correction.old:
        return False
    start, end = correction.span
    middles = ((old.start + old.end) / 2 for old in correction.old)
    return start <= (word.start + word.end) / 2 <= end or any(word.start <= middle < word.end for middle in middles)


class Corrections:
    """The corrections in force, and the undone ones. Readers on other threads need no lock."""

    def __init__(self) -> None:
        self._applied: list[Correction] = []
        self._undone: list[Correction] = []
        self._by_sentence: dict[int, tuple[Correction, ...]] = {}  # each in the order in which they were made
        self._withdrawn: set[int] = set()  # sentences
        self._orphans: tuple[Correction, ...] = ()  # corrections of such sentences
        # By sentence: as recognised, the corrections applied to it, as corrected.
        self._cache: dict[int, tuple[Sentence, tuple[Correction, ...], Sentence]] = {}

    @property
    def can_undo(self) -> bool:
        return bool(self._applied)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def apply(self, correction: Correction) -> Correction | None:
        """Make, undo or redo. Returns the correction that was put in force or undone; None if there was none."""
        if correction.action == "replace":
            self._undone.clear()
            return self._make(correction)
        if correction.action == "redo":
            return self._make(self._undone.pop()) if self._undone else None
        if not self._applied:
            return None
        last = self._applied.pop()
        self._undone.append(last)
        self._by_sentence[last.sentence] = self._by_sentence[last.sentence][:-1]
        self._find_orphans()
        return last

    def _make(self, correction: Correction) -> Correction:
        self._applied.append(correction)
        self._by_sentence[correction.sentence] = (*self._by_sentence.get(correction.sentence, ()), correction)
        self._find_orphans()
        return correction

    def concern(self, sentences: Iterable[int]) -> bool:
        """Whether a correction, applied or undone, concerns one of these sentences."""
        wanted = set(sentences)
        return any(correction.sentence in wanted for correction in (*self._applied, *self._undone))

    def withdraw(self, sentences: Iterable[int]) -> None:
        """Withdraw sentences. They may be recognised again under other ids: until then their corrections are orphans,
        which apply to any sentence at their position."""
        self._withdrawn.update(sentences)
        self._find_orphans()

    def _find_orphans(self) -> None:
        withdrawn = self._withdrawn
        self._orphans = tuple(each for each in self._applied if each.sentence in withdrawn) if withdrawn else ()

    def is_orphan(self, correction: Correction) -> bool:
        """Whether its sentence was withdrawn: it then applies to whatever was recognised at its position since."""
        return correction.sentence in self._withdrawn

    def corrected(self, sentence: Sentence) -> Sentence:
        """Apply a sentence's corrections; without any, the sentence itself. It may have no words left."""
        corrections = self._by_sentence.get(sentence.id, ())
        if orphans := self._orphans:
            corrections = (*(each for each in orphans if each.lies_in(sentence)), *corrections)
        if not corrections:
            return sentence
        recognised, applied, corrected = self._cache.get(sentence.id, (None, (), sentence))
        if recognised is not sentence or corrections[: len(applied)] != applied:
            applied, corrected = (), sentence
        if len(applied) < len(corrections):  # normally one was added
            corrected = _apply_all(corrected, corrections[len(applied) :])
            self._cache[sentence.id] = sentence, corrections, corrected
        return corrected


def _apply_all(sentence: Sentence, corrections: Iterable[Correction]) -> Sentence:
    words = sentence.words
    for correction in corrections:
        words = replace_words(words, correction)
    return structs.replace(
        sentence,
        words=words,
        text=join([word.text + word.punctuation for word in words]),
        start=min((word.start for word in words), default=sentence.start),
        end=max((word.end for word in words), default=sentence.end),
    )
