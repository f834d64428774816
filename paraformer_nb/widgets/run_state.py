"""What a view shows of a run beside its words."""

from __future__ import annotations

from typing import cast

from ..playback.playable import PlayableClip
from ..text import sanitise
from ..transcript.language import language_of
from ..transcript.transcript import ENDED, Transcript
from .run_data import RetryState, RunState, RunStateName, SoundFormat

_LEAST_MISSING = 0.05  # seconds
_MAX_GAPS = 3  # that the message lists, the newest ones
_SOUND = SoundFormat(PlayableClip.mime, PlayableClip.window_seconds)


def describe_run(
    transcript: Transcript, *, can_stop: bool, can_correct: bool, can_resume: bool = False, warning: str = ""
) -> RunState:
    """Describe a run. `can_resume`: whether it can be continued if it ended early. `warning`: why its records are kept
    in memory only."""
    run, end = transcript.run, transcript.end
    last = max([transcript.sent_until, *(gap.end for gap in transcript.gaps)])
    has_ended = transcript.state in ENDED
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
    )


def _retry(transcript: Transcript) -> RetryState | None:
    retry = transcript.retry
    if retry is None or transcript.state != "reconnecting":
        return None
    return RetryState(retry.attempt, retry.attempts, retry.delay, sanitise(retry.reason))


def _unrecognised(transcript: Transcript) -> str:
    """How much of the clip is missing in a run that ended early, where the clip's end is known; or ``""``."""
    run = transcript.run
    if run.end is None or transcript.sent_until <= run.start or transcript.state not in ("stopped", "failed"):
        return ""
    missing = sum(gap.end - gap.start for gap in transcript.gaps) + max(0.0, run.end - transcript.sent_until)
    whole = run.end - run.start
    return f"{min(missing, whole):.1f} s of {whole:.1f} s were not recognised." if missing >= _LEAST_MISSING else ""


def _message(transcript: Transcript, warning: str) -> str:
    """What ended the run, what was not recognised, and the warning; of an error in a clip of unknown length only it."""
    error = transcript.end.error.message if transcript.end and transcript.end.error else ""
    if missing := _unrecognised(transcript):
        parts = [f"{error.rstrip('.')}." if error else "", missing, warning]
    elif error:
        parts = [error]
    else:
        gaps = [f"{gap.start:.1f}–{gap.end:.1f} s were not recognised: {gap.reason}." for gap in transcript.gaps]
        parts = [*gaps[-_MAX_GAPS:], warning]
    return " ".join(part for part in parts if part)
