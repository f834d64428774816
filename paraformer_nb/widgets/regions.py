"""Regions: spans of the clip that a person marked, as a table both ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..journal.records import MAX_LABEL, MAX_SECONDS, Region
from ..tables.frame import frame_of
from ..text import sanitise
from .layers import make_layer
from .run_data import LayerSpan

if TYPE_CHECKING:
    import pandas as pd

_MAX_REGIONS = 2_000  # they travel, and are written, together


def regions_table(regions: Sequence[Region]) -> pd.DataFrame:
    """One row a region, sorted by start: ``start`` and ``end`` float64 seconds of the clip, ``label`` string."""
    return frame_of(
        start=([each.start for each in regions], "float64"),
        end=([each.end for each in regions], "float64"),
        label=([each.label for each in regions], "string"),
    )


def regions_of_table(table: Any, clip_end: float | None) -> list[Region]:
    """Regions of a table with ``start`` and ``end`` in seconds, and ``label`` where it has one; None: no regions.

    Raises ParameterError for missing columns, invalid times and too many rows.
    """
    return [] if table is None else checked_regions(make_layer(table, "regions", None, "s", clip_end).spans)


def checked_regions(spans: Iterable[LayerSpan]) -> list[Region]:
    """Regions as they are kept: sorted, to the millisecond, with clean labels. Raises ParameterError for others."""
    regions = [
        Region(round(each.start, 3), round(each.end, 3), sanitise(each.label).strip()[:MAX_LABEL]) for each in spans
    ]
    if len(regions) > _MAX_REGIONS:
        raise ParameterError(f"{len(regions)} regions are more than can be kept: give at most {_MAX_REGIONS} of them.")
    for each in regions:
        if not 0 <= each.start <= each.end <= MAX_SECONDS:
            raise ParameterError(f"{each.start} to {each.end} s is not a span of the clip. Nothing was changed.")
    return sorted(regions, key=lambda each: (each.start, each.end))
