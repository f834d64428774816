"""What a words table was made of: the run may go on while a person edits the table."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Sentence

_MAX_SNAPSHOTS = 256  # that a run remembers: a sentence or two each, and a loop may read the words again and again


class SentenceVersions(NamedTuple):
    """A sentence as recognised and as corrected when a table was read, and as corrected now."""

    recognised: Sentence
    corrected: Sentence
    current: Sentence


class Snapshot:
    """The transcript when a words table was read.

    Attributes:
        is_whole: whether the run had ended, so that what the table lacks was deleted from it.
    """

    def __init__(self, transcript: Transcript, *, is_known: bool = True) -> None:
        """`is_known`: False where the table does not say when it was read."""
        self.is_whole = is_known and transcript.state in ENDED
        self._partials = {sentence.id: (sentence, transcript.corrected(sentence)) for sentence in transcript.partials}

    def sentences(self, transcript: Transcript) -> dict[int, SentenceVersions]:
        """Sentences by id: those that were recognised again since as they were then, all others as they are now."""
        recognised = {sentence.id: sentence for sentence in transcript.recognised}
        current = {number: transcript.corrected(sentence) for number, sentence in recognised.items()}
        versions = {
            number: SentenceVersions(recognised[number], current[number], current[number]) for number in recognised
        }
        for number, (then, corrected) in self._partials.items():
            if recognised.get(number) is not then:
                versions[number] = SentenceVersions(then, corrected, current.get(number, corrected))
        return versions


class Snapshots:
    """The last snapshots of a run, each under a number that its table carries in ``attrs["snapshot"]``.

    The numbers are unique among all runs: tables are written to files, and applied to other runs.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Snapshot] = {}

    def add(self, snapshot: Snapshot) -> int:
        """Remember a snapshot, and forget the oldest. Returns its number."""
        number = secrets.randbits(52)  # an integer that JSON keeps exactly
        self._by_number[number] = snapshot
        if len(self._by_number) > _MAX_SNAPSHOTS:
            del self._by_number[next(iter(self._by_number))]
        return number

    def find(self, table: Any) -> Snapshot | None:
        """The snapshot that a table was made of; None where it does not say, or it is forgotten."""
        number = getattr(table, "attrs", {}).get("snapshot")
        return self._by_number.get(number) if isinstance(number, int) else None
