"""One task of the embedded service: decodes its audio, streams it to the engine, and sends the results."""

from __future__ import annotations

import asyncio
import importlib
import logging
import math
from collections.abc import Mapping
from typing import Any

from ..dashscope.context import context_text
from ..dashscope.messages import ContinueTask, RunTask, SentenceResult
from ..dashscope.models import find_model
from ..dashscope.server_protocol import NO_TRANSLATIONS, Refusal, ServerProtocol
from ..errors import AudioError
from .demuxers.task_decoder import TaskDecoder
from .engines.base import ContextStream, Engine, EngineKind, Settings
from .limits import Limits
from .log import log
from .result_filter import ResultFilter
from .wire import Wire

_BURST = 60.0  # seconds of audio that are accepted before `Limits.speed` applies
# The parameters that the service supports for every engine; `EngineKind.supported_parameters`: what an engine adds.
_SUPPORTED = {
    "format",
    "sample_rate",
    "heartbeat",
    "language_hints",
    "punctuation_prediction_enabled",
    "disfluency_removal_enabled",
    "transcription_enabled",
    "translation_enabled",
    "intermediate_result_enabled",
}
# Default values: sending one of these has no effect, so it is not logged as ignored.
_DEFAULTS: dict[str, Any] = {
    "semantic_punctuation_enabled": False,
    "multi_threshold_mode_enabled": False,
    "inverse_text_normalization_enabled": True,
    "source_language": "auto",
    "keep_dialect": False,
    "vad_model": "far_field_meeting_16k",
}


