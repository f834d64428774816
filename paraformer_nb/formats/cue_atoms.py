"""Words as the units of subtitles: what no line may part is one unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from ..text import is_cjk, separator
from .cue_language import CueLanguage

_SENTENCE_END = re.compile(r"[.!?…。！？｡][\"'”’»」』）)\]】》〉]*$")
_CLAUSE_END = re.compile(r"[,;:，；：、､—–][\"'”’»」』）)\]】》〉]*$")
_NO_LINE_START = "。，、！？：；…‥・ー々〜～）」』】》〉〕］｝ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ％"
_PARTS = re.compile(r"\s+|\S")

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
        0 if unicodedata.category(sign) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


def units_of(entries: Sequence[Entry], columns: int, pause: float, language: CueLanguage) -> list[Unit]:
    """The units of words in the order of reading. `columns`: of a line, in half columns; `pause`: seconds that end a
    cue."""
    merged = _merge_marks(entries)
    units: list[Unit] = []
    last = ""  # character so far, by which a separator is decided
    for entry, after in zip_longest(merged, merged[1:]):
        is_sentence_end, is_hard_end, cost = _boundary(entry, after, pause, language)
        atoms = _atoms(entry, _separator(last, entry.text), columns)
        last = entry.text[-1]
        for number, atom in enumerate(atoms, 1):
            is_last = number == len(atoms)
            unit = _unit(atom, is_sentence_end, is_hard_end, cost) if is_last else _unit(atom)
            if units and _is_joined(units[-1], unit, columns, language):
                unit = _join(units.pop(), unit)
            units.append(unit)
    return units


_separator = lru_cache(10_000)(separator)


def _merge_marks(entries: Sequence[Entry]) -> list[Entry]:
    """Append words that are closing marks to the word before, and opening marks to the one after, of one speaker."""
    merged: list[Entry] = []
    for entry in entries:
        before = merged[-1] if merged else None
        if before is None or before.speaker != entry.speaker:
            merged.append(entry)
        elif _is_closing(entry.text) or _is_opening(before.text):
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


def _boundary(entry: Entry, after: Entry | None, pause: float, language: CueLanguage) -> tuple[bool, bool, float]:
    """Whether a sentence ends with a word, whether a cue must, and the cost of ending one there."""
    if after is None:
        return True, True, AFTER_SENTENCE
    silence = after.start - entry.end
    end = _end_of(entry.text)
    is_sentence_end = entry.sentence != after.sentence or (
        end == AFTER_SENTENCE and not language.is_abbreviation(entry.text)
    )
    is_hard_end = silence > pause or entry.speaker != after.speaker
    if is_sentence_end or is_hard_end:
        return is_sentence_end, is_hard_end, AFTER_SENTENCE
    if end == AFTER_CLAUSE:
        return False, False, AFTER_CLAUSE
    if silence > SHORT_PAUSE:
        return False, False, AFTER_PAUSE
    return False, False, BEFORE_CONJUNCTION if language.is_conjunction(after.text) else ELSEWHERE


@lru_cache(10_000)
def _end_of(text: str) -> float:
    """The cost of ending a cue after a text, by its last marks."""
    if _SENTENCE_END.search(text):
        return AFTER_SENTENCE
    return AFTER_CLAUSE if _CLAUSE_END.search(text) else ELSEWHERE


def _atoms(entry: Entry, before: str, columns: int) -> list[Atom]:
    """One atom, or several for a text that is wider than a line; their times are shares of its length."""
    text, start, end = entry.text, entry.start, entry.end
    if width_of(text) <= columns:
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
    parts: list[tuple[str, str]] = []
    gap = ""
    for sign in _PARTS.findall(text):
        if sign.isspace():
            gap = " "
        elif parts and not gap and not _may_part(parts[-1][1], sign):
            parts[-1] = parts[-1][0], parts[-1][1] + sign
        else:
            parts.append((gap, sign))
            gap = ""
    return parts


@lru_cache(10_000)
def _may_part(before: str, after: str, gap: str = "") -> bool:
    """Whether a line may end between two texts with this gap between them."""
    last, first = unicodedata.category(before[-1]), unicodedata.category(after[0])
    if after[0] in _NO_LINE_START or last in ("Ps", "Pi"):
        return False
    if gap:
        return True
    if first in ("Pe", "Pf", "Mn", "Me", "Cf"):
        return False
    is_wide_before, is_wide_after = is_cjk(before[-1]), is_cjk(after[0])
    return is_wide_after or (is_wide_before and after[0].isalnum())


def _unit(atom: Atom, is_sentence_end: bool = False, is_hard_end: bool = False, cost: float | None = None) -> Unit:
    if cost is None:  # within a word
        cost = _end_of(atom.text)
        is_sentence_end = cost == AFTER_SENTENCE
    width, characters = width_of(atom.text), _characters_of(atom.text)
    return Unit((atom,), atom.separator, width, characters, atom.start, atom.end, is_sentence_end, is_hard_end, cost)


@lru_cache(10_000)
def _characters_of(text: str) -> int:
    return len(text) if text.isascii() else sum(unicodedata.category(sign) not in ("Mn", "Me", "Cf") for sign in text)


def _is_joined(before: Unit, after: Unit, columns: int, language: CueLanguage) -> bool:
    """Whether two units may not be parted. Never wider than a line, nor over a hard end."""
    if before.is_hard_end or before.width + len(after.separator) + after.width > columns:
        return False
    last, first = before.atoms[-1].text, after.atoms[0].text
    if not _may_part(last, first, after.separator):
        return True
    is_article = language.is_article(last) and not language.is_article(first)
    return is_article and not before.is_sentence_end


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
