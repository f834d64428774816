"""Words at other times: moved, stretched, cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..tables.given import require_columns, seconds_of
from .spans import between
from .spoken import NEEDED, read

if TYPE_CHECKING:
    import pandas as pd


def shift(table: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """The words `seconds` later; earlier if it is negative. Raises ParameterError if one would start before 0 then."""
    require_columns(table, NEEDED)
    starts, ends = (seconds_of(table, name, "s") for name in ("start", "end"))
    if len(starts) and float(starts.min()) + seconds < 0:
        raise ParameterError(
            f"shift({seconds!r}): the first word starts at {float(starts.min()):g} s, and would start before 0 s. "
            "Nothing was changed."
        )
    shifted = table.assign(start=starts + seconds, end=ends + seconds)
    read(shifted)
    return shifted


def scale(table: pd.DataFrame, factor: float) -> pd.DataFrame:
    """The words with all times multiplied by `factor`, such as 0.001 for a table in milliseconds."""
    if not 0 < factor < float("inf"):
        raise ParameterError(f"scale({factor!r}): give a number of more than 0. Nothing was changed.")
    require_columns(table, NEEDED)
    times = {name: seconds_of(table, name, "s") * factor for name in ("start", "end")}
    return table.assign(**times)


def clip(table: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """The words between `start` and `end`; those that reach over an edge are cut there."""
    inside = between(table, start, end)
    words = read(inside)
    return inside.assign(start=words.starts.clip(start, end), end=words.ends.clip(start, end))
