"""A model's tokens to words, and words to a line of text.

Tokens are Chinese characters, whole words, and pieces of words in one of two spellings: ``hel@@ lo`` (a piece that goes
on) or ``▁hel lo`` (a piece that begins a word, SentencePiece's way). Which of the two a vocabulary has is seen from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .recogniser import Token

_SPECIAL = {"<blank>", "<s>", "</s>", "<unk>"}  # they stand for no sound, or for one that has no text
_CHINESE = re.compile(r"[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")  # kana, too


class Word(NamedTuple):
    """A word, and the tokens that it is made of."""

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
        """The product of its tokens' probabilities: Paraformer chooses each without regard to the choice of the others,
        so that is how likely it is that all of them are right."""
        return math.prod(token.confidence for token in self.tokens)


class Vocabulary:
    """A model's tokens, as what they mean for words."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = symbols
        self._marks_beginnings = any(symbol.startswith("▁") for symbol in symbols)

    def is_text(self, number: int) -> bool:
        """Whether a token stands for something that is written; number 0, the blank, never does."""
        return number != 0 and self._symbols[number] not in _SPECIAL

    def words(self, tokens: Iterable[Token]) -> list[Word]:
        """Tokens joined to words."""
        words: list[Word] = []
        goes_on = False  # whether the word before is not at its end
        for token in tokens:
            symbol = self._symbols[token.number]
            text = symbol.removeprefix("▁").removesuffix("@@")
            is_chinese = bool(_CHINESE.match(text))
            if words and goes_on and not is_chinese and not symbol.startswith("▁"):
                words[-1] = Word(words[-1].text + text, (*words[-1].tokens, token))
            else:
                words.append(Word(text, (token,)))
            goes_on = symbol.endswith("@@") or (self._marks_beginnings and not is_chinese)
        return [word for word in words if word.text]


def line(words: Sequence[Word]) -> str:
    """Words as people write them: a blank between two, except between Chinese characters."""
    text = ""
    for word in words:
        is_chinese = _CHINESE.match(word.text) and text and _CHINESE.match(text[-1])
        text += word.text if is_chinese or not text else f" {word.text}"
    return text
