"""What the formats of subtitles share: the cues of a document, their clocks, and the reading of cue blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import ParameterError, ReadError
from .cue_words import ordered_entries
from .cues import Cue, plan_cues
from .document import Document
from .subtitle_rules import SubtitleRules

RULE_OPTIONS = ("rules", "language", *(field.name for field in fields(SubtitleRules)))
"""The options by which every format of subtitles makes its cues."""

_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(.*))?$")
_SETTINGS = re.compile(r"(?:[\w-]+:\S*\s*)*")
_IS_TIME = re.compile(r"\s*(\d+\s*$|\d+:\d)|.*-->")


class TimedWord(NamedTuple):
    """A word of a cue: the text before it (a space, a line break or nothing), and times within the cue, in order."""

    before: str
    text: str
    start: float
    end: float


class Block(NamedTuple):
    """A cue as it stands in a file: its times in seconds, and its lines."""

    start: float
    end: float
    text: str


def plan(
    document: Document, rules: SubtitleRules | str = "netflix", language: str = "auto", **overrides: Any
) -> list[Cue]:
    """The cues of a document; what they could not keep of the rules is among its changes."""
    import pandas as pd

    rows = document.rows
    if not rows:
        return []
    words = pd.DataFrame(rows)
    starts, ends, sentences = (words[name].to_numpy() for name in ("start", "end", "sentence_id"))
    entries = ordered_entries(words, starts, ends, sentences, document.sentence_texts)
    planned = plan_cues(entries, rules, language=language, **overrides)
    for cue in planned:
        for finding in filter(None, cue.finding.split(", ")):
            number = rows[cue.lines[0][0].row].number
            document.changes.add(number, cue.text, "cue", f"({finding})")
    return planned


def check_level(level: str) -> None:
    """Raise ParameterError for a level that is neither "cue" nor "word"."""
    if level not in ("cue", "word"):
        raise ParameterError(f"level={level!r}: give 'cue' or 'word'. Nothing was written.")


def speaker_of(document: Document, cue: Cue) -> str | None:
    """The speaker of a cue's words."""
    return document.rows[cue.lines[0][0].row].speaker


def timed_words(document: Document, cue: Cue) -> Iterator[TimedWord]:
    """The words of a cue, with times that neither go back nor leave it; what had to be trimmed is a change."""
    atoms = [(number, index, atom) for number, line in enumerate(cue.lines) for index, atom in enumerate(line)]
    last = cue.start
    for (number, index, atom), following in zip(atoms, [*atoms[1:], None], strict=True):
        limit = cue.end if following is None else following[2].start
        start = min(max(atom.start, last), cue.end)
        end = max(start, min(atom.end, limit, cue.end))
        if end < atom.end or start > atom.start:
            row = document.rows[atom.row]
            before, after = f"{atom.start:.3f}-{atom.end:.3f}", f"{start:.3f}-{end:.3f}"
            if before != after:
                document.changes.add(row.number, row.text, "overlap", "trimmed", before, after)
        before = "\n" if number and not index else atom.separator if index else ""
        yield TimedWord(before, atom.text, start, end)
        last = end


def clock(seconds: float, point: str) -> str:
    """A time as hh:mm:ss and milliseconds, with `point` before these."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def span(cue: Cue, point: str) -> str:
    """The line of a cue's times; one that is shorter than a millisecond has one."""
    start = round(cue.start, 3)
    return f"{clock(start, point)} --> {clock(max(cue.end, start + 0.001), point)}"


def parse_clock(text: str) -> float:
    """Seconds of a time as it stands in a file. Raises ReadError for another text."""
    found = re.fullmatch(_TIME, text.strip())
    if found is None:
        raise ReadError(f"{text!r} is not a time.")
    return _seconds(found.groups())


def read_blocks(text: str) -> tuple[list[Block], list[str]]:
    """The cues of SRT or VTT, also where numbers or blank lines are missing; and what cannot be read, with its line."""
    blocks: list[Block] = []
    strange: list[int] = []
    lines = text.split("\n")
    for first, last in _paragraphs(lines):
        timings = [n for n in range(first, last) if "-->" in lines[n] and _TIMING.match(lines[n])]
        if not timings:
            if blocks and not _IS_TIME.match(lines[first]):  # a blank line within a cue
                blocks[-1] = blocks[-1]._replace(text="\n".join([blocks[-1].text, *lines[first:last]]))
            else:
                strange.append(next((n for n in range(first, last) if "-->" in lines[n]), first))
            continue
        strange += [n for n in range(first, timings[0]) if "-->" in lines[n]]
        for start, stop in pairwise([*timings, last]):
            body = range(start + 1, stop)
            if stop != last and body and lines[body[-1]].strip().isdigit():  # the next one's number
                body = body[:-1]
            strange += [n for n in body if "-->" in lines[n]]
            block = _block(lines[start], [lines[n] for n in body if "-->" not in lines[n]])
            if block.end >= block.start:
                blocks.append(block)
            else:
                strange.append(start)
    return blocks, [f"line {n + 1} is not a cue: {lines[n].strip()[:40]!r}" for n in strange]


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = None
    for number, line in enumerate([*lines, ""]):
        if line.strip() and first is None:
            first = number
        elif not line.strip() and first is not None:
            yield first, number
            first = None


def _block(timing: str, body: Sequence[str]) -> Block:
    found = _TIMING.match(timing)
    assert found is not None  # the caller has matched it
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:8])
    behind = found[9] or ""
    first = [] if _SETTINGS.fullmatch(behind) else [behind]  # a text on the line of the times
    return Block(start, end, "\n".join(each.strip() for each in (*first, *body)))


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
