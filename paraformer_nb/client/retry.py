"""How often a run connects again after a disconnect, and how long it waits before."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..errors import ParameterError
from .timeouts import check_seconds

LONGEST_RETRY_AFTER = 600.0
"""Seconds that a service may ask to wait (Retry-After) before the next attempt; a longer wait ends the run."""

_MAX_DOUBLINGS = 60  # of the wait: more would overflow a float
_LOOPBACK_SHARE = 1 / 20  # × the wait: a loopback network is not shared with others


@dataclass(frozen=True, kw_only=True)
class Retry:
    """What a run does after a disconnect, a refused connection or a failure of the service that may be temporary.

    With a service on this machine (loopback), each wait is a twentieth of what is given here.

    Raises ParameterError for invalid values.

    Example:
        >>> Retry(attempts=1).attempts  # give up at the first failure
        1
    """

    attempts: int = 5
    """Consecutive attempts without a new final sentence, including the first; then the run fails."""
    first_wait: float = 1.0
    """Seconds before the second attempt; doubled for each further one. Each wait is shortened at random by up to half,
    so that many clients do not connect at the same moment."""
    longest_wait: float = 8.0
    """Seconds that no wait exceeds, unless the service asks for a longer one (Retry-After), which is respected up to
    10 minutes."""
    overlap: float = 0.3
    """Seconds before the end of the last final sentence at which the next attempt starts, so that the first sound of
    a word is not cut off."""
    live_buffer: float = 120.0
    """Seconds of a live source that are kept to be sent again. A service that makes nothing final for longer costs a
    gap."""

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or not isinstance(self.attempts, int) or self.attempts < 1:
            raise ParameterError(f"Retry(attempts={self.attempts!r}): give an integer of at least 1.")
        for name in ("first_wait", "longest_wait", "overlap", "live_buffer"):
            check_seconds(f"Retry({name}=...)", getattr(self, name), can_be_zero=True)

    def delay(self, attempt: int, *, is_loopback: bool) -> float:
        """Seconds to wait after the failure of the `attempt`-th consecutive attempt."""
        doubled = self.first_wait * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS)
        delay = min(self.longest_wait, doubled) * random.uniform(0.5, 1.0)
        return delay * _LOOPBACK_SHARE if is_loopback else delay
