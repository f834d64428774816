"""The part of a clip that a picture shows."""

from __future__ import annotations

from numbers import Real

from ..errors import ParameterError
from ..text import unit_advice
from ..transcript.transcript import Transcript


def time_range(transcript: Transcript, start: float | None = None, end: float | None = None) -> tuple[float, float]:
    """The seconds at which a picture begins and ends; None: where the clip does.

    Raises ParameterError if the clip has no such part.
    """
    first, last = _extent(transcript)
    low = first if start is None else start
    high = last if end is None else end
    if not (isinstance(low, Real) and isinstance(high, Real) and first <= low < high <= last):
        advice = unit_advice(max(low, high), last) if isinstance(low, Real) and isinstance(high, Real) else ""
        raise ParameterError(
            f"start={start!r}, end={end!r} is not a part of this clip. Both are seconds from {first:.10g} to "
            f"{last:.10g}, or None, and start comes before end.{advice}"
        )
    return low, high


def _extent(transcript: Transcript) -> tuple[float, float]:
    """The clip, and words that a service timed outside of it; one second where nothing is known yet."""
    run = transcript.run
    waveform = transcript.waveform
    sentences = transcript.sentences
    starts = [word.start for sentence in sentences for word in sentence.words]
    ends = [word.end for sentence in sentences for word in sentence.words]
    clip_end = (waveform.start or 0.0) + len(waveform) * waveform.step if run.end is None else run.end
    first = min([run.start, *starts])
    ends += [sentence.end for sentence in sentences]
    ends += [gap.end for gap in transcript.gaps]
    last = max([clip_end, transcript.sent_until, *starts, *ends])
    return first, last if last > first else first + 1.0
