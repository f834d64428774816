"""Words as the units of subtitles: what no line may part is one unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from ..text import ends_sentence, is_cjk, separator
from .cue_language import CueLanguage

_CLAUSE_END = re.compile(r"[,;:，；：、､—–][\"'”’»」』）)\]】》〉]*$")
_NO_LINE_START = "。，、！？：；…‥・ー々〜～）」』】》〉〕］｝ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ％"
_PARTS = re.compile(r"\s+|\S")

_MARKS_OVER = ("Mn", "Me", "Cf")  # characters without a width of their own
_LONGEST_MARKS = 200  # characters; marks behind a longer text are words of their own, so that the time stays linear

SHORT_PAUSE = 0.3
"""Seconds of silence at which a cue may end, if nothing better is near."""

# The cost of ending a cue after a unit, by what stands there.
AFTER_SENTENCE = 0.0
AFTER_CLAUSE = 10.0
AFTER_PAUSE = 20.0
BEFORE_CONJUNCTION = 30.0
ELSEWHERE = 60.0


class Atom(Struct, frozen=True, gc=False):
    """A word, or a part of one that is too long for a line: its text with punctuation, the text before it on a line,
    its times in seconds, and the position of its row in the table."""

    text: str
    separator: str
    start: float
    end: float
    row: int


class Entry(Struct, frozen=True, gc=False):
    """A word as it was given. `speaker` and `sentence`: anything that can be compared; None: unknown."""

    text: str
    start: float
    end: float
    speaker: object
    sentence: object
    row: int


class Unit(Struct, frozen=True, gc=False):
    """Atoms that stay on one line.

    Attributes:
        separator: the text before it on a line.
        width: in half columns: a full-width character has two.
        characters: as reading speed counts them.
        is_sentence_end: whether a sentence ends with it.
        is_hard_end: whether a cue must end with it.
        cost: of ending a cue with it.
    """

    atoms: tuple[Atom, ...]
    separator: str
    width: int
    characters: int
    start: float
    end: float
    is_sentence_end: bool
    is_hard_end: bool
    cost: float


@lru_cache(10_000)
def width_of(text: str) -> int:
    """The width of a text in half columns; marks over other characters have none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(sign) in _MARKS_OVER else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


class _Look(Struct, frozen=True, gc=False):
    """What is known of a text by itself. `end_cost`: of ending a cue after it, by its last marks."""

    width: int
    characters: int
    end_cost: float
    is_conjunction: bool
    is_article: bool
    is_no_start: bool
    is_no_end: bool


def _look(text: str, language: CueLanguage) -> _Look:
    end_cost = _end_of(text)
    if end_cost == AFTER_SENTENCE and language.is_abbreviation(text):
        end_cost = ELSEWHERE
    characters = len(text) if text.isascii() else sum(unicodedata.category(sign) not in _MARKS_OVER for sign in text)
    return _Look(
        width_of(text),
        characters,
        end_cost,
        language.is_conjunction(text),
        language.is_article(text),
        text[0] in _NO_LINE_START,
        unicodedata.category(text[-1]) in ("Ps", "Pi"),
    )


def units_of(entries: Sequence[Entry], columns: int, pause: float, language: CueLanguage) -> list[Unit]:
    """The units of words in the order of reading. `columns`: of a line, in half columns; `pause`: seconds that end a
    cue."""
    merged = _merge_marks(entries)
    looks = {text: _look(text, language) for text in {entry.text for entry in merged}}
    units: list[Unit] = []
    before: _Look | None = None  # of the last atom
    last = ""  # text so far
    for entry, after in zip_longest(merged, merged[1:]):
        text, look = entry.text, looks[entry.text]
        is_sentence_end, is_hard_end, cost = _boundary(entry, look, after, looks, pause)
        for atom in _atoms(entry, _separator(last[-1:], text), look.width > columns):
            if atom.text is not text:
                look = _look(atom.text, language)
            if atom.end == entry.end:  # else it is within a word
                ends = is_sentence_end, is_hard_end, cost
            else:
                ends = look.end_cost == AFTER_SENTENCE, False, look.end_cost
            unit = Unit((atom,), atom.separator, look.width, look.characters, atom.start, atom.end, *ends)
            if before is not None and _is_joined(units[-1], unit, before, look, columns):
                unit = _join(units.pop(), unit)
            units.append(unit)
            before, last = look, atom.text
    return units


_separator = lru_cache(10_000)(separator)


