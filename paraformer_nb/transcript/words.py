"""Words and sentences as values. Times are seconds on the clip's own time line."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Word(Struct, frozen=True, omit_defaults=True):
    """One word. `confidence` is 0 to 1, or None where the service gives none; `is_edited` where a person wrote it."""

    text: str
    start: float
    end: float
    punctuation: str = ""
    confidence: float | None = None
    speaker: str | None = None
    is_edited: bool = False


class Sentence(Struct, frozen=True):
    """One sentence, settled (`is_final`) or still being heard. `id` counts from 1 over the whole run."""

    id: int
    text: str
    start: float
    end: float
    is_final: bool
    words: tuple[Word, ...]


class Usage(NamedTuple):
    """What a run cost so far, in seconds of audio.

    Attributes:
        sent: all that went to the service: the clip, what was sent again after a loss, and silence.
        silence: of it, silence that kept a task alive while a live source paused.
        heard: of the clip, without its gaps.
        billed: as the service says (``usage.duration``), over all tasks.
    """

    sent: float
    silence: float
    heard: float
    billed: float
