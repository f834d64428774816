"""The keys that the embedded service accepts: its own, and temporary ones that it issued."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

_MAX_TEMPORARY = 1000


class ServiceKeys:
    """One key that lasts, and temporary ones that end."""

    def __init__(self, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key.encode()
        self._clock = clock
        self._ends: dict[bytes, float] = {}  # of each temporary key

    def issue(self, seconds: int) -> str:
        """Return a new key that is accepted for so many seconds; of very many the oldest ends early."""
        key = f"st-{secrets.token_hex(16)}"
        now = self._clock()
        self._ends = {key: end for key, end in self._ends.items() if end > now}
        while len(self._ends) >= _MAX_TEMPORARY:
            del self._ends[next(iter(self._ends))]
        self._ends[key.encode()] = now + seconds
        return key

    def accept(self, key: str) -> bool:
        """Whether a key is valid now."""
        given = key.encode(errors="surrogateescape")
        return hmac.compare_digest(given, self._key) or self._ends.get(given, 0.0) > self._clock()
