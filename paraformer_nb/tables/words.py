"""The words table. To add a column: a line in `COLUMNS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence, Word
from .frame import make_frame, table_attrs

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """A column of the words table: its dtype, its meaning, whose value it is, and how that one gives it."""

    name: str
    dtype: str
    meaning: str
    of: type[Sentence | Word]
    value: Callable[[Any], Any]


COLUMNS = (
    Column("sentence_id", "int64", "from 1, over the whole run", Sentence, attrgetter("id")),
    Column("text", "string", "the word", Word, lambda word: word.text.strip()),
    Column("punctuation", "string", 'the mark after it, or ""', Word, attrgetter("punctuation")),
    Column("start", "float64", "seconds of the clip", Word, attrgetter("start")),
    Column("end", "float64", "seconds of the clip", Word, attrgetter("end")),
    Column("confidence", "float64", "0 to 1, NaN where unknown", Word, attrgetter("confidence")),
    Column("speaker", "string", "NA where unknown", Word, attrgetter("speaker")),
    Column("is_final", "bool", "whether it will not be revised", Sentence, attrgetter("is_final")),
)


def words_table(sentences: Sequence[Sentence], transcript: Transcript) -> pd.DataFrame:
    """One row a word, sorted by start, with a RangeIndex; `COLUMNS` has names, dtypes and meanings. Words that start
    together keep the order of the sentences.

    ``attrs`` has ``clip``, ``service`` and ``model``.

    Example:
        >>> transcript = Transcript.from_records(Journal("run.jsonl"))
        >>> words_table(transcript.sentences, transcript)["text"].tolist()
        ['Good', 'morning.', '今天', '天气', '好']
    """
    table = sorted_by_start(unsorted_words(sentences))
    table.attrs.update(table_attrs(transcript))
    return table


def unsorted_words(sentences: Sequence[Sentence]) -> pd.DataFrame:
    """The words table in the order of the sentences, without ``attrs``."""
    words = [word for sentence in sentences for word in sentence.words]
    owners = [sentence for sentence in sentences for _ in sentence.words]
    owned: dict[type[Sentence | Word], list[Any]] = {Sentence: owners, Word: words}
    return make_frame(**{each.name: (list(map(each.value, owned[each.of])), each.dtype) for each in COLUMNS})


def sorted_by_start(table: pd.DataFrame) -> pd.DataFrame:
    """A words table by start; rows that start together keep their order."""
    starts = table["start"]
    return table if starts.is_monotonic_increasing else table.sort_values("start", kind="stable", ignore_index=True)


def word_row(sentence: Sentence, word: Word) -> dict[str, Any]:
    """One row of the words table as plain values, without pandas."""
    return {column.name: column.value(sentence if column.of is Sentence else word) for column in COLUMNS}