def _merge_marks(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Append words that are closing marks to the word before, and opening marks to the one after, of one speaker."""
    if not any(_is_closing(text) or _is_opening(text) for text in {entry.text for entry in entries}):
        return entries
    merged: list[Entry] = []
    for entry in entries:
        before = merged[-1] if merged else None
        if before is None or before.speaker != entry.speaker:
            merged.append(entry)
        elif len(before.text) < _LONGEST_MARKS and (_is_closing(entry.text) or _is_opening(before.text)):
            merged[-1] = replace(
                before, text=before.text + entry.text, end=max(before.end, entry.end), sentence=entry.sentence
            )
        else:
            merged.append(entry)
    return merged


@lru_cache(10_000)
def _is_closing(text: str) -> bool:
    """Whether a text is closing punctuation only."""
    return not any(sign.isalnum() for sign in text) and all(
        unicodedata.category(sign) in ("Pe", "Pf") or sign in ",.;:!?%…" or sign in _NO_LINE_START for sign in text
    )


@lru_cache(10_000)
def _is_opening(text: str) -> bool:
    return all(unicodedata.category(sign) in ("Ps", "Pi") for sign in text)


def _boundary(
    entry: Entry, look: _Look, after: Entry | None, looks: Mapping[str, _Look], pause: float
) -> tuple[bool, bool, float]:
    """Whether a sentence ends with a word, whether a cue must, and the cost of ending one there."""
    if after is None:
        return True, True, AFTER_SENTENCE
    silence = after.start - entry.end
    is_sentence_end = look.end_cost == AFTER_SENTENCE or entry.sentence != after.sentence
    is_hard_end = silence > pause or entry.speaker != after.speaker
    if is_sentence_end or is_hard_end:
        return is_sentence_end, is_hard_end, AFTER_SENTENCE
    if look.end_cost == AFTER_CLAUSE:
        return False, False, AFTER_CLAUSE
    if silence > SHORT_PAUSE:
        return False, False, AFTER_PAUSE
    return False, False, BEFORE_CONJUNCTION if looks[after.text].is_conjunction else ELSEWHERE


def _end_of(text: str) -> float:
    """The cost of ending a cue after a text, by its last marks."""
    if ends_sentence(text):
        return AFTER_SENTENCE
    return AFTER_CLAUSE if _CLAUSE_END.search(text) else ELSEWHERE


def _atoms(entry: Entry, before: str, is_too_wide: bool) -> list[Atom]:
    """One atom, or several for a text that is wider than a line; their times are shares of its length."""
    text, start, end = entry.text, entry.start, entry.end
    if not is_too_wide:
        return [Atom(text, before, start, end, entry.row)]
    parts = _parts(text)
    ends = list(accumulate((len(part) for _, part in parts), initial=0))
    times = [start + (end - start) * done / ends[-1] for done in ends[:-1]] + [end]
    gaps = [before, *(gap for gap, _ in parts[1:])]
    return [
        Atom(part, gap, *span, entry.row) for gap, (_, part), span in zip(gaps, parts, pairwise(times), strict=True)
    ]


def _parts(text: str) -> list[tuple[str, str]]:
    """The parts of a text between which a line may end, each with the space before it."""
    parts: list[tuple[str, list[str]]] = []
    gap = ""
    for sign in _PARTS.findall(text):
        if sign.isspace():
            gap = " "
        elif parts and not gap and not _may_part(parts[-1][1][-1], sign):
            parts[-1][1].append(sign)
        else:
            parts.append((gap, [sign]))
            gap = ""
    return [(gap, "".join(signs)) for gap, signs in parts]


@lru_cache(10_000)
def _may_part(last: str, first: str) -> bool:
    """Whether a line may end between two characters without a space between them."""
    if first in _NO_LINE_START or unicodedata.category(first) in ("Pe", "Pf", *_MARKS_OVER):
        return False
    if unicodedata.category(last) in ("Ps", "Pi"):
        return False
    return is_cjk(first) or (is_cjk(last) and first.isalnum())


def _is_joined(before: Unit, after: Unit, last: _Look, first: _Look, columns: int) -> bool:
    """Whether two units may not be parted; `last` and `first` are of the atoms that meet. Never wider than a line, nor
    over a hard end."""
    if before.is_hard_end or before.width + len(after.separator) + after.width > columns:
        return False
    if last.is_no_end or first.is_no_start:
        return True
    if not after.separator:
        return not _may_part(before.atoms[-1].text[-1], after.atoms[0].text[0])
    return last.is_article and not first.is_article and not before.is_sentence_end


def _join(before: Unit, after: Unit) -> Unit:
    return replace(
        after,
        atoms=before.atoms + after.atoms,
        separator=before.separator,
        width=before.width + len(after.separator) + after.width,
        characters=before.characters + len(after.separator) + after.characters,
        start=min(before.start, after.start),
        end=max(before.end, after.end),
    )
