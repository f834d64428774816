"""A saved run to correct, "good mourning all" and "by", and corrections of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers import result

from paraformer_nb.journal.records import Received, RunEnded
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Word

MOURNING = Word("mourning", 0.1, 0.2)
MORNING = Word("morning", 0.1, 0.2)
CORRECTION = Correction("replace", 1, (MOURNING,), (MORNING,))


def result_record(*texts: str, number: int = 1, final: bool = True, **more: Any) -> Received:
    """A result with words of 100 ms each; sentence 1 begins at 0 s, sentence 2 at 1 s and so on."""
    return Received.of(1.0, "t", result("t", *texts, number=number, final=final, **more).encode())


RECORDS = result_record("good", "mourning", "all"), result_record("by", number=2), RunEnded(9.0, "finished")


def replace(sentence: int, old: list[Word], new: list[Word]) -> Correction:
    """A correction of a sentence."""
    return Correction("replace", sentence, tuple(old), tuple(new))


def count_corrections(path: Path) -> int:
    """How many corrections a journal holds."""
    return path.read_bytes().count(b'"kind":"corrected"')
