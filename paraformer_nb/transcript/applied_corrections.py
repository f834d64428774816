"""The corrections that are in force, applied to the sentences that they concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import structs

from ..text import join
from .corrections import Correction, replace_words
from .words import Sentence, Word

_KEPT_EVERY = 64  # steps of a sentence: what it was then is kept, so that an undo need not begin with the first one


class _Step:
    """A correction of a sentence, and the one before it. A sentence may have many thousands.

    `known`: the sentence that the steps up to this one were applied to, and what they made of it.
    """

    __slots__ = ("correction", "depth", "known", "previous")

    def __init__(self, previous: _Step | None, correction: Correction) -> None:
        self.previous = previous
        self.correction = correction
        self.depth: int = previous.depth + 1 if previous else 1
        self.known: tuple[Sentence, Sentence] | None = None


class Corrections:
    """The corrections in force, and the undone ones. Readers on other threads need no lock."""

    def __init__(self) -> None:
        self._applied: list[Correction] = []
        self._undone: list[Correction] = []
        self._steps: dict[int, _Step | None] = {}  # the last one of each sentence
        self._withdrawn: set[int] = set()  # sentences
        self._orphans: tuple[Correction, ...] = ()  # corrections of such sentences
        self._adopted: dict[int, tuple[Sentence, tuple[Correction, ...], Sentence]] = {}  # sentences with orphans

    @property
    def can_undo(self) -> bool:
        return bool(self._applied)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def apply(self, correction: Correction) -> Correction | None:
        """Make, undo or redo. Returns the correction that was put in force or undone; None if there was none."""
        if correction.replacements:
            self._undone.clear()
            return self._make(correction)
        if correction.action == "redo":
            return self._make(self._undone.pop()) if self._undone else None
        if not self._applied:
            return None
        last = self._applied.pop()
        self._undone.append(last)
        for part in last.replacements:
            step = self._steps[part.sentence]
            assert step is not None  # the one that the correction made
            self._steps[part.sentence] = step.previous
        if any(self.is_orphan(part) for part in last.replacements):
            self._find_orphans()
        return last

    def apply_to(self, sentences: Callable[[], Iterable[Sentence]], correction: Correction) -> list[int]:
        """As `apply`. Returns the ids of those of these sentences that it changed."""
        applied = self.apply(correction)
        changed: list[int] = []
        for part in applied.replacements if applied else ():
            if self.is_orphan(part):
                changed += [sentence.id for sentence in sentences() if part.lies_in(sentence)]
            else:
                changed.append(part.sentence)
        return changed

    def _make(self, correction: Correction) -> Correction:
        self._applied.append(correction)
        for part in correction.replacements:
            self._steps[part.sentence] = _Step(self._steps.get(part.sentence), part)
        self._orphans += tuple(filter(self.is_orphan, correction.replacements))
        return correction

    def concern(self, sentences: Iterable[int]) -> bool:
        """Whether a correction, applied or undone, concerns one of these sentences."""
        wanted = set(sentences)
        return any(part.sentence in wanted for step in (*self._applied, *self._undone) for part in step.replacements)

    def withdraw(self, sentences: Iterable[int]) -> None:
        """Withdraw sentences. They may be recognised again under other ids: until then their corrections are orphans,
        which apply to any sentence at their position."""
        self._withdrawn.update(sentences)
        self._find_orphans()

    def _find_orphans(self) -> None:
        parts = (part for step in self._applied for part in step.replacements) if self._withdrawn else ()
        self._orphans = tuple(filter(self.is_orphan, parts))

    def is_orphan(self, correction: Correction) -> bool:
        """Whether its sentence was withdrawn: it then applies to whatever was recognised at its position since."""
        return correction.sentence in self._withdrawn

    def corrected_all(self, sentences: Iterable[Sentence]) -> list[Sentence]:
        """Apply the corrections of all these sentences."""
        if self._orphans:
            return [self.corrected(sentence) for sentence in sentences]
        wanted = self._steps
        if not wanted:
            return list(sentences)
        return [self.corrected(sentence) if sentence.id in wanted else sentence for sentence in sentences]

    def corrected(self, sentence: Sentence) -> Sentence:
        """Apply a sentence's corrections; without any, the sentence itself. It may have no words left."""
        base = self._with_orphans(sentence) if self._orphans else sentence
        last = self._steps.get(sentence.id)
        if last is None:
            return base
        pending: list[_Step] = []
        step: _Step | None = last
        current = base
        while step is not None:
            known = step.known
            if known is not None and known[0] is base:
                current = known[1]
                break
            pending.append(step)
            step = step.previous
        if not pending:
            return current
        words = current.words
        for each in reversed(pending):
            words = replace_words(words, each.correction)
            if each.depth % _KEPT_EVERY == 0 and each is not last:
                each.known = base, _with_words(base, words)
        corrected = _with_words(base, words)
        last.known = base, corrected
        if step is not None and step.depth % _KEPT_EVERY:
            step.known = None
        return corrected

    def _with_orphans(self, sentence: Sentence) -> Sentence:
        """Apply the corrections of withdrawn sentences that lie in this one."""
        orphans = tuple(each for each in self._orphans if each.lies_in(sentence))
        if not orphans:
            return sentence
        recognised, applied, corrected = self._adopted.get(sentence.id, (None, (), sentence))
        if recognised is not sentence or applied != orphans:
            words = sentence.words
            for each in orphans:
                words = replace_words(words, each)
            corrected = _with_words(sentence, words)
            self._adopted[sentence.id] = sentence, orphans, corrected
        return corrected


def _with_words(sentence: Sentence, words: tuple[Word, ...]) -> Sentence:
    return structs.replace(
        sentence,
        words=words,
        text=join([word.text + word.punctuation for word in words]),
        start=min((word.start for word in words), default=sentence.start),
        end=max((word.end for word in words), default=sentence.end),
    )
