"""The Paraformer engine of the embedded service. Experimental: see the package's documentation."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ....dashscope.messages import SentenceResult
from ....errors import MissingDependency, ModelFilesError, ParameterError
from ....models.folders import damage_in, damaged_network, find_kind, unused_copies
from ....models.location import folder_problem
from ....models.table import models
from ....paths import expand
from ..base import Emit, EngineError, Settings
from .features import CHUNK_STEP
from .model import ModelError, ParaformerModel
from .model_folder import ModelFolder, check_model_folder
from .punctuation import Punctuator, check_punctuation_folder
from .recogniser import ParaformerRecogniser
from .sentences import ParaformerSentences

_PACKAGES = ("onnxruntime", "kaldi_native_fbank")
_BLOCK = 2 * CHUNK_STEP  # bytes processed at once: at most one chunk, so that closing never waits for long


class _Loaded(NamedTuple):
    model: ParaformerModel
    punctuator: Punctuator | None


class Paraformer:
    """The engine: one model for all its streams.

    Args:
        model_dir: a folder with a streaming Paraformer, as `model_folder` describes it; None: the first one that was
            fetched, or that another program keeps on this machine.
        punctuation_dir: a folder with a CT-Transformer; None: the one that was fetched, if there is one. Without one
            the text has no marks.
        load: loads the checked folder's networks.

    Raises ParameterError if a folder does not contain what it should, ModelFilesError if no model is on this machine or
    its files are damaged or cannot be read, MissingDependency if a package is not installed.
    """

    def __init__(
        self,
        model_dir: Path | None = None,
        load: Callable[[ModelFolder], ParaformerModel] = ParaformerModel,
        *,
        punctuation_dir: Path | None = None,
    ) -> None:
        if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
            raise MissingDependency(
                f"the Paraformer engine needs {' and '.join(missing)}: pip install 'paraformer-nb[paraformer]'."
            )
        folder = expand(model_dir) if model_dir else find_kind("paraformer")
        if folder is None:
            raise ModelFilesError(_none_found())
        self._folder = _checked(folder)
        self._punctuation = expand(punctuation_dir) if punctuation_dir else find_kind("punctuation")
        if self._punctuation:
            check_punctuation_folder(self._punctuation)
        for path in (folder, self._punctuation):
            if path and (damage := damaged_network(path)):
                raise ModelFilesError(damage)
        self._load = load
        self._loading: asyncio.Future[_Loaded] | None = None

    async def open(self) -> None:
        """Start loading the model on a thread; the first task waits until that is done."""
        self._loading = asyncio.ensure_future(asyncio.to_thread(self._load_all))

    def stream(self, settings: Settings, emit: Emit) -> ParaformerStream:
        """One task's stream."""
        assert self._loading is not None
        return ParaformerStream(self._loading, settings.max_sentence_silence, emit)

    async def close(self) -> None:
        """Wait until the model is loaded, then release it."""
        loading = self._loading
        self._loading = None
        if loading:
            await asyncio.gather(loading, return_exceptions=True)  # the tasks reported its exception

    def _load_all(self) -> _Loaded:
        punctuation = self._punctuation
        try:
            return _Loaded(self._load(self._folder), Punctuator(punctuation) if punctuation else None)
        except ModelError as error:
            folders = (self._folder.encoder.parent, *([punctuation] if punctuation else []))
            if damage := next(filter(None, map(damage_in, folders)), ""):
                raise ModelError(damage.removesuffix(".")) from error
            raise


def _none_found() -> str:
    """The message where no model is on this machine."""
    known = [model for model in models().values() if model.kind == "paraformer"]
    copies = "".join(f" {clause[0].upper()}{clause[1:]}." for model in known for clause in unused_copies(model))
    problem = f" {problem}" if (problem := folder_problem()) else ""
    return (
        f"the engine 'paraformer' needs a model's files, and there are none on this machine.{copies}{problem} Fetch "
        "them once: paraformer-nb models fetch paraformer-zh-en. Or give a folder that has them: model_dir=FOLDER."
    )


def _checked(folder: Path) -> ModelFolder:
    """A checked folder. Raises ModelFilesError if it is of a known model and damaged, else ParameterError."""
    try:
        return check_model_folder(folder)
    except ParameterError:
        if damage := damage_in(folder):
            raise ModelFilesError(damage) from None
        raise


class ParaformerStream:
    """One task. It computes on a thread, one block at a time; results are emitted between blocks."""

    def __init__(self, loading: asyncio.Future[_Loaded], silence: int, emit: Emit) -> None:
        self._loading = loading
        self._silence = silence
        self._emit = emit
        self._recogniser: ParaformerRecogniser | None = None
        self._sentences: ParaformerSentences | None = None
        self._computing: asyncio.Future[list[SentenceResult]] | None = None
        self._needs_reset = False  # a sentence ended, and the recogniser was not reset since

    async def start(self) -> None:
        """Wait until the model is loaded."""
        try:
            model, punctuator = await asyncio.shield(self._loading)
        except ModelError as error:
            raise EngineError("InvalidParameter", f"{error}.") from error
        self._recogniser = ParaformerRecogniser(model)
        self._sentences = ParaformerSentences(model.folder.symbols, self._silence, punctuator)

    async def accept(self, pcm: bytes) -> None:
        """Recognise a block; return after all its results were emitted."""
        for start in range(0, len(pcm), _BLOCK):
            await self._compute(self._recognise_block, pcm[start : start + _BLOCK])

    async def finish(self) -> None:
        """Recognise the rest, and emit the final of the current sentence."""
        await self._compute(self._recognise_tail)

    async def close(self) -> None:
        """Wait for the block that is being computed: a thread cannot be cancelled."""
        if self._computing:
            await asyncio.gather(self._computing, return_exceptions=True)  # accept or finish raised its exception

    async def _compute(self, recognise: Callable[..., list[SentenceResult]], *sound: bytes) -> None:
        self._computing = asyncio.ensure_future(asyncio.to_thread(recognise, *sound))
        try:
            results = await asyncio.shield(self._computing)
        except ModelError as error:
            raise EngineError("InvalidParameter", f"{error}.") from error
        for result in results:
            await self._emit(result)

    def _recognise_block(self, pcm: bytes) -> list[SentenceResult]:
        assert self._recogniser
        self._recogniser.add(pcm)
        return self._recognise_chunks()

    def _recognise_tail(self) -> list[SentenceResult]:
        assert self._recogniser
        assert self._sentences
        self._recogniser.add_tail()
        return [*self._recognise_chunks(), *self._sentences.finish()]

    def _recognise_chunks(self) -> list[SentenceResult]:
        """The results of all complete chunks.

        After a sentence the recogniser is reset, as at sherpa-onnx's endpoints; but only in a pause, so that a word
        that has already begun is not dropped, and never within a sentence.
        """
        recogniser = self._recogniser
        sentences = self._sentences
        assert recogniser
        assert sentences
        results = []
        while recogniser.is_ready:
            new = list(sentences.add(recogniser.recognise(), recogniser.silent_until))
            results += new
            self._needs_reset = not sentences.is_partial and (self._needs_reset or bool(new))
            if self._needs_reset and recogniser.is_silent:
                recogniser.reset()
                self._needs_reset = False
        return results
