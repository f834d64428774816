"""A run's journal: a record is kept on disk, folded into the transcript and shown in the views, in one place.

The background loop brings what crosses the wire, any thread what a person corrects.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..errors import JournalError, ParameterError
from ..journal.files import append_to, claim, create, is_of, open_to_append
from ..journal.records import Corrected, Journal, KnownRecord, Record, RunStarted, Writer, read
from ..loop import get_loop
from ..transcript.corrections import Correction, appearance, replace_words
from ..transcript.transcript import ENDED, Transcript

if TYPE_CHECKING:
    from ..widgets.timeline import Timeline

logger = logging.getLogger("paraformer_nb")

SAVE_DIR_VARIABLE = "PARAFORMER_NB_SAVE_DIR"

_BUFFER = 256 * 1024  # bytes of records that may wait for a settled word to be written with
_MOST_WAITING = 2000  # ... and how many: where nothing is said, no word is settled


def _remove(path: Path, owner: int) -> None:
    """Remove a temporary recording, unless this is a process that was forked from its own."""
    if os.getpid() == owner:
        path.unlink(missing_ok=True)


class Edited(NamedTuple):
    """What became of a correction: whether it changed something, and what a person must be told of it, if anything."""

    is_change: bool
    problem: str | None = None


class LiveTranscript:
    """The records of one run, on their way.

    Attributes:
        recording, transcript: where they are kept, and what they say.
        lock: held to write a record and fold it, on whatever thread. To read one attribute of the transcript takes no
            lock; hold it where several must be of one moment.
        is_kept: whether the recording stays when the run goes.
        problem: why the run's records are kept in memory only, or None; for its person to be told.
    """

    def __init__(
        self, recording: Journal, transcript: Transcript, now: Callable[[], float], file: BinaryIO | None = None
    ) -> None:
        self.recording = recording
        self.transcript = transcript
        self.lock = threading.Lock()
        self.is_kept = True
        self._now = now
        self._file = file
        self._writer = None if file is None else Writer(file)
        self.problem: str | None = None
        self._unsaved: list[Record] = []  # what is not known to be on disk: all that comes last
        self._is_in_memory = False  # nothing is written any more
        self._views: weakref.WeakSet[Timeline] = weakref.WeakSet()
        self._has_views = False  # asking the set costs more than folding a record

    @classmethod
    def begin(cls, save: str | os.PathLike[str] | None, clip: str, now: Callable[[], float]) -> LiveTranscript:
        """A new one: written where `save` says, in the recordings' folder, or to a temporary file that goes with it."""
        folder = os.environ.get(SAVE_DIR_VARIABLE)
        if save is None and not folder:
            return cls._temporary(now)
        if save is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            save = Path(folder or "") / f"{stamp}-{Path(clip).stem}.jsonl"
        path = Path(save).resolve()
        return cls(Journal(path), Transcript(), now, create(path, _BUFFER))

    @classmethod
    def _temporary(cls, now: Callable[[], float]) -> LiveTranscript:
        """One that goes with the run; on a disk that takes nothing, it is kept in memory."""
        try:
            handle, name = tempfile.mkstemp(prefix="paraformer_nb-", suffix=".jsonl")
        except OSError as error:
            journal = cls(Journal(Path("paraformer_nb-unwritten.jsonl")), Transcript(), now)
            journal._go_on_in_memory()
            journal._tell(error)
        else:
            file = os.fdopen(handle, "w+b", _BUFFER)
            claim(file, name)
            journal = cls(Journal(Path(name)), Transcript(), now, file)
            weakref.finalize(journal, _remove, Path(name), os.getpid())
        journal.is_kept = False
        return journal

    @classmethod
    def go_on(cls, recording: Journal, transcript: Transcript, now: Callable[[], float]) -> LiveTranscript:
        """One that goes on with a recording that nobody writes. Raises JournalError where it cannot be written."""
        assert transcript.run is not None
        file = open_to_append(recording.path, transcript.run, _BUFFER)
        return cls(recording, transcript, now, file)

    # ----------------------------------------------------------------------------------------- from the background

    def take(self, record: KnownRecord) -> None:
        """Keep a record, fold it, show it. Where the disk takes no more, it is kept in memory. Background loop only."""
        with self.lock:
            if failure := self._keep(record):
                self._tell(failure)
            self.transcript.apply(record)
        self._refresh()

    def _keep(self, record: KnownRecord) -> OSError | JournalError | None:
        """Keep a record on disk, or in memory. Returns why it is in memory only, the first time."""
        self._unsaved.append(record)
        if self._is_in_memory:
            return None
        try:
            if self._writer is None:
                assert self.transcript.run is not None
                append_to(self.recording.path, self.transcript.run, record)
                self._unsaved.clear()
            elif self._writer.append(record):
                self._check_saved()
            elif len(self._unsaved) >= _MOST_WAITING:
                self._writer.flush()
                self._check_saved()
        except (OSError, JournalError) as error:
            self._go_on_in_memory()
            return error
        return None

    def _check_saved(self) -> None:
        """All was written. Raises OSError where it is gone all the same: then it is all in memory."""
        if self._file is not None and not self.recording.path.exists():
            self._file.seek(0)
            self._unsaved = list(read(self._file))
            raise FileNotFoundError(errno.ENOENT, "it was deleted or moved")
        self._unsaved.clear()

    def _go_on_in_memory(self) -> None:
        self._is_in_memory = True
        if self._writer is not None:
            self._writer.give_up()
            self._writer = self._file = None

    def _tell(self, failure: OSError | JournalError) -> None:
        """The disk is full, say: the run goes on without it."""
        self.problem = self.transcript.warning = (
            f"the recording {self.recording.path.name!r} cannot be written ({_reason(failure)}): the run goes on, and "
            "is kept in memory only from here on. Keep it with run.save(...) in another place."
        )
        logger.warning("%s", self.problem)

    def close(self) -> None:
        """The run has ended. Corrections may still come, and are appended to what the file's buffer held."""
        with self.lock:
            file, self._file, self._writer = self._file, None, None
            if file is not None:
                with suppress(OSError):  # a full disk: told by `take`
                    file.close()

    # ------------------------------------------------------------------------------------------------ from a person

    def edit(self, change: Correction) -> Edited:
        """Keep a correction, make it, show it; on any thread. Keeps nothing if it changes nothing.

        Raises ParameterError where it cannot be meant. That the file cannot be written is a `problem` for the caller to
        tell, once; the correction is made all the same.
        """
        change = Correction.of(change)
        failure = None
        with self.lock:
            if not self._is_possible(change):
                return Edited(False)
            record = Corrected(round(self._now(), 6), change.plain)
            failure = self._keep(record)
            if failure and self.transcript.state not in ENDED:
                self._tell(failure)  # it is not this correction alone that is in memory only
            self.transcript.apply(record)
        if self._has_views:
            get_loop().call_soon_threadsafe(self._refresh)
        return Edited(True, None if failure is None else self._in_memory_only(failure))

    def _is_possible(self, change: Correction) -> bool:
        if change.action == "undo":
            return self.transcript.can_undo
        if change.action == "redo":
            return self.transcript.can_redo
        if not self.transcript.knows(change.sentence):
            raise ParameterError(f"the run has no sentence {change.sentence}. Nothing was changed.")
        heard = (sentence for sentence in self.transcript.heard if sentence.id == change.sentence)
        before = next((self.transcript.corrected(sentence).words for sentence in heard), change.old)
        return [appearance(word) for word in before] != [appearance(word) for word in replace_words(before, change)]

    def _in_memory_only(self, failure: OSError | JournalError) -> str:
        advice = "run.words.to_csv(...)"
        with suppress(JournalError), self._source(self._unsaved, ""):
            advice = f"run.save(...) in another place, or with {advice}"
        return (
            f"the recording {self.recording.path.name!r} cannot be written ({_reason(failure)}): this correction and "
            f"those to come are kept in memory only. Keep them with {advice}."
        )

    # -------------------------------------------------------------------------------------------------------- reading

    def flush(self) -> list[Record]:
        """Have on disk what is known by now. Returns what the disk does not take, which is kept in memory."""
        with self.lock:
            if self._writer is not None:
                try:
                    self._writer.flush()
                    self._check_saved()
                except OSError as error:
                    self._go_on_in_memory()
                    self._tell(error)
            return list(self._unsaved)

    def records(self) -> Iterator[Record]:
        """All records so far, from the disk and from memory. Raises JournalError where the disk has them no more."""
        unsaved = self.flush()
        with self._source(unsaved, "Nothing was read.") as source:
            yield from read(source)
        yield from unsaved

    def copy_to(self, path: Path) -> None:
        """Copy the recording, and what could not be written to it; whole, or not at all.

        Raises JournalError where the recording is gone, or `path` cannot be written or stands there already.
        """
        unsaved = self.flush()
        with self._source(unsaved, "Nothing was copied.") as source, ExitStack() as failing:
            create(path, 0).close()  # nobody else may take the name meanwhile
            failing.callback(path.unlink, missing_ok=True)
            try:
                with tempfile.TemporaryDirectory(prefix=".", suffix=".draft", dir=path.parent) as folder:
                    draft = Path(folder) / "draft.jsonl"
                    self._write_copy(source, unsaved, draft)
                    draft.replace(path)
            except OSError as error:
                raise JournalError(
                    f"the recording cannot be copied to {str(path)!r}: {error.strerror}. Nothing was left there; "
                    "choose another place."
                ) from error
            failing.pop_all()

    def _write_copy(self, source: BinaryIO, unsaved: list[Record], draft: Path) -> None:
        with draft.open("xb") as target:
            shutil.copyfileobj(source, target)
        if unsaved:
            run = self.transcript.run
            assert run is not None
            is_whole = _is_whole(unsaved)
            with draft.open("wb", _BUFFER) if is_whole else open_to_append(draft, run, _BUFFER) as target:
                writer = Writer(target)
                for record in unsaved:
                    writer.append(record)

    @contextmanager
    def _source(self, unsaved: list[Record], done: str) -> Iterator[BinaryIO]:
        """What the disk has of the recording, to be read: nothing, where all of it is in memory.

        Raises JournalError where it is gone, or another file stands there by now.
        """
        if _is_whole(unsaved):
            yield io.BytesIO()
            return
        path = self.recording.path
        advice = f"{done} Keep the words with run.words.to_csv(...)."
        try:
            file = path.open("rb")
        except OSError as error:
            raise JournalError(f"the recording {str(path)!r} cannot be read: {error.strerror}. {advice}") from error
        with file:
            if not self._is_own(file):
                raise JournalError(f"what stands at {str(path)!r} is not this run's recording any more. {advice}")
            yield file

    def _is_own(self, file: BinaryIO) -> bool:
        run = self.transcript.run
        try:
            return run is not None and is_of(file, run)
        except (OSError, JournalError):
            return False

    def show_in(self, view: Timeline) -> None:
        """Have a view refreshed from now on."""
        with self.lock:
            self._views.add(view)
            self._has_views = True

    def _refresh(self) -> None:
        if not self._has_views:
            return
        with self.lock:
            views = list(self._views)
        for view in views:
            try:
                view.refresh()
            except Exception:  # a view that cannot be told must not cost the run
                logger.exception("a view of %s could not be updated", self.recording.path.name)


def _is_whole(records: list[Record]) -> bool:
    """Whether these are all of a run's."""
    return bool(records) and isinstance(records[0], RunStarted)


def _reason(failure: OSError | JournalError) -> str:
    return str(failure.strerror) if isinstance(failure, OSError) else "another file stands there now"
