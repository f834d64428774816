"""The one format of times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraformer_nb.text import format_clock


@pytest.mark.parametrize(
    ("seconds", "decimals", "hours", "text"),
    [
        (0, 0, False, "0:00"),
        (9.4, 0, False, "0:09"),
        (61.25, 2, False, "1:01.25"),
        (59.999, 2, False, "1:00.00"),
        (59.5, 0, False, "1:00"),
        (119.96, 1, False, "2:00.0"),
        (3599.999, 2, True, "1:00:00.00"),
        (3661, 0, True, "1:01:01"),
        (3661, 0, False, "61:01"),
        (90, 0, True, "0:01:30"),
        (-1.5, 1, False, "-0:01.5"),
        (-0.001, 2, False, "0:00.00"),
    ],
)
def test_times_are_minutes_and_seconds_and_rounding_carries_over(
    seconds: float, decimals: int, hours: bool, text: str
) -> None:
    assert format_clock(seconds, decimals, hours=hours) == text


@given(st.floats(0, 1e6), st.integers(0, 3))
def test_seconds_are_always_below_sixty(seconds: float, decimals: int) -> None:
    minutes, rest = format_clock(seconds, decimals).split(":")
    assert float(rest) < 60
    assert len(rest) == (3 + decimals if decimals else 2)
    assert abs(60 * int(minutes) + float(rest) - seconds) <= 0.51 * 10**-decimals
