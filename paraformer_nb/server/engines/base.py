"""Floor 3: what a recogniser must offer to be an engine of the embedded service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ...messages import SentenceResult

Emit = Callable[[SentenceResult], Awaitable[None]]
"""Takes a partial or final sentence. It waits while the client does not read, so an engine never runs ahead."""


class EngineError(Exception):
    """An engine cannot go on; `code` and the message are what the client is told in task-failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Engine(Protocol):
    """One task's recogniser. Times in results are ms from the start of the task's audio."""

    async def start(self, emit: Emit) -> None:
        """Get ready; results go to `emit` from now on. Raises EngineError."""

    async def accept(self, pcm: bytes) -> None:
        """Take a block of 16 kHz 16-bit mono PCM; return when there is room for the next one. Raises EngineError."""

    async def finish(self) -> None:
        """No more audio; return when the last result was emitted. Raises EngineError."""

    async def close(self) -> None:
        """Let go of everything, whatever state it is in. Called once, always."""
