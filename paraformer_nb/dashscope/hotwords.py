"""Hotwords: the rules for their texts, weights and numbers, inline and in stored lists.

Source: the vendor's "Improve recognition accuracy" page.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_LISTS = 10
"""Stored lists of one account, for all models together."""

SUPER_WEIGHT = 50
MAX_SUPER = 50
_WEIGHTS = range(1, 6)
_MAX_CHARACTERS = 15  # of a text with characters beyond ASCII
_MAX_PARTS = 7  # of an ASCII text, split at spaces


def find_hotword_problem(words: Mapping[str, int], *, limit: int, has_super: bool) -> str | None:
    """Return what is wrong with hotwords and their weights for a model, or None. `limit`: of their number."""
    if not words:
        return "give at least one word"
    if len(words) > limit:
        return f"{len(words)} words, and at most {limit} are allowed here"
    for text, weight in words.items():
        if problem := _text_problem(text):
            return f"{text!r}: {problem}"
        is_super = weight == SUPER_WEIGHT and not isinstance(weight, bool)
        if isinstance(weight, bool) or not isinstance(weight, int) or not (weight in _WEIGHTS or is_super):
            return f"{text!r} has the weight {weight!r}: give 1 to 5" + (" or 50" if has_super else "")
        if is_super and not has_super:
            return f"{text!r} has the weight 50, which this model does not have: give 1 to 5"
    count = sum(weight == SUPER_WEIGHT for weight in words.values())
    return f"{count} words have the weight 50, and at most {MAX_SUPER} may" if count > MAX_SUPER else None


def _text_problem(text: str) -> str | None:
    if not text.strip() or not text.isprintable():
        return "a hotword is a word or phrase, without line breaks"
    if text.isascii():
        parts = len(text.split())
        return f"{parts} parts between spaces, and at most {_MAX_PARTS} are allowed" if parts > _MAX_PARTS else None
    if len(text) > _MAX_CHARACTERS:
        return f"{len(text)} characters, and at most {_MAX_CHARACTERS} are allowed"
    return None
