"""A text that is changed step by step, and of each of its characters where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Replacement(NamedTuple):
    """The characters from `start` to before `end` become `text`."""

    start: int
    end: int
    text: str


class TracedText(NamedTuple):
    """A text; `origins` has for each of its characters the index in the text that was given first."""

    text: str
    origins: list[int]

    @classmethod
    def of(cls, text: str) -> TracedText:
        """A text that was not changed yet."""
        return cls(text, list(range(len(text))))

    def replace(self, replacements: Iterable[Replacement]) -> TracedText:
        """Make replacements, which are in order and do not overlap."""
        texts: list[str] = []
        origins: list[int] = []
        done = 0
        for start, end, text in replacements:
            texts += self.text[done:start], text
            origins += self.origins[done:start]
            last = max(end - start - 1, 0)
            origins += (self.origins[min(start + min(i, last), len(self.origins) - 1)] for i in range(len(text)))
            done = end
        if not done:
            return self
        return TracedText("".join([*texts, self.text[done:]]), origins + self.origins[done:])
