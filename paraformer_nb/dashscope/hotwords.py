"""Hotwords: the rules for their texts, weights and numbers, inline and in stored lists.

Source: the vendor's "Improve recognition accuracy" and "Vocabulary HTTP API" pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MAX_LISTS = 10
"""Stored lists of one account, for all models together."""

SUPER_WEIGHT = 50
MAX_SUPER = 50
DEFAULT_WEIGHT = 4
_WEIGHTS = range(1, 6)
_MAX_CHARACTERS = 15  # of a text with characters beyond ASCII
_MAX_PARTS = 7  # of an ASCII text, split at spaces
_PREFIX = re.compile(r"[0-9a-z]{1,9}")


class Hotword(NamedTuple):
    """A word to favour. `weight`: 1 to 5, 4 to begin with; `lang`: the code of its language, None for any."""

    text: str
    weight: int = DEFAULT_WEIGHT
    lang: str | None = None

    @property
    def entry(self) -> dict[str, Any]:
        """The word as an entry of a stored list."""
        return {"text": self.text, "weight": self.weight} | ({"lang": self.lang} if self.lang else {})


def find_prefix_problem(prefix: Any) -> str | None:
    """Return what is wrong with the prefix of a stored list's id, or None."""
    if isinstance(prefix, str) and _PREFIX.fullmatch(prefix):
        return None
    return f"prefix={prefix!r}: give 1 to 9 digits and lower-case letters"


def hotwords_of(words: Mapping[str, int] | Iterable[Any]) -> list[Hotword]:
    """Read hotwords: a mapping of words to weights, or a sequence of texts, `Hotword`s or entries of a stored list.

    Raises ValueError for what is none of these.
    """
    if isinstance(words, Mapping):
        return [Hotword(text, weight) for text, weight in words.items()]
    if isinstance(words, (str, bytes)):
        raise ValueError("give a list of words, not one text")
    if not isinstance(words, Iterable):
        raise ValueError(f"give words with weights, such as {{'word': 4}}, or a list of words, not {words!r}")
    return [_hotword(word) for word in words]


def _hotword(word: Any) -> Hotword:
    if isinstance(word, Hotword):
        return word
    if isinstance(word, str):
        return Hotword(word)
    if isinstance(word, Mapping) and "text" in word:
        return Hotword(word["text"], word.get("weight", DEFAULT_WEIGHT), word.get("lang"))
    raise ValueError(f"{word!r} is not a hotword: give a text, or a dictionary with text, weight and lang")


def find_hotword_problem(
    words: Sequence[Hotword], *, limit: int, has_super: bool, languages: Sequence[str] = ()
) -> str | None:
    """Return what is wrong with hotwords for a model, or None.

    Args:
        limit: of their number.
        has_super: whether a weight may be 50.
        languages: those that the model has; empty: any.
    """
    if not words:
        return "give at least one word"
    if len(words) > limit:
        return f"{len(words)} words, and at most {limit} are allowed here"
    seen: set[str] = set()
    for word in words:
        if problem := _text_problem(word.text) or _weight_problem(word, has_super=has_super):
            return problem
        if word.text in seen:
            return f"{word.text!r} is there twice"
        seen.add(word.text)
        if word.lang is not None and languages and word.lang not in languages:
            return f"{word.text!r} has the language {word.lang!r}: this model has {', '.join(languages)}"
    count = sum(word.weight == SUPER_WEIGHT for word in words)
    return f"{count} words have the weight 50, and at most {MAX_SUPER} may" if count > MAX_SUPER else None


def _text_problem(text: Any) -> str | None:
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        return f"{text!r}: a hotword is a word or phrase, without line breaks"
    parts = len(text.split())
    if text.isascii() and parts > _MAX_PARTS:
        return f"{text!r}: {parts} parts between spaces, and at most {_MAX_PARTS} are allowed"
    if not text.isascii() and len(text) > _MAX_CHARACTERS:
        return f"{text!r}: {len(text)} characters, and at most {_MAX_CHARACTERS} are allowed"
    return None


def _weight_problem(word: Hotword, *, has_super: bool) -> str | None:
    is_number = isinstance(word.weight, int) and not isinstance(word.weight, bool)
    if is_number and (word.weight in _WEIGHTS or (has_super and word.weight == SUPER_WEIGHT)):
        return None
    more = " or 50" if has_super else ", as this model does not have 50" if word.weight == SUPER_WEIGHT else ""
    return f"{word.text!r} has the weight {word.weight!r}: give 1 to 5{more}"
