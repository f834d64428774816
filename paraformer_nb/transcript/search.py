"""Find a text in a transcript, whatever its case, diacritics, width and punctuation.

The view's `find.js` does the same; `tests/find_cases.json` holds the two equal.

Both sides of the comparison, the query and the words as they are shown on one line, are folded: compatibility forms to
plain ones, upper to lower case, letters with diacritics to letters without. Then

- a query with letters or digits is compared without punctuation and symbols. They count as spaces; several spaces count
  as one, and none counts beside Chinese and Japanese, which are written without spaces;
- a query of punctuation and symbols only is compared sign by sign, without spaces.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .spacing import separator_before, separators
from .words import Sentence, Word

# Accents, Hebrew points, Arabic vowel signs; and what is never seen: joiners, variation selectors, soft hyphens. The
# marks of other scripts make other letters (か, が).
_DROPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
    "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
)
_STROKES = str.maketrans("øłđħς", "oldhσ")  # letters that Unicode does not decompose; sigma's form at a word's end
# Chinese and Japanese, whose half-width and enclosed forms are folded by then.
_WIDE = "[\u2e80-\ua4cf\uf900-\ufaff\U00016fe0-\U0001b2ff\U00020000-\U0003ffff]"
_BESIDE_WIDE = re.compile(f"(?<={_WIDE}) +(?!$)|(?<!^) +(?={_WIDE})")
_IS_WIDE = re.compile(_WIDE)
_SPACES = re.compile(" {2,}")

ROW = "\x00"
"""Ends each text of `comparable_line`."""


class Match(NamedTuple):
    """Words in which a text was found; times are seconds of the clip. `sentence_id`: that of the first word."""

    sentence_id: int
    text: str
    start: float
    end: float


def find(sentences: Iterable[Sentence], text: str) -> Iterator[Match]:
    """Find every occurrence of a text, in order, across sentences. Overlapping ones count once; an empty text is never
    found."""
    wanted = comparable(text)
    if wanted:
        for near in _candidates(list(sentences), wanted):
            yield from _find(near, wanted, is_literal=False)
    elif literal := _literal(text):
        yield from _find(sentences, literal, is_literal=True)


def _find(sentences: Iterable[Sentence], wanted: str, *, is_literal: bool) -> Iterator[Match]:
    shown = _shown_words(sentences)
    line, ends = _joined(shown, _literal if is_literal else _spaced)
    index = line.find(wanted)
    while index >= 0:
        first, last = bisect_right(ends, index), bisect_left(ends, index + len(wanted))
        yield _match(shown[first : last + 1], is_literal=is_literal)
        index = line.find(wanted, index + len(wanted))


def _candidates(sentences: Sequence[Sentence], wanted: str) -> Iterator[Sequence[Sentence]]:
    """The sentences next to each other that have the letters of a text, whatever spaces are between them. It can be
    nowhere else, and where spaces are takes long to find out."""
    rows = [" ".join([f"{word.text}{word.punctuation}" for word in sentence.words]) for sentence in sentences]
    line = comparable_line("".join([row.replace(ROW, " ") + ROW for row in rows])).replace(" ", "")
    pattern = re.compile(f"{ROW}*".join(map(re.escape, wanted.replace(" ", ""))))
    first, last = 0, -1  # of the sentences so far that belong together
    row, position = 0, 0
    while found := pattern.search(line, position):
        row += line.count(ROW, position, found.start())
        if row > last:
            yield sentences[first : last + 1]
            first = row
        last = max(last, row + found.group().count(ROW))
        position = found.start() + 1  # the next one may overlap it
    yield sentences[first : last + 1]


def comparable(text: str) -> str:
    """Normalise a text for comparison with others; empty where it has neither letters nor digits."""
    return _spaced(text).strip()


def comparable_line(line: str) -> str:
    """A line of texts with `ROW` behind each, with each as `comparable` makes it. Where all are ASCII, spaces between
    words may be several, and there may be some beside `ROW`."""
    if line.isascii():  # as a whole, which is quicker
        return line.translate(_FOLDED_ASCII)
    texts = line.split(ROW)
    known = {text: comparable(text) for text in set(texts)}
    return ROW.join(map(known.__getitem__, texts))


class _ShownWord(NamedTuple):
    """A word, the text before it, and its sentence's id."""

    separator: str
    word: Word
    sentence_id: int


def _shown_words(sentences: Iterable[Sentence]) -> list[_ShownWord]:
    shown = []
    before: Sentence | None = None
    for sentence in sentences:
        found = separators(sentence)
        found[:1] = [separator_before(sentence, before)]
        pairs = zip(found, sentence.words, strict=True)
        shown += [_ShownWord(separator, word, sentence.id) for separator, word in pairs]
        before = sentence
    return shown


def _joined(shown: Sequence[_ShownWord], normalise: Callable[[str], str]) -> tuple[str, list[int]]:
    """The words, normalised, on one line, and the index in it at which each ends."""
    parts: list[str] = []
    ends: list[int] = []
    length = 0
    last = " "  # the line's last character
    has_gap = False
    for separator, word, _ in shown:
        normalised = normalise(f"{separator}{word.text}{word.punctuation}")
        part = normalised.strip()
        has_gap = has_gap or normalised[:1] == " "
        if part:
            if has_gap and length and not _IS_WIDE.match(last) and not _IS_WIDE.match(part):
                part = f" {part}"
            parts.append(part)
            length += len(part)
            last = part[-1]
            has_gap = normalised[-1] == " "
        ends.append(length)
    return "".join(parts), ends


def _spaced(text: str) -> str:
    """Fold a text, with one space for punctuation and symbols; it may begin and end with one."""
    spaced = _SPACES.sub(" ", _folded(text).translate(_GAPS))
    return spaced if spaced.isascii() else _BESIDE_WIDE.sub("", spaced)


def _literal(text: str) -> str:
    """Fold a text, and remove its spaces."""
    return "".join(_folded(text).split())


def _folded(text: str) -> str:
    """One width, one case, no diacritics."""
    if text.isascii():
        return text.lower()
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    # To upper case and back, because lower case alone keeps ß, and ς.
    return unicodedata.normalize("NFC", plain.upper().lower().translate(_STROKES))


class _Gaps(dict[int, str]):
    """For `str.translate`: punctuation, symbols and separators to spaces. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        self[code] = " " if category[0] in "PSZ" or category == "Cc" else chr(code)
        return self[code]


_GAPS = _Gaps()
_FOLDED_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)} | {ord(ROW): ROW}


def _match(shown: Sequence[_ShownWord], *, is_literal: bool) -> Match:
    """`shown`: the words. The punctuation after the last one belongs to the match only where punctuation was wanted."""
    texts = [shown[0].word.text.strip()]
    for before, after in pairwise(shown):
        texts.append(f"{before.word.punctuation}{after.separator}{after.word.text.strip()}")
    if is_literal:
        texts.append(shown[-1].word.punctuation)
    words = [each.word for each in shown]
    return Match(shown[0].sentence_id, "".join(texts), words[0].start, max(word.end for word in words))
