"""The words table. To add a column: a line in `COLUMNS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence, Word
from .frame import make_frame, table_attrs

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """A column of the words table: its dtype, its meaning, and how a word gives its value."""

    name: str
    dtype: str
    meaning: str
    value: Callable[[Sentence, Word], Any]


COLUMNS = (
    Column("sentence_id", "int64", "from 1, over the whole run", lambda sentence, word: sentence.id),
    Column("text", "string", "the word", lambda sentence, word: word.text.strip()),
    Column("punctuation", "string", 'the mark after it, or ""', lambda sentence, word: word.punctuation),
    Column("start", "float64", "seconds of the clip", lambda sentence, word: word.start),
    Column("end", "float64", "seconds of the clip", lambda sentence, word: word.end),
    Column("confidence", "float64", "0 to 1, NaN where unknown", lambda sentence, word: word.confidence),
    Column("speaker", "string", "NA where unknown", lambda sentence, word: word.speaker),
    Column("is_final", "bool", "whether it will not be revised", lambda sentence, word: sentence.is_final),
)


def words_table(sentences: Iterable[Sentence], transcript: Transcript) -> pd.DataFrame:
    """One row a word, sorted by start, with a RangeIndex; `COLUMNS` has names, dtypes and meanings.

    ``attrs`` has ``clip``, ``service`` and ``model``.

    Example:
        >>> transcript = Transcript.from_records(Journal("run.jsonl"))
        >>> words_table(transcript.sentences, transcript)["text"].tolist()
        ['Good', 'morning.', '今天', '天气', '好']
    """
    pairs = [(sentence, word) for sentence in sentences for word in sentence.words]
    pairs.sort(key=lambda pair: pair[1].start)
    columns = {column.name: ([column.value(*pair) for pair in pairs], column.dtype) for column in COLUMNS}
    table = make_frame(**columns)
    table.attrs.update(table_attrs(transcript))
    return table


def word_row(sentence: Sentence, word: Word) -> dict[str, Any]:
    """One row of the words table as plain values, without pandas."""
    return {column.name: column.value(sentence, word) for column in COLUMNS}
