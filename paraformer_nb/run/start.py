"""How a run comes to be: `transcribe` begins one, `load` brings one back, `resume` goes on with one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Unpack

from ..client.progress import Progress
from ..client.session import Session
from ..client.start import Pace, open_session
from ..dashscope.parameters import Parameters
from ..errors import JournalError, ParameterError
from ..journal.records import Journal
from ..services.services import Service
from ..transcript.transcript import Transcript
from .live import LiveTranscript
from .run import Run


def transcribe(
    clip: Any,
    *,
    service: Service | None = None,
    model: str = "paraformer-realtime-v2",
    start: float | None = None,
    end: float | None = None,
    pace: Pace = "service",
    save: str | os.PathLike[str] | None = None,
    max_attempts: int = 5,
    **parameters: Unpack[Parameters],
) -> Run:
    """Begin to transcribe a clip, and return at once; as a cell's last line the result shows the live view.

    Args:
        clip: a path; a binary file object; the bytes of an audio file; ``(array, sample_rate)`` with int16 or float32
            of shape (n,) or (n, channels); or a live source: an async iterator of int16 mono PCM blocks (bytes or
            arrays) that has a ``sample_rate``, or ``(iterator, sample_rate)``. It runs on the toolkit's own event loop.
        service: `DashScope` or `Embedded`. None: DashScope if there is a key (of `login`, or in DASHSCOPE_API_KEY),
            else Embedded (which hears four clips at once and tells a fifth to wait).
        model: the service's name for it.
        start, end: the part to hear, in seconds; times in the result stay those of the whole clip.
        pace: × real time; None: as fast as the service takes it. Default: 1.0 for DashScope, None for Embedded.
        save: where to keep the recording (JSON Lines). Default: a file in PARAFORMER_NB_SAVE_DIR if that is set, else a
            temporary one that goes with the run.
        max_attempts: how often in a row to try without settling anything new. A connection that is lost is made again,
            and what was not settled is heard again.
        parameters: the service's own, by its names; see `Parameters`.

    Raises:
        ParameterError, AudioError: for wrong arguments and clips that cannot be read. Nothing was sent.
        JournalError: `save` cannot be written, or stands there already.
    """
    session = open_session(clip, service, model, start, end, pace, max_attempts, parameters)
    try:
        first = session.run_record()
        journal = LiveTranscript.begin(save, first.clip.name, session.now)
        journal.take(first)
        return Run(journal, clip, session)
    except BaseException:
        session.close()
        raise


def resume(
    path: str | os.PathLike[str],
    *,
    clip: Any = None,
    service: Service | None = None,
    pace: Pace = "service",
    max_attempts: int = 5,
) -> Run:
    """Go on with a recorded run that was cut short, stopped or failed, from just before the end of its last settled
    sentence. What comes is appended to the same recording; words, times and corrections stay.

    Args:
        path: the recording, as ``save=`` wrote it. Nobody may be writing it.
        clip: the same clip, where the recording knows no file of it; see `transcribe`.
        service, pace, max_attempts: as in `transcribe`; model and parameters are the recorded ones.

    Raises:
        JournalError: the file is no recording, cannot be written, or was heard to its end.
        ParameterError, AudioError: the clip is not there, cannot be read, or is another one.
    """
    recording, transcript, last = _read(path)
    run = transcript.run
    assert run is not None
    if transcript.state == "finished":
        raise JournalError(f"{str(path)!r} was heard to its end; there is nothing to go on with. See pnb.load.")
    source = run.clip.path if clip is None else clip
    if source is None:
        raise ParameterError(f"the recording knows no file of its clip {run.clip.name!r}: give clip=.")
    if hasattr(source[0] if isinstance(source, tuple) and source else source, "__aiter__"):
        raise ParameterError(
            "a live source cannot be heard again: give clip= as a file, or an array, of the same sound."
        )
    progress = Progress(run.start, transcript.settled_until, transcript.sent)
    session = open_session(source, service, run.model, run.start, run.end, pace, max_attempts, run.parameters, progress)
    try:
        _check_same(session, transcript)
        began = time.monotonic() - last  # the run's clock goes on
        journal = LiveTranscript.go_on(recording, transcript, lambda: time.monotonic() - began)
        transcript.state, transcript.end = "connecting", None  # at once: it must not be taken for an ended one
        session.go_on(began)
        return Run(journal, source, session)
    except BaseException:
        session.close()
        raise


def _check_same(session: Session, transcript: Transcript) -> None:
    """Raise ParameterError where a clip's file is another one than the recording tells of, as far as it tells."""
    assert transcript.run is not None
    told, given = transcript.run.clip, session.run_record().clip
    digest = transcript.end.sha256 if transcript.end else None
    is_other = None not in (told.size, given.size) and told.size != given.size
    if is_other or (digest is not None and session.sha256() not in (digest, None)):
        raise ParameterError(
            f"{given.name!r} is another clip than the recorded one: its file differs. Nothing was sent."
        )


def load(path: str | os.PathLike[str]) -> Run:
    """A recorded run, with the same words that it had. Raises JournalError where the file is no recording.

    What is corrected from now on is appended to the file.
    """
    recording, transcript, last = _read(path)
    began = time.monotonic() - last  # its clock goes on
    return Run(LiveTranscript(recording, transcript, lambda: time.monotonic() - began), None)


def _read(path: str | os.PathLike[str]) -> tuple[Journal, Transcript, float]:
    """A recording, what it says, and its last moment."""
    recording = Journal(Path(path).absolute())
    transcript, last = Transcript(), 0.0
    try:
        for record in recording:
            transcript.apply(record)
            last = max(last, record.t)
    except OSError as error:
        raise JournalError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except JournalError as error:
        raise JournalError(f"{str(path)!r}: {error}") from error
    if transcript.run is None:
        raise JournalError(f"{str(path)!r} is no recording: it is empty.")
    return recording, transcript, last
