"""Tables of spans of the clip: gaps, search matches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..journal.records import Gap
from ..transcript.search import Match
from .frame import frame_of_rows
from .schema import GAPS, MATCHES

if TYPE_CHECKING:
    import pandas as pd


def gaps_table(gaps: Iterable[Gap]) -> pd.DataFrame:
    """One row a gap; `schema.GAPS` has names, dtypes and meanings."""
    return frame_of_rows(GAPS, [(gap.start, gap.end, gap.reason, gap.end - gap.start) for gap in gaps])


def matches_table(matches: Iterable[Match]) -> pd.DataFrame:
    """One row for each occurrence of a text; `schema.MATCHES` has names, dtypes and meanings."""
    return frame_of_rows(MATCHES, matches)
