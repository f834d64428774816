"""Tables that a person gives: of any library, with columns to find and times to check."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from ..errors import NotWords, ParameterError
from ..transcript.transcript import ENDED, Transcript
from .schema import WORDS

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

Unit = Literal["s", "ms"]

_UNCHANGED = "Nothing was changed."
_KNOWN = (*(column.name for column in WORDS), "is_timed", "file", "clip", "channel")
"""Columns that mean something to us; others may be there twice."""
_OTHER_NAMES = {  # of columns, as other tools have them
    "text": ("word", "words", "token", "transcript", "label"),
    "start": ("begin", "onset", "from", "begin_time", "start_time", "xmin", "tmin"),
    "end": ("stop", "offset", "to", "finish", "end_time", "xmax", "tmax"),
    "sentence_id": ("sentence", "segment", "segment_id", "id"),
}


def as_frame(table: Any, needed: Iterable[str]) -> pd.DataFrame:
    """A table that has the `needed` columns as a pandas DataFrame, without its index. Polars and Arrow tables are
    converted, without pyarrow.

    Raises ParameterError for what is not a table, and as `require_columns`.
    """
    import pandas as pd

    if hasattr(table, "to_pydict"):  # Arrow
        table = pd.DataFrame(table.to_pydict())
    elif hasattr(table, "to_dicts"):  # Polars
        table = pd.DataFrame(table.to_dict(as_series=False))
    if isinstance(table, pd.DataFrame):
        require_columns(table, needed)
        return table.reset_index(drop=True)
    if hasattr(table, "collect_schema"):
        raise ParameterError(f"this is a query, not a table yet: give table.collect(). {_UNCHANGED}")
    advice = " Make one with pd.DataFrame(...)." if isinstance(table, (dict, list)) else ""
    raise ParameterError(
        f"an object of type {type(table).__name__} is not a table: give an edited copy of run.words, or another "
        f"DataFrame of pandas or Polars, or a table of Arrow.{advice} {_UNCHANGED}"
    )


def require_columns(frame: pd.DataFrame, needed: Iterable[str]) -> None:
    """Raise NotWords, with advice, if a table lacks one of these columns, or has a column that we know twice."""
    needed = list(needed)
    present = list(frame.columns)
    missing = [name for name in needed if name not in present]
    if not missing:
        _check_unique(present)
        return
    candidates = {_near(frame, name): name for name in missing}
    near = {other: name for other, name in candidates.items() if other is not None and other not in needed}
    advice = f" Perhaps table.rename(columns={near!r})." if near else ""
    if frame.columns.nlevels == 2:  # as of a pivoted table
        level = 0 if set(needed) <= set(frame.columns.get_level_values(1)) else 1
        advice = f" Its columns have two levels: leave one out with table.droplevel({level}, axis=1)."
    if indexed := [name for name in missing if name in frame.index.names]:
        advice = f" Its index has {', '.join(indexed)}: make columns of it with table.reset_index()."
    raise NotWords(
        f"the table lacks {', '.join(missing)}: it needs {', '.join(needed)}, with times in seconds, and has "
        f"{', '.join(map(str, present)) or 'no columns'}.{advice} {_UNCHANGED}"
    )


def _check_unique(present: list[Any]) -> None:
    """Raise NotWords for a column that we know and that is there twice."""
    twice = [name for name in _KNOWN if present.count(name) > 1]
    if twice:
        raise NotWords(
            f"the table has more than one column {', '.join(map(repr, twice))}: rename the others, or keep the first "
            f"of each name with table.loc[:, ~table.columns.duplicated()]. {_UNCHANGED}"
        )


def _near(frame: pd.DataFrame, name: str) -> Any:
    """The column that may be meant by a name, or None. Texts are not looked for among numbers, such as `word`."""
    import pandas as pd

    columns = {
        str(column).strip().lower(): column
        for column, dtype in zip(frame.columns, frame.dtypes, strict=True)
        if name != "text" or not pd.api.types.is_numeric_dtype(dtype)
    }
    return next((columns[other] for other in (name, *_OTHER_NAMES.get(name, ())) if other in columns), None)


def check_one_clip(frame: pd.DataFrame, advice: str = f"give the rows of this one only. {_UNCHANGED}") -> None:
    """Raise ParameterError, with `advice`, if a table's column ``file`` or ``clip`` names several."""
    for name in ("file", "clip"):
        if name in frame.columns and frame[name].nunique() > 1:
            raise ParameterError(f"the table has rows of several clips (its column {name!r}): {advice}")


def seconds_of(frame: pd.DataFrame, name: str, unit: Unit) -> Array:
    """A column of times as an array of finite float64 seconds; durations (timedelta) are converted.

    Raises ParameterError for a value that is not a time, with its row.
    """
    import numpy as np
    import pandas as pd

    if unit not in ("s", "ms"):
        raise ParameterError(f"unit={unit!r}: give 's' for seconds or 'ms' for milliseconds. {_UNCHANGED}")
    factor = 0.001 if unit == "ms" else 1.0
    column = frame[name]
    types = pd.api.types
    if types.is_integer_dtype(column.dtype) or types.is_float_dtype(column.dtype):
        is_plain = isinstance(column.dtype, np.dtype)  # without missing values of its own: nothing is copied
        values = column.to_numpy("float64") if is_plain else column.to_numpy("float64", na_value=math.nan)
        values = values if factor == 1 else values * factor
    else:
        values = np.array([_seconds(value, factor) for value in column.tolist()], dtype="float64")
    if not (is_finite := np.isfinite(values)).all():
        bad = np.flatnonzero(~is_finite)
        value = column.tolist()[bad[0]]
        raise invalid(int(bad[0]), f"{name} is {value!r}, not a finite number.{_time_advice(value, name)}", len(bad))
    return values


