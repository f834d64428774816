"""Floor 5: a run's journal: a record is kept on disk, folded into the transcript and shown in the views, in one place.

The background loop brings what crosses the wire, any thread what a person corrects.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ._loop import get_loop
from .errors import ParameterError, RecordingError
from .recording import Edit, Known, Recording, Writer, append_to, create
from .transcript import Change, Transcript
from .transcript.edits import looks

if TYPE_CHECKING:
    from .widgets.timeline import Timeline

logger = logging.getLogger("paraformer_nb")

SAVE_DIR_VARIABLE = "PARAFORMER_NB_SAVE_DIR"

_BUFFER = 256 * 1024  # bytes of records that may wait for a settled word to be written with


class Journal:
    """The records of one run, on their way.

    Attributes:
        recording, transcript: where they are kept, and what they say.
        lock: hold it to read the transcript; the background loop needs none.
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
        """The run has ended. Corrections may still come."""
        with self.lock:
            file, self._file, self._writer = self._file, None, None
        if file is not None:
            with suppress(OSError):  # a full disk: told by `take`
                file.close()

    # ------------------------------------------------------------------------------------------------ from a person

    def edit(self, change: Change) -> bool:
        """Keep a correction, make it, show it; on any thread. Returns False, and keeps nothing, if it changes nothing.

        Raises ParameterError where it cannot be meant. A file that cannot be written costs a warning, once.
        """
        change = Change.of(change)
        failure = None
        with self.lock:
            if not self._is_possible(change):
                return False
            record = Edit(round(self._now(), 6), change.plain)
            if self._unsaved:  # an undo without what it undoes would undo something else
                self._unsaved.append(record)
            else:
                failure = self._keep(record)
            self.transcript.apply(record)
        if self._has_views:
            get_loop().call_soon_threadsafe(self._refresh)
        if failure is not None:
            warnings.warn(self._in_memory_only(failure), stacklevel=3)
        return True

    def _is_possible(self, change: Change) -> bool:
        if change.action == "undo":
            return self.transcript.can_undo
        if change.action == "redo":
            return self.transcript.can_redo
        if not self.transcript.knows(change.sentence):
            raise ParameterError(f"the run has no sentence {change.sentence}. Nothing was changed.")
        return [looks(word) for word in change.old] != [looks(word) for word in change.new]

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
        why = failure.strerror if isinstance(failure, OSError) else failure
        return (
            f"the recording {self.recording.path.name!r} cannot be written ({why}): this correction and those to come "
            "are kept in memory only. Keep them with run.save(...) in another place, or with run.words.to_csv(...)."
        )

    # -------------------------------------------------------------------------------------------------------- reading

    def flush(self) -> None:
        """Have on disk what is known by now."""
        with self.lock:
            if self._writer is not None:
                self._writer.flush()

    def copy_to(self, path: Path) -> None:
        """Copy the recording, and what could not be written to it. Raises RecordingError as `create` does."""
        self.flush()
        with self.recording.path.open("rb") as source, create(path, _BUFFER) as target:
            shutil.copyfileobj(source, target)
        with self.lock:
            unsaved, run = list(self._unsaved), self.transcript.run
        if unsaved and run is not None:
            # The first of them may have come to lie on the disk after all.
            there = {record.t for record in Recording(path) if isinstance(record, Edit)}
            for record in unsaved:
                if record.t not in there:
                    append_to(path, run, record)

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
