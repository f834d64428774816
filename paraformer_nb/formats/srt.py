"""SubRip subtitles."""

from __future__ import annotations

import re
from typing import Any

from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Reading
from .cue_files import RULE_OPTIONS, plan, read_blocks, span
from .document import Document

_REPLACED = {"-->": "→", "<": "＜", "{": "｛"}
_MARKUP = re.compile(r"</?(?:[biu]|s|font)(?:\s[^>]*)?>|\{\\[^}]*\}", re.IGNORECASE)


def _render(document: Document, **rules: Any) -> bytes:
    """Cues by the rules. The format has no escapes, so ``<``, ``{`` and ``-->`` are replaced."""
    blocks = []
    for number, cue in enumerate(plan(document, **rules), start=1):
        text = cue.text
        if "<" in text or "{" in text or "-->" in text:
            text = _replaced(document, document.rows[cue.lines[0][0].row].number, text)
        blocks.append(f"{number}\n{span(cue, ',')}\n{text}\n")
    return "\n".join(blocks).encode()


def _replaced(document: Document, row: int, text: str) -> str:
    for sign, other in _REPLACED.items():
        for _ in range(text.count(sign)):
            document.changes.add(row, text, "character", "replaced", sign, other)
        text = text.replace(sign, other)
    return text


def _read(text: str) -> Reading:
    blocks, problems = read_blocks(text)
    words: list[ImportedWord] = []
    for number, block in enumerate(blocks, start=1):
        plain = _MARKUP.sub("", block.text)
        words += share(split_text(plain), block.start, block.end, sentence=number)
    return Reading(words, "SRT", problems=tuple(problems))


FORMAT = Format("srt", (".srt",), "subtitles (SubRip)", RULE_OPTIONS, _render, _read)
