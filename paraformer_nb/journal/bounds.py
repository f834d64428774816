"""Bounds of the numbers in a record: a damaged or hostile journal must not make us allocate or draw without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import asdict

from .records import Corrected, KnownRecord, Received, RunStarted

MAX_SECONDS = 1e7
"""Of a time or position in a journal: 115 days."""

_MAX_INTEGER = 2**53  # of which each is a float as well
_MAX_RATE = 768_000  # Hz; as of a clip


def out_of_bounds(record: KnownRecord) -> str:
    """Why a record cannot be one of a run, or ``""``."""
    if isinstance(record, Received):  # most records are; the times in their events are checked where they are used
        return _first_problem([("t", record.t)])
    if isinstance(record, RunStarted):
        return _first_problem([("t", record.t), ("start", record.start), ("end", record.end)]) or _run_problem(record)
    if isinstance(record, Corrected):
        return _first_problem([("t", record.t), *_numbers(record.correction)])
    return _first_problem(asdict(record).items())


def _run_problem(run: RunStarted) -> str:
    if not 0 < run.sample_rate <= _MAX_RATE:
        return f"sample_rate={run.sample_rate} is not one of audio"
    if run.end is not None and run.end < run.start:
        return f"end={run.end:g} lies before start={run.start:g}"
    return ""


def _first_problem(fields: Iterable[tuple[str, Any]]) -> str:
    for name, value in fields:
        if isinstance(value, float) and not 0 <= value <= MAX_SECONDS:
            return f"{name}={value:g} is not a time or position"
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            return f"{name} is too large a number"
    return ""


def _numbers(correction: Any) -> Iterator[tuple[str, Any]]:
    """The numbers in the words of a correction, and of the parts of one."""
    if not isinstance(correction, dict):
        return
    parts = correction.get("parts")
    for part in (correction, *(parts if isinstance(parts, list) else ())):
        for name in ("old", "new"):
            words = part.get(name) if isinstance(part, dict) else None
            for word in words if isinstance(words, list) else ():
                if isinstance(word, dict):
                    yield from word.items()
