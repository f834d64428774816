"""What a task's parameters do to the words of any engine, and what clients expect in every result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from ..dashscope.messages import SentenceResult, WordResult
from ..text import join

# What people say while they think; `disfluency_removal_enabled` leaves it out.
_FILLERS = frozenset({"uh", "um", "uhm", "er", "erm", "hm", "hmm", "mm", "mhm", "嗯", "呃", "额"})


class Wording:
    """One task's results on their way to its client."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._has_marks = parameters.get("punctuation_prediction_enabled", True)
        self._drops_fillers = parameters.get("disfluency_removal_enabled", False)
        self._told: int | None = None  # the sentence that was told of last

    def apply(self, sentence: SentenceResult) -> SentenceResult | None:
        """The sentence as the client is to see it; None where nothing is left of one that it has not seen."""
        words = list(sentence.words or ())
        text = sentence.text
        if self._drops_fillers and any(_is_filler(word) for word in words):
            words = [word for word in words if not _is_filler(word)]
            text = None
        if not self._has_marks and any(word.punctuation for word in words):
            words = [replace(word, punctuation="") for word in words]
            text = None
        if text is None:
            text = join([f"{word.text}{word.punctuation}" for word in words])
        is_new = sentence.sentence_id != self._told
        if is_new and not text:
            return None
        self._told = sentence.sentence_id
        return replace(sentence, text=text, words=words, sentence_begin=is_new, heartbeat=False)


def _is_filler(word: WordResult) -> bool:
    return (word.text or "").strip().lower() in _FILLERS
