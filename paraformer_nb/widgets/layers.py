"""Floor 4: layers over the timeline: any DataFrame with start and end, each with a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_LABEL = 60  # characters; more would not be drawn


class Layer(NamedTuple):
    """A named set of spans, by start: (start, end, label) in seconds of the clip; a label may be ``""``."""

    name: str
    spans: list[tuple[float, float, str]]


def make_layer(frame: pd.DataFrame, name: str, label: str | None) -> Layer:
    """A layer from a DataFrame's ``start`` and ``end`` columns; rows where either is missing are left out.

    `label` names the column to write beside each span; None: ``label`` where there is one.

    Raises ParameterError for missing columns, and for times that are none.
    """
    columns = list(getattr(frame, "columns", ()))
    wanted = ["start", "end", *([label] if label else [])]
    if missing := [column for column in wanted if column not in columns]:
        raise ParameterError(
            f"the table to highlight has no column {' and no '.join(map(repr, missing))}; it has {columns}. "
            "Give a DataFrame with start and end, in seconds."
        )
    labels = label or ("label" if "label" in columns else None)
    try:
        times = frame[["start", "end"]].dropna().astype("float64")
    except (TypeError, ValueError) as error:
        raise ParameterError(f"start and end must be numbers, in seconds: {error}.") from error
    if (bad := times[(times["end"] < times["start"]) | ~times.abs().lt(float("inf")).all(axis=1)]).size:
        raise ParameterError(f"{len(bad)} rows end before they start, the first at {bad.index[0]!r}. Mend them first.")
    texts = frame.loc[times.index, labels].fillna("").astype(str) if labels else ["" for _ in range(len(times))]
    spans = [
        (round(start, 3), round(end, 3), text[:_LONGEST_LABEL])
        for start, end, text in zip(times["start"], times["end"], texts, strict=True)
    ]
    return Layer(name, sorted(spans))
