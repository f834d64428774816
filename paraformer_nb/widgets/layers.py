"""Layers over the timeline: the spans of any DataFrame with ``start`` and ``end``, with a name."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..tables.given import (
    Unit,
    as_frame,
    beyond_clip,
    check_one_clip,
    check_order,
    check_unit,
    seconds_of,
)
from .run_data import Layer, LayerSpan

if TYPE_CHECKING:
    import pandas as pd

_MAX_LABEL = 60  # characters; more would not be drawn
_MAX_ROWS = 20_000  # a layer travels in one message


def make_layer(table: Any, name: str, label: str | None, unit: Unit, clip_end: float | None) -> Layer:
    """Make a layer from a table's ``start`` and ``end`` columns, in `unit`. Warns of spans behind the clip.

    `label` names the column to write beside each span; None: ``label`` where there is one.

    Raises ParameterError for missing columns, for invalid times, and for more rows than can be shown.
    """
    frame = as_frame(table, ["start", "end", *([label] if label else [])])
    check_one_clip(frame)
    if len(frame) > _MAX_ROWS:
        raise ParameterError(f"{len(frame)} rows are more than can be shown: give at most {_MAX_ROWS} of them.")
    starts, ends = (seconds_of(frame, column, unit) for column in ("start", "end"))
    check_order(starts, ends)
    check_unit(starts, ends, clip_end)
    if problem := beyond_clip(ends, clip_end):
        warnings.warn(problem, stacklevel=3)
    labels = label or ("label" if "label" in frame.columns else None)
    texts = [""] * len(frame) if labels is None else _texts(frame[labels])
    rows = zip(starts.tolist(), ends.tolist(), texts, strict=True)
    spans = [LayerSpan(round(start, 3), round(end, 3), text[:_MAX_LABEL]) for start, end, text in rows]
    return Layer(name, sorted(spans, key=lambda span: (span.start, span.end, span.label)))


def _texts(column: pd.Series[Any]) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
