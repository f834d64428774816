"""Split a normalised text into units: characters, words, or both for mixed texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import ParameterError
from ..text import is_cjk

if TYPE_CHECKING:
    from ..tables.frame import Array

Unit = Literal["auto", "character", "word", "mixed"]
Tokenise = Callable[[str], Iterable[str]]

RATE_NAMES = {"character": "CER", "word": "WER", "mixed": "MER", "custom": "token error rate"}
_SHARE_OF_A_MIXTURE = 0.1  # of the letters, for each of the two kinds
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer


class Tokens(NamedTuple):
    """The units of a text, and where each starts and ends in it; -1 where it is not in the text."""

    texts: list[str]
    starts: list[int] | Array
    ends: list[int] | Array

    @classmethod
    def at(cls, text: str, spans: Iterable[tuple[int, int]]) -> Tokens:
        """The parts of a text in these spans."""
        each = list(spans)
        return cls([text[start:end] for start, end in each], [start for start, _ in each], [end for _, end in each])


def choose_unit(reference: str, hypothesis: str) -> str:
    """The unit that fits a reference, or where it has no letters the hypothesis.

    Example:
        >>> choose_unit("今天天气好", ""), choose_unit("good morning", ""), choose_unit("我用 Python 写", "")
        ('character', 'word', 'mixed')
    """
    if reference.isascii() and not reference.isspace():
        return "word" if hypothesis.isascii() or re.search("[a-zA-Z]", reference) else choose_unit(hypothesis, "")
    letters = [each for each in reference if each.isalpha()] or [each for each in hypothesis if each.isalpha()]
    if not letters:
        return "word"
    cjk = sum(map(is_cjk, letters)) / len(letters)
    unspaced = sum(_UNSPACED.match(each) is not None for each in letters) / len(letters)
    if cjk >= _SHARE_OF_A_MIXTURE and 1 - cjk - unspaced >= _SHARE_OF_A_MIXTURE:
        return "mixed"
    return "character" if cjk + unspaced > 0.5 else "word"


def split(text: str, unit: str, tokenise: Tokenise | None = None) -> Tokens:
    """The tokens of a text, in order.

    `unit`: "character" (without spaces), "word" (by spaces, and where Chinese and other scripts meet), or "mixed" (each
    character of Chinese and Japanese, words elsewhere). `tokenise` splits by a rule of its own.

    Example:
        >>> split("我用python 3.14写", "mixed").texts
        ['我', '用', 'python', '3.14', '写']
    """
    if tokenise is not None:
        return _located(text, tokenise(text))
    if unit == "character":
        return Tokens.at(text, ((index, index + 1) for index, each in enumerate(text) if not each.isspace()))
    import numpy as np

    words = text.split()
    if text.isascii() and " ".join(words) == text:  # as most normalised texts: without a match for each word
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        ends = np.cumsum(sizes + 1) - 1
        return Tokens(words, ends - sizes, ends)
    return Tokens.at(text, _spans(text, unit))


def _spans(text: str, unit: str) -> Iterator[tuple[int, int]]:
    for found in re.finditer(r"\S+", text):
        if found[0].isascii():
            yield found.span()
        else:
            yield from _parts(*found.span(), text, unit)


def _parts(start: int, end: int, text: str, unit: str) -> Iterator[tuple[int, int]]:
    for cjk, group in groupby(range(start, end), lambda index: is_cjk(text[index])):
        indices = list(group)
        if cjk and unit == "mixed":
            yield from ((index, index + 1) for index in indices)
        else:
            yield indices[0], indices[-1] + 1


def _located(text: str, tokens: Iterable[Any]) -> Tokens:
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for token in tokens:
        if not isinstance(token, str):
            raise ParameterError(f"tokenise returned {token!r}, not a text: it is to return a list of texts.")
        index = text.find(token, position)
        if index >= 0:
            position = index + len(token)
        texts.append(token)
        spans.append((index, position) if index >= 0 else (-1, -1))
    return Tokens(texts, [start for start, _ in spans], [end for _, end in spans])
