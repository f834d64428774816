"""Floor 5: a run's journal: a record is kept on disk, folded into the transcript and shown in the views, in one place.

The background loop brings what crosses the wire, any thread what a person corrects.
"""

from __future__ import annotations

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

from ._loop import get_loop
from .errors import ParameterError, RecordingError
from .recording import Edit, Known, Recording, Writer, append_to, create, is_of
from .transcript import Change, Transcript
from .transcript.edits import looks, replaced

if TYPE_CHECKING:
    from .widgets.timeline import Timeline

logger = logging.getLogger("paraformer_nb")

SAVE_DIR_VARIABLE = "PARAFORMER_NB_SAVE_DIR"

_BUFFER = 256 * 1024  # bytes of records that may wait for a settled word to be written with


class Edited(NamedTuple):
    """What became of a correction: whether it changed something, and what a person must be told of it, if anything."""

    is_change: bool
    problem: str | None = None


class Journal:
    """The records of one run, on their way.

    Attributes:
        recording, transcript: where they are kept, and what they say.
        lock: held to write a record and fold it, on whatever thread. To read one attribute of the transcript takes no
            lock; hold it where several must be of one moment.
        is_kept: whether the recording stays when the run goes.
    """

    def __init__(
        self, recording: Recording, transcript: Transcript, now: Callable[[], float], file: BinaryIO | None = None
    ) -> None:
        self.recording = recording
        self.transcript = transcript
        self.lock = threading.Lock()
        self.is_kept = True
        self._now = now
        self._file = file
        self._writer = None if file is None else Writer(file)
        self._unsaved: list[Edit] = []  # from the first correction that could not be written on
        self._views: weakref.WeakSet[Timeline] = weakref.WeakSet()
        self._has_views = False  # asking the set costs more than folding a record

    @classmethod
    def begin(cls, save: str | os.PathLike[str] | None, clip: str, now: Callable[[], float]) -> Journal:
        """A new one: written where `save` says, in the recordings' folder, or to a temporary file that goes with it."""
        folder = os.environ.get(SAVE_DIR_VARIABLE)
        if save is None and not folder:
            handle, name = tempfile.mkstemp(prefix="paraformer_nb-", suffix=".jsonl")
            journal = cls(Recording(Path(name)), Transcript(), now, os.fdopen(handle, "wb", _BUFFER))
            journal.is_kept = False
            weakref.finalize(journal, Path(name).unlink, missing_ok=True)
            return journal
        if save is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            save = Path(folder or "") / f"{stamp}-{Path(clip).stem}.jsonl"
        path = Path(save).resolve()
        return cls(Recording(path), Transcript(), now, create(path, _BUFFER))

    # ----------------------------------------------------------------------------------------- from the background

    def take(self, record: Known) -> None:
        """Keep a record, fold it, show it. Raises RecordingError where it cannot be written. Background loop only."""
        with self.lock:
            self._write(record)
            self.transcript.apply(record)
        self._refresh()

    def take_unwritten(self, record: Known) -> None:
        """Fold and show a record that could not be written. Background loop only."""
        with self.lock:
            self.transcript.apply(record)
        self._refresh()

    def _write(self, record: Known) -> None:
        assert self._writer is not None
        try:
            self._writer.append(record)
        except OSError as error:
            raise RecordingError(
                f"the recording {self.recording.path.name!r} cannot be written ({error.strerror}); the run was ended. "
                "What was heard by then is kept: see run.words."
            ) from error

    def close(self) -> None:
        """The run has ended. Corrections may still come, and are appended to what the file's buffer held."""
        with self.lock:
            file, self._file, self._writer = self._file, None, None
            if file is not None:
                with suppress(OSError):  # a full disk: told by `take`
                    file.close()

    # ------------------------------------------------------------------------------------------------ from a person

    def edit(self, change: Change) -> Edited:
        """Keep a correction, make it, show it; on any thread. Keeps nothing if it changes nothing.

        Raises ParameterError where it cannot be meant. That the file cannot be written is a `problem` for the caller to
        tell, once; the correction is made all the same.
        """
        change = Change.of(change)
        failure = None
        with self.lock:
            if not self._is_possible(change):
                return Edited(False)
            record = Edit(round(self._now(), 6), change.plain)
            if self._unsaved:  # an undo without what it undoes would undo something else
                self._unsaved.append(record)
            else:
                failure = self._keep(record)
            self.transcript.apply(record)
        if self._has_views:
            get_loop().call_soon_threadsafe(self._refresh)
        return Edited(True, None if failure is None else self._in_memory_only(failure))

    def _is_possible(self, change: Change) -> bool:
        if change.action == "undo":
            return self.transcript.can_undo
        if change.action == "redo":
            return self.transcript.can_redo
        if not self.transcript.knows(change.sentence):
            raise ParameterError(f"the run has no sentence {change.sentence}. Nothing was changed.")
        heard = (sentence for sentence in self.transcript.heard if sentence.id == change.sentence)
        before = next((self.transcript.corrected(sentence).words for sentence in heard), change.old)
        return [looks(word) for word in before] != [looks(word) for word in replaced(before, change)]

    def _keep(self, record: Edit) -> OSError | RecordingError | None:
        try:
            if self._writer is not None:
                self._writer.append(record)
            elif self.transcript.run is not None:
                append_to(self.recording.path, self.transcript.run, record)
        except (OSError, RecordingError) as error:
            self._unsaved.append(record)
            return error
        return None

    def _in_memory_only(self, failure: OSError | RecordingError) -> str:
        why = failure.strerror if isinstance(failure, OSError) else "another file stands there now"
        try:
            with self._opened():
                advice = "run.save(...) in another place, or with run.words.to_csv(...)"
        except RecordingError:  # there is nothing to copy
            advice = "run.words.to_csv(...)"
        return (
            f"the recording {self.recording.path.name!r} cannot be written ({why}): this correction and those to come "
            f"are kept in memory only. Keep them with {advice}."
        )

    # -------------------------------------------------------------------------------------------------------- reading

    def flush(self) -> None:
        """Have on disk what is known by now, as far as the disk takes it (`take` tells where it does not)."""
        with self.lock, suppress(OSError):
            if self._writer is not None:
                self._writer.flush()

    def copy_to(self, path: Path) -> None:
        """Copy the recording, and what could not be written to it; whole, or not at all.

        Raises RecordingError where the recording is gone, or `path` cannot be written or stands there already.
        """
        self.flush()
        with self._opened() as source, ExitStack() as failing:
            create(path, 0).close()  # nobody else may take the name meanwhile
            failing.callback(path.unlink, missing_ok=True)
            try:
                with tempfile.TemporaryDirectory(prefix=".", suffix=".draft", dir=path.parent) as folder:
                    draft = Path(folder) / "draft.jsonl"
                    self._write_copy(source, draft)
                    draft.replace(path)
            except OSError as error:
                raise RecordingError(
                    f"the recording cannot be copied to {str(path)!r}: {error.strerror}. Nothing was left there; "
                    "choose another place."
                ) from error
            failing.pop_all()

    def _write_copy(self, source: BinaryIO, draft: Path) -> None:
        with draft.open("xb") as target:
            shutil.copyfileobj(source, target)
        with self.lock:
            unsaved, run = list(self._unsaved), self.transcript.run
        if unsaved and run is not None:
            # The first of them may have come to lie on the disk after all.
            there = {record.t for record in Recording(draft) if isinstance(record, Edit)}
            for record in unsaved:
                if record.t not in there:
                    append_to(draft, run, record)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The recording's file, to be read. Raises RecordingError where it is gone, or another one by now."""
        path = self.recording.path
        advice = "Nothing was copied. Keep the words with run.words.to_csv(...)."
        try:
            file = path.open("rb")
        except OSError as error:
            raise RecordingError(f"the recording {str(path)!r} cannot be read: {error.strerror}. {advice}") from error
        with file:
            if not self._is_own(file):
                raise RecordingError(f"what stands at {str(path)!r} is not this run's recording any more. {advice}")
            yield file

    def _is_own(self, file: BinaryIO) -> bool:
        run = self.transcript.run
        try:
            return run is not None and is_of(file, run)
        except (OSError, RecordingError):
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
