"""The rows of an edited words table, and which sentences they change."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from ..transcript.corrections import appearance
from ..transcript.words import Word
from .given import Unit, as_frame, check_one_clip, invalid, seconds_of
from .sentence_numbers import check_one_run

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

NEEDED = ("sentence_id", "text", "start", "end")

_MISSING = {"", "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#na", "#n/a", "#n/a n/a"}
"""Words that reading a CSV turns into missing values, in lower case."""


class Row(NamedTuple):
    """A row, and its number in the table. A text that is not a string came so out of a file; None: missing."""

    number: int
    text: Any
    punctuation: str | None  # None: the table has no such column
    start: float
    end: float

    @property
    def times(self) -> tuple[float, float]:
        """Start and end to the millisecond, as `appearance` has them."""
        return round(self.start, 3), round(self.end, 3)

    def appearance(self) -> tuple[Any, ...]:
        """What distinguishes it from other rows; to compare with `appearance_for` of words."""
        return self.text, self.punctuation, *self.times

    def appearance_for(self, word: Word) -> tuple[Any, ...]:
        """What distinguishes a word, as far as the table has it."""
        text, punctuation, *times = appearance(word)
        return text, None if self.punctuation is None else punctuation, *times

    def with_text(self, words: Iterable[Word]) -> Row:
        """A text that a file has turned into a number or a missing value becomes that of the word with the same times.

        Raises ParameterError if that is none of these words.
        """
        if isinstance(self.text, str):
            return self
        for word in words:
            text, _, *times = appearance(word)
            if tuple(times) == self.times and _is_read_as(text, self.text):
                return self._replace(text=text)
        raise invalid(
            self.number,
            f"text is {self.text!r}, not a string. If the table was read from a CSV, keep its texts as they are with "
            "pd.read_csv(path, keep_default_na=False, dtype={'text': str})",
        )


def _is_read_as(text: str, value: Any) -> bool:
    """Whether reading a file may turn a text into this value."""
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if value is None:
        return text.lower() in _MISSING
    try:
        return bool(float(text.replace(",", "")) == value)
    except ValueError:
        return False


class Rows(NamedTuple):
    """The rows of an edited words table, by column. Texts and punctuation are unchecked."""

    ids: Array
    texts: Array
    punctuation: Array | None
    starts: Array
    ends: Array

    @classmethod
    def of(cls, table: Any, unit: Unit) -> Rows:
        """Read a table. Raises ParameterError for missing columns, and for ids and times of another kind."""
        frame = as_frame(table, NEEDED)
        check_one_clip(frame)
        check_one_run(frame)
        return cls(
            ids=_whole_numbers(frame["sentence_id"]),
            texts=_texts(frame["text"], None),
            punctuation=_texts(frame["punctuation"], "") if "punctuation" in frame.columns else None,
            starts=seconds_of(frame, "start", unit),
            ends=seconds_of(frame, "end", unit),
        )

    def by_sentence(self, ids: Collection[int]) -> dict[int, list[Row]]:
        """The rows of some sentences. Raises ParameterError for punctuation that is not a string."""
        import numpy as np

        found: dict[int, list[Row]] = {number: [] for number in ids}
        for index in np.flatnonzero(np.isin(self.ids, list(ids))).tolist():
            text = self.texts[index]
            mark = None if self.punctuation is None else self.punctuation[index]
            if not isinstance(mark, str | None):
                raise invalid(index, f"punctuation is {mark!r}, not a string")
            text = text.strip() if isinstance(text, str) else text
            row = Row(index, text, mark, float(self.starts[index]), float(self.ends[index]))
            found[int(self.ids[index])].append(row)
        return found

    def changed_sentences(self, words: pd.DataFrame) -> set[int]:
        """The ids of the sentences whose rows may differ from a words table, whatever their order."""
        import numpy as np

        ids, starts = words["sentence_id"].to_numpy(), words["start"].to_numpy()
        if np.array_equal(self.ids, ids):
            return set(ids[self._differs(words)].tolist())
        (known, counts), (present, other_counts) = (np.unique(each, return_counts=True) for each in (self.ids, ids))
        both, mine, theirs = np.intersect1d(known, present, assume_unique=True, return_indices=True)
        equally_long = both[counts[mine] == other_counts[theirs]]
        orders = (np.lexsort(each) for each in ((self.starts, self.ids), (starts, ids)))
        my_rows, their_rows = (
            order[np.isin(each[order], equally_long)] for order, each in zip(orders, (self.ids, ids), strict=True)
        )
        differs = self._differs(words, my_rows, their_rows)
        changed = {*known.tolist(), *present.tolist()} - {*equally_long.tolist()}
        return changed | {*self.ids[my_rows][differs].tolist()}

    def _differs(self, words: pd.DataFrame, mine: Any = slice(None), theirs: Any = slice(None)) -> Array:
        """Whether each of these rows differs from the one of a words table at the same index."""
        import numpy as np

        differs: Array = self.texts[mine] != words["text"].to_numpy(object)[theirs]
        for name, times in (("start", self.starts), ("end", self.ends)):
            differs |= np.round(times[mine], 3) != np.round(words[name].to_numpy()[theirs], 3)
        if self.punctuation is not None:
            differs |= self.punctuation[mine] != words["punctuation"].to_numpy(object)[theirs]
        return differs


def _texts(column: pd.Series[Any], missing: str | None) -> Array:
    """A column of texts as objects, with one value for what is missing: a CSV does not distinguish that from ``""``."""
    values: Array = column.to_numpy(object)
    is_missing = column.isna().to_numpy(bool)
    if not is_missing.any():
        return values
    values = values.copy()
    values[is_missing] = missing
    return values


def _whole_numbers(column: pd.Series[Any]) -> Array:
    import numpy as np
    import pandas as pd

    if pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans:
        return column.to_numpy("int64")
    return np.array([_whole_number(*pair) for pair in enumerate(column.tolist())], dtype="int64")


def _whole_number(row: int, value: Any) -> int:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not abs(number) < 2**53:
        raise invalid(row, f"sentence_id is {value!r}, not a number")
    if not number.is_integer():
        raise invalid(row, f"sentence_id is {value!r}, not a whole number")
    return int(number)
