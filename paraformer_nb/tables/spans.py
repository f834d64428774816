"""Tables of spans of the clip: gaps, search matches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..journal.records import Gap
from ..transcript.search import Match
from .frame import make_frame

if TYPE_CHECKING:
    import pandas as pd


def gaps_table(gaps: Iterable[Gap]) -> pd.DataFrame:
    """One row a gap: ``start`` and ``end`` float64 seconds of the clip, ``reason`` string."""
    rows = list(gaps)
    return make_frame(
        start=([gap.start for gap in rows], "float64"),
        end=([gap.end for gap in rows], "float64"),
        reason=([gap.reason for gap in rows], "string"),
    )


def matches_table(matches: Iterable[Match]) -> pd.DataFrame:
    """One row for each occurrence of a text: ``sentence_id`` int64, ``text`` string, ``start`` and ``end`` float64
    seconds."""
    rows = list(matches)
    return make_frame(
        sentence_id=([row.sentence_id for row in rows], "int64"),
        text=([row.text for row in rows], "string"),
        start=([row.start for row in rows], "float64"),
        end=([row.end for row in rows], "float64"),
    )
