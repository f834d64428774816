"""Load and run the two networks of a streaming Paraformer, shared by all streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....models.faults import unreadable
from .features import FeatureExtractor
from .model_folder import ModelFolder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from onnxruntime import InferenceSession

    Array = np.ndarray[Any, np.dtype[Any]]


class ModelError(Exception):
    """A network cannot be loaded or run, although its header is valid."""


class ParaformerModel:
    """The networks of a checked folder. All methods may be called from several threads at once.

    Loading takes seconds for a real model. Raises ModelError if ONNX Runtime rejects a file.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        self.features = FeatureExtractor(folder)
        self._encoder = load_network(folder.encoder)
        self._decoder = load_network(folder.decoder)

    def encode(self, frames: Array) -> tuple[Array, Array, Array]:
        """Return outputs (1, n, width), their number (1,) and their weights (1, n) for LFR frames (n, 560), float32."""
        import numpy as np

        count = np.array([len(frames)], np.int32)
        encoded, length, weights = run_network(self.folder.encoder, self._encoder, [frames[None], count])
        _expect(self.folder.encoder, "outputs", encoded, (1, len(frames), self.folder.width))
        _expect(self.folder.encoder, "weights", weights, (1, len(frames)))
        return encoded, length, weights

    def decode(
        self, encoded: Array, length: Array, embeddings: Array, caches: list[Array]
    ) -> tuple[list[int], list[float], list[Array]]:
        """Return tokens' numbers, their probabilities and the new caches for acoustic embeddings (k, width)."""
        import numpy as np

        count = np.array([len(embeddings)], np.int32)
        logits, numbers, *grown = run_network(
            self.folder.decoder, self._decoder, [encoded, length, embeddings[None], count, *caches]
        )
        _expect(self.folder.decoder, "logits", logits, (1, len(embeddings), len(self.folder.symbols)))
        _expect(self.folder.decoder, "tokens", numbers, (1, len(embeddings)))
        likelihood = np.exp(logits[0] - logits[0].max(axis=-1, keepdims=True))
        likelihood /= likelihood.sum(axis=-1, keepdims=True)
        tokens = [int(number) for number in numbers[0]]
        confidences = [float(row[token]) for row, token in zip(likelihood, tokens, strict=True)]
        return tokens, confidences, [cache[:, :, -self.folder.memory :] for cache in grown]

    def empty_caches(self) -> list[Array]:
        """Return the decoder's caches at the beginning of a stream."""
        import numpy as np

        return [np.zeros((1, self.folder.width, self.folder.memory), np.float32) for _ in range(self.folder.blocks)]


def load_network(path: Path) -> InferenceSession:
    """Load a network. Raises ModelError."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # streams run in parallel, networks do not
    options.log_severity_level = 4  # errors are raised as exceptions; anything else would be printed in the notebook
    try:
        path.open("rb").close()
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except PermissionError as error:
        fault = unreadable(path, error)
        raise ModelError(f"{fault.clause}. {fault.remedy}") from error
    except FileNotFoundError as error:
        raise ModelError(f"{str(path)!r} is missing. Download it again") from error
    except _exceptions() as error:
        raise ModelError(f"ONNX Runtime cannot load {str(path)!r}: {_first_line(error)}. Download it again") from error


def run_network(path: Path, session: InferenceSession, inputs: list[Array]) -> list[Array]:
    """Return a network's outputs for its inputs, in their order. Raises ModelError."""
    names = [tensor.name for tensor in session.get_inputs()]
    try:
        outputs: list[Array] = session.run(None, dict(zip(names, inputs, strict=True)))
    except _exceptions() as error:
        raise ModelError(f"{str(path)!r} fails on sound: {_first_line(error)}. Use another model") from error
    return outputs


def _expect(path: Path, name: str, found: Array, shape: tuple[int, ...]) -> None:
    """Check the sizes that a header may leave variable."""
    if found.shape != shape:
        raise ModelError(f"{str(path)!r} returns {name} of {found.shape}, where {shape} is needed. Use another model")


def _exceptions() -> tuple[type[Exception], ...]:
    """ONNX Runtime's exceptions, which have no base class of their own."""
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
