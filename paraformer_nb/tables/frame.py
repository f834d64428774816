"""DataFrames whose columns have the same dtypes however few rows there are, and whatever else is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..transcript.transcript import Transcript

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]


def make_frame(**columns: tuple[list[Any], str]) -> pd.DataFrame:
    """A DataFrame of (values, dtype) columns with a RangeIndex; "string" is text with NA where it is missing."""
    return frame_of({name: make_array(values, dtype) for name, (values, dtype) in columns.items()})


def make_array(values: list[Any], dtype: str) -> Array:
    """An array of one column's values; "string" is an array of str objects and NA."""
    import numpy as np
    import pandas as pd

    if dtype != "string":
        return np.array(values, dtype=dtype)
    return np.array([pd.NA if value is None else value for value in values] if None in values else values, dtype=object)


def frame_of(arrays: Mapping[str, Array]) -> pd.DataFrame:
    """A DataFrame of copies of these arrays, with a RangeIndex; arrays of objects are text."""
    import pandas as pd

    # pandas' default text depends on whether pyarrow is installed; this one does not.
    return pd.DataFrame({n: pd.arrays.StringArray(a) if a.dtype == object else a for n, a in arrays.items()}, copy=True)


def table_attrs(transcript: Transcript) -> dict[str, str | None]:
    """A table's ``attrs``: its clip, service (the engine that it named, else its host) and model."""
    run = transcript.run
    return {"clip": run.clip.name, "service": transcript.engine or run.service.host, "model": run.model}
