"""Readers on other threads: whatever step the fold or the reader is at, each sentence is there exactly once.

A trace function stands in for the other thread. It runs before every instruction of this package, so every interleaving
of one fold with one reading is tested, and none by chance.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from records import fold, result

from paraformer_nb.transcript.transcript import Transcript

PARTIAL, FINAL = result("two three", 1000, None, 2), result("two three", 1000, 1900, 2)


def at_every_step(work: Callable[[], Any], step: Callable[[], None]) -> Any:
    """Do `work`, and call `step` before each of its instructions in this package. Returns the result of `work`."""

    def trace(frame: FrameType, kind: str, argument: Any) -> Any:
        if not frame.f_globals.get("__name__", "").startswith("paraformer_nb."):
            return None
        frame.f_trace_opcodes = True
        step()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return work()
    finally:
        sys.settrace(before)


def two_sentences() -> Transcript:
    """A final and a partial."""
    return fold(result("one", 0, 900), result("two", 1000, None, 2))


def ids(transcript: Transcript) -> list[int]:
    return [sentence.id for sentence in transcript.recognised]


def test_a_reader_without_a_lock_never_misses_a_sentence() -> None:
    transcript = two_sentences()
    seen: list[list[int]] = []
    for record in (PARTIAL, FINAL):
        at_every_step(lambda record=record: transcript.apply(record), lambda: seen.append(ids(transcript)))
    assert transcript.finals[-1].text == "two three"
    assert len(seen) > 100
    assert all(each == [1, 2] for each in seen)


def test_a_sentence_that_becomes_final_while_it_is_read_is_there_once() -> None:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    still = two_sentences()
    at_every_step(lambda: still.recognised, count)
    assert steps > 20
    was_final = []
    for moment in range(1, steps + 1):
        transcript, number = two_sentences(), 0

        def apply_at_moment(transcript: Transcript = transcript, moment: int = moment) -> None:
            nonlocal number
            number += 1
            if number == moment:
                transcript.apply(FINAL)

        sentences = at_every_step(lambda transcript=transcript: transcript.recognised, apply_at_moment)
        assert transcript.partials == []
        assert [sentence.id for sentence in sentences] == [1, 2]
        was_final.append(sentences[1].is_final)
    assert was_final == sorted(was_final, reverse=True), "final if it was so before the finals were read"
    assert set(was_final) == {True, False}
