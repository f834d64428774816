"""The words of a table, in the order in which subtitles show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tables.given import as_frame, strings_of, values_of
from ..tables.sentence_numbers import sentence_numbers
from ..tables.turns import turn_numbers
from ..tables.word_checks import word_times
from ..transcript.language import guess_language
from .capitals import with_capitals
from .cue_atoms import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ..tables.frame import Array

_SAMPLE = 500
"""Words by which the language is guessed."""


def entries_of(words: Any, sentences: Any = None) -> list[Entry]:
    """The words of a table that have a text, with their punctuation, in the order of `ordered_entries`. `sentences`: a
    table with ``sentence_id`` and ``text``, for capitals.

    Raises ParameterError for missing columns and invalid times.
    """
    frame = as_frame(words, ("text", "start", "end"))
    times = word_times(frame)
    numbers = sentence_numbers(frame) if "sentence_id" in frame.columns else None
    return ordered_entries(frame, times.starts, times.ends, numbers, sentences)


def ordered_entries(
    frame: pd.DataFrame, starts: Array, ends: Array, numbers: Array | None, sentences: Any = None
) -> list[Entry]:
    """The words of a checked table: sentence by sentence where they have `numbers`, else by start. A sentence in which
    another speaker takes a turn goes on after that turn."""
    texts = strings_of(frame, "text")
    if sentences is not None and numbers is not None:
        table = as_frame(sentences, ("sentence_id", "text"))
        texts = with_capitals(texts, *_keys(frame, table, strings_of(table, "text")))
    sentence_of = [None] * len(frame) if numbers is None else _with_turns(frame, starts, ends, numbers)
    marks = strings_of(frame, "punctuation")
    rows = zip(texts, marks, starts.tolist(), ends.tolist(), values_of(frame, "speaker"), sentence_of, strict=True)
    entries = [
        Entry(" ".join(f"{text.strip()}{mark}".split()), start, end, speaker, sentence, row)
        for row, (text, mark, start, end, speaker, sentence) in enumerate(rows)
    ]
    entries = sorted((entry for entry in entries if entry.text), key=lambda entry: entry.start)
    begins: dict[object, float] = {}
    for entry in entries:
        begins.setdefault(entry.sentence, entry.start)
    order = {sentence: number for number, sentence in enumerate(begins)}
    return sorted(entries, key=lambda entry: order[entry.sentence])


def _with_turns(frame: pd.DataFrame, starts: Array, ends: Array, numbers: Array) -> list[Any]:
    """What names the part of a sentence that each word is of: the sentence's number, and the turn."""
    import numpy as np
    import pandas as pd

    speakers = pd.factorize(pd.Series(values_of(frame, "speaker"), dtype=object))[0]
    order = np.argsort(starts, kind="stable")
    turns = np.empty(len(frame), "int64")
    turns[order] = turn_numbers(starts[order], ends[order], speakers[order], np.inf)
    return list(zip(numbers.tolist(), turns.tolist(), strict=True))


def _keys(frame: pd.DataFrame, sentences: pd.DataFrame, texts: list[str]) -> tuple[list[Any], dict[Any, str]]:
    """What names the sentence of each word, and the text of each sentence by it: its id, and where several runs have
    the same one, its speaker, too."""
    ids, own = values_of(frame, "sentence_id"), values_of(sentences, "sentence_id")
    if not sentences["sentence_id"].duplicated().any():
        return ids, dict(zip(own, texts, strict=True))
    ids = list(zip(ids, values_of(frame, "speaker"), strict=True))
    own = list(zip(own, values_of(sentences, "speaker"), strict=True))
    return ids, dict(zip(own, texts, strict=True))


def language_of_words(entries: Sequence[Entry]) -> str:
    """The language that the script of most words suggests."""
    step = len(entries) // _SAMPLE + 1
    return guess_language(" ".join(entry.text for entry in entries[::step]))
