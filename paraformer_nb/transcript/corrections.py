"""What a person corrects: changes of a sentence's words, made, undone, redone, and applied to what was heard.

What was heard stays as it is. One operation does everything: `old` words of a sentence give way to `new` ones. It
retypes a word, moves its edges, splits it (1 old, 2 new), merges two (2 old, 1 new), deletes (none new) and inserts
(none old).
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
"""Characters that a word, its punctuation or its speaker may have, where a person writes them."""


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction, or that the last one is taken back (undo), or made again (redo); these two need no more."""

    action: Literal["replace", "undo", "redo"]
    sentence: int = 0
    old: tuple[Word, ...] = ()
    new: tuple[Word, ...] = ()

    @classmethod
    def of(cls, plain: Any) -> Correction:
        """A change, checked, from what an `Edit` record or a view's message holds, or from another change.

        Raises ParameterError where it cannot be meant.
        """
        try:
            change = msgspec.convert(msgspec.to_builtins(plain), cls)
        except (msgspec.ValidationError, TypeError) as error:
            raise ParameterError(f"this is no correction: {error}. Nothing was changed.") from None
        if change.action == "replace":
            _check(change)
        return change

    @property
    def plain(self) -> dict[str, Any]:
        """What an `Edit` record holds, as JSON brings it back; without what is at its default."""
        values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return values

    @property
    def span(self) -> tuple[float, float]:
        """From where to where the old words lay; for an insert, the new ones."""
        words = self.old or self.new
        return min(word.start for word in words), max(word.end for word in words)

    def lies_in(self, sentence: Sentence) -> bool:
        """Whether the middle of its span lies within a sentence."""
        return sentence.start <= sum(self.span) / 2 < sentence.end


def _check(change: Correction) -> None:
    """Of what a person writes more is asked than of what was heard, which may be odd."""
    if not change.old and not change.new:
        raise ParameterError("a correction needs old words, new words or both. Nothing was changed.")
    heard = {appearance(word) for word in change.old}
    for word in (*change.old, *change.new):
        if problem := _unkeepable(word) or ("" if appearance(word) in heard else _unwanted(word)):
            raise ParameterError(f"{word.text[:40]!r} at {word.start} s: {problem}. Nothing was changed.")


def _unkeepable(word: Word) -> str:
    """Why a word could not be written to a recording and read back, or ``""``."""
    numbers = word.start, word.end, *([] if word.confidence is None else [word.confidence])
    if not all(math.isfinite(number) for number in numbers):
        return "times and confidence must be finite numbers"
    try:
        "".join(_texts(word)).encode()
    except UnicodeEncodeError:
        return "the text has half a character (a lone surrogate)"
    return ""


def _unwanted(word: Word) -> str:
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
    """What tells one word from another, as tables and views show it: no space around it, times to the millisecond."""
    return word.text.strip(), word.punctuation, round(word.start, 3), round(word.end, 3)


def speaker_at(heard: Iterable[Word], start: float, end: float) -> str | None:
    """Who speaks what a person writes from `start` to `end`: whoever speaks the nearest of the words that were `heard`.

    Near is what has its middle near; a person corrects what is said, never who says it.
    """
    nearest = min(heard, key=lambda word: abs(word.start + word.end - start - end), default=None)
    return nearest.speaker if nearest else None


def replace_words(words: Iterable[Word], change: Correction) -> tuple[Word, ...]:
    """A sentence's words after a change, sorted by start.

    Where the old words stand among them, those go. Where they do not (the sentence was heard anew since), those go that
    lie where the old ones lay.
    """
    line = sorted(words, key=lambda word: word.start)
    going = _standing(line, change.old) or [at for at, word in enumerate(line) if _lies_within(word, change)]
    before = {appearance(line[at]): line[at].is_edited for at in going}
    new = [structs.replace(word, is_edited=before.get(appearance(word), True)) for word in change.new]
    place = going[0] if going else len(line)
    stay = set(range(len(line))).difference(going)
    line = [line[at] for at in range(place)] + new + [line[at] for at in range(place, len(line)) if at in stay]
    return tuple(sorted(line, key=lambda word: word.start))


