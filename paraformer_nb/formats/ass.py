"""Advanced SubStation Alpha: subtitles with the time of each word, as karaoke."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ReadError
from ..text import sanitise
from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Package, Reading
from .cue_files import RULE_OPTIONS, check_level, plan, speaker_of, timed_words
from .cues import Cue
from .document import Document

_REPLACED = str.maketrans({"{": "｛", "}": "｝", "\\": "＼"})
_PYSUBS2 = Package("pysubs2", "pysubs2", "export", "the format .ass")
_BREAK = "\\N"
_PARTS = re.compile(r"\{([^}]*)\}")
_KARAOKE = re.compile(r"\\[kK][fo]?(\d+)")
_ESCAPES = re.compile(r"\\[Nn]")


def _render(document: Document, *, level: str = "word", **rules: Any) -> bytes:
    """Cues by the rules. `level`: "word" adds the time of each word, as karaoke; "cue" does not. Braces and backslashes
    are replaced, because players do not agree on escapes."""
    check_level(level)
    pysubs2 = _PYSUBS2.load()
    file = pysubs2.SSAFile()
    if document.clip is not None:
        file.info["Title"] = sanitise(document.clip.name)
    for cue in plan(document, **rules):
        start, end = round(cue.start * 100), max(round(cue.end * 100), round(cue.start * 100) + 1)
        text = _karaoke(document, cue, start) if level == "word" else _safe(document, cue, cue.text)
        name = sanitise(speaker_of(document, cue) or "").replace(",", ";")
        file.append(pysubs2.SSAEvent(start * 10, end * 10, text.replace("\n", _BREAK), name=name))
    return str(file.to_string("ass")).encode()


def _karaoke(document: Document, cue: Cue, start: int) -> str:
    """``{\\kf52}word``, in hundredths of a second counted from the cue's start, so that roundings do not add up."""
    text, last = "", start
    for word in timed_words(document, cue):
        begin, end = (max(last, round(time * 100)) for time in (word.start, word.end))
        pause = f"{{\\k{begin - last}}}" if begin > last else ""
        text += f"{word.before}{pause}{{\\kf{end - begin}}}{_safe(document, cue, word.text)}"
        last = end
    return text


def _safe(document: Document, cue: Cue, text: str) -> str:
    safe = text.translate(_REPLACED)
    if safe != text:
        row = document.rows[cue.lines[0][0].row]
        for before, after in zip(text, safe, strict=True):
            if before != after:
                document.changes.add(row.number, text, "character", "replaced", before, after)
    return safe


def _read(text: str) -> Reading:
    pysubs2 = _PYSUBS2.load()
    try:
        file = pysubs2.SSAFile.from_string(text, format_="ass" if "[V4+ Styles]" in text else None)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError) as error:
        raise ReadError(f"these subtitles cannot be read: {error}") from error
    words: list[ImportedWord] = []
    events = [event for event in file if event.type == "Dialogue" and not event.is_drawing]
    for number, event in enumerate(events, start=1):
        start, end, speaker = event.start / 1000, max(event.start, event.end) / 1000, event.name.strip() or None
        if _KARAOKE.search(event.text):
            words += _timed(event.text, start, number, speaker)
        else:
            plain = _ESCAPES.sub("\n", _PARTS.sub("", event.text)).replace("\\h", " ")
            words += share(split_text(plain), start, end, sentence=number, speaker=speaker)
    return Reading(words, "ASS", problems=())


def _timed(text: str, start: float, number: int, speaker: str | None) -> list[ImportedWord]:
    words: list[ImportedWord] = []
    position = round(start * 100)
    parts = _PARTS.split(text)
    length = 0
    for tags, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        stamps = [int(each) for each in _KARAOKE.findall(tags)]
        if stamps:
            position += length + sum(stamps[:-1])
            length = stamps[-1]
        plain = _ESCAPES.sub("\n", part).replace("\\h", " ").strip()
        if plain:
            words.append(ImportedWord(plain, position / 100, (position + length) / 100, number, speaker=speaker))
    return words


FORMAT = Format(
    "ass", (".ass", ".ssa"), "subtitles with karaoke (ASS)", ("level", *RULE_OPTIONS), _render, _read, package=_PYSUBS2
)
