"""One task of the embedded service: its audio on the way in, its results on the way out."""

from __future__ import annotations

import asyncio
import importlib
import logging
import math
from collections.abc import Mapping
from typing import Any

from ..dashscope.messages import RunTask, SentenceResult
from ..dashscope.server_protocol import NO_TRANSLATIONS, Refusal, ServerProtocol
from ..errors import AudioError
from .demuxers.task_decoder import TaskDecoder
from .engines.base import Engine, Settings
from .engines.registry import EngineKind
from .limits import Limits
from .log import log
from .wire import Wire
from .wording import Wording

_BURST = 60.0  # seconds of audio that may come as fast as the wire carries them
# What the service does for every engine; `EngineKind.honours` says what an engine does beside it.
_SERVED = {
    "format",
    "sample_rate",
    "heartbeat",
    "language_hints",
    "punctuation_prediction_enabled",
    "disfluency_removal_enabled",
    "transcription_enabled",
    "translation_enabled",
}
# Values that ask for nothing.
_DEFAULTS: dict[str, Any] = {
    "max_sentence_silence": 800,
    "semantic_punctuation_enabled": False,
    "multi_threshold_mode_enabled": False,
    "inverse_text_normalization_enabled": True,
    "source_language": "auto",
}


class TaskRefused(Exception):
    """The current task must fail."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Task:
    """Decodes what comes, lets the engine hear it, words its results and sends them.

    Its methods raise TaskRefused and EngineError where the task must fail, ConnectionClosed where its client is gone.
    """

    def __init__(
        self, command: RunTask, wire: Wire, protocol: ServerProtocol, engine: Engine, kind: EngineKind, limits: Limits
    ) -> None:
        given = command.parameters
        self._wire, self._protocol, self._limits = wire, protocol, limits
        self._clock = asyncio.get_running_loop().time
        self._incoming = TaskDecoder(given.get("format", "pcm"), given.get("sample_rate", 16_000))
        self._wording = Wording(given)
        self._stream = engine.stream(_settings(given), self._emit)
        self._has_heartbeat = given.get("heartbeat", False)
        self._note: str | None = None
        self._has_results = False
        self._began: float | None = None  # when the first audio came
        self._last_result = 0.0
        self._last_sent = 0.0
        known = _SERVED | kind.honours
        ignored = [name for name in given if name not in known and given[name] != _DEFAULTS.get(name)]
        if ignored:
            log(logging.WARNING, "without-effect", task=command.task_id, parameters=",".join(ignored))

    @property
    def seconds(self) -> float:
        """Of audio, so far."""
        return self._incoming.seconds

    async def start(self) -> None:
        """Get the engine and the decoder ready, and say so."""
        await asyncio.to_thread(importlib.import_module, "av")  # costs nothing from the second time on
        await self._stream.start()
        await self._wire.send(self._protocol.started())

    async def hear(self, data: bytes) -> None:
        """Take audio in, as it came."""
        now = self._clock()
        if self._began is None:
            self._began = self._last_result = self._last_sent = now
        if self._has_heartbeat:
            if now - self._last_sent >= self._limits.heartbeat:
                self._last_sent = now
                await self._wire.send(self._protocol.heartbeat())
        elif now - self._last_result >= self._limits.silence:
            raise TaskRefused(Refusal("RequestTimeOut", "Response timeout!"))
        try:
            for piece in self._incoming.feed(data):
                if piece:
                    await self._stream.accept(piece)
                await self._breathe()
        except AudioError as error:
            raise TaskRefused(Refusal("UNSUPPORTED_FORMAT", str(error))) from error
        if self._incoming.note != self._note:
            self._note = self._incoming.note
            log(logging.WARNING, "forgiven", task=self._protocol.task_id, note=self._note)

    async def finish(self) -> None:
        """Let the engine settle what is open, then say that the task is finished, or that there was nothing to hear."""
        try:
            for piece in self._incoming.finish():
                if piece:
                    await self._stream.accept(piece)
        except AudioError as error:
            raise TaskRefused(Refusal("UNSUPPORTED_FORMAT", str(error))) from error
        if self._incoming.skipped:
            log(logging.WARNING, "left-out", task=self._protocol.task_id, bytes=self._incoming.skipped)
        await self._stream.finish()
        if not self._has_results:
            raise TaskRefused(Refusal("NO_VALID_AUDIO_ERROR", "no speech was found in the audio"))
        await self._wire.send(self._protocol.finished(math.ceil(self.seconds)))

    async def close(self) -> None:
        """Let go of the engine's stream, whatever state it is in."""
        await self._stream.close()

    async def _emit(self, sentence: SentenceResult, translations: Mapping[str, str] = NO_TRANSLATIONS) -> None:
        worded = self._wording.apply(sentence)
        if worded is None:
            return
        self._has_results = True
        self._last_result = self._last_sent = self._clock()
        await self._wire.send(self._protocol.result(worded, math.ceil(self.seconds), translations))

    async def _breathe(self) -> None:
        """Let others have their turn; wait where audio comes faster than the service hears anybody's."""
        assert self._began is not None
        ahead = self.seconds - _BURST - self._limits.speed * (self._clock() - self._began)
        await asyncio.sleep(max(0.0, ahead / self._limits.speed))


def _settings(given: Mapping[str, Any]) -> Settings:
    wanted = given.get("translation_target_languages") if given.get("translation_enabled") else None
    return Settings(given.get("max_sentence_silence", 800), tuple(wanted or ()))
