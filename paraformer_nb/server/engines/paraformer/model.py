"""The two networks of a streaming Paraformer, loaded once and shared by all streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .export import Export
from .features import Features

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from onnxruntime import InferenceSession

    Array = np.ndarray[Any, np.dtype[Any]]


class ModelError(Exception):
    """A network cannot be loaded or run, though its header promised that it can."""


class Model:
    """The networks of an export that was found fit. All methods may be called from several threads at once.

    Loading takes seconds for a real model. Raises ModelError where ONNX Runtime will not have a file.
    """

    def __init__(self, export: Export) -> None:
        self.export = export
        self.features = Features(export)
        self._encoder = _load(export.encoder)
        self._decoder = _load(export.decoder)

    def encode(self, inputs: Array) -> tuple[Array, Array, Array]:
        """The encoder's outputs (1, n, width), their number (1,) and their weights (1, n) for (n, 560) float32."""
        import numpy as np

        count = np.array([len(inputs)], np.int32)
        encoded, length, weights = _run(self.export.encoder, self._encoder, [inputs[None], count])
        _expect(self.export.encoder, "outputs", encoded, (1, len(inputs), self.export.width))
        _expect(self.export.encoder, "weights", weights, (1, len(inputs)))
        return encoded, length, weights

    def decode(
        self, encoded: Array, length: Array, embeddings: Array, caches: list[Array]
    ) -> tuple[list[int], list[float], list[Array]]:
        """The tokens' numbers, their probabilities, and the new caches for acoustic embeddings (k, width)."""
        import numpy as np

        count = np.array([len(embeddings)], np.int32)
        logits, numbers, *grown = _run(
            self.export.decoder, self._decoder, [encoded, length, embeddings[None], count, *caches]
        )
        _expect(self.export.decoder, "logits", logits, (1, len(embeddings), len(self.export.symbols)))
        _expect(self.export.decoder, "tokens", numbers, (1, len(embeddings)))
        likelihood = np.exp(logits[0] - logits[0].max(axis=-1, keepdims=True))
        likelihood /= likelihood.sum(axis=-1, keepdims=True)
        tokens = [int(number) for number in numbers[0]]
        confidences = [float(row[token]) for row, token in zip(likelihood, tokens, strict=True)]
        return tokens, confidences, [cache[:, :, -self.export.memory :] for cache in grown]

    def fresh_caches(self) -> list[Array]:
        """The decoder's caches before anything was heard."""
        import numpy as np

        return [np.zeros((1, self.export.width, self.export.memory), np.float32) for _ in range(self.export.blocks)]


def _load(path: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # streams are what runs side by side
    options.log_severity_level = 4  # what matters comes as an exception; the rest would go to the kernel's stderr
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _refusals() as error:
        raise ModelError(f"ONNX Runtime cannot load {str(path)!r}: {_first_line(error)}. Download it again") from error


def _run(path: Path, session: InferenceSession, inputs: list[Array]) -> list[Array]:
    names = [end.name for end in session.get_inputs()]
    try:
        outputs: list[Array] = session.run(None, dict(zip(names, inputs, strict=True)))
    except _refusals() as error:
        raise ModelError(f"{str(path)!r} fails on sound: {_first_line(error)}. Use another model") from error
    return outputs


def _expect(path: Path, what: str, found: Array, shape: tuple[int, ...]) -> None:
    """What a header leaves open shows only now."""
    if found.shape != shape:
        raise ModelError(f"{str(path)!r} gives {what} of {found.shape}, where {shape} is needed. Use another model")


def _refusals() -> tuple[type[Exception], ...]:
    """All that ONNX Runtime raises over a network; its exceptions have no parent of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
        RuntimeError,
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300].rstrip(". ")
