"""Words and sentences as values. Times are seconds on the clip's own time line.

Here, in `history`, in `journal.records` and in `dashscope` there is `gc=False` where a run has many of a value: they
are in no cycle, and the garbage collector would take longer to look through them than it takes to read a journal.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

DOUBTFUL_BELOW = 0.5
"""A word of less confidence is marked as doubtful in every view."""


class Word(Struct, frozen=True, omit_defaults=True, gc=False):
    """One word. `confidence` is 0 to 1, or None where the service gives none; `is_edited` where a person wrote it."""

    text: str
    start: float
    end: float
    punctuation: str = ""
    confidence: float | None = None
    speaker: str | None = None
    is_edited: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Whether the recogniser itself doubts the word; a word without a confidence is not doubted."""
        return self.confidence is not None and self.confidence < DOUBTFUL_BELOW


class Sentence(Struct, frozen=True, gc=False):
    """One sentence, final or partial. `id` counts from 1 over the whole run."""

    id: int
    text: str
    start: float
    end: float
    is_final: bool
    words: tuple[Word, ...]


class Usage(NamedTuple):
    """What a run used so far, in seconds of audio.

    Attributes:
        sent: all audio that was sent: the clip, what was sent again after a disconnect, and silence.
        silence: the part of it that was silence, sent to keep a task alive while a live source paused.
        recognised: the part of the clip that was recognised: what was sent, without gaps.
        billed: as the service reports it (``usage.duration``), over all tasks.
        sent_again: the part of `sent` that had been sent before, and was sent again after a disconnect.
        input_tokens, output_tokens: as the service reports them, over all tasks; None where it reports none.
    """

    sent: float
    silence: float
    recognised: float
    billed: float
    sent_again: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
