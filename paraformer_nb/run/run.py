"""A run, as its person sees it. `runs` begins it, loads it, or goes on with it.

It joins the background (where the clip is streamed), the journal (which keeps what crossed, folds it and has it shown),
and what people read, hear and correct.
"""

from __future__ import annotations

import asyncio
import os
import time
import warnings
import weakref
from collections.abc import Generator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..client.session import Session
from ..errors import AudioError, JournalError, told_error
from ..journal.files import is_being_written
from ..journal.records import ClipSource, Journal, ServiceSource
from ..playback.playable import PlayableClip
from ..tables.edited import Snapshot, Snapshots, corrections_of
from ..transcript.corrections import Correction
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Usage
from .live import LiveTranscript
from .notebook import Display, further_interrupts, in_kernel
from .supervisor import Background

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ..widgets.timeline import Timeline

_HEARTBEAT = 0.2  # seconds: an interrupt is noticed this soon, on every kernel


class Run:
    """A run: live, ended or loaded. Attributes may be read at any time; they say what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service answered.
        recording: the `Recording` on disk.
    """

    clip: ClipSource
    service: ServiceSource
    recording: Journal

    def __init__(self, journal: LiveTranscript, source: Any, session: Session | None = None) -> None:
        """`source`: the clip as it was given, to be heard again; None: the file that the recording knows. `session`:
        what hears it now; None: nobody does any more."""
        first = journal.transcript.run
        assert first is not None
        self.clip, self.service = first.clip, first.service
        self._journal = journal
        self._source = first.clip.path if source is None else source
        self._listening: PlayableClip | None = None
        self.recording, self._transcript, self._lock = journal.recording, journal.transcript, journal.lock
        self._readings = Snapshots()
        self._display: Display | None = None
        self._is_warned = False
        self._told = None if session else _told(journal.transcript, journal.recording)
        with suppress(AudioError):  # told when somebody wants to hear it
            self._listen()
        self._background = Background(session, journal) if session else None

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def state(self) -> str:
        """connecting, streaming, finishing, reconnecting; then finished, stopped or failed."""
        return self._transcript.state

    @property
    def error(self) -> BaseException | None:
        """What ended the run early, or None."""
        return self._told if self._background is None else self._background.error

    @property
    def text(self) -> str:
        """All text so far, as it was corrected, in one line."""
        with self._lock:
            return self._transcript.text

    @property
    def words(self) -> pd.DataFrame:
        """One row a word, as it was corrected, sorted by start, with a RangeIndex. Never raises.

        Columns: ``sentence_id`` int64, ``text``, ``punctuation`` and ``speaker`` string, ``start`` and ``end`` float64
        seconds of the clip, ``confidence`` float64 (NaN where unknown), ``is_final`` bool. ``attrs`` has ``clip``,
        ``service``, ``model``, and ``reading``: an int that tells `correct` when the table was read.
        """
        from ..tables.tables import words_table

        with self._lock:
            sentences = self._transcript.sentences
            reading = self._readings.add(Snapshot(self._transcript))
        frame = words_table(sentences, self._transcript.run, self._transcript.engine)
        frame.attrs["reading"] = reading
        return frame

    @property
    def words_raw(self) -> pd.DataFrame:
        """The words as they were heard, whatever was corrected; columns are those of `words`."""
        from ..tables.tables import words_table

        with self._lock:
            sentences = self._transcript.heard
        return words_table(sentences, self._transcript.run, self._transcript.engine)

    @property
    def sentences(self) -> pd.DataFrame:
        """One row a sentence: ``sentence_id``, ``text``, ``start``, ``end``, ``is_final``, ``words`` (their count)."""
        from ..tables.tables import sentences_table

        with self._lock:
            sentences = self._transcript.sentences
        return sentences_table(sentences, self._transcript.run, self._transcript.engine)

    @property
    def events(self) -> pd.DataFrame:
        """One row for each thing that happened, from the recording: ``t``, ``event``, ``task``, ``text``, ``body``."""
        from ..tables.tables import events_table

        return events_table(self._journal.records())

    @property
    def gaps(self) -> pd.DataFrame:
        """Parts of the clip that were never heard, one a row: ``start`` and ``end`` float64 seconds, ``reason``."""
        from ..tables.tables import gaps_table

        return gaps_table(self._transcript.gaps)

    @property
    def usage(self) -> Usage:
        """What was sent, heard and billed so far, in seconds of audio."""
        return self._transcript.usage

    def __repr__(self) -> str:
        with self._lock:
            words = sum(len(sentence.words) for sentence in self._transcript.sentences)
        return f"Run({self.clip.name!r}: {self.state}, {words} words)"

    # ----------------------------------------------------------------------------------------------------- correcting

    def correct(self, frame: pd.DataFrame) -> int:
        """Take over an edited copy of `words`: rows that were changed, deleted or added. Returns how many sentences are
        corrected by it, each in one step of `undo`.

        Needed are the columns ``sentence_id``, ``text``, ``start`` and ``end``; ``punctuation`` counts where it is
        there, others do not. Times are compared to the millisecond. What is still being heard may go on meanwhile: a
        correction stays, whatever comes later, and what was heard after the table was read is not deleted. When that
        was, ``attrs["reading"]`` tells, which copies and slices keep. A table without it (from a CSV, put together
        from several, read long ago) is compared with what is there now; the sentences behind its last one stay.

        Raises ParameterError, and changes nothing, where a row cannot be meant.
        """
        with self._lock:
            reading = self._readings.of(frame) or Snapshot(self._transcript, is_known=False)
            sentences = reading.sentences(self._transcript)
        edited = [self._journal.edit(change) for change in corrections_of(frame, sentences, is_whole=reading.is_whole)]
        _warn(next((each.problem for each in edited if each.problem), None))
        return len(edited)

    def edit(self, change: Correction) -> bool:
        """Make one correction, on any thread; `words`, views and the recording have it at once.

        Returns False where it changes nothing. Raises ParameterError where it cannot be meant: an unknown sentence,
        times that are not finite or not 0 <= start <= end, a text that is empty, too long or has line breaks. A
        recording that cannot be written costs a warning, once; the correction is kept in memory then.
        """
        edited = self._journal.edit(change)
        _warn(edited.problem)
        return edited.is_change

    def undo(self) -> bool:
        """Take the last correction back. Returns False where there is none."""
        edited = self._journal.edit(Correction("undo"))
        _warn(edited.problem)
        return edited.is_change

    def redo(self) -> bool:
        """Make the correction again that was taken back last. Returns False where there is none, or one came since."""
        edited = self._journal.edit(Correction("redo"))
        _warn(edited.problem)
        return edited.is_change

    # --------------------------------------------------------------------------------------------- waiting and ending

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, and return it. An interrupt stops it and keeps its words; a second cancels.

        Raises what ended the run early, and TimeoutError when `timeout` seconds have passed (the run goes on).
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        interrupts = 0
        while self._background is not None and not self._background.future.done():
            left = _HEARTBEAT if deadline is None else min(_HEARTBEAT, deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"the run has not ended after {timeout} s; it goes on.")
            try:
                self._background.future.result(left)
            except TimeoutError:
                continue
            except KeyboardInterrupt:
                interrupts += 1
                self._interrupt(interrupts)
        return self._result()

    def __await__(self) -> Generator[Any, None, Run]:
        return self._wait().__await__()

    async def _wait(self) -> Run:
        if self._background is None:
            return self._result()
        interrupts = 0
        ended = asyncio.wrap_future(self._background.future)
        with ExitStack() as listening:
            while not ended.done():
                # A heartbeat, because an interrupt reaches a waiting cell only when its loop wakes up.
                try:
                    await asyncio.wait({ended}, timeout=_HEARTBEAT)
                except (asyncio.CancelledError, KeyboardInterrupt):
                    interrupts += 1
                    self._interrupt(interrupts)
                    if not in_kernel():
                        raise
                    listening.enter_context(further_interrupts.told_to(self.cancel))
        return self._result()

    def _interrupt(self, count: int) -> None:
        if count == 1:
            self.stop()
        else:
            self.cancel()

    def _result(self) -> Run:
        if self._display is not None:
            self._display.settle()
        if self._journal.problem is not None and not self._is_warned:
            self._is_warned = True
            warnings.warn(self._journal.problem, stacklevel=2)
        if self.error is not None:
            raise self.error
        return self

    def stop(self) -> None:
        """Send no more audio; the words of what was sent still come. Returns at once."""
        if self._background is not None:
            self._background.stop()

    def cancel(self) -> None:
        """End the run now; words heard so far stay. Returns at once."""
        if self._background is not None:
            self._background.cancel()

    # ----------------------------------------------------------------------------------------------- views and files

    def timeline(self) -> Timeline:
        """The interactive timeline, as a widget: look at the words, play, select and correct them.

        It plays a clip that was given as a path, bytes or an array, or that has a name on disk.
        """
        from ..widgets.timeline import Timeline

        stop = None if self._background is None else self.stop
        view = Timeline(self._transcript, stop=stop, edit=self._edit_in_view, open_audio=self._listen)
        self._journal.show_in(view)
        return view

    def _edit_in_view(self, change: Correction) -> str | None:
        """For a view, which says what its person must be told: on the background loop a warning would be lost."""
        return self._journal.edit(change).problem

    def _listen(self) -> PlayableClip:
        """The clip's sound, for all views. Raises AudioError where there is none."""
        if self._listening is None:
            if self._source is None:
                raise AudioError("the recording keeps no sound, and its clip was no file: there is nothing to play.")
            end = self._transcript.end
            self._listening = PlayableClip(self._source, sha256=end.sha256 if end else None)
            weakref.finalize(self, self._listening.close)
        return self._listening

    def plot(self, start: float | None = None, end: float | None = None) -> Figure:
        """The waveform over time with the words at their spans, as a matplotlib Figure. `start`, `end`: seconds."""
        from ..plots.plot import plot

        return plot(self._transcript, start=start, end=end)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the recording to `path`. Raises JournalError where it cannot be written or stands there already."""
        self._journal.copy_to(Path(path))

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        audio: Literal["inside", "beside"] | None = "inside",
        title: str | None = None,
    ) -> Path:
        """The timeline as one HTML file that needs no kernel and no network: it plays, seeks, searches, lights words.

        `audio` puts the sound inside it (about 18 MB an hour), beside it as a WebM file of the same name, or nowhere.
        Returns the path. A file that stands there is replaced once the new one is whole.

        Raises AudioError where the clip cannot be heard any more (audio=None leaves the sound out), ParameterError for
        another `audio`, JournalError where the file cannot be written.
        """
        from ..formats.html import write_html

        return write_html(self._transcript, Path(path).expanduser(), audio, self._listen, title or self.clip.name)

    def _display_(self) -> Timeline:
        """What marimo shows as a cell's value."""
        return self.timeline()

    def _ipython_display_(self) -> None:
        self._display = self._display or Display(self.timeline(), lambda: self.state in ENDED)
        self._display.show()


def _told(transcript: Transcript, recording: Journal) -> BaseException | None:
    """What ended a loaded run early. A recording without an end was cut short, or is not at its end yet."""
    if transcript.end is None:
        transcript.state = "failed"
        if is_being_written(recording.path):
            return JournalError(
                f"a run is still writing this recording: here is what it held by then, {transcript.sent:.1f} s of the "
                "clip. Load it again later."
            )
        return JournalError(
            f"the recording was cut short at {transcript.sent:.1f} s of the clip; what was heard by then is here. "
            "pnb.resume goes on from there."
        )
    return told_error(transcript.end.error) if transcript.end.error else None


def _warn(problem: str | None) -> None:
    """Warn whoever called the caller, if there is a problem."""
    if problem is not None:
        warnings.warn(problem, stacklevel=3)
