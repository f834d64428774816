"""Start a run: `transcribe` a clip, `load` a saved run, `resume` one that was cut short."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack

from ..audio.clip_input import LiveInput, classify
from ..audio.live import LiveClip
from ..client.request import Clock, OpenedRequest, Pace, Request
from ..client.retry import Retry
from ..client.service import Service
from ..client.session import Session
from ..client.timeouts import Timeouts
from ..dashscope.parameters import Parameters
from ..errors import JournalError, ParameterError
from ..journal.failures import to_failure
from ..journal.files import is_being_written
from ..journal.journal import Journal
from ..journal.records import Reopened, RunEnded, RunStarted
from ..journal.writer import JournalWriter
from ..playback.playable import PlayableClip
from ..services.default import service_or_default
from ..transcript.transcript import Transcript
from .clock import run_clock
from .imported_run import import_file, import_table, is_words_file
from .journal_clip import journal_clip
from .live_transcript import LiveTranscript
from .reading import journal_path, read_journal
from .run import Run
from .save_folder import new_journal_path
from .supervisor import Supervisor

SAVE_DIR_VARIABLE = "PARAFORMER_NB_SAVE_DIR"

_SAME_LENGTH = 0.05  # seconds by which two readings of a clip's length may differ


def transcribe(
    clip: Any,
    *,
    service: Service | None = None,
    model: str | None = None,
    start: float | None = None,
    end: float | None = None,
    channel: int | None = None,
    speaker: str | None = None,
    pace: Pace = "service",
    save: str | os.PathLike[str] | None = None,
    retry: Retry | None = None,
    timeouts: Timeouts | None = None,
    extra: Mapping[str, Any] | None = None,
    budget: float | str | None = None,
    **parameters: Unpack[Parameters],
) -> Run:
    """Start to transcribe a clip, and return at once; as a cell's last line the result shows the live view.

    Args:
        clip: a path; a binary file object, which stays open until the run has ended; the bytes of an audio file;
            ``(array, sample_rate)`` with int16 or float32 of shape (n,) or (n, channels); or a live source: an async
            iterator of int16 mono PCM blocks (bytes or arrays) that has a ``sample_rate``, or
            ``(iterator, sample_rate)``. It runs on the toolkit's own event loop. A path or file object that cannot
            seek, such as a pipe, is recognised as it arrives.
        service: `DashScope` or `Embedded`. None: DashScope if there is a key (from `login` or DASHSCOPE_API_KEY), else
            Embedded (which recognises four clips at once; a fifth waits for its turn).
        model: the service's name for it, one of `MODELS` or a newer one. Default: the service's default.
        start, end: the part to recognise, in seconds; times in the result stay those of the whole clip.
        channel: the one of the clip's channels to recognise, counted from 0; None: all of them, mixed.
        speaker: the name to write beside words of which the service names no speaker, such as that of the channel's.
        pace: × real time; None: as fast as the service reads. Default: 1.0 for DashScope, None for Embedded.
        save: where to keep the journal (JSON Lines). Default: a file in PARAFORMER_NB_SAVE_DIR if that is set, else a
            temporary one that is deleted with the run.
        retry: how often to try again after a disconnect, and how long to wait before; see `Retry`.
        timeouts: how long to wait for the service; None: what suits it; see `Timeouts`.
        extra: parameters that this version does not know, sent unchecked.
        budget: stop the run before it could cost more than this amount of `PRICES`' currency, or before more audio is
            billed than a text such as "90s", "10m" or "2h"; the words are kept.
        parameters: the service's own, by its names; see `Parameters`.

    Raises:
        ParameterError, AudioError: for invalid arguments and clips that cannot be read. Nothing was sent.
        JournalError: `save` exists or cannot be written.

    Example:
        >>> run = pnb.transcribe("lecture.mp3", start=60, end=120)  # doctest: +SKIP
        >>> run.wait().words  # doctest: +SKIP
    """
    asked = Request(
        clip=clip,
        service=service_or_default(service),
        model=model,
        start=start,
        end=end,
        channel=channel,
        speaker=speaker,
        pace=pace,
        retry=retry,
        timeouts=timeouts,
        parameters=parameters,
        extra=extra,
        budget=budget,
    )
    request = asked.open()
    try:
        now = run_clock()
        first = request.run_started(now())
        writer, failure = _new_journal(save, first)
        live = LiveTranscript(Transcript(first), writer, now)
        if failure:
            live.warn(failure)
        live.append(first)
        session = Session(request, live, now)
        supervisor = Supervisor(session, request.clip, live, now, has_digest=writer.is_kept)
        return Run(live, writer.journal, clip, supervisor, _continuation(asked, request, live, now))
    except BaseException:
        request.close()
        raise


def resume(
    path: str | os.PathLike[str],
    *,
    clip: Any = None,
    service: Service | None = None,
    pace: Pace = "service",
    retry: Retry | None = None,
    timeouts: Timeouts | None = None,
    budget: float | str | None = None,
) -> Run:
    """Continue a saved run that was cut short, stopped or failed, from just before the end of its last final sentence.
    New records are appended to the same journal; words, times and corrections stay.

    Args:
        path: the journal, as ``save=`` wrote it. No other run may be writing it.
        clip: the same clip, where it is neither at the path that the journal has for it nor beside the journal, or the
            journal has no digest of it; see `transcribe`. Another file is not sent.
        service, pace, retry, timeouts: as in `transcribe`; model, channel, speaker and parameters are those of the
            journal.
        budget: as in `transcribe`, for the whole run: what the journal has already counts.

    Raises:
        JournalError: the file is not a journal, cannot be written, or its run has finished.
        ParameterError, AudioError: the clip is missing, cannot be read, or is another one.
    """
    journal, transcript, last = read_journal(path)
    run = transcript.run
    if transcript.state == "finished":
        raise JournalError(f"{str(path)!r} was recognised to its end; there is nothing to continue. Use pnb.load.")
    source = _resumable(transcript, journal, clip)
    asked = Request(
        clip=source,
        service=service_or_default(service),
        model=run.model,
        start=run.start,
        end=run.end,
        channel=run.channel,
        speaker=run.speaker,
        pace=pace,
        retry=retry,
        timeouts=timeouts,
        parameters=run.parameters,
        extra=run.extra,
        budget=budget,
    )
    request = asked.open()
    try:
        if isinstance(request.clip, LiveClip):
            raise ParameterError(
                f"{request.clip.name!r} is a pipe, of which a resume cannot skip what was recognised: give clip= as a "
                "file of the same audio. Nothing was sent."
            )
        if clip is not None:
            _check_same_clip(request, transcript)
        now = run_clock(last)
        live = LiveTranscript(transcript, JournalWriter.reopen(journal, run), now)
        live.append(Reopened(now()))
        session = Session(request, live, now, is_resumed=True)
        supervisor = Supervisor(session, request.clip, live, now, has_digest=True)
        return Run(live, journal, source, supervisor, _continuation(asked, request, live, now))
    except BaseException:
        request.close()
        raise


def load(path: Any, *, clip: Any = None, audio: Any = None) -> Run:
    """Load a saved run, with the same words that it had, or make a run of words from elsewhere.

    Corrections that are made of a journal's run from now on are appended to it. Of a journal, no other file is opened.
    Its clip is opened when it is to be played or exported: only where its size and digest are those of the journal, at
    the journal's path for it or beside the journal. A journal that is damaged in places is loaded without these lines,
    with a warning that names them; where words may be missing, `run.gaps` has a row.

    Any other file that `pnb.read_words` reads, and any table with ``text``, ``start`` and ``end``, becomes a run that
    has finished, whose service is such as ``"file: whisper JSON"``. The file stays as it is; the run has a temporary
    journal, which `run.save` keeps.

    Args:
        path: the journal, a file of words, or a table.
        clip: the clip. Of a journal, where it is elsewhere, or the journal has no digest of it; see `transcribe`. It is
            believed. Of other words, it is read once, for its waveform.
        audio: another name for `clip`.

    Raises:
        JournalError: the file is neither a journal nor of a known format.
        ReadError, MissingDependency: the words cannot be read; see `pnb.read_words`.
        ParameterError, AudioError: `clip` cannot be played, or the table is not one of words.

    Example:
        >>> written = run.export("words.ctm")
        >>> pnb.load("words.ctm").service.host
        'file: CTM'
    """
    if clip is not None and audio is not None:
        raise ParameterError("give clip= or audio=, not both: they mean the same.")
    clip = audio if clip is None else clip
    if not isinstance(path, (str, os.PathLike)):
        return import_table(path, clip)
    if is_words_file(path):
        return import_file(path, clip)
    journal, transcript, last = read_journal(path)
    if transcript.end is None:
        transcript.apply(_missing_end(journal, transcript, last))  # in memory only
    if clip is not None:
        PlayableClip(clip)
    live = LiveTranscript(transcript, JournalWriter(journal, transcript.run), run_clock(last))
    return Run(live, journal, journal_clip(transcript, journal.path) if clip is None else clip)


def _continuation(
    asked: Request, opened: OpenedRequest, live: LiveTranscript, now: Clock
) -> Callable[[], Supervisor] | None:
    """What continues a run after an early end, with the same clip and service; None for a clip that is read once."""
    if isinstance(opened.clip, LiveClip):
        return None

    def again() -> Supervisor:
        request = asked.open()
        try:
            _check_same_clip(request, live.transcript)
            live.open_again()
            live.append(Reopened(now()))
            session = Session(request, live, now, is_resumed=True)
            return Supervisor(session, request.clip, live, now, has_digest=True)
        except BaseException:
            request.close()
            raise

    return again


def _new_journal(save: str | os.PathLike[str] | None, run: RunStarted) -> tuple[JournalWriter, OSError | None]:
    """Start a journal at `save`, in the folder for journals, or in a temporary file."""
    folder = os.environ.get(SAVE_DIR_VARIABLE)
    if save is None and not folder:
        return JournalWriter.temporary(run)
    if save is None:
        save = new_journal_path(Path(folder or ""), run.clip.name, datetime.now())
    return JournalWriter.create(Path(os.path.realpath(journal_path(save))), run), None


def _missing_end(journal: Journal, transcript: Transcript, last: float) -> RunEnded:
    """The end that a journal lacks: its run was cut short, or has not ended yet."""
    seconds = transcript.sent_until
    if is_being_written(journal.path):
        error = JournalError(
            f"a run is still writing this journal: this is what it held by then, {seconds:.1f} s of the clip. Load it "
            "again later."
        )
    else:
        error = JournalError(
            f"the journal was cut short at {seconds:.1f} s of the clip; the words up to there are here. pnb.resume "
            "continues from there."
        )
    return RunEnded(last, "failed", to_failure(error), seconds - transcript.run.start)


def _resumable(transcript: Transcript, journal: Journal, clip: Any) -> Any:
    """The clip to continue with. Raises ParameterError if there is none, or it cannot be read again."""
    if clip is None:
        named = journal_clip(transcript, journal.path)
        if named is None:
            raise ParameterError(f"the journal names no file of its clip {transcript.run.clip.name!r}: give clip=.")
        return named
    if isinstance(classify(clip), LiveInput):
        raise ParameterError(
            "a live source cannot be read again: give clip= as a file, or an array, of the same audio."
        )
    return clip


def _check_same_clip(request: OpenedRequest, transcript: Transcript) -> None:
    """Raise ParameterError if a clip is another one than the journal's, as far as the journal describes it."""
    run = transcript.run
    clip, given = run.clip, request.run_started(0.0).clip
    if run.end is not None and abs((request.clip.end or 0.0) - run.end) > _SAME_LENGTH:
        raise ParameterError(
            f"{given.name!r} is another clip: the journal's clip ends at {run.end:.2f} s. Nothing was sent."
        )
    digest = transcript.clip_sha256
    has_other_size = None not in (clip.size, given.size) and clip.size != given.size
    if has_other_size or (digest and request.clip.path and request.clip.sha256() not in (digest, None)):
        raise ParameterError(f"{given.name!r} is another clip than the journal's: its file differs. Nothing was sent.")
