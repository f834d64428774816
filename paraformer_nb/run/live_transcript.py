"""The transcript of a run that may still go on: records from the background loop, corrections from any thread,
listeners that are notified of both."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from ..errors import JournalError, ParameterError
from ..journal.files import JournalInUse
from ..journal.records import ClipHashed, Corrected, Record, Region, RegionsSet
from ..journal.writer import JournalWriter
from ..loop import get_loop, is_background
from ..transcript.corrections import Correction, appearance, replace_words
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Word
from .fork_lock import ForkLock

logger = logging.getLogger("paraformer_nb")


_PATIENCE = 1.0  # seconds to wait for a journal that another process is writing
_RETRY = 0.01  # seconds


class Listener(Protocol):
    """Something that shows a transcript. It is held weakly: it need not unsubscribe."""

    def refresh(self) -> None:
        """The transcript has changed. Called on the background loop; must return quickly."""


class CorrectionResult(NamedTuple):
    """How many of a correction's replacements changed something (1 for an undo or redo that did), and the problem with
    storing it, if any."""

    changes: int
    problem: str | None = None


class LiveTranscript:
    """A transcript and the journal that it is written to, kept in step.

    It is the sink of a client's session.

    Attributes:
        transcript: the fold of the journal. Hold `lock` to read several of its attributes at one moment.
        lock: held while a record is written and applied, on whatever thread. Nothing of the user is called meanwhile,
            not even a handler of the log.
        warning: why the run's records are kept in memory only, or ``""``.
        version: counts the records that were applied; others than at the last reading are to be read again.
    """

    def __init__(self, transcript: Transcript, journal: JournalWriter, now: Callable[[], float]) -> None:
        self.transcript = transcript
        self.lock = ForkLock()
        self.warning = ""
        self.version = 0
        self._journal = journal
        self._now = now
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
        self._is_retrying = False
        self._has_listeners = False  # asking the set costs more than applying a record

    # --------------------------------------------------------------------------------------- from the background loop

    def append(self, record: Record) -> None:
        """Write a record, apply it, notify listeners. Where the disk is full, it is kept in memory."""
        with self.lock:
            failure = self._journal.append(record)
            self.transcript.apply(record)
            self.version += 1
        if failure:
            self.warn(failure)
        self._notify()

    async def drain(self) -> None:
        """A live transcript always has room for more."""

    def warn(self, failure: OSError | JournalError) -> None:
        """The journal cannot be written: set `warning` and log it."""
        self.warning = (
            f"the journal {self._journal.journal.path.name!r} cannot be written ({_reason(failure)}): the run goes on "
            "and is kept in memory only from here on. Save it with run.save(...) in another folder."
        )
        logger.warning("%s", self.warning)

    def close(self) -> None:
        """Close the journal at the run's end. Corrections may still follow."""
        with self.lock:
            self._journal.close()

    def open_again(self) -> None:
        """Open the journal for a run that goes on after its end. Raises JournalError if it cannot be written."""
        with self.lock:
            self._journal.open_again()

    # ------------------------------------------------------------------------------------------------- from a person

    def correct(self, correction: Correction) -> CorrectionResult:
        """Make a correction, write it, notify listeners; on any thread. One that changes nothing is not written.

        Raises ParameterError if it is invalid. Where the journal cannot be written, the correction is made all the
        same, and the result says so, once.
        """
        correction.check()
        with self.lock:
            count, changing = self._changing(correction)
            if not count:
                return CorrectionResult(0)
            failure = self._keep(Corrected(round(self._now(), 6), changing))
        return CorrectionResult(count, self._after_keeping(failure))

    def set_regions(self, regions: Sequence[Region]) -> str | None:
        """Replace the regions, write that, notify listeners; on any thread. Regions as they are are not written.

        Returns the problem with storing them, if any; they are kept in memory then.
        """
        with self.lock:
            if tuple(regions) == self.transcript.regions:
                return None
            failure = self._keep(RegionsSet(round(self._now(), 6), list(regions)))
        return self._after_keeping(failure)

    def _keep(self, record: Record) -> OSError | JournalError | None:
        """Write what a person did, and apply it. Returns why it is in memory only. Hold the lock."""
        failure = self._journal.append(record)
        self.transcript.apply(record)
        self.version += 1
        return failure

    def _after_keeping(self, failure: OSError | JournalError | None) -> str | None:
        """Notify listeners, and write it later where another process has the journal. Returns the problem, if any."""
        if failure and not isinstance(failure, JournalInUse) and self.transcript.state not in ENDED:
            self.warn(failure)  # later records are in memory only as well
        if self._has_listeners:
            get_loop().call_soon_threadsafe(self._notify)
        if isinstance(failure, JournalInUse):
            failure = self._write_later(failure)
        return None if failure is None else self._in_memory_only(failure)

    def _write_later(self, failure: OSError | JournalError) -> OSError | JournalError | None:
        """Wait a moment for a journal that another process is writing, then try again in the background.

        Returns why the correction is not written by now. The background loop itself does not wait.
        """
        deadline = time.monotonic() + (0 if is_background() else _PATIENCE)
        result: OSError | JournalError | None = failure
        while isinstance(result, JournalInUse) and time.monotonic() < deadline:
            time.sleep(_RETRY)  # a file lock gives no event
            result = self._retry()
        if isinstance(result, JournalInUse):
            get_loop().call_soon_threadsafe(self._retry_on_loop)
        return result

    def _retry(self) -> OSError | JournalError | None:
        with self.lock:
            return self._journal.flush()

    def _retry_on_loop(self) -> None:
        if self._is_retrying:
            return
        self._is_retrying = True
        self._retry_until_written()

    def _retry_until_written(self) -> None:
        failure = self._retry()
        if isinstance(failure, JournalInUse):
            get_loop().call_later(_PATIENCE, self._retry_until_written)
            return
        self._is_retrying = False
        if failure is not None:
            logger.warning("%s", self._in_memory_only(failure))

    def _changing(self, correction: Correction) -> tuple[int, Correction]:
        """The part of a correction that changes something, and how many replacements that is."""
        transcript = self.transcript
        if correction.action == "undo":
            return int(transcript.can_undo), correction
        if correction.action == "redo":
            return int(transcript.can_redo), correction
        wanted = {part.sentence for part in correction.replacements}
        if unknown := [number for number in wanted if not transcript.has_sentence(number)]:
            raise ParameterError(f"the run has no sentence {unknown[0]}. Nothing was changed.")
        present = {sentence.id: sentence for sentence in transcript.recognised if sentence.id in wanted}
        words = {number: transcript.corrected(sentence).words for number, sentence in present.items()}
        parts = tuple(part for part in correction.replacements if _is_change(words.get(part.sentence, part.old), part))
        return len(parts), parts[0] if len(parts) == 1 else Correction("batch", parts=parts)

    def _in_memory_only(self, failure: OSError | JournalError) -> str:
        name = self._journal.journal.path.name
        if isinstance(failure, JournalInUse):
            return (
                f"the journal {name!r} is being written by another run or process: this correction is kept in memory, "
                "and written as soon as that ends. To be sure, keep it with run.save(...) in another folder."
            )
        advice = "run.words.to_csv(...)"
        with suppress(JournalError), self._journal.saved(self._journal.unsaved, ""):
            advice = f"run.save(...) in another folder, or with {advice}"
        return (
            f"the journal {name!r} cannot be written ({_reason(failure)}): this correction "
            f"and later ones are kept in memory only. Keep them with {advice}."
        )

    # ------------------------------------------------------------------------------------------------------- reading

    def records(self) -> Iterator[Record]:
        """All records so far, from disk and memory. Raises JournalError if the journal no longer exists."""
        yield from self._journal.records(self._flush())

    def copy_to(self, path: Path, sha256: str | None = None) -> None:
        """Copy the journal, whole or not at all; `sha256`: the digest of its clip, which is appended to the copy.

        Raises JournalError if it cannot be read, or `path` written.
        """
        unsaved = self._flush()
        added = [] if sha256 is None else [ClipHashed(round(self._now(), 6), sha256)]
        self._journal.copy_to(path, [*unsaved, *added])

    def _flush(self) -> list[Record]:
        """Write what is buffered. Returns the records that are in memory only."""
        with self.lock:
            failure = self._journal.flush()
            unsaved = self._journal.unsaved
        if failure and not isinstance(failure, JournalInUse):
            self.warn(failure)
        return unsaved

    # ----------------------------------------------------------------------------------------------------- listeners

    def add_listener(self, listener: Listener) -> None:
        """Notify a listener of every change from now on."""
        with self.lock:
            self._listeners.add(listener)
            self._has_listeners = True

    def _notify(self) -> None:
        if not self._has_listeners:
            return
        with self.lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener.refresh()
            except Exception:  # a view that cannot be updated must not end the run
                logger.exception("a view of %s could not be updated", self._journal.journal.path.name)


def _is_change(words: Sequence[Word], correction: Correction) -> bool:
    corrected = replace_words(words, correction)
    return [appearance(word) for word in words] != [appearance(word) for word in corrected]


def _reason(failure: OSError | JournalError) -> str:
    return str(failure.strerror) if isinstance(failure, OSError) else str(failure)
