"""Finding words in a transcript, whatever their case, width and punctuation; as the view's `find.js` does."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..text import needs_space
from .words import Sentence, Word


class Match(NamedTuple):
    """Words of a sentence in which a text was found; times are seconds of the clip."""

    sentence_id: int
    text: str
    start: float
    end: float


def find(sentences: Iterable[Sentence], text: str) -> Iterator[Match]:
    """Every place of a text, in order. What overlaps is found once; nothing is found of nothing."""
    wanted = comparable(text)
    for sentence in sentences if wanted else ():
        line, ends = _line(sentence)
        at = line.find(wanted)
        while at >= 0:
            first, last = bisect_right(ends, at), bisect_left(ends, at + len(wanted))
            yield _match(sentence, sentence.words[first : last + 1])
            at = line.find(wanted, at + len(wanted))


def comparable(text: str) -> str:
    """A text as it is compared: one width, lower case, without punctuation, single spaces."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return " ".join("".join(" " if unicodedata.category(sign)[0] in "PS" else sign for sign in plain).split())


def _line(sentence: Sentence) -> tuple[str, list[int]]:
    """A sentence's words as they are compared, in one line, and where each ends in it."""
    line, ends, before = "", [], ""
    for word in sentence.words:
        text = comparable(word.text)
        line += (" " if line and text and needs_space(before, word.text) else "") + text
        before = word.text + word.punctuation
        ends.append(len(line))
    return line, ends


def _match(sentence: Sentence, words: tuple[Word, ...]) -> Match:
    line = ""
    for word in words:
        line += (" " if needs_space(line, word.text) else "") + word.text.strip()
    return Match(sentence.id, line, words[0].start, words[-1].end)
