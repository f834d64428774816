"""Random tables of words: in any order, with any index, overlapping, of length zero, with missing values."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

GRAIN = 20
"""Times are whole parts of a second, so that sums are exact enough."""
TEXTS = ["今天", "天气", "Hello", "wörld", "a", "don't", ""]


@st.composite
def word_tables(draw: st.DrawFn, most: int = 12) -> pd.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(TEXTS),
                st.sampled_from(["", ",", "."]),
                st.integers(0, 100),
                st.integers(0, 15),
                st.sampled_from(["a", "b", None]),
            ),
            max_size=most,
            unique_by=lambda row: row[2:],
        )
    )
    table = pd.DataFrame(
        {
            "text": pd.array([row[0] for row in rows], dtype="string"),
            "punctuation": [row[1] for row in rows],
            "start": [row[2] / GRAIN for row in rows],
            "end": [(row[2] + row[3]) / GRAIN for row in rows],
            "speaker": pd.array([row[4] for row in rows], dtype="string"),
            "extra": range(len(rows)),
        },
        index=draw(st.sampled_from([list(range(len(rows))), [7] * len(rows), [f"r{n}" for n in range(len(rows))]])),
    )
    table = table.astype({"start": float, "end": float})
    return table.astype({"speaker": "category", "text": "category"}) if draw(st.booleans()) else table
