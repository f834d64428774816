"""The words tables. To add a column: a line in `WORDS_RAW` of `schema.py`, and its value in `_VALUES`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence, Word
from .frame import make_frame, table_attrs
from .schema import WORDS_RAW

if TYPE_CHECKING:
    import pandas as pd

# Whose value each column is, and how that one gives it.
_VALUES: dict[str, tuple[type[Sentence | Word], Callable[[Any], Any]]] = {
    "sentence_id": (Sentence, attrgetter("id")),
    "text": (Word, lambda word: word.text.strip()),
    "punctuation": (Word, attrgetter("punctuation")),
    "start": (Word, attrgetter("start")),
    "end": (Word, attrgetter("end")),
    "confidence": (Word, attrgetter("confidence")),
    "speaker": (Word, attrgetter("speaker")),
    "is_final": (Sentence, attrgetter("is_final")),
}


def words_table(sentences: Sequence[Sentence], transcript: Transcript) -> pd.DataFrame:
    """One row a word, sorted by start, with a RangeIndex; `schema.WORDS_RAW` has names, dtypes and meanings. Words that
    start together keep the order of the sentences.

    ``attrs`` has ``clip``, ``service`` and ``model``.

    Example:
        >>> transcript = Transcript.from_records(Journal("run.jsonl"))
        >>> words_table(transcript.sentences, transcript)["text"].tolist()
        ['Good', 'morning.', '今天', '天气', '好']
    """
    table = word_frame(sentences)
    if not table["start"].is_monotonic_increasing:
        table = table.sort_values("start", kind="stable", ignore_index=True)
    table.attrs.update(table_attrs(transcript))
    return table


def word_frame(sentences: Sequence[Sentence]) -> pd.DataFrame:
    """The words table in the order of the sentences, without ``attrs``."""
    words = [word for sentence in sentences for word in sentence.words]
    owners = [sentence for sentence in sentences for _ in sentence.words]
    owned: dict[type[Sentence | Word], list[Any]] = {Sentence: owners, Word: words}
    return make_frame(WORDS_RAW, {name: list(map(value, owned[of])) for name, (of, value) in _VALUES.items()})


def word_row(sentence: Sentence, word: Word) -> dict[str, Any]:
    """One row of the table of words as recognised, as plain values, without pandas."""
    return {name: value(sentence if of is Sentence else word) for name, (of, value) in _VALUES.items()}
