"""A table of words that breaks careless formats, and the words that a file holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

NASTY = pd.DataFrame(
    {
        "sentence_id": [1, 1, 1, 2, 2, 3, 3, 3],
        "text": ["Hello", "say", "a<b>&c", "-->", "{\\i1}", "今天", '"天气"', "tab\there"],
        "punctuation": [",", "", "", "", "", "", "。", "."],
        "start": [0.0, 0.5, 0.5, 1.0, 1.2, 2.0, 2.5, 3.0],
        "end": [0.5, 0.5, 1.1, 1.2, 1.5, 2.5, 2.9, 3.4],
        "confidence": [0.9, 0.25, None, None, None, None, None, None],
        "speaker": ["ann", "ann", "ann", "bo b", "bo b", None, None, None],
    }
)
"""A word of no length, an overlap, quotes, markup, an arrow, braces, a tab, a missing speaker, Chinese."""


def shown(table: pd.DataFrame) -> list[str]:
    """The words of a table with their punctuation."""
    return [text + mark for text, mark in zip(table["text"], table["punctuation"], strict=True)]


def whole(path: Path) -> str:
    """A file's text, with its line breaks as they are."""
    return path.read_bytes().decode("utf-8")
