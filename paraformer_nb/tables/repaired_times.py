"""Spans of one speaker without overlaps and without length zero, for tools and formats that refuse both."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Literal

SHORTEST = 0.01
"""Seconds that a span of no length gets."""
_EXACT = 1e-9

Repair = Literal["", "trimmed", "widened", "moved"]
Times = list[list[float]]


def repair_times(times: Times) -> list[Repair]:
    """Repair spans [start, end] of one speaker, which are sorted by start, in place. Returns what was done to each.

    A span that reaches into the next one is trimmed. One without length is widened: it gets 10 ms of the pause behind
    it, else of the pause before it, else of the longer neighbour, which is trimmed. One that finds no room is moved
    behind the span before. Takes linear time.
    """
    done: list[Repair] = [""] * len(times)
    for number, (span, after) in enumerate(pairwise(times)):
        if span[1] > after[0]:
            span[1] = after[0]
            done[number] = "trimmed"
    for number, span in enumerate(times):
        if span[1] - span[0] < SHORTEST - _EXACT:
            _widen(times, number, done)
    for number in range(1, len(times)):
        before, span = times[number - 1], times[number]
        if span[0] < before[1]:
            length = max(SHORTEST, span[1] - span[0])
            span[0] = before[1]
            span[1] = max(span[1], before[1] + length)
            done[number] = "moved"
    return done


def _widen(times: Times, number: int, done: list[Repair]) -> None:
    """Give a span of no length 10 ms."""
    span = times[number]
    before = times[number - 1] if number else [0.0, 0.0]
    after = times[number + 1] if number + 1 < len(times) else [inf, inf]
    if after[0] - span[0] >= SHORTEST:
        span[1] = span[0] + SHORTEST
    elif span[1] - before[1] >= SHORTEST:
        span[0] = span[1] - SHORTEST
    elif number and before[1] - before[0] >= max(2 * SHORTEST, after[1] - after[0]):
        before[1] = span[1] - SHORTEST
        span[0] = before[1]
        done[number - 1] = done[number - 1] or "trimmed"
    else:
        span[1] = span[0] + SHORTEST
        if after[1] - span[1] >= SHORTEST:
            after[0] = max(after[0], span[1])
            done[number + 1] = done[number + 1] or "trimmed"
    done[number] = "widened"
