"""WebVTT: subtitles for web pages, also with the time of each word, and with voices."""

from __future__ import annotations

import html
import re
from typing import Any

from ..text import sanitise
from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Reading
from .cue_files import RULE_OPTIONS, check_level, clock, parse_clock, plan, read_blocks, span, speaker_of, timed_words
from .cues import Cue
from .document import Document

_HEAD = re.compile(r"\A\ufeff?WEBVTT[^\n]*\n(?:[^\n]+\n)*")
_COMMENT = re.compile(r"(?<=\n\n)(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\n(?:[^\n]+\n)*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
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
    words: list[ImportedWord] = []
    for number, block in enumerate(blocks, start=1):
        voice = _VOICE.search(block.text)
        speaker = html.unescape(voice[1]).strip() or None if voice else None
        if _TIMES.search(block.text) or "<c>" in block.text:
            words += _timed(block.text, block.start, block.end, number, speaker)
        else:
            plain = html.unescape(_TAG.sub("", block.text))
            words += share(split_text(plain), block.start, block.end, sentence=number, speaker=speaker)
    return Reading(words, "WebVTT", problems=tuple(problems))


def _blanked(text: str) -> str:
    """The text with empty lines where its head and comments are, so that lines keep their numbers."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    return _COMMENT.sub(blank, _HEAD.sub(blank, f"{text}\n"))


def _timed(text: str, start: float, end: float, number: int, speaker: str | None) -> list[ImportedWord]:
    """The words between the times within a cue; several words between two of them share their time."""
    parts = _TIMES.split(text)
    times = [start, *map(parse_clock, parts[1::2]), end]
    words: list[ImportedWord] = []
    for part, begin, stop in zip(parts[::2], times, times[1:], strict=False):
        each = [html.unescape(_TAG.sub("", word)) for word in _words(part)]
        if len(each) == 1:
            words.append(ImportedWord(each[0], begin, max(begin, stop), number, speaker=speaker))
        else:
            words += share(each, begin, max(begin, stop), sentence=number, speaker=speaker)
    return words


def _words(part: str) -> list[str]:
    """The words of a part of a cue: its ``<c>`` elements where it has some."""
    elements = [each.strip() for each in re.findall(r"<c(?:\.[^>]*)?>(.*?)</c>", part, re.DOTALL) if each.strip()]
    return elements or split_text(_TAG.sub("", part))


FORMAT = Format("vtt", (".vtt",), "subtitles for web pages (WebVTT)", ("level", *RULE_OPTIONS), _render, _read)