def _seconds(value: Any, factor: float) -> float:
    import numpy as np
    import pandas as pd

    if isinstance(value, (timedelta, np.timedelta64)):
        return pd.Timedelta(value).total_seconds()
    return float(value) * factor if isinstance(value, (Real, Decimal)) and not isinstance(value, bool) else math.nan


def _time_advice(value: Any, name: str) -> str:
    """How a column `name` with this value becomes one of seconds or durations."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return f" Leave such rows out with table.dropna(subset=[{name!r}])."
    match value:
        case str() if value.count(":") == 2:  # 0:00:01.5
            return f" Convert the column with pd.to_timedelta(table[{name!r}])."
        case str() if value.count(":") == 1:  # 0:01.5
            return f" Convert the column with pd.to_timedelta('0:' + table[{name!r}])."
        case str() if value.count(",") == 1 and "." not in value:  # 1,5
            return f" Convert the column with pd.to_numeric(table[{name!r}].str.replace(',', '.'))."
        case str():
            return f" Convert the column with pd.to_numeric(table[{name!r}])."
        case date():  # a datetime is one
            return f" Subtract when the clip starts: table[{name!r}] - pd.Timestamp(...)."
        case time():
            return f" Convert the column with pd.to_timedelta(table[{name!r}].astype(str))."
        case _:
            return " Give seconds, or durations (timedelta)."


def check_order(starts: Array, ends: Array) -> None:
    """Raise ParameterError if a span starts before 0 or ends before it starts."""
    import numpy as np

    for bad, problem in ((starts < 0, "starts before 0 s"), (ends < starts, "ends before it starts")):
        if bad.any():
            rows = np.flatnonzero(bad)
            row = int(rows[0])
            raise invalid(row, f"it {problem} (start: {starts[row]:.10g} s, end: {ends[row]:.10g} s).", len(rows))


def check_unit(
    starts: Array,
    ends: Array,
    clip_end: float | None,
    longest: float = math.inf,
    advice: str = 'or give unit="ms"',
) -> None:
    """Raise ParameterError if times look like milliseconds: far behind the clip, or longer than any word.

    `clip_end`: None where it is not known. `longest`: a duration in seconds that is far longer than any of the spans
    should be. `advice`: what else than dividing can be done.
    """
    import numpy as np

    if not len(ends):
        return
    is_behind = clip_end is not None and float(ends.max()) > 2 * clip_end + 1
    if is_behind or float(np.median(ends - starts)) > longest:
        clip = f" The clip ends at {clip_end:.10g} s." if clip_end is not None else ""
        raise ParameterError(
            f"these look like milliseconds: times reach {float(ends.max()):.10g}, and they are to be seconds.{clip} "
            f'Divide by 1000 (table[["start", "end"]] / 1000), {advice}. {_UNCHANGED}'
        )


def texts_of(frame: pd.DataFrame) -> list[str]:
    """The texts of words. Raises ParameterError if one is not a string."""
    import pandas as pd

    texts: list[str] = frame["text"].tolist()
    if pd.api.types.infer_dtype(frame["text"].to_numpy(object), skipna=False) not in ("string", "empty"):
        bad = [row for row, text in enumerate(texts) if not isinstance(text, str)]
        advice = "Read a CSV with pd.read_csv(path, keep_default_na=False, dtype={'text': str})"
        raise invalid(bad[0], f"text is {texts[bad[0]]!r}, not a string. {advice}", len(bad))
    return texts


def values_of(frame: pd.DataFrame, name: str, default: Any = None) -> list[Any]:
    """A column as values; `default` where a value or the column is missing."""
    if name not in frame.columns:
        return [default] * len(frame)
    column = frame[name]
    values: list[Any] = column.tolist()
    missing = column.isna().to_numpy(bool)
    return (
        [default if is_missing else value for value, is_missing in zip(values, missing, strict=True)]
        if missing.any()
        else values
    )


def strings_of(frame: pd.DataFrame, name: str, rows: Array | None = None) -> list[str]:
    """A column as strings, of all rows or at these positions; "" where a value or the column is missing."""
    import pandas as pd

    if name not in frame.columns:
        return [""] * len(frame if rows is None else rows)
    column = frame[name]
    found = column.to_numpy(object) if rows is None else column.to_numpy(object)[rows]
    known: list[Any] = found.tolist()
    if pd.api.types.infer_dtype(found, skipna=False) == "string":
        return known
    missing = pd.isna(found).tolist()
    return ["" if is_missing else str(value) for value, is_missing in zip(known, missing, strict=True)]


def beyond_clip(ends: Array, clip_end: float | None) -> str:
    """A warning where spans end behind the clip, or ``""``."""
    count = 0 if clip_end is None else int((ends > clip_end + 0.05).sum())
    return f"{count} of the rows end behind the clip, which ends at {clip_end:.10g} s." if count else ""


def clip_end(transcript: Transcript) -> float | None:
    """Where the clip ends, in seconds; None while that is not known."""
    known = transcript.run.end
    return transcript.sent_until if known is None and transcript.state in ENDED else known


def invalid(row: int, problem: str, count: int = 1) -> ParameterError:
    """The error for a row, or for the first of several."""
    more = f" So are {count - 1} more." if count > 1 else ""
    return ParameterError(f"row {row} of the table (counted from 0): {problem.rstrip('.')}.{more} {_UNCHANGED}")
