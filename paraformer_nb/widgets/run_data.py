"""The data of a run that a view shows, as it travels to the front end in messages, and in part back.

Times are seconds on the clip's time line.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

RunStateName = Literal["connecting", "streaming", "finishing", "reconnecting", "finished", "stopped", "failed"]


class WordRow(Struct, array_like=True, frozen=True):
    """A word. It travels as an array of its fields in this order: three hours of speech are 2.9 MB so, and 3.6 MB as
    objects. `readWord` and `writeWord` convert; everywhere else in JavaScript a word is an object."""

    text: str
    """Without spaces around it."""
    punctuation: str
    start: float
    end: float
    confidence: float | None
    """0 to 1; null where the recogniser gives none."""
    separator: str
    """The text before it within its sentence: a space or nothing."""
    is_edited: bool
    """Whether a person wrote it."""


class SentenceData(Struct, frozen=True, omit_defaults=True):
    """A sentence as corrected, final or partial. It has words."""

    id: int
    is_final: bool
    start: float
    end: float
    separator: str
    """The text between it and the sentence before it: a space or nothing."""
    words: list[WordRow]
    speaker: str = ""
    """Of its first word, where the recogniser names speakers."""


class GapSpan(Struct, frozen=True):
    """A part of the clip that was not recognised."""

    start: float
    end: float
    reason: str


class ResumeMark(Struct, frozen=True):
    """Where a new task continued after a disconnect."""

    position: float
    attempt: int
    """Counts from 1 in the run."""


class LayerSpan(Struct, frozen=True):
    """A span of a layer."""

    start: float
    end: float
    label: str
    """Written beside it, or ""."""


class Layer(Struct, frozen=True):
    """A named set of spans over the timeline, sorted by start."""

    name: str
    spans: list[LayerSpan]


class WaveformPart(Struct, frozen=True):
    """A part of the waveform. The message's first buffer has a minimum and a maximum for each bin, as int8."""

    position: float
    """Of the first bin."""
    step: float
    """Seconds in a bin."""
    bins: int


class SoundFormat(Struct, frozen=True):
    """How the clip's sound is sent."""

    mime: str
    window_seconds: float


class RetryState(Struct, frozen=True):
    """The attempt that a run waits for."""

    attempt: int
    """Counted from 1 among the consecutive attempts."""
    attempts: int
    """After which the run fails."""
    delay: float
    """Seconds from the failure to the attempt."""
    reason: str
    """Why the one before failed."""


class FileFormat(Struct, frozen=True):
    """A format in which the run can be downloaded."""

    suffix: str
    """Of its files, with the dot."""
    name: str
    """What its files contain."""


class RunState(Struct, frozen=True):
    """What a view shows of the run, beside its words."""

    state: RunStateName
    has_ended: bool
    clip: str
    """Its name."""
    service: str
    model: str
    """The engine of the embedded service, or the model that was asked for."""
    language: str
    """Of the words, as an HTML `lang` attribute names it."""
    notice: str
    """What the service wants shown beside the words, or ""."""
    message: str
    """What ended the run, and what could not be written; or ""."""
    start: float
    end: float | None
    """Of the part that is transcribed; null while that is not known."""
    sent_until: float
    final_until: float
    can_stop: bool
    can_resume: bool
    """Whether it ended early and can be continued here."""
    can_correct: bool
    can_undo: bool
    can_redo: bool
    sound: SoundFormat
    is_loading: bool = False
    """Whether the service is connected and not ready yet: the embedded one loads its recogniser."""
    retry: RetryState | None = None
    missing: float = 0.0
    """Seconds of the clip that a run which ended early did not recognise; 0 where that is not known."""
    whole: float = 0.0
    """Seconds of the clip that were to be recognised, where some are missing."""
