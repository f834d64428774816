"""The charts of a table of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plots.kinds import OF_WORDS, OPTIONS, check
from .pauses import pauses
from .rate import rate
from .spans import between
from .spoken import read
from .turns import turns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHORTEST_PAUSE = 0.05


def plot(
    table: pd.DataFrame,
    kind: str = "words",
    ax: Axes | None = None,
    start: float | None = None,
    end: float | None = None,
    **options: Any,
) -> Axes:
    """Draw a table of words on `ax`, or on new Axes. Returns the Axes.

    Args:
        kind: "words" (a strip: boxes, with the texts that have room; over 200 s without texts), "rate", "pauses" (a
            histogram) or "turns".
        start, end: the part to show, in seconds.
        options: ``size`` of new Axes in inches; for "rate" also ``window``, ``step``, ``unit`` and ``by``, for "pauses"
            ``min``, for "turns" ``gap``, as the method of that name has them.

    Raises ParameterError for an unknown kind or option, and for wrong times.
    """
    from ..plots import charts, strip

    check(kind, options, OF_WORDS, f" A run's plot has {', '.join(OPTIONS)}.")
    if start is not None or end is not None:
        reach = float("inf")
        table = between(table, -reach if start is None else start, reach if end is None else end)
    size = {"size": options.pop("size")} if "size" in options else {}
    if kind == "rate":
        by = options.get("by")
        rates = rate(table, start=start or 0.0, end=end, **options)
        rates = rates if by is None else rates.rename(columns={by: "speaker"})
        return charts.draw_rate(rates, ax, unit=options.get("unit", "words"), **size)
    if kind == "pauses":
        return charts.draw_pauses(pauses(table, **{"min": _SHORTEST_PAUSE, **options}), ax, **size)
    if kind == "turns":
        return charts.draw_turns(turns(table, **options), ax, **size)
    words = read(table)
    return strip.draw_words(table.assign(start=words.starts, end=words.ends), ax, start=start, end=end, **size)
