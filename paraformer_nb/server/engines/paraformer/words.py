"""Join a model's tokens to words, and words to text.

Tokens are Chinese characters, whole words and parts of words in one of two notations: ``hel@@ lo`` (a part that is
continued) or ``▁hel lo`` (a part that begins a word, as in SentencePiece). The vocabulary shows which one is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ....text import is_cjk
from .recogniser import Token

_WIDE_MARKS = "，。？、"  # they contain their own space
_SPECIAL = {"<blank>", "<s>", "</s>", "<unk>"}  # they have no sound or no text


class TokenWord(NamedTuple):
    """A word and the tokens of which it is made."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def begin(self) -> float:
        """ms from the stream's beginning."""
        return self.tokens[0].begin

    @property
    def end(self) -> float:
        """ms from the stream's beginning."""
        return self.tokens[-1].end

    @property
    def confidence(self) -> float:
        """The product of the tokens' probabilities: Paraformer chooses the tokens independently of one another, so
        this is the probability that all of them are right."""
        return math.prod(token.confidence for token in self.tokens)


class Vocabulary:
    """A model's tokens and how they form words."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = symbols
        self._marks_beginnings = any(symbol.startswith("▁") for symbol in symbols)

    def is_text(self, number: int) -> bool:
        """Whether a token has text; number 0, the blank, never has."""
        return number != 0 and self._symbols[number] not in _SPECIAL

    def words(self, tokens: Iterable[Token]) -> list[TokenWord]:
        """Join tokens to words."""
        words: list[TokenWord] = []
        is_continued = False  # whether the last word may get more tokens
        for token in tokens:
            symbol = self._symbols[token.number]
            text = symbol.removeprefix("▁").removesuffix("@@")
            is_chinese = bool(text) and is_cjk(text[0])
            if words and is_continued and not is_chinese and not symbol.startswith("▁"):
                words[-1] = TokenWord(words[-1].text + text, (*words[-1].tokens, token))
            else:
                words.append(TokenWord(text, (token,)))
            is_continued = symbol.endswith("@@") or (self._marks_beginnings and not is_chinese)
        return [word for word in words if word.text]


def join_words(words: Sequence[TokenWord], marks: Sequence[str] | None = None) -> str:
    """Join words, with the mark after each, to text: with spaces, except beside Chinese characters and their marks.

    Not with `text.join`, which puts no space between digits and Chinese, nor before punctuation: here every token that
    is not Chinese is a word of its own.
    """
    text = ""
    for word, mark in zip(words, marks or [""] * len(words), strict=True):
        is_joined = not text or text[-1] in _WIDE_MARKS or (is_cjk(text[-1]) and is_cjk(word.text[0]))
        text += word.text + mark if is_joined else f" {word.text}{mark}"
    return text
