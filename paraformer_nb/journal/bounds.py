"""Bounds that need more than one value of a record, or lie in a correction's object; `records.py` has the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .records import MAX_SECONDS, Corrected, Record, RegionsSet, RunStarted

_MAX_RATE = 768_000  # Hz; as of a clip


def out_of_bounds(record: Record) -> str:
    """Why a record that was decoded cannot be one of a run, or ``""``. Times in a service's events are checked where
    they are used."""
    check = _CHECKS.get(type(record))
    return check(record) if check else ""


def any_out_of_bounds(records: Sequence[Record]) -> bool:
    """Whether any record of a block is `out_of_bounds`; most blocks have none of a kind that is checked."""
    return not _CHECKS.keys().isdisjoint(map(type, records)) and any(map(out_of_bounds, records))


def _regions_problem(record: RegionsSet) -> str:
    is_valid = all(each.start <= each.end for each in record.regions)
    return "" if is_valid else "a region is not a span of the clip"


def _correction_problem(record: Corrected) -> str:
    is_valid = all(_is_bounded(value) for value in _values(record.correction))
    return "" if is_valid else "a word's time is not one of the clip"


def _run_problem(run: RunStarted) -> str:
    if not 0 < run.sample_rate <= _MAX_RATE:
        return f"sample_rate={run.sample_rate} is not one of audio"
    if run.end is not None and run.end < run.start:
        return f"end={run.end:g} lies before start={run.start:g}"
    return ""


def _is_bounded(value: Any) -> bool:
    if isinstance(value, int) and value.bit_length() > 1023:
        return True  # not a float, so the correction is ignored as one of a later version
    return not isinstance(value, (int, float)) or -MAX_SECONDS <= value <= MAX_SECONDS


def _values(correction: Any) -> Iterator[Any]:
    """The values in the words of a correction, and of the parts of one."""
    if not isinstance(correction, dict):
        return
    parts = correction.get("parts")
    for part in (correction, *(parts if isinstance(parts, list) else ())):
        for name in ("old", "new"):
            words = part.get(name) if isinstance(part, dict) else None
            for word in words if isinstance(words, list) else ():
                if isinstance(word, dict):
                    yield from word.values()


_CHECKS: dict[type, Callable[[Any], str]] = {
    RunStarted: _run_problem,
    RegionsSet: _regions_problem,
    Corrected: _correction_problem,
}
