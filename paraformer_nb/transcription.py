"""Floor 5: a run: `transcribe` begins one, `Transcription` is it, `load` brings a recorded one back.

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
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from .audio import Listening
from .background import Background
from .cells import Display, in_kernel
from .client import Pace, Session, open_session
from .corrections import Reading, Readings, changes_of
from .errors import AudioError, RecordingError, told_error
from .journal import Journal
from .protocol.parameters import Parameters
from .recording import ClipSource, Recording, ServiceSource
from .services import Service
from .transcript import ENDED, Change, Transcript

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from .widgets.timeline import Timeline

_HEARTBEAT = 0.2  # seconds: an interrupt is noticed this soon, on every kernel


def transcribe(
    clip: Any, *, service: Service | None = None, model: str = "paraformer-realtime-v2", start: float | None = None,
    end: float | None = None, pace: Pace = "service", save: str | os.PathLike[str] | None = None,
    max_attempts: int = 5, **parameters: Unpack[Parameters],
) -> Transcription:  # fmt: skip
    """Begin to transcribe a clip, and return at once; as a cell's last line the result shows the live view.

    Args:
        clip: a path; a binary file object; the bytes of an audio file; ``(array, sample_rate)`` with int16 or float32
            of shape (n,) or (n, channels); or a live source: an async iterator of int16 mono PCM blocks (bytes or
            arrays) that has a ``sample_rate``, or ``(iterator, sample_rate)``. It runs on the toolkit's own event loop.
        service: `DashScope` or `Embedded`. None: DashScope if DASHSCOPE_API_KEY is set, else Embedded (which hears four
            clips at once and tells a fifth to wait).
        model: the service's name for it.
        start, end: the part to hear, in seconds; times in the result stay those of the whole clip.
        pace: × real time; None: as fast as the service takes it. Default: 1.0 for DashScope, None for Embedded.
        save: where to keep the recording (JSON Lines). Default: a file in PARAFORMER_NB_SAVE_DIR if that is set, else a
            temporary one that goes with the run.
        max_attempts: how often to try to connect. (A connection that is lost in mid-clip ends the run.)
        parameters: the service's own, by its names; see `Parameters`.

    Raises:
        ParameterError, AudioError: for wrong arguments and clips that cannot be read. Nothing was sent.
        RecordingError: `save` cannot be written, or stands there already.
    """
    session = open_session(clip, service, model, start, end, pace, max_attempts, parameters)
    try:
        return Transcription(session, save, clip)
    except BaseException:
        session.close()
        raise


def load(path: str | os.PathLike[str]) -> Transcription:
    """A recorded run, with the same words that it had. Raises RecordingError where the file is no recording.

    What is corrected from now on is appended to the file.
    """
    recording = Recording(Path(path).absolute())
    transcript, last = Transcript(), 0.0
    try:
        for record in recording:
            transcript.apply(record)
            last = max(last, record.t)
    except OSError as error:
        raise RecordingError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except RecordingError as error:
        raise RecordingError(f"{str(path)!r}: {error}") from error
    if transcript.run is None:
        raise RecordingError(f"{str(path)!r} is no recording: it is empty.")
    return Transcription._loaded(recording, transcript, last)


class Transcription:
    """A run: live, ended or loaded. Attributes may be read at any time; they say what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service answered.
        recording: the `Recording` on disk.
    """

    clip: ClipSource
    service: ServiceSource
    recording: Recording

    def __init__(self, session: Session, save: str | os.PathLike[str] | None, clip: Any) -> None:
        first = session.run_record()
        self.clip, self.service = first.clip, first.service
        self._join(Journal.begin(save, self.clip.name, session.now), clip)
        try:
            self._journal.take(first)
        except RecordingError:
            self._journal.close()
            self.recording.path.unlink(missing_ok=True)
            raise
        self._background: Background | None = Background(session, self._journal)

    @classmethod
    def _loaded(cls, recording: Recording, transcript: Transcript, last: float) -> Transcription:
        run = cls.__new__(cls)
        assert transcript.run is not None
        run.clip, run.service, run._background = transcript.run.clip, transcript.run.service, None
        began = time.monotonic() - last  # its clock goes on
        run._join(Journal(recording, transcript, lambda: time.monotonic() - began), run.clip.path)
        if transcript.end is None:
            transcript.state = "failed"
            run._told = RecordingError(
                f"the recording was cut short at {transcript.sent:.1f} s of the clip; what was heard by then is here."
            )
        elif transcript.end.error:
            run._told = told_error(transcript.end.error)
        return run

    def _join(self, journal: Journal, source: Any) -> None:
        self._journal = journal
        self._source = source  # the clip as it was given, to be heard again
        self._listening: Listening | None = None
        self.recording, self._transcript, self._lock = journal.recording, journal.transcript, journal.lock
        self._readings = Readings()
        self._display: Display | None = None
        self._told: BaseException | None = None  # of a loaded run
        with suppress(AudioError):  # told when somebody wants to hear it
            self._listen()

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
        from .frames import words_frame

        with self._lock:
            sentences = self._transcript.sentences
            reading = self._readings.add(Reading(self._transcript))
        frame = words_frame(sentences, self._transcript.run, self._transcript.engine)
        frame.attrs["reading"] = reading
        return frame

    @property
    def words_raw(self) -> pd.DataFrame:
        """The words as they were heard, whatever was corrected; columns are those of `words`."""
        from .frames import words_frame

        with self._lock:
            sentences = self._transcript.heard
        return words_frame(sentences, self._transcript.run, self._transcript.engine)

    @property
    def sentences(self) -> pd.DataFrame:
        """One row a sentence: ``sentence_id``, ``text``, ``start``, ``end``, ``is_final``, ``words`` (their count)."""
        from .frames import sentences_frame

        with self._lock:
            sentences = self._transcript.sentences
        return sentences_frame(sentences, self._transcript.run, self._transcript.engine)

    @property
    def events(self) -> pd.DataFrame:
        """One row for each thing that happened, from the recording: ``t``, ``event``, ``task``, ``text``, ``body``."""
        from .frames import events_frame

        self._journal.flush()
        return events_frame(self.recording)

    def __repr__(self) -> str:
        with self._lock:
            words = sum(len(sentence.words) for sentence in self._transcript.sentences)
        return f"Transcription({self.clip.name!r}: {self.state}, {words} words)"

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
            reading = self._readings.of(frame) or Reading(self._transcript, is_known=False)
            sentences = reading.sentences(self._transcript)
        edited = [self._journal.edit(change) for change in changes_of(frame, sentences, is_whole=reading.is_whole)]
        _warn(next((each.problem for each in edited if each.problem), None))
        return len(edited)

    def edit(self, change: Change) -> bool:
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
        edited = self._journal.edit(Change("undo"))
        _warn(edited.problem)
        return edited.is_change

    def redo(self) -> bool:
        """Make the correction again that was taken back last. Returns False where there is none, or one came since."""
        edited = self._journal.edit(Change("redo"))
        _warn(edited.problem)
        return edited.is_change

    # --------------------------------------------------------------------------------------------- waiting and ending

    def wait(self, timeout: float | None = None) -> Transcription:
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

    def __await__(self) -> Generator[Any, None, Transcription]:
        return self._wait().__await__()

    async def _wait(self) -> Transcription:
        if self._background is None:
            return self._result()
        interrupts = 0
        ended = asyncio.wrap_future(self._background.future)
        while not ended.done():
            # A heartbeat, because an interrupt reaches a waiting cell only when its loop wakes up.
            try:
                await asyncio.wait({ended}, timeout=_HEARTBEAT)
            except (asyncio.CancelledError, KeyboardInterrupt):
                interrupts += 1
                self._interrupt(interrupts)
                if not in_kernel():
                    raise
        return self._result()

    def _interrupt(self, count: int) -> None:
        if count == 1:
            self.stop()
        else:
            self.cancel()

    def _result(self) -> Transcription:
        if self._display is not None:
            self._display.settle()
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
        from .widgets.timeline import Timeline

        stop = None if self._background is None else self.stop
        view = Timeline(self._transcript, stop=stop, edit=self._edit_in_view, open_audio=self._listen)
        self._journal.show_in(view)
        return view

    def _edit_in_view(self, change: Change) -> str | None:
        """For a view, which says what its person must be told: on the background loop a warning would be lost."""
        return self._journal.edit(change).problem

    def _listen(self) -> Listening:
        """The clip's sound, for all views. Raises AudioError where there is none."""
        if self._listening is None:
            if self._source is None:
                raise AudioError("the recording keeps no sound, and its clip was no file: there is nothing to play.")
            end = self._transcript.end
            self._listening = Listening(self._source, sha256=end.sha256 if end else None)
            weakref.finalize(self, self._listening.close)
        return self._listening

    def plot(self, start: float | None = None, end: float | None = None) -> Figure:
        """The waveform over time with the words at their spans, as a matplotlib Figure. `start`, `end`: seconds."""
        from .plots import plot

        return plot(self._transcript, start=start, end=end)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the recording to `path`. Raises RecordingError where it cannot be written or stands there already."""
        self._journal.copy_to(Path(path))

    def to_html(
        self, path: str | os.PathLike[str], *, audio: Literal["inside", "beside"] | None = "inside",
        title: str | None = None,
    ) -> Path:  # fmt: skip
        """The timeline as one HTML file that needs no kernel and no network: it plays, seeks, searches, lights words.

        `audio` puts the sound inside it (about 18 MB an hour), beside it as a WebM file of the same name, or nowhere.
        Returns the path. A file that stands there is replaced once the new one is whole.

        Raises AudioError where the clip cannot be heard any more (audio=None leaves the sound out), ParameterError for
        another `audio`, RecordingError where the file cannot be written.
        """
        from .export.html import write_html

        return write_html(self._transcript, Path(path).expanduser(), audio, self._listen, title or self.clip.name)

    def _display_(self) -> Timeline:
        """What marimo shows as a cell's value."""
        return self.timeline()

    def _ipython_display_(self) -> None:
        self._display = self._display or Display(self.timeline(), lambda: self.state in ENDED)
        self._display.show()


def _warn(problem: str | None) -> None:
    """Warn whoever called the caller, if there is a problem."""
    if problem is not None:
        warnings.warn(problem, stacklevel=3)
