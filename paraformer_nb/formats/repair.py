"""Spans of time without overlaps and without length zero, for formats that have neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

SHORTEST = 0.01
"""Seconds that a span of no length gets."""


class Repaired(NamedTuple):
    """The new times of the span `number`. `is_widened`: it had no length; else it overlapped."""

    number: int
    start: float
    end: float
    is_widened: bool


def repair(spans: Sequence[tuple[float, float, str | None]]) -> Iterator[Repaired]:
    """Yield the spans (start, end, speaker) whose times must change, so that those of one speaker do not overlap and
    none is shorter than 10 ms.

    A span that reaches into the next one is trimmed. One without length gets 10 ms of the pause behind it, else of the
    pause before it, else of the longer neighbour. Takes linear time.
    """
    groups: dict[str | None, list[int]] = {}
    for index in sorted(range(len(spans)), key=lambda index: spans[index][0]):
        groups.setdefault(spans[index][2], []).append(index)
    for indices in groups.values():
        times = [[spans[index][0], spans[index][1]] for index in indices]
        _trim(times)
        _widen(times)
        _push(times)
        for index, (start, end) in zip(indices, times, strict=True):
            old_start, old_end, _ = spans[index]
            if (start, end) != (old_start, old_end):
                yield Repaired(index, start, end, old_end - old_start < SHORTEST)


def _trim(times: list[list[float]]) -> None:
    for before, after in pairwise(times):
        before[1] = min(before[1], after[0])


def _widen(times: list[list[float]]) -> None:
    for number, span in enumerate(times):
        if span[1] - span[0] >= SHORTEST:
            continue
        before = times[number - 1] if number else [0.0, 0.0]
        after = times[number + 1] if number + 1 < len(times) else [float("inf"), float("inf")]
        if after[0] - span[0] >= SHORTEST:
            span[1] = span[0] + SHORTEST
        elif span[1] - before[1] >= SHORTEST:
            span[0] = span[1] - SHORTEST
        elif number and before[1] - before[0] >= max(2 * SHORTEST, after[1] - after[0]):
            before[1] = span[1] - SHORTEST
            span[0] = before[1]


def _push(times: list[list[float]]) -> None:
    """Move what still overlaps behind the span before."""
    last = 0.0
    for span in times:
        span[0] = max(span[0], last)
        if span[1] - span[0] < SHORTEST - 1e-9:
            span[1] = span[0] + SHORTEST
        last = span[1]
