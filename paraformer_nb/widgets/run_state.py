"""What a view shows of a run beside its words."""

from __future__ import annotations

from typing import cast

from ..playback.playable import PlayableClip
from ..transcript.language import language_of
from ..transcript.transcript import ENDED, Transcript
from .messages import RunState, RunStateName, SoundFormat

_MAX_GAPS = 3  # that the message lists, the newest ones
_SOUND = SoundFormat(PlayableClip.mime, PlayableClip.window_seconds)


def describe_run(transcript: Transcript, *, can_stop: bool, can_correct: bool, warning: str = "") -> RunState:
    """Describe a run. `warning`: why its records are kept in memory only."""
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
        can_correct=can_correct,
        can_undo=can_correct and transcript.can_undo,
        can_redo=can_correct and transcript.can_redo,
        sound=_SOUND,
    )


def _message(transcript: Transcript, warning: str) -> str:
    """What ended the run; without an error, what was not recognised, and the warning."""
    if transcript.end and transcript.end.error:
        return transcript.end.error.message
    gaps = [f"{gap.start:.1f}–{gap.end:.1f} s were not recognised: {gap.reason}." for gap in transcript.gaps]
    return " ".join([*gaps[-_MAX_GAPS:], *([warning] if warning else [])])
