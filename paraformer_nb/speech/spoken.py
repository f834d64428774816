"""The columns of a table of words, checked, as arrays by position: never by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..tables.frame import frame_of, text_dtype
from ..tables.given import require_columns, strings_of
from ..tables.word_checks import WordTimes, word_times
from ..text import join

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

NEEDED = ("text", "start", "end")
SEVERAL = "give one at a time: their times do not belong together. Nothing was changed."


def read(table: pd.DataFrame, *, is_of_one_clip: bool = True) -> WordTimes:
    """The words of a table. Raises ParameterError for times that are no seconds, missing, before 0 or in the wrong
    order, for a word that is there twice, and for words of several clips."""
    require_columns(table, NEEDED)
    return word_times(table, SEVERAL, is_of_one_clip=is_of_one_clip)


def shown(table: pd.DataFrame, rows: Array | None = None) -> list[str]:
    """The words with their punctuation, of all rows or at these positions."""
    words = strings_of(table, "text", rows)
    if "punctuation" not in table.columns:
        return words
    return [word + mark for word, mark in zip(words, strings_of(table, "punctuation", rows), strict=True)]


def codes(table: pd.DataFrame, name: str, order: Array | None = None) -> tuple[Array, list[Any]]:
    """A column as numbers, and the value of each, by first occurrence in the order of starts, which is None where the
    table is in that order; missing values are one more value, None."""
    import numpy as np
    import pandas as pd

    if name not in table.columns:
        return np.zeros(len(table), "int64"), [None]
    column = table[name] if order is None else table[name].iloc[order]
    numbers, uniques = pd.factorize(column, use_na_sentinel=True)
    if order is not None:
        numbers = numbers[np.argsort(order)]
    known = list(uniques)
    return np.where(numbers < 0, len(known), numbers), [*known, None]


def joined(table: pd.DataFrame) -> str:
    """The words, by start, on one line, joined right for Chinese."""
    return join(map(str.strip, shown(table, read(table).order)))


def by_value(table: pd.DataFrame, by: str | None, measure: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """What `measure` gives of a table; with `by` of the rows of each value of this column, which comes first.

    Raises ParameterError for a column that the table or the result does not leave free.
    """
    import pandas as pd

    if by is None:
        return measure(table)
    if by not in table.columns or by in (*NEEDED, "sentence_id"):
        raise ParameterError(f"by={by!r}: give a column of the table that says what is measured by itself.")
    numbers, known = codes(table, by)
    parts = [(known[value], measure(table[numbers == value])) for value in dict.fromkeys(numbers.tolist())]
    made = pd.concat([part for _, part in parts], ignore_index=True) if parts else measure(table)
    column = pd.array(
        [None if value is None else str(value) for value, part in parts for _ in range(len(part))], text_dtype()
    )
    made = made.drop(columns=by, errors="ignore")
    made.insert(0, by, column)
    made.attrs.update(table.attrs)
    return made


def frame(columns: Mapping[str, tuple[Any, str]], attrs: Mapping[Any, Any] | None = None) -> pd.DataFrame:
    """A DataFrame of (values, dtype) columns with a RangeIndex; "string" is text with NA where it is None."""
    made = frame_of(**columns)
    made.attrs.update(attrs or {})
    return made


def number(value: Any, name: str, least: float = 0.0) -> float:
    """A number of at least `least`. Raises ParameterError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= least:
        raise ParameterError(f"{name}={value!r}: give a number of at least {least:g}. Nothing was changed.")
    return float(value)
