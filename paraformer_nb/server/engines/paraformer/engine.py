"""Streaming Paraformer from a model folder that the user has, as an engine; how it recognises stands in
`server/paraformer`.

What is proven: on the same sound, the same tokens as sherpa-onnx for networks that were made for the tests, whose every
token depends on all that a real one depends on (context, places, caches); and times that are exact for weights that
are known. What is not: it was never run with trained weights, because none can be had where it was written. How near
the times are to a person's, and how fast a real model is, is to be measured by who has one.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from pathlib import Path

from ....dashscope.messages import SentenceResult
from ....errors import MissingDependency
from ..base import Emit, EngineError, Settings
from .export import Export, check_export
from .features import STEP
from .model import Model, ModelError
from .recogniser import Recogniser
from .sentences import Sentences

_PACKAGES = ("onnxruntime", "kaldi_native_fbank")
_PIECE = 2 * STEP  # bytes that are computed in one go: at most one chunk, so that closing never waits for long


class Paraformer:
    """The engine: one model for all its streams.

    Args:
        model_dir: a folder with ``encoder.onnx``, ``decoder.onnx`` and ``tokens.txt``, as made for sherpa-onnx. Of
            each network ``*.int8.onnx`` is taken where the plain file is not there.

    Raises ParameterError where the folder does not hold a streaming Paraformer, MissingDependency where a package is
    not installed.
    """

    def __init__(self, model_dir: Path) -> None:
        if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
            raise MissingDependency(
                f"the Paraformer engine needs {' and '.join(missing)}: pip install 'paraformer-nb[paraformer]'."
            )
        self._export = check_export(model_dir.expanduser())
        self._loading: asyncio.Future[Model] | None = None

    async def open(self) -> None:
        """Begin to load the model, on a thread; the first task waits for what is left of it."""
        self._loading = asyncio.ensure_future(asyncio.to_thread(Model, self._export))

    def stream(self, settings: Settings, emit: Emit) -> ParaformerStream:
        """One task's stream."""
        assert self._loading is not None
        return ParaformerStream(self._export, self._loading, settings, emit)

    async def close(self) -> None:
        """Let go of the model."""
        loading, self._loading = self._loading, None
        if loading:
            await asyncio.gather(loading, return_exceptions=True)  # what it raised was told to the tasks


class ParaformerStream:
    """One task. All computing is done on a thread, a piece at a time; results are emitted between pieces."""

    def __init__(self, export: Export, loading: asyncio.Future[Model], settings: Settings, emit: Emit) -> None:
        self._loading = loading
        self._emit = emit
        self._sentences = Sentences(export.symbols, settings.max_sentence_silence)
        self._recogniser: Recogniser | None = None
        self._work: asyncio.Future[list[SentenceResult]] | None = None
        self._is_stale = False  # a sentence ended, and the model has not begun anew since

    async def start(self) -> None:
        """Wait until the model is loaded."""
        try:
            self._recogniser = Recogniser(await asyncio.shield(self._loading))
        except ModelError as error:
            raise EngineError("InvalidParameter", f"{error}.") from error

    async def accept(self, pcm: bytes) -> None:
        """Recognise a block; return when that is done and all its results were emitted."""
        for at in range(0, len(pcm), _PIECE):
            await self._tell(self._hear, pcm[at : at + _PIECE])

    async def finish(self) -> None:
        """Recognise what is left, and settle what is open."""
        await self._tell(self._end)

    async def close(self) -> None:
        """Wait for the piece that is being computed, if there is one: a thread cannot be ended from outside."""
        if self._work:
            await asyncio.gather(self._work, return_exceptions=True)  # what it raised was told by accept or finish

    async def _tell(self, compute: Callable[..., list[SentenceResult]], *sound: bytes) -> None:
        self._work = asyncio.ensure_future(asyncio.to_thread(compute, *sound))
        try:
            results = await asyncio.shield(self._work)
        except ModelError as error:
            raise EngineError("InvalidParameter", f"{error}.") from error
        for result in results:
            await self._emit(result)

    def _hear(self, pcm: bytes) -> list[SentenceResult]:
        assert self._recogniser
        self._recogniser.add(pcm)
        return self._recognise(self._recogniser)

    def _end(self) -> list[SentenceResult]:
        assert self._recogniser
        self._recogniser.add_tail()
        return [*self._recognise(self._recogniser), *self._sentences.finish()]

    def _recognise(self, recogniser: Recogniser) -> list[SentenceResult]:
        """What is new in the whole chunks that are there.

        After a sentence the model begins anew, as with sherpa-onnx's endpoints; yet only in a pause, so that no word
        is lost that has begun already, and never within a sentence.
        """
        results = []
        while recogniser.is_ready:
            told = list(self._sentences.add(recogniser.recognise(), recogniser.silent_until))
            results += told
            self._is_stale = not self._sentences.is_open and (self._is_stale or bool(told))
            if self._is_stale and recogniser.is_silent:
                recogniser.reset()
                self._is_stale = False
        return results
