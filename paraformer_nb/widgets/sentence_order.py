"""The sentences that a view has, in order, with the separators between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from ..transcript.spacing import separator_before
from ..transcript.words import Sentence


class SentenceOrder:
    """Sentences sorted by start; of equal starts the one that was put first comes first.

    The separator before a sentence depends on the sentence before it, so `changed_separators` may return sentences that
    were not put. Finding one costs the logarithm of their number.
    """

    def __init__(self) -> None:
        self._keys: list[tuple[float, int, int]] = []  # start, a number that grows with each insertion, id
        self._sentences: dict[int, Sentence] = {}
        self._key_of: dict[int, tuple[float, int, int]] = {}
        self._separators: dict[int, str] = {}
        self._unsure: set[int] = set()  # whose predecessor, or own text, changed
        self._insertions = 0

    def put(self, sentence: Sentence) -> None:
        """Insert a sentence, or replace the one of its id."""
        old = self._sentences.get(sentence.id)
        if old is not None and old.start != sentence.start:
            self.remove(sentence.id)
        if sentence.id not in self._key_of:
            self._insertions += 1
            key = sentence.start, self._insertions, sentence.id
            self._key_of[sentence.id] = key
            self._keys.insert(bisect_right(self._keys, key), key)
        self._sentences[sentence.id] = sentence
        index = bisect_left(self._keys, self._key_of[sentence.id])
        self._unsure.update(number for _, _, number in self._keys[index : index + 2])

    def remove(self, sentence_id: int) -> None:
        """Remove a sentence; an unknown id is ignored."""
        key = self._key_of.pop(sentence_id, None)
        if key is None:
            return
        index = bisect_left(self._keys, key)
        del self._keys[index], self._sentences[sentence_id]
        self._separators.pop(sentence_id, None)
        self._unsure.discard(sentence_id)
        self._unsure.update(number for _, _, number in self._keys[index : index + 1])

    def changed_separators(self) -> list[Sentence]:
        """The sentences, in order, whose separators are not those of the last call."""
        changed = []
        for key in sorted(self._key_of[number] for number in self._unsure):
            sentence = self._sentences[key[2]]
            found = self._separator_before(bisect_left(self._keys, key), sentence)
            if self._separators.get(sentence.id) != found:
                self._separators[sentence.id] = found
                changed.append(sentence)
        self._unsure.clear()
        return changed

    def separator_before(self, sentence_id: int) -> str:
        """The separator before a sentence at the last call of `changed_separators`."""
        return self._separators[sentence_id]

    def _separator_before(self, index: int, sentence: Sentence) -> str:
        return separator_before(sentence, self._sentences[self._keys[index - 1][2]] if index else None)