class TaskRefused(Exception):
    """The current task must fail."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Task:
    """One task, from run-task to task-finished.

    Its methods raise TaskRefused or EngineError if the task must fail, ConnectionClosed if its client has disconnected.
    """

    def __init__(
        self,
        command: RunTask,
        wire: Wire,
        protocol: ServerProtocol,
        engine: Engine,
        kind: EngineKind,
        limits: Limits,
        hotwords: Mapping[str, int],
    ) -> None:
        parameters = command.parameters
        model = find_model(command.model)
        self._has_context = model is not None and "context" in model.parameters
        self._is_qwen = model is not None and model.family == "qwen-audio"  # which has other error codes
        partials = "intermediate_result_enabled"
        self._has_partials = model is None or partials not in model.parameters or parameters.get(partials, False)
        self._wire = wire
        self._protocol = protocol
        self._limits = limits
        self._clock = asyncio.get_running_loop().time
        self._decoder = TaskDecoder(parameters.get("format", "pcm"), parameters.get("sample_rate", 16_000))
        self._filter = ResultFilter(parameters)
        self._stream = engine.stream(_settings(command, hotwords, has_context=self._has_context), self._emit)
        self._has_heartbeat = parameters.get("heartbeat", False)
        self._logged_note: str | None = None
        self._has_results = False
        self._first_audio: float | None = None
        self._last_result = 0.0
        self._last_sent = 0.0
        supported = _SUPPORTED | kind.supported_parameters
        defaults = _DEFAULTS | {"max_sentence_silence": _sentence_silence(command.model)}
        ignored = [name for name in parameters if name not in supported and parameters[name] != defaults.get(name)]
        if ignored:
            log(logging.WARNING, "parameters-ignored", task=command.task_id, parameters=",".join(ignored))

    @property
    def seconds(self) -> float:
        """Seconds of audio received so far."""
        return self._decoder.seconds

    async def start(self) -> None:
        """Start the engine's stream and load the decoder, then send task-started."""
        await asyncio.to_thread(importlib.import_module, "av")  # the first import is slow, so not on the event loop
        await self._start_stream()
        await self._wire.send(self._protocol.started())

    async def _start_stream(self) -> None:
        """Start the engine's stream, which may have to wait for its turn; give up if the client disconnects."""
        starting = asyncio.ensure_future(self._stream.start())
        closed = asyncio.ensure_future(self._wire.wait_closed())
        try:
            await asyncio.wait({starting, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                return  # sending raises ConnectionClosed
        finally:
            starting.cancel()
            closed.cancel()
            await asyncio.gather(starting, closed, return_exceptions=True)
        starting.result()

    async def receive_audio(self, data: bytes) -> None:
        """Decode audio as received, and pass it to the engine."""
        await self._check_silence()
        try:
            for pcm in self._decoder.feed(data):
                if pcm:
                    await self._stream.accept(pcm)
                await self._throttle()
        except AudioError as error:
            raise TaskRefused(Refusal("UNSUPPORTED_FORMAT", str(error))) from error
        if self._decoder.note != self._logged_note:
            self._logged_note = self._decoder.note
            log(logging.WARNING, "tolerated", task=self._protocol.task_id, note=self._logged_note)

    async def finish(self) -> None:
        """Let the engine emit its last results, then send task-finished; raise TaskRefused if there was no speech."""
        try:
            for pcm in self._decoder.finish():
                if pcm:
                    await self._stream.accept(pcm)
        except AudioError as error:
            raise TaskRefused(Refusal("UNSUPPORTED_FORMAT", str(error))) from error
        if self._decoder.skipped:
            log(logging.WARNING, "bytes-skipped", task=self._protocol.task_id, bytes=self._decoder.skipped)
        await self._stream.finish()
        if not self._has_results:
            code = "EmptyAudio" if self._is_qwen else "NO_VALID_AUDIO_ERROR"
            raise TaskRefused(Refusal(code, "no speech was found in the audio"))
        await self._wire.send(self._protocol.finished(math.ceil(self.seconds)))

    def update_context(self, command: ContinueTask) -> None:
        """Replace the task's context, where the engine can use one."""
        if not self._has_context:
            return
        messages = command.input.get("context") or []
        is_used = isinstance(self._stream, ContextStream)
        log(logging.INFO, "context", task=self._protocol.task_id, messages=len(messages), used=is_used)
        if isinstance(self._stream, ContextStream):
            self._stream.update_context(context_text(messages))

    async def close(self) -> None:
        """Release the engine's stream, in any state."""
        await self._stream.close()

    async def _check_silence(self) -> None:
        """Send a heartbeat if one is due; without heartbeats, refuse a task that has had no result for too long."""
        now = self._clock()
        if self._first_audio is None:
            self._first_audio = now
            self._last_result = now
            self._last_sent = now
        if self._has_heartbeat:
            if now - self._last_sent >= self._limits.heartbeat:
                self._last_sent = now
                await self._wire.send(self._protocol.heartbeat())
        elif now - self._last_result >= self._limits.silence:
            raise TaskRefused(Refusal("ResponseTimeout" if self._is_qwen else "RequestTimeOut", "Response timeout!"))

    async def _emit(self, sentence: SentenceResult, translations: Mapping[str, str] = NO_TRANSLATIONS) -> None:
        if not self._has_partials and not sentence.is_final:
            self._last_result = self._clock()
            return
        result = self._filter.apply(sentence)
        if result is None:
            return
        self._has_results = True
        self._last_result = self._last_sent = self._clock()
        await self._wire.send(self._protocol.result(result, math.ceil(self.seconds), translations))

    async def _throttle(self) -> None:
        """Let other tasks run; wait if audio arrives faster than `Limits.speed`, which the client feels as
        back-pressure."""
        assert self._first_audio is not None
        ahead = self.seconds - _BURST - self._limits.speed * (self._clock() - self._first_audio)
        await asyncio.sleep(max(0.0, ahead / self._limits.speed))


def _sentence_silence(model: str) -> int:
    """The default of `max_sentence_silence`, in ms: the model's own, and Paraformer's for a model without one."""
    known = find_model(model)
    return (known and known.sentence_silence) or 800


def _settings(command: RunTask, hotwords: Mapping[str, int], *, has_context: bool) -> Settings:
    parameters = command.parameters
    languages = parameters.get("translation_target_languages") if parameters.get("translation_enabled") else None
    return Settings(
        parameters.get("max_sentence_silence", _sentence_silence(command.model)),
        tuple(languages or ()),
        hotwords,
        context_text(command.input.get("context") or []) if has_context else "",
    )
