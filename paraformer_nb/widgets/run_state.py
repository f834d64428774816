"""What a view shows of a run beside its words."""

from __future__ import annotations

from typing import cast

from ..playback.playable import PlayableClip
from ..text import sanitise
from ..transcript.language import language_of
from ..transcript.transcript import ENDED, Transcript
from .run_data import RetryState, RunState, RunStateName, SoundFormat

_LEAST_MISSING = 0.05  # seconds
_SOUND = SoundFormat(PlayableClip.mime, PlayableClip.window_seconds)


def describe_run(
    transcript: Transcript, *, can_stop: bool, can_correct: bool, can_resume: bool = False, warning: str = ""
) -> RunState:
    """Describe a run. `can_resume`: whether it can be continued if it ended early. `warning`: why its records are kept
    in memory only."""
    run, end = transcript.run, transcript.end
    last = max([transcript.sent_until, *(gap.end for gap in transcript.gaps)])
    has_ended = transcript.state in ENDED
    missing, whole = _missing(transcript)
    return RunState(
        state=cast(RunStateName, transcript.state),
        has_ended=has_ended,
        clip=run.clip.name,
        service="Embedded" if run.service.kind == "embedded" else run.service.host,
        model=transcript.engine or run.model,
        language=language_of(transcript),
        notice=transcript.notice,
        message=_message(transcript, warning),
        start=run.start,
        end=run.end if run.end is None or end is None else min(run.end, last),
        sent_until=round(transcript.sent_until, 3),
        final_until=round(transcript.final_until, 3),
        can_stop=can_stop and not has_ended,
        can_resume=can_resume and transcript.state in ("stopped", "failed"),
        can_correct=can_correct,
        can_undo=can_correct and transcript.can_undo,
        can_redo=can_correct and transcript.can_redo,
        sound=_SOUND,
        is_loading=transcript.is_connected and transcript.state == "connecting",
        retry=_retry(transcript),
        missing=missing,
        whole=whole,
    )


def _retry(transcript: Transcript) -> RetryState | None:
    retry = transcript.retry
    if retry is None or transcript.state != "reconnecting":
        return None
    return RetryState(retry.attempt, retry.attempts, retry.delay, sanitise(retry.reason))


def _missing(transcript: Transcript) -> tuple[float, float]:
    """How much of the clip a run that ended early did not recognise, and of how much, in seconds; zeros where none is
    missing, or the clip's end is not known."""
    run = transcript.run
    if run.end is None or transcript.sent_until <= run.start or transcript.state not in ("stopped", "failed"):
        return 0.0, 0.0
    whole = run.end - run.start
    gaps = sum(gap.end - gap.start for gap in transcript.gaps)
    missing = min(gaps + max(0.0, run.end - transcript.sent_until), whole)
    return (round(missing, 3), round(whole, 3)) if missing >= _LEAST_MISSING else (0.0, 0.0)


def _message(transcript: Transcript, warning: str) -> str:
    """What ended the run, and the warning."""
    error = transcript.end.error.message if transcript.end and transcript.end.error else ""
    if not error or not warning:
        return error or warning
    return f"{error.rstrip('.')}. {warning}"
