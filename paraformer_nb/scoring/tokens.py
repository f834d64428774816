"""Split a normalised text into units: characters, words, or both for mixed texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, groupby
from typing import Any, Literal, NamedTuple

from ..errors import ParameterError
from ..text import is_cjk

Unit = Literal["auto", "character", "word", "mixed"]
Tokenise = Callable[[str], Iterable[str]]

RATE_NAMES = {"character": "CER", "word": "WER", "mixed": "MER", "custom": "token error rate"}
_SHARE_OF_A_MIXTURE = 0.1  # of the letters, for each of the two kinds
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer


class Token(NamedTuple):
    """A unit of a text, and its first and last index there; -1 where it is not in the text."""

    text: str
    start: int
    end: int


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


def split(text: str, unit: str, tokenise: Tokenise | None = None) -> list[Token]:
    """The tokens of a text, in order.

    `unit`: "character" (without spaces), "word" (by spaces, and where Chinese and other scripts meet), or "mixed" (each
    character of Chinese and Japanese, words elsewhere). `tokenise` splits by a rule of its own.

    Example:
        >>> [token.text for token in split("我用python 3.14写", "mixed")]
        ['我', '用', 'python', '3.14', '写']
    """
    if tokenise is not None:
        return list(_located(text, tokenise(text)))
    if unit == "character":
        return [Token(each, index, index + 1) for index, each in enumerate(text) if not each.isspace()]
    words = text.split()
    if text.isascii() and " ".join(words) == text:  # as most normalised texts: without a match for each word
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        return [Token(word, start, start + len(word)) for word, start in zip(words, starts, strict=False)]
    tokens: list[Token] = []
    for found in re.finditer(r"\S+", text):
        tokens += [Token(found[0], *found.span())] if found[0].isascii() else _parts(*found.span(), text, unit)
    return tokens


def _parts(start: int, end: int, text: str, unit: str) -> Iterator[Token]:
    for cjk, group in groupby(range(start, end), lambda index: is_cjk(text[index])):
        indices = list(group)
        if cjk and unit == "mixed":
            yield from (Token(text[index], index, index + 1) for index in indices)
        else:
            yield Token(text[indices[0] : indices[-1] + 1], indices[0], indices[-1] + 1)


def _located(text: str, tokens: Iterable[Any]) -> Iterator[Token]:
    position = 0
    for token in tokens:
        if not isinstance(token, str):
            raise ParameterError(f"tokenise returned {token!r}, not a text: it is to return a list of texts.")
        index = text.find(token, position)
        if index < 0:
            yield Token(token, -1, -1)
        else:
            position = index + len(token)
            yield Token(token, index, position)
