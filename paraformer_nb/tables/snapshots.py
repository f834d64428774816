"""What a words table was made of: the run may go on while a person edits the table."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence

_MAX_SNAPSHOTS = 256  # with partials that a run remembers: a loop may read the words again and again


class SentenceVersions(NamedTuple):
    """A sentence as recognised and as corrected when a table was read, and as corrected now."""

    recognised: Sentence
    corrected: Sentence
    current: Sentence


class Snapshot(NamedTuple):
    """How much of a transcript a words table was made of.

    Attributes:
        finals: how many sentences were final.
        partials: the others, as recognised and as corrected then.
        corrections: how many there had been.
    """

    finals: int
    partials: Sequence[tuple[Sentence, Sentence]] = ()
    corrections: int = 0

    @classmethod
    def of(cls, transcript: Transcript) -> Snapshot:
        """The snapshot of now. Hold the run's lock."""
        partials = tuple((sentence, transcript.corrected(sentence)) for sentence in transcript.partials)
        return cls(len(transcript.finals), partials, len(transcript.corrected_ids))

    def equals(self, other: Snapshot) -> bool:
        """Whether the words are the same in both."""
        mine, theirs = ([id(each) for pair in one.partials for each in pair] for one in (self, other))
        return (self.finals, self.corrections, mine) == (other.finals, other.corrections, theirs)

    def ids(self, transcript: Transcript) -> set[int]:
        """The ids of its sentences."""
        return {each.id for each in (*transcript.finals[: self.finals], *(pair[0] for pair in self.partials))}

    def replaced(self, transcript: Transcript) -> set[int]:
        """The ids of its partials that were recognised again since."""
        now = {id(sentence) for sentence in (*transcript.finals[self.finals :], *transcript.partials)}
        return {sentence.id for sentence, _ in self.partials if id(sentence) not in now}

    def versions(self, transcript: Transcript, ids: Iterable[int]) -> dict[int, SentenceVersions]:
        """Sentences by id: those that were recognised again since as they were then, all others as they are now."""
        wanted = set(ids)
        recognised = {sentence.id: sentence for sentence in transcript.recognised if sentence.id in wanted}
        current = {number: transcript.corrected(sentence) for number, sentence in recognised.items()}
        versions = {
            number: SentenceVersions(recognised[number], current[number], current[number]) for number in recognised
        }
        for then, corrected in self.partials:
            if then.id in wanted and recognised.get(then.id) is not then:
                versions[then.id] = SentenceVersions(then, corrected, current.get(then.id, corrected))
        return versions


class Snapshots:
    """The snapshots of a run, by the text that a table carries in ``attrs["snapshot"]``.

    The text names the run and how many sentences were final, so that a table may be applied to the run when it was
    loaded again. Tables of the same words have the same text; only partials, which are remembered here, add a number.
    """

    def __init__(self, transcript: Transcript) -> None:
        run = transcript.run
        self._run = hashlib.sha256(f"{run.started} {run.t} {run.clip.name}".encode()).hexdigest()[:8]
        self._session = secrets.token_hex(3)
        self._last = 0
        self._with_partials: dict[str, Snapshot] = {}

    def name(self, snapshot: Snapshot, *, is_ended: bool) -> str:
        """The text for a table. Remembers the partials, and forgets the oldest."""
        name = f"{self._run}-{snapshot.finals}"
        if not snapshot.partials:
            return name
        if is_ended:
            return f"{name}-end"
        newest = self._with_partials.get(f"{name}-{self._session}{self._last}")
        self._last += newest is None or not newest.equals(snapshot)
        name = f"{name}-{self._session}{self._last}"
        self._with_partials[name] = snapshot
        if len(self._with_partials) > _MAX_SNAPSHOTS:
            del self._with_partials[next(iter(self._with_partials))]
        return name

    def find(self, table: Any, now: Snapshot) -> Snapshot | None:
        """The snapshot that a table was made of; None where it does not say. `now`: the run's own."""
        name = getattr(table, "attrs", {}).get("snapshot")
        found = re.match(rf"{self._run}-(\d+)(-end$)?", name) if isinstance(name, str) else None
        if found is None:
            return None
        finals = int(found[1])
        if found[2] and finals == now.finals:
            return now
        return self._with_partials.get(found.string) or Snapshot(finals)
