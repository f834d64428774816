"""The rows of an edited words table, and which sentences they change."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ParameterError
from ..transcript.corrections import appearance
from ..transcript.words import Word
from .given import Unit, as_frame, invalid, require_columns, seconds_of

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

NEEDED = ("sentence_id", "text", "start", "end")

_MISSING = {"", "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#na", "#n/a", "#n/a n/a"}
"""Words that reading a CSV turns into missing values, in lower case."""


class Row(NamedTuple):
    """A row, and its number in the table. A text that is not a string came so out of a file."""

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
    if not isinstance(value, Real) or value != value:
        return text.lower() in _MISSING
    try:
        return float(text.replace(",", "")) == value
    except ValueError:
        return False


class Rows(NamedTuple):
    """The rows of an edited words table, by column."""

    ids: Array
    texts: list[Any]
    punctuation: list[str] | None
    starts: Array
    ends: Array

    @classmethod
    def of(cls, table: Any, unit: Unit) -> Rows:
        """Read a table. Raises ParameterError for missing columns and for values of another kind."""
        frame = as_frame(table)
        require_columns(frame, NEEDED)
        for name in ("file", "clip"):
            if name in frame.columns and frame[name].nunique() > 1:
                raise ParameterError(
                    f"the table has words of several clips ({name}): give the rows of this one only. "
                    "Nothing was changed."
                )
        has_marks = "punctuation" in frame.columns
        return cls(
            ids=_whole_numbers(frame["sentence_id"]),
            texts=[text.strip() if isinstance(text, str) else text for text in frame["text"].tolist()],
            punctuation=[_mark(*pair) for pair in enumerate(frame["punctuation"].tolist())] if has_marks else None,
            starts=seconds_of(frame, "start", unit),
            ends=seconds_of(frame, "end", unit),
        )

    def by_sentence(self, ids: Collection[int]) -> dict[int, list[Row]]:
        """The rows of some sentences."""
        import numpy as np

        found: dict[int, list[Row]] = {number: [] for number in ids}
        for index in np.flatnonzero(np.isin(self.ids, list(ids))).tolist():
            mark = None if self.punctuation is None else self.punctuation[index]
            row = Row(index, self.texts[index], mark, float(self.starts[index]), float(self.ends[index]))
            found[int(self.ids[index])].append(row)
        return found

    def changed_sentences(self, words: Mapping[str, Array]) -> set[int]:
        """The ids of the sentences whose rows may differ from the columns of the words table, whatever their order."""
        import numpy as np

        texts = np.array([text if isinstance(text, str) else None for text in self.texts], dtype=object)
        pairs: list[tuple[Array, Array]] = [(texts, words["text"])]
        pairs += [
            (np.round(mine, 3), np.round(words[name], 3)) for name, mine in (("start", self.starts), ("end", self.ends))
        ]
        if self.punctuation is not None:
            pairs.append((np.array(self.punctuation, dtype=object), words["punctuation"]))
        mine, theirs = (
            np.lexsort((starts, ids))
            for starts, ids in ((self.starts, self.ids), (words["start"], words["sentence_id"]))
        )
        my_ids, their_ids = self.ids[mine], words["sentence_id"][theirs]
        (known, my_counts), (present, their_counts) = (
            np.unique(ids, return_counts=True) for ids in (my_ids, their_ids)
        )
        both, in_mine, in_theirs = np.intersect1d(known, present, assume_unique=True, return_indices=True)
        equally_long = both[my_counts[in_mine] == their_counts[in_theirs]]
        mine, theirs = mine[np.isin(my_ids, equally_long)], theirs[np.isin(their_ids, equally_long)]
        differs = np.zeros(len(mine), dtype=bool)
        for one, other in pairs:
            differs |= (one[mine] != other[theirs]).astype(bool)
        changed = {*known.tolist(), *present.tolist()} - {*equally_long.tolist()}
        return changed | {*self.ids[mine][differs].tolist()}


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


def _mark(row: int, value: Any) -> str:
    if isinstance(value, str):
        return value
    import pandas as pd

    if not pd.api.types.is_scalar(value) or not pd.isna(value):
        raise invalid(row, f"punctuation is {value!r}, not a string")
    return ""  # a CSV does not distinguish an empty string from a missing one
