"""A run's clock."""

from __future__ import annotations

import time

from ..client.request import Clock


def run_clock(t: float = 0.0) -> Clock:
    """A clock that shows `t` seconds now: 0 for a new run, the journal's last time for one that is continued."""
    origin = time.monotonic() - t
    return lambda: time.monotonic() - origin
