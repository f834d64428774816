"""What a recogniser must offer to be an engine of the embedded service: it makes streams, one a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ...dashscope.messages import SentenceResult
from ...dashscope.server_protocol import NO_TRANSLATIONS

RATE = 16_000
"""Hz; what every stream hears."""


class Settings(NamedTuple):
    """What a task asks of its engine, by the service's own names."""

    max_sentence_silence: int = 800
    """Milliseconds of silence that end a sentence."""
    translation_languages: tuple[str, ...] = ()
    """What to translate into."""


class EngineError(Exception):
    """A task cannot go on; `code` and the message are what the client is told in task-failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Emit(Protocol):
    """Takes a partial or final sentence, and its translations (language -> the text so far) where there are any.

    It waits while the client does not read, so an engine never runs ahead.
    """

    async def __call__(self, sentence: SentenceResult, translations: Mapping[str, str] = NO_TRANSLATIONS) -> None: ...


class Stream(Protocol):
    """One task's audio on its way through the engine. Times in results are ms from the start of that audio."""

    async def start(self) -> None:
        """Get ready; results may be emitted from now on. Raises EngineError."""

    async def accept(self, pcm: bytes) -> None:
        """Take a block of 16 kHz 16-bit mono PCM; return when there is room for the next one. Raises EngineError."""

    async def finish(self) -> None:
        """No more audio; return when the last result was emitted. Raises EngineError."""

    async def close(self) -> None:
        """Let go of everything, whatever state it is in. Called once, always."""


class Engine(Protocol):
    """A recogniser. It is made before the service runs, so that wrong options are told at once."""

    async def open(self) -> None:
        """The service begins: get ready in the background what the first task should not wait for."""

    def stream(self, settings: Settings, emit: Emit) -> Stream:
        """A new task's stream. Nothing is started yet."""

    async def close(self) -> None:
        """The service has ended, and all streams are closed: let go of everything. It may be opened again."""
