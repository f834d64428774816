"""Corrections by a person: applied to recognised sentences, undone, redone.

What was recognised stays as it is. One operation does everything: `old` words of a sentence are replaced by `new` ones.
It retypes a word, moves its edges, splits it (1 old, 2 new), merges two (2 old, 1 new), deletes (no new) and inserts
(no old). Several of them, as an edited table makes, are one step of undo and one record: `batch`.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from ..errors import ParameterError
from .words import Sentence, Word

MAX_TEXT = 500
"""Characters that a word, its punctuation or its speaker may have in a correction."""


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction; or a `batch` of them; or `undo` of the last one, or `redo` of the last undone one; these two need
    no other field.

    `replace` has `sentence`, `old` and `new`. `batch` has only `parts`, each of which is a `replace`; it is undone as a
    whole.

    Example:
        >>> wrong, right = Word("wrold", 0.5, 0.9), Word("world", 0.5, 0.9)
        >>> Correction("replace", sentence=1, old=(wrong,), new=(right,)).span
        (0.5, 0.9)
    """

    action: Literal["replace", "batch", "undo", "redo"]
    sentence: int = 0
    old: tuple[Word, ...] = ()
    new: tuple[Word, ...] = ()
    parts: tuple[Correction, ...] = ()

    @property
    def replacements(self) -> tuple[Correction, ...]:
        """The corrections of single sentences that this one consists of; none for `undo` and `redo`."""
        return self.parts if self.action == "batch" else (self,) if self.action == "replace" else ()

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
        if self.action == "batch" and {part.action for part in self.parts} != {"replace"}:
            raise ParameterError(
                "a batch of corrections needs parts, each of which replaces words. Nothing was changed."
            )
        for part in self.replacements:
            part._check_replacement()

    def _check_replacement(self) -> None:
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
    """A sentence's words after a correction. The words that it does not concern keep their order.

    The old words are removed where they stand in a row. Where they do not (the sentence was recognised again since),
    the words that lie where they lay are removed. A new word stands where an old one with the same start stood; others
    stand after the new word before them, or wherever their start belongs.
    """
    line = list(words)
    removed = find_words(line, correction.old) or [i for i, word in enumerate(line) if _lies_within(word, correction)]
    was_edited = {appearance(line[i]): line[i].is_edited for i in removed}
    new = [structs.replace(word, is_edited=was_edited.get(appearance(word), True)) for word in correction.new]
    slots = _slots(new, line, removed)
    kept = dict(enumerate(line))
    for i in removed:
        del kept[i]
    kept |= {slot: word for slot, word in zip(slots, new, strict=True) if slot is not None}
    corrected = [kept[i] for i in sorted(kept)]
    position = sum(i < removed[0] for i in kept) if removed else len(corrected)
    for word, slot in zip(new, slots, strict=True):
        if slot is None:
            position = _position(corrected, word, position)
            corrected.insert(position, word)
        else:
            position = _index(corrected, word, position)
        position += 1
    return tuple(corrected)


def find_words(line: Sequence[Word], old: Sequence[Word]) -> list[int]:
    """The indices at which all the old words stand in a row, as they are or by start; empty if they do not."""
    by_start = sorted(range(len(line)), key=lambda i: line[i].start)
    return _find_row(line, old) or [by_start[i] for i in _find_row([line[i] for i in by_start], old)]


def _find_row(line: Sequence[Word], old: Sequence[Word]) -> list[int]:
    wanted = [appearance(word) for word in old]
    present = [appearance(word) for word in line]
    for first in range(len(present) - len(wanted) + 1 if wanted else 0):
        if present[first] == wanted[0] and present[first : first + len(wanted)] == wanted:
            return list(range(first, first + len(wanted)))
    return []


def _slots(new: Sequence[Word], line: Sequence[Word], removed: Sequence[int]) -> list[int | None]:
    """For each new word the index of the removed word that it replaces: an equal one, else one with the same start."""
    slots: list[int | None] = [None] * len(new)
    for key in (appearance, _start):
        free: dict[Any, deque[int]] = defaultdict(deque)
        for i in sorted({*removed} - {*slots}):
            free[key(line[i])].append(i)
        for number, word in enumerate(new):
            if slots[number] is None and free[key(word)]:
                slots[number] = free[key(word)].popleft()
    return slots


def _start(word: Word) -> float:
    return float(round(word.start, 3))


def _position(line: Sequence[Word], word: Word, preferred: int) -> int:
    """Where to insert a word: at the preferred index if its start belongs there, else before the first later word."""
    earliest = line[preferred - 1].start if preferred else -math.inf
    latest = line[preferred].start if preferred < len(line) else math.inf
    if earliest <= word.start <= latest:
        return preferred
    return next((i for i, each in enumerate(line) if each.start > word.start), len(line))


def _index(line: Sequence[Word], word: Word, first: int) -> int:
    """The index of a word itself, searched from `first` on: usually it is there."""
    return next(i for i in chain(range(first, len(line)), range(first)) if line[i] is word)


def _lies_within(word: Word, correction: Correction) -> bool:
    """Whether its middle lies within the old words' span, or the middle of an old word in it: it may have grown."""
    if not correction.old:
        return False
    start, end = correction.span
    middles = ((old.start + old.end) / 2 for old in correction.old)
    return start <= (word.start + word.end) / 2 <= end or any(word.start <= middle < word.end for middle in middles)
