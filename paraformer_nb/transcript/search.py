"""Find words in a transcript, whatever their case, width and punctuation; the view's `find.js` does the same."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .spacing import separators
from .words import Sentence


class Match(NamedTuple):
    """Words of a sentence in which a text was found; times are seconds of the clip."""

    sentence_id: int
    text: str
    start: float
    end: float


def find(sentences: Iterable[Sentence], text: str) -> Iterator[Match]:
    """Find every occurrence of a text, in order. Overlapping ones count once; an empty text is never found."""
    wanted = comparable(text)
    for sentence in sentences if wanted else ():
        line, ends = _line(sentence)
        index = line.find(wanted)
        while index >= 0:
            first, last = bisect_right(ends, index), bisect_left(ends, index + len(wanted))
            yield _match(sentence, first, last + 1)
            index = line.find(wanted, index + len(wanted))


def comparable(text: str) -> str:
    """Normalise a text for comparison: one width, lower case, no punctuation, single spaces."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join("".join(" " if unicodedata.category(sign)[0] in "PS" else sign for sign in folded).split())


def _line(sentence: Sentence) -> tuple[str, list[int]]:
    """A sentence's words, normalised, on one line, and the index in it at which each ends."""
    line, ends = "", []
    for before, word in zip(separators(sentence), sentence.words, strict=True):
        text = comparable(word.text)
        line += (before if line and text else "") + text
        ends.append(len(line))
    return line, ends


def _match(sentence: Sentence, first: int, after: int) -> Match:
    words = sentence.words[first:after]
    befores = ["", *separators(sentence)[first + 1 : after]]
    text = "".join(before + word.text.strip() for before, word in zip(befores, words, strict=True))
    return Match(sentence.id, text, words[0].start, words[-1].end)
