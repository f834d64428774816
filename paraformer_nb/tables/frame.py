"""DataFrames whose columns have the same dtypes however few rows there are, and whatever else is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..transcript.transcript import Transcript

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]


def make_frame(**columns: tuple[list[Any], str]) -> pd.DataFrame:
    """A DataFrame of (values, dtype) columns with a RangeIndex; "string" is text with NA where it is missing."""
    import numpy as np
    import pandas as pd

    # The storage is named, because pandas' default depends on whether pyarrow is installed.
    text = pd.StringDtype("python", na_value=pd.NA)
    return pd.DataFrame(
        {
            name: pd.array(values, dtype=text) if dtype == "string" else np.array(values, dtype=dtype)
            for name, (values, dtype) in columns.items()
        }
    )


def table_attrs(transcript: Transcript) -> dict[str, str | None]:
    """A table's ``attrs``: its clip, service (the engine that it named, else its host) and model."""
    run = transcript.run
    return {"clip": run.clip.name, "service": transcript.engine or run.service.host, "model": run.model}
