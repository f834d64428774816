"""Estimate when words were said, where their audio cannot be aligned."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[float, float]
"""Begin and end, in seconds."""


def estimate(words: Sequence[str], speech: Sequence[Span]) -> list[Span]:
    """Spread words over the spans in which someone speaks, by the lengths of their spelling.

    Example:
        >>> estimate(["one", "two"], [(0.0, 1.0), (2.0, 3.0)])
        [(0.0, 1.0), (2.0, 3.0)]
    """
    total = sum(end - begin for begin, end in speech)
    letters = sum(len(word) + 1 for word in words)
    spans = []
    spoken = 0.0
    for word in words:
        begin = _position(spoken, speech, is_end=False)
        spoken += total * (len(word) + 1) / letters
        spans.append((begin, _position(spoken, speech, is_end=True)))
    return spans


def _position(spoken: float, speech: Sequence[Span], *, is_end: bool) -> float:
    """Where so many seconds of speech have passed; between two spans, the end of the first or the begin of the next."""
    for begin, end in speech:
        length = end - begin
        if spoken < length - 1e-9 or (is_end and spoken <= length + 1e-9):
            return begin + min(spoken, length)
        spoken -= length
    return speech[-1][1]
