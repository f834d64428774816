"""WebVTT: subtitles for web pages, also with the time of each word, and with voices."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from ..text import sanitise
from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Reading
from .cue_files import (
    RULE_OPTIONS,
    Block,
    check_level,
    clock,
    parse_clock,
    plan,
    read_blocks,
    span,
    speaker_of,
    timed_words,
)
from .cues import Cue
from .document import Document

_HEAD = re.compile(r"\A\ufeff?WEBVTT[^\n]*\n(?:[^\n]+\n)*")
_COMMENT = re.compile(r"(?<=\n\n)(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\n(?:[^\n]+\n)*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>|</v>")
_ELEMENT = re.compile(r"<c>(.*?)</c>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_TIMES = re.compile(r"<((?:\d+:)?\d\d:\d\d\.\d{3})>")


def _render(document: Document, *, level: str = "cue", **rules: Any) -> bytes:
    """Cues by the rules. `level`: "word" adds the time of each word, as karaoke."""
    check_level(level)
    head = ", ".join(filter(None, (document.clip.name if document.clip else "", document.service)))
    blocks = ["WEBVTT\n", f"NOTE {_plain(head)}\n"] if head else ["WEBVTT\n"]
    for cue in plan(document, **rules):
        speaker = speaker_of(document, cue)
        voice = f"<v {_escaped(sanitise(speaker))}>" if speaker else ""
        text = _karaoke(document, cue) if level == "word" else _escaped(cue.text)
        blocks.append(f"{span(cue, '.')}\n{voice}{text}\n")
    return "\n".join(blocks).encode()


def _karaoke(document: Document, cue: Cue) -> str:
    """A time stands before each word that does not start with the cue, and after one that a pause follows."""
    text, last = "", round(cue.start, 3)
    end_of_cue = round(cue.end, 3)
    for word in timed_words(document, cue):
        start, end = round(word.start, 3), round(word.end, 3)
        text += word.before
        if last < start < end_of_cue:
            text += f"<{clock(start, '.')}>"
            last = start
        text += f"<c>{_escaped(word.text)}</c>"
        if last < end < end_of_cue:
            text += f"<{clock(end, '.')}>"
            last = end
    return text


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _plain(text: str) -> str:
    return sanitise(text).replace("-->", "→")


def _read(text: str) -> Reading:
    blocks, problems = read_blocks(_blanked(text))
    words = [word for number, block in enumerate(blocks, start=1) for word in _words_of_cue(block, number)]
    return Reading(words, "WebVTT", problems=tuple(problems))


def _blanked(text: str) -> str:
    """The text with empty lines where its head and comments are, so that lines keep their numbers."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    return _COMMENT.sub(blank, _HEAD.sub(blank, f"{text}\n"))


def _words_of_cue(block: Block, number: int) -> Iterator[ImportedWord]:
    """The words of a cue, each of the voice that it stands behind. Several words between two times share theirs."""
    is_timed = bool(_TIMES.search(block.text)) or "<c>" in block.text
    speaker: str | None = None
    for start, end, part in _parts(block):
        texts: list[str] = []
        speakers: list[str | None] = []
        for index, piece in enumerate(_VOICE.split(part)):
            if index % 2:
                speaker = html.unescape(piece).strip() or None if piece else None
                continue
            own = _words(piece)
            texts += own
            speakers += [speaker] * len(own)
        own_time = is_timed and len(texts) == 1
        for word, who in zip(share(texts, start, end, sentence=number), speakers, strict=True):
            yield word._replace(speaker=who, is_timed=own_time)


def _parts(block: Block) -> Iterator[tuple[float, float, str]]:
    """The parts of a cue between the times in it, with the start and end of each. A time that goes back or leaves the
    cue is none."""
    start, (text, *rest) = block.start, _TIMES.split(block.text)
    for time, part in zip(map(parse_clock, rest[::2]), rest[1::2], strict=True):
        if start <= time <= block.end:
            yield start, time, text
            start, text = time, part
        else:
            text += part
    yield start, block.end, text


def _words(part: str) -> list[str]:
    """The words of a part of a cue. What is within ``<c>`` is one word."""
    words: list[str] = []
    for index, piece in enumerate(_ELEMENT.split(part)):
        plain = html.unescape(_TAG.sub("", piece))
        words += [plain.strip()] if index % 2 else split_text(plain)
    return list(filter(None, words))


FORMAT = Format("vtt", (".vtt",), "subtitles for web pages (WebVTT)", ("level", *RULE_OPTIONS), _render, _read)