def _standing(line: Sequence[Word], old: Sequence[Word]) -> list[int]:
    """Where all the old words stand, one after the other; nowhere, if there are none."""
    wanted, there = [appearance(word) for word in old], [appearance(word) for word in line]
    for first in range(len(there) - len(wanted) + 1 if wanted else 0):
        if there[first : first + len(wanted)] == wanted:
            return list(range(first, first + len(wanted)))
    return []


def _lies_within(word: Word, change: Correction) -> bool:
    """Whether its middle lies where the old words lay, or the middle of one of them in it: it may have grown since."""
    if not change.old:
        return False
    start, end = change.span
    middles = ((old.start + old.end) / 2 for old in change.old)
    return start <= (word.start + word.end) / 2 <= end or any(word.start <= middle < word.end for middle in middles)


class Corrections:
    """The changes that hold, and those that were undone. Readers on other threads need no lock."""

    def __init__(self) -> None:
        self._made: list[Correction] = []
        self._undone: list[Correction] = []
        self._of: dict[int, tuple[Correction, ...]] = {}  # by sentence; each in the order in which they were made
        self._gone: set[int] = set()  # sentences that were withdrawn
        self._adrift: tuple[Correction, ...] = ()  # changes of such sentences
        self._known: dict[int, tuple[Sentence, tuple[Correction, ...], Sentence]] = {}  # as heard, changes, corrected

    @property
    def can_undo(self) -> bool:
        return bool(self._made)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def apply(self, change: Correction) -> Correction | None:
        """Make, undo or redo. Returns the change that holds from now on, or no more; None if there was none."""
        if change.action == "replace":
            self._undone.clear()
            return self._make(change)
        if change.action == "redo":
            return self._make(self._undone.pop()) if self._undone else None
        if not self._made:
            return None
        last = self._made.pop()
        self._undone.append(last)
        self._of[last.sentence] = self._of[last.sentence][:-1]
        self._find_adrift()
        return last

    def _make(self, change: Correction) -> Correction:
        self._made.append(change)
        self._of[change.sentence] = (*self._of.get(change.sentence, ()), change)
        self._find_adrift()
        return change

    def concern(self, sentences: Iterable[int]) -> bool:
        """Whether a correction, made or undone, is about one of these."""
        wanted = set(sentences)
        return any(change.sentence in wanted for change in (*self._made, *self._undone))

    def withdraw(self, sentences: Iterable[int]) -> None:
        """These sentences came to nothing. What they say may be heard again, as others: their changes wait for it."""
        self._gone.update(sentences)
        self._find_adrift()

    def _find_adrift(self) -> None:
        self._adrift = tuple(change for change in self._made if change.sentence in self._gone) if self._gone else ()

    def is_adrift(self, change: Correction) -> bool:
        """Whether its sentence was withdrawn: then it is about whatever was heard in that place since."""
        return change.sentence in self._gone

    def corrected(self, sentence: Sentence) -> Sentence:
        """A sentence with its changes; without any, the sentence itself. It may have no words left."""
        changes = self._of.get(sentence.id, ())
        if adrift := self._adrift:
            changes = (*(change for change in adrift if change.lies_in(sentence)), *changes)
        if not changes:
            return sentence
        heard, made, corrected = self._known.get(sentence.id, (None, (), sentence))
        if heard is not sentence or changes[: len(made)] != made:
            made, corrected = (), sentence
        if len(made) < len(changes):  # as a rule one was added
            corrected = _apply_all(corrected, changes[len(made) :])
            self._known[sentence.id] = sentence, changes, corrected
        return corrected


def _apply_all(sentence: Sentence, changes: Iterable[Correction]) -> Sentence:
    words = sentence.words
    for change in changes:
        words = replace_words(words, change)
    return structs.replace(
        sentence,
        words=words,
        text=join([word.text + word.punctuation for word in words]),
        start=min((word.start for word in words), default=sentence.start),
        end=max((word.end for word in words), default=sentence.end),
    )
