"""How many tokens the models that are billed by token count, as was measured: the service's own figures decide.

Source: third-party measurements of qwen-audio-3.1-asr-flash-streaming in October 2026; a copy of the vendor's page has
25 tokens a second of audio instead of 12.5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from .context import context_text


class Tokens(NamedTuple):
    """Tokens of the request and of the answer."""

    input: int
    output: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.input + self.output


_PER_SECOND = 12.5
_PER_SENTENCE = 62  # and per request
_PER_CHARACTER = 0.6  # of the answer

_PER_HOTWORD = 7  # 94 for 14 words, in each sentence

_MOST_PER_SECOND = 25
_SHORTEST_SENTENCE = 2.0  # seconds, on average over a clip
_MOST_CHARACTERS = 10  # a second


def measured_tokens(seconds: float, sentences: int, characters: int, prompt: int) -> Tokens:
    """The tokens of a task, as they were measured.

    `prompt`: the tokens that hotwords and context add to each sentence.
    """
    into = math.ceil(_PER_SECOND * seconds) + (_PER_SENTENCE + prompt) * max(1, sentences)
    return Tokens(into, math.ceil(_PER_CHARACTER * characters))


def prompt_tokens(parameters: Mapping[str, Any]) -> int:
    """About how many tokens the inline hotwords and the context of a task add to each of its sentences."""
    words, context = parameters.get("vocabulary") or {}, parameters.get("context") or []
    return _PER_HOTWORD * len(words) + len(context_text(context))


def most_tokens(seconds: float, prompt: int = 0) -> Tokens:
    """At most about as many tokens as a task of so many seconds of audio counts, with fast and chopped speech.

    `prompt`: the tokens that hotwords and context add to each sentence.
    """
    sentences = 1 + seconds / _SHORTEST_SENTENCE
    return Tokens(
        math.ceil(_MOST_PER_SECOND * seconds + (_PER_SENTENCE + prompt) * sentences),
        math.ceil(_PER_CHARACTER * _MOST_CHARACTERS * seconds),
    )
