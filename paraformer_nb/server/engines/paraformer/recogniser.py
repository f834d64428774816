"""One stream of sound through a shared model, chunk by chunk: samples in, tokens with times out.

Each chunk's 10 new inputs go into the encoder behind the 8 before them, and only the weights of the middle ones count:
the first 5 are context that was counted with an earlier chunk, the last 3 lack what follows and are counted with the
next. The decoder sees what the encoder gave and carries its own caches. That is how sherpa-onnx does it, and on the
same sound the tokens are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .export import BINS, STACK
from .features import INPUTS, LENGTH, STEP
from .firing import Fire, Integrator
from .model import Model

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_LEFT, _RIGHT = 5, 3  # inputs of context
# Silence put behind the last sound, so that all of it comes to count whatever part of a chunk it fills.
# sherpa-onnx's own way of ending leaves the last 180 ms without context uncounted, and a last word may lie there.
_TAIL = 14_400


class Token(NamedTuple):
    """A recognised token: its number, its span in ms from the stream's beginning, and its probability."""

    number: int
    begin: float
    end: float
    confidence: float


class Recogniser:
    """One stream. What it keeps does not grow: less than a chunk of sound, 8 inputs, the caches."""

    def __init__(self, model: Model) -> None:
        import numpy as np

        self._model = model
        self._pcm = bytearray()
        self._heard = 0  # samples
        self._context = np.zeros((_LEFT + _RIGHT, STACK * BINS), np.float32)
        self._inputs = 0  # so far
        self._origin = 0  # the input that the model takes for the first one
        self._integrator = Integrator(model.export.width)
        self._caches = model.fresh_caches()

    def add(self, pcm: bytes) -> None:
        """Take sound, 16 kHz 16-bit mono PCM."""
        self._pcm += pcm
        self._heard += len(pcm) // 2

    def add_tail(self) -> None:
        """There is no more sound: let what was heard run out into silence."""
        self._pcm += bytes(2 * _TAIL)

    @property
    def is_ready(self) -> bool:
        """Whether there is sound enough for a chunk."""
        return len(self._pcm) >= 2 * LENGTH

    @property
    def is_silent(self) -> bool:
        """Whether the sound that was recognised ends in a pause."""
        return self._integrator.is_silent

    @property
    def silent_until(self) -> float:
        """ms: up to here no token has fired since the last one, and none has begun."""
        return self._integrator.silent_until

    def recognise(self) -> list[Token]:
        """The tokens of the next chunk. Raises ModelError."""
        import numpy as np

        samples = np.frombuffer(bytes(self._pcm[: 2 * LENGTH]), "<i2")
        del self._pcm[: 2 * STEP]
        new = self._model.features.inputs(samples, self._inputs - self._origin)
        inputs = np.concatenate([self._context, new])
        self._context = inputs[-(_LEFT + _RIGHT) :]
        encoded, length, weights = self._model.encode(inputs)
        fires = self._fires(encoded[0], weights[0])
        self._inputs += INPUTS
        if not fires:
            return []
        embeddings = np.stack([fire.embedding for fire in fires])
        numbers, confidences, self._caches = self._model.decode(encoded, length, embeddings, self._caches)
        return [self._token(*told) for told in zip(numbers, fires, confidences, strict=True)]

    def reset(self) -> None:
        """Begin anew after a pause, as sherpa-onnx does at an endpoint: the decoder's caches, the sum of weights and
        the count of inputs are as at the beginning. The sound before stays as context, and times go on."""
        self._caches = self._model.fresh_caches()
        self._integrator.reset()
        self._origin = self._inputs

    def _fires(self, outputs: Array, weights: Array) -> list[Fire]:
        fires = []
        for at in range(_LEFT, len(outputs) - _RIGHT):
            place = self._inputs + at - _LEFT - _RIGHT
            if fire := self._integrator.add(weights[at], outputs[at], place):
                fires.append(fire)
        return fires

    def _token(self, number: int, fire: Fire, confidence: float) -> Token:
        """Times within what was heard: before it there is context made up of zeros, behind it the silent tail."""
        last = self._heard / 16
        return Token(number, min(max(fire.begin, 0.0), last), min(max(fire.end, 0.0), last), confidence)
