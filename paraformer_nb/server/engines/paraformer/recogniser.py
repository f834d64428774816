"""Recognise one stream of sound with a shared model, chunk by chunk: samples in, tokens with times out.

The encoder gets each chunk's 10 new LFR frames after the 8 before them, and only the weights of the middle ones are
counted: the first 5 are context that was counted with an earlier chunk, the last 3 lack the frames after them and are
counted with the next one. The decoder gets the encoder's outputs and carries its own caches. sherpa-onnx does the same,
and on the same sound the tokens are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .features import CHUNK_FRAMES, CHUNK_LENGTH, CHUNK_STEP
from .integrator import Fire, Integrator
from .model import ParaformerModel
from .model_folder import LFR_WINDOW, MEL_BINS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_LEFT_CONTEXT = 5  # LFR frames
_RIGHT_CONTEXT = 3
# Samples of silence appended after the last sound, so that all of it is counted, whatever part of a chunk it fills.
# sherpa-onnx's own way of ending leaves out the last 180 ms without right context, which may contain a last word.
_TAIL = 14_400


class Token(NamedTuple):
    """A recognised token: its number, its span in ms from the stream's beginning, and its probability."""

    number: int
    begin: float
    end: float
    confidence: float


class ParaformerRecogniser:
    """The state of one stream. Its size is constant: less than a chunk of sound, 8 LFR frames, the caches."""

    def __init__(self, model: ParaformerModel) -> None:
        import numpy as np

        self._model = model
        self._pcm = b""
        self._samples = 0  # of sound, so far
        self._context = np.zeros((_LEFT_CONTEXT + _RIGHT_CONTEXT, LFR_WINDOW * MEL_BINS), np.float32)
        self._frames = 0  # so far
        self._origin = 0  # the frame that the model's positions count from
        self._integrator = Integrator(model.folder.width)
        self._caches = model.empty_caches()

    def add(self, pcm: bytes) -> None:
        """Append sound, 16 kHz 16-bit mono PCM."""
        self._pcm += pcm
        self._samples += len(pcm) // 2

    def add_tail(self) -> None:
        """End the sound with silence, so that all of it is recognised."""
        self._pcm += bytes(2 * _TAIL)

    @property
    def is_ready(self) -> bool:
        """Whether there is enough sound for a chunk."""
        return len(self._pcm) >= 2 * CHUNK_LENGTH

    @property
    def is_silent(self) -> bool:
        """Whether the recognised sound ends in a pause."""
        return self._integrator.is_silent

    @property
    def silent_until(self) -> float:
        """ms: between the last token and this time no token fired or began."""
        return self._integrator.silent_until

    def recognise(self) -> list[Token]:
        """Return the tokens of the next chunk. Raises ModelError."""
        import numpy as np

        samples = np.frombuffer(self._pcm[: 2 * CHUNK_LENGTH], "<i2")
        self._pcm = self._pcm[2 * CHUNK_STEP :]
        new = self._model.features.chunk(samples, self._frames - self._origin)
        frames = np.concatenate([self._context, new])
        self._context = frames[-(_LEFT_CONTEXT + _RIGHT_CONTEXT) :].copy()  # a view would keep all frames
        encoded, length, weights = self._model.encode(frames)
        fires = self._integrate(encoded[0], weights[0])
        self._frames += CHUNK_FRAMES
        if not fires:
            return []
        embeddings = np.stack([fire.embedding for fire in fires])
        numbers, confidences, self._caches = self._model.decode(encoded, length, embeddings, self._caches)
        return [self._token(*parts) for parts in zip(numbers, fires, confidences, strict=True)]

    def reset(self) -> None:
        """Reset the decoder's caches, the sum of weights and the positions, as sherpa-onnx does at an endpoint.

        The sound before stays as context, and times continue.
        """
        self._caches = self._model.empty_caches()
        self._integrator.reset()
        self._origin = self._frames

    def _integrate(self, outputs: Array, weights: Array) -> list[Fire]:
        fires = []
        for index in range(_LEFT_CONTEXT, len(outputs) - _RIGHT_CONTEXT):
            frame = self._frames + index - _LEFT_CONTEXT - _RIGHT_CONTEXT
            if fire := self._integrator.add(weights[index], outputs[index], frame):
                fires.append(fire)
        return fires

    def _token(self, number: int, fire: Fire, confidence: float) -> Token:
        """A token with times within the sound: before it is context of zeros, after it the silent tail."""
        last = self._samples / 16
        return Token(number, min(max(fire.begin, 0.0), last), min(max(fire.end, 0.0), last), confidence)
