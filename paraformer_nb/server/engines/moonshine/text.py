"""Clean the texts of Moonshine's model, and split them into words and punctuation."""

from __future__ import annotations

import re
from typing import NamedTuple

from ....text import ends_sentence

_LONGEST_LOOP = 8  # words of a repeated phrase
_MAX_REPEATS = {1: 6}  # of a word that may be said so often in a row; of longer phrases three
_PUNCTUATION = re.compile(r"[.,;:!?…\"”)\]]+$")
_NON_WORDS = frozenset({"ah", "er", "erm", "hm", "hmm", "huh", "mhm", "mm", "mm-hmm", "uh", "uh-huh", "uhm", "um"})


class Token(NamedTuple):
    """A word as written, and the punctuation after it."""

    text: str
    punctuation: str

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends after it."""
        return ends_sentence(self.punctuation)


def tokens(text: str) -> list[Token]:
    """Split a text into words, without signs such as notes of music and without what it only repeats."""
    words = [word for word in text.split() if re.search(r"\w", word)]
    return [_token(word) for word in _without_loops(words)]


def has_words(found: list[Token]) -> bool:
    """Whether there is a word that is more than a sound: the model writes a cough as 'Uh' or 'Uh-huh'."""
    return any(token.text.lower().strip("-'") not in _NON_WORDS for token in found)


def _token(word: str) -> Token:
    text = _PUNCTUATION.sub("", word) or word
    return Token(text, word[len(text) :])


def _without_loops(words: list[str]) -> list[str]:
    """Keep one of each phrase that is repeated more often than people do: the model loops on noise."""
    folded = [word.lower().strip(".,?!") for word in words]
    for size in range(1, _LONGEST_LOOP + 1):
        limit = _MAX_REPEATS.get(size, 3)
        start = 0
        while start + size * (limit + 1) <= len(words):
            repeats = _repeats(folded, start, size)
            if repeats > limit:
                loop = slice(start + size, start + size * repeats)
                del words[loop]
                del folded[loop]
            start += 1
    return words


def _repeats(words: list[str], start: int, size: int) -> int:
    """How often the phrase of `size` words at `start` is said in a row."""
    phrase = words[start : start + size]
    count = 1
    while words[start + count * size : start + (count + 1) * size] == phrase:
        count += 1
    return count
