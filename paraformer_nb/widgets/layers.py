"""Layers over the timeline: the spans of any DataFrame with ``start`` and ``end``, with a name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from .messages import Layer, LayerSpan

if TYPE_CHECKING:
    import pandas as pd

_MAX_LABEL = 60  # characters; more would not be drawn
_MAX_ROWS = 20_000  # a layer travels in one message


def make_layer(frame: pd.DataFrame, name: str, label: str | None) -> Layer:
    """Make a layer from a DataFrame's ``start`` and ``end`` columns; rows where either is missing are left out.

    `label` names the column to write beside each span; None: ``label`` where there is one.

    Raises ParameterError for missing columns, for invalid times, and for more rows than can be shown.
    """
    columns = list(getattr(frame, "columns", ()))
    wanted = ["start", "end", *([label] if label else [])]
    if missing := [column for column in wanted if column not in columns]:
        raise ParameterError(
            f"the table to highlight has no column {' and no '.join(map(repr, missing))}; it has {columns}. "
            "Give a DataFrame with start and end, in seconds."
        )
    kept = frame[frame[["start", "end"]].notna().all(axis=1)]
    if len(kept) > _MAX_ROWS:
        raise ParameterError(f"{len(kept)} rows are more than can be shown: give at most {_MAX_ROWS} of them.")
    starts, ends = _times(kept)
    labels = label or ("label" if "label" in columns else None)
    texts = [""] * len(kept) if labels is None else _texts(kept[labels])
    rows = zip(starts, ends, texts, strict=True)
    spans = [LayerSpan(round(start, 3), round(end, 3), text[:_MAX_LABEL]) for start, end, text in rows]
    return Layer(name, sorted(spans, key=lambda span: (span.start, span.end, span.label)))


def _times(frame: pd.DataFrame) -> tuple[list[float], list[float]]:
    try:
        starts, ends = (frame[name].astype("float64").tolist() for name in ("start", "end"))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"start and end must be numbers, in seconds: {error}.") from error
    pairs = enumerate(zip(starts, ends, strict=True))
    if bad := [row for row, (start, end) in pairs if not -math.inf < start <= end < math.inf]:
        first = frame.index[bad[0]]
        raise ParameterError(f"{len(bad)} rows end before they start, the first at {first!r}. Fix them first.")
    return starts, ends


def _texts(column: pd.Series[Any]) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
