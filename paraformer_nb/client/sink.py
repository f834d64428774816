"""Where a session's records go."""

from __future__ import annotations

from typing import Protocol

from ..journal.records import Record
from ..transcript.transcript import Transcript


class Sink(Protocol):
    """Receives everything that happens in a session, and knows what it adds up to.

    The session reads its own progress (what was sent, what is final) from `transcript`, so `append` must apply each
    record to it before it returns.
    """

    @property
    def transcript(self) -> Transcript: ...

    def append(self, record: Record) -> None:
        """Record what happened. Never raises: trouble with a disk must not end the session."""

    async def drain(self) -> None:
        """Wait until the consumer has room for more; meanwhile nothing is received (back-pressure)."""
