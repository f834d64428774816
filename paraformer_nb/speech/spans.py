"""The words that sound at a time or in a span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ParameterError
from .spoken import read

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array


def at(table: pd.DataFrame, t: float) -> pd.DataFrame:
    """The rows of the words that sound at `t` seconds: none in a pause, two where words overlap."""
    words = read(table)
    return _rows(table, (words.starts <= t) & ((t < words.ends) | (words.starts == t)))


def between(table: pd.DataFrame, start: float, end: float, *, touching: bool = True) -> pd.DataFrame:
    """The rows of the words that sound between `start` and `end`; `touching`: also if only a part of them does."""
    if not start <= end:
        raise ParameterError(f"between({start!r}, {end!r}): the end comes before the start. Nothing was changed.")
    words = read(table)
    if not touching:
        return _rows(table, (words.starts >= start) & (words.ends <= end))
    is_touching = (words.starts < end) & (words.ends > start)
    is_point = (words.starts == words.ends) & (words.starts >= start) & (words.starts <= end)
    return _rows(table, is_touching | is_point)


def _rows(table: pd.DataFrame, chosen: Array) -> pd.DataFrame:
    rows: pd.DataFrame = table[chosen]
    return rows
