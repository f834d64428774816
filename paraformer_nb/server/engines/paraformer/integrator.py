"""Continuous integrate-and-fire (CIF): from the encoder's weights to acoustic embeddings and times.

The encoder gives each LFR frame a weight. The weights are summed, and whenever the sum reaches 1 a token "fires": its
acoustic embedding is the weighted sum of the outputs so far, and the weight above 1 belongs to the next token. The
moment at which the sum crosses 1 is interpolated within the frame's 60 ms. There the token ends and the next one
begins, unless a pause follows: then the next one begins with the first frame that has weight again.

How the weights of a trained model relate to word boundaries marked by a person has not been measured. These times are
the model's own, without an offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .features import FRAME_MS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_SILENT_WEIGHT = 0.05  # smaller weights are silence or noise
_PAUSE_FRAMES = 4  # silent frames in a row that make a pause: 240 ms, FunASR's longest token


class Fire(NamedTuple):
    """A token that has fired: its span in ms from the stream's beginning, and its embedding, (width,) float32."""

    begin: float
    end: float
    embedding: Array


class Integrator:
    """The running sum of one stream.

    Attributes:
        silent_until: ms from the stream's beginning; between the last token and this time no token fired or began.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._begin = 0.0  # ms, of the token that is being summed
        self._silent_frames = _PAUSE_FRAMES  # in a row
        self.silent_until = 0.0
        self.reset()

    def reset(self) -> None:
        """Discard the sum; times continue."""
        import numpy as np

        self._sum = np.float32(0)
        self._partial: Array = np.zeros(self._width, np.float32)

    @property
    def is_silent(self) -> bool:
        """Whether the last frames are a pause."""
        return self._silent_frames >= _PAUSE_FRAMES

    def add(self, weight: np.float32, output: Array, frame: int) -> Fire | None:
        """Add the next output, (width,) float32, and its weight; `frame` is its number from the stream's beginning.

        The sums are computed in float32 and in sherpa-onnx's order, so that the same tokens fire.
        """
        start = float(frame * FRAME_MS)
        self._update_silence(weight, start)
        before = self._sum
        if before + weight < 1:
            self._sum = before + weight
            self._partial = self._partial + output * weight
            return None
        rest = 1 - before
        share = min(1.0, max(0.0, float(rest / weight))) if weight > 0 else 0.0
        begin = start if self.is_silent else self._begin
        fire = Fire(begin, start + share * FRAME_MS, self._partial + output * rest)
        self._sum = before + (weight - 1)
        self._partial = output * self._sum
        self._begin = fire.end
        self.silent_until = fire.end
        return fire

    def _update_silence(self, weight: np.float32, start: float) -> None:
        if weight < _SILENT_WEIGHT:
            self._silent_frames += 1
        else:
            if self.is_silent:
                self._begin = start
            self._silent_frames = 0
        self.silent_until = start + FRAME_MS if self.is_silent else self._begin
