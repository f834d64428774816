"""Apply a task's text parameters to the results of any engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from ..dashscope.messages import SentenceResult, WordResult
from ..text import join

_FILLERS = frozenset({"uh", "um", "uhm", "er", "erm", "hm", "hmm", "mm", "mhm", "嗯", "呃", "额"})


class ResultFilter:
    """Removes punctuation and filler words from one task's results, if its parameters ask for that.

    It also sets `sentence_begin` in the first result of each sentence, which clients expect.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._keeps_punctuation = parameters.get("punctuation_prediction_enabled", True)
        self._drops_fillers = parameters.get("disfluency_removal_enabled", False)
        self._last_id: int | str | None = None  # of the sentence that was sent last

    def apply(self, sentence: SentenceResult) -> SentenceResult | None:
        """Return the result to send; None if nothing is left of a sentence of which nothing was sent so far."""
        words = list(sentence.words or ())
        text = sentence.text
        if self._drops_fillers and any(_is_filler(word) for word in words):
            words = [word for word in words if not _is_filler(word)]
            text = None
        if not self._keeps_punctuation and any(word.punctuation for word in words):
            words = [replace(word, punctuation="") for word in words]
            text = None
        if text is None:
            text = join([f"{word.text}{word.punctuation}" for word in words])
        is_new = sentence.sentence_id != self._last_id
        if is_new and not text:
            return None
        self._last_id = sentence.sentence_id
        return replace(sentence, text=text, words=words, sentence_begin=is_new, heartbeat=False)


def _is_filler(word: WordResult) -> bool:
    return (word.text or "").strip().lower() in _FILLERS
