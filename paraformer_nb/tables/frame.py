"""DataFrames whose columns have the same dtypes however few rows there are, and whatever else is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ..transcript.transcript import Transcript
from .schema import Column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]


def make_frame(columns: Iterable[Column], values: Mapping[str, Any]) -> pd.DataFrame:
    """A DataFrame of these columns, with a RangeIndex. `values` has those of each column by its name."""
    import pandas as pd

    return pd.DataFrame({column.name: make_array(column, values[column.name]) for column in columns}, copy=False)


def frame_of(**columns: tuple[Any, str]) -> pd.DataFrame:
    """A DataFrame of values and their dtype by name, for a table that is not one of a run's."""
    import pandas as pd

    return pd.DataFrame(
        {name: make_array(Column(name, dtype, "", ""), values) for name, (values, dtype) in columns.items()},
        copy=False,
    )


def frame_of_rows(columns: Iterable[Column], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A DataFrame of rows, each of which has one value for each column."""
    names = [column.name for column in columns]
    by_column = list(zip(*rows, strict=True)) or [()] * len(names)
    return make_frame(columns, dict(zip(names, by_column, strict=True)))


def make_array(column: Column, values: Any) -> Any:
    """The values of a column as an array of its dtype; None is a missing value. An array of texts is not copied."""
    import numpy as np
    import pandas as pd

    match column.dtype:
        case "string":
            return pd.array(values, dtype=text_dtype(), copy=False)
        case "Int64":
            return pd.array(values, dtype="Int64")
        case "category" if not column.categories:
            return pd.Categorical(values)
        case "category":
            return pd.Categorical(values, dtype=category_dtype(column))
        case dtype:
            return np.array(values, dtype=dtype)


@cache
def category_dtype(column: Column) -> pd.CategoricalDtype:
    """The dtype of a column of one of its categories."""
    import pandas as pd

    return pd.CategoricalDtype(pd.Index(pd.array(column.categories, dtype=text_dtype())))


def text_dtype() -> Any:
    """The dtype of texts, with NA for missing ones. The storage is named, because pandas' default depends on whether
    pyarrow is installed."""
    import pandas as pd

    return pd.StringDtype("python", na_value=pd.NA)


def table_attrs(transcript: Transcript) -> dict[str, str | None]:
    """A table's ``attrs``: its clip, service (the engine that it named, else its host) and model."""
    run = transcript.run
    return {"clip": run.clip.name, "service": transcript.engine or run.service.host, "model": run.model}
