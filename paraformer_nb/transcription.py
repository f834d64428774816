"""Floor 5: a run: `transcribe` begins one, `Transcription` is it, `load` brings a recorded one back.

It joins the client (which tells what crosses), the recording (which keeps it), the transcript (which folds it) and the
views (which show it).
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Unpack

from ._loop import get_loop, submit
from .cells import Display, in_kernel
from .client import Pace, Session, open_session
from .errors import RecordingError, told_error
from .protocol.parameters import Parameters
from .recording import ClipSource, End, Known, Recording, ServiceSource, Writer, create
from .services import Service
from .transcript import ENDED, Transcript

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from .widgets.timeline import Timeline

logger = logging.getLogger("paraformer_nb")

SAVE_DIR_VARIABLE = "PARAFORMER_NB_SAVE_DIR"

_HEARTBEAT = 0.2  # seconds: an interrupt is noticed this soon, on every kernel
_BUFFER = 256 * 1024  # bytes of records that may wait for a settled word to be written with


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
        return Transcription(session, save)
    except BaseException:
        session.close()
        raise


def load(path: str | os.PathLike[str]) -> Transcription:
    """A recorded run, with the same words that it had. Raises RecordingError where the file is no recording."""
    recording = Recording(Path(path))
    transcript = Transcript()
    try:
        for record in recording:
            transcript.apply(record)
    except OSError as error:
        raise RecordingError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except RecordingError as error:
        raise RecordingError(f"{str(path)!r}: {error}") from error
    if transcript.run is None:
        raise RecordingError(f"{str(path)!r} is no recording: it is empty.")
    return Transcription._loaded(recording, transcript)


class Transcription:
    """A run: live, ended or loaded. Attributes may be read at any time; they say what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service answered.
        recording: the `Recording` on disk.
    """

    clip: ClipSource
    service: ServiceSource
    recording: Recording

    def __init__(self, session: Session, save: str | os.PathLike[str] | None) -> None:
        self._transcript = Transcript()
        self._lock = threading.Lock()  # the background loop folds while other threads read
        self._views: weakref.WeakSet[Timeline] = weakref.WeakSet()
        self._has_views = False  # asking the set costs more than folding a record
        self._display: Display | None = None
        self._error: BaseException | None = None
        self._session: Session | None = session
        self._stopped = False
        self._is_cancelled = False
        self._streaming: asyncio.Task[None] | None = None
        first = session.run_record()
        self.clip, self.service = first.clip, first.service
        file = self._open_file(save)
        self._writer = Writer(file)
        session.record_to(self._take)
        try:
            self._take(first)
        except RecordingError:
            with suppress(OSError):
                file.close()
            self.recording.path.unlink(missing_ok=True)
            raise
        self._future: Future[None] | None = submit(self._run(session, file))

    @classmethod
    def _loaded(cls, recording: Recording, transcript: Transcript) -> Transcription:
        run = cls.__new__(cls)
        assert transcript.run is not None
        run.clip, run.service, run.recording = transcript.run.clip, transcript.run.service, recording
        run._transcript, run._lock, run._views, run._display = transcript, threading.Lock(), weakref.WeakSet(), None
        run._session, run._future, run._stopped, run._has_views = None, None, False, False
        if transcript.end is None:
            transcript.state = "failed"
            run._error = RecordingError(
                f"the recording was cut short at {transcript.sent:.1f} s of the clip; what was heard by then is here."
            )
        else:
            run._error = told_error(transcript.end.error) if transcript.end.error else None
        return run

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def state(self) -> str:
        """connecting, streaming, finishing, reconnecting; then finished, stopped or failed."""
        return self._transcript.state

    @property
    def error(self) -> BaseException | None:
        """What ended the run early, or None."""
        return self._error

    @property
    def text(self) -> str:
        """All text so far, in one line."""
        with self._lock:
            return self._transcript.text

    @property
    def words(self) -> pd.DataFrame:
        """One row a word, sorted by start, with a RangeIndex. Never raises.

        Columns: ``sentence_id`` int64, ``text``, ``punctuation`` and ``speaker`` string, ``start`` and ``end`` float64
        seconds of the clip, ``confidence`` float64 (NaN where unknown), ``is_final`` bool.
        """
        from .frames import words_frame

        with self._lock:
            sentences = self._transcript.sentences
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

        self._flush()
        return events_frame(self.recording)

    def __repr__(self) -> str:
        with self._lock:
            words = sum(len(sentence.words) for sentence in self._transcript.sentences)
        return f"Transcription({self.clip.name!r}: {self.state}, {words} words)"

    # --------------------------------------------------------------------------------------------- waiting and ending

    def wait(self, timeout: float | None = None) -> Transcription:
        """Wait until the run has ended, and return it. An interrupt stops it and keeps its words; a second cancels.

        Raises what ended the run early, and TimeoutError when `timeout` seconds have passed (the run goes on).
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        interrupts = 0
        while self._future is not None and not self._future.done():
            left = _HEARTBEAT if deadline is None else min(_HEARTBEAT, deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"the run has not ended after {timeout} s; it goes on.")
            try:
                self._future.result(left)
            except TimeoutError:
                continue
            except KeyboardInterrupt:
                interrupts += 1
                self._interrupt(interrupts)
        return self._result()

    def __await__(self) -> Generator[Any, None, Transcription]:
        return self._wait().__await__()

    async def _wait(self) -> Transcription:
        if self._future is None:
            return self._result()
        interrupts = 0
        ended = asyncio.wrap_future(self._future)
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
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        """Send no more audio; the words of what was sent still come. Returns at once."""
        if self._session is None or self.state in ENDED:
            return
        self._stopped = True
        if self.state in ("connecting", "reconnecting"):
            self.cancel()
        else:
            get_loop().call_soon_threadsafe(self._session.stop)

    def cancel(self) -> None:
        """End the run now; words heard so far stay. Returns at once."""
        if self._future is not None and self.state not in ENDED:
            self._stopped = True
            get_loop().call_soon_threadsafe(self._cancel)

    # --------------------------------------------------------------------------------------------------------- views

    def timeline(self) -> Timeline:
        """The interactive timeline, as a widget."""
        from .widgets.timeline import Timeline

        view = Timeline(self._transcript, stop=self.stop if self._future is not None else None)
        with self._lock:
            self._views.add(view)
            self._has_views = True
        return view

    def plot(self, start: float | None = None, end: float | None = None) -> Figure:
        """The waveform over time with the words at their spans, as a matplotlib Figure. `start`, `end`: seconds."""
        from .plots import plot

        return plot(self._transcript, start=start, end=end)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the recording to `path`. Raises RecordingError where it cannot be written or stands there already."""
        self._flush()
        with self.recording.path.open("rb") as source, create(Path(path), _BUFFER) as target:
            shutil.copyfileobj(source, target)

    def _ipython_display_(self) -> None:
        self._display = self._display or Display(self.timeline(), lambda: self.state in ENDED)
        self._display.show()

    # ------------------------------------------------------------------------------------------------ the background

    def _open_file(self, save: str | os.PathLike[str] | None) -> BinaryIO:
        """The recording's file: where `save` says, in the recordings' folder, or a temporary one that goes with us."""
        folder = os.environ.get(SAVE_DIR_VARIABLE)
        self._is_kept = save is not None or bool(folder)
        if save is None and not folder:
            handle, name = tempfile.mkstemp(prefix="paraformer_nb-", suffix=".jsonl")
            self.recording = Recording(Path(name))
            weakref.finalize(self, Path(name).unlink, missing_ok=True)
            return os.fdopen(handle, "wb", _BUFFER)
        if save is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            save = Path(folder or "") / f"{stamp}-{Path(self.clip.name).stem}.jsonl"
        self.recording = Recording(Path(save).resolve())
        return create(self.recording.path, _BUFFER)

    def _take(self, record: Known) -> None:
        """Keep a record, fold it, show it."""
        with self._lock:
            self._write(record)
            self._transcript.apply(record)
            views = list(self._views) if self._has_views else ()
        for view in views:
            try:
                view.refresh()
            except Exception:  # a view that cannot be told must not cost the run
                logger.exception("a view of %s could not be updated", self.clip.name)

    def _flush(self) -> None:
        """Have on disk what is known by now."""
        with self._lock:
            if self._future is not None and not self._future.done():
                self._writer.flush()

    def _write(self, record: Known) -> None:
        try:
            self._writer.append(record)
        except OSError as error:
            raise RecordingError(
                f"the recording {self.recording.path.name!r} cannot be written ({error.strerror}); the run was ended. "
                "What was heard by then is kept: see run.words."
            ) from error

    def _cancel(self) -> None:
        self._is_cancelled = True
        if self._streaming is not None:
            self._streaming.cancel()

    async def _stream(self, session: Session) -> None:
        async with aclosing(session.events()) as events:
            async for _ in events:
                pass  # what they say was told to `_take`

    async def _run(self, session: Session, file: BinaryIO) -> None:
        """Stream, in a task that may be cancelled; end the recording, in one that may not."""
        # It tells a kept recording's clip from others; a temporary recording goes before anybody could ask.
        digest = asyncio.create_task(asyncio.to_thread(session.sha256)) if self._is_kept else None
        self._streaming = asyncio.create_task(self._stream(session))
        if self._is_cancelled:  # before there was anything to cancel
            self._streaming.cancel()
        state = "failed"
        try:
            await self._streaming
            state = "stopped" if self._stopped else "finished"
        except asyncio.CancelledError:
            state = "stopped"
        except Exception as error:  # noqa: BLE001 - whatever ended the run is its error, raised to whoever waits
            self._error = error
        await self._end(session, file, state, digest)

    async def _end(self, session: Session, file: BinaryIO, state: str, digest: asyncio.Task[str | None] | None) -> None:
        told = f"{type(self._error).__name__}: {self._error}" if self._error else None
        if digest is not None and self._is_cancelled:
            digest.cancel()  # now means now: a large file is not read to its end for it
        (sha256,) = await asyncio.gather(digest, return_exceptions=True) if digest else (None,)
        known = sha256 if isinstance(sha256, str) else None
        end = End(session.now(), state, told, round(session.seconds, 6), known)
        try:
            self._take(end)
        except RecordingError as error:
            self._error = self._error or error
            self._transcript.apply(end)
        session.close()
        with suppress(OSError):  # a full disk: told above
            file.close()
