"""Continuous integrate-and-fire (CIF): the encoder's weights to acoustic embeddings, and to times.

The encoder gives each input a weight. They are summed up, and whenever the sum reaches 1 a token "fires": the outputs
weighted so far are its acoustic embedding, and what is above 1 belongs to the next token. The moment at which the sum
crosses 1 is interpolated within the input's 60 ms; there the token ends and the next one begins, unless a pause is
between: then it begins with the first input that has weight again.

How a real model's weights lie to what a person would mark as a word's edges is not known here. These times are the
model's own, without an offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .features import INPUT_MS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_FAINT = 0.05  # a weight below it is silence, or noise
_PAUSE = 4  # faint inputs in a row that make a pause: 240 ms, which FunASR takes for the longest that a token lasts


class Fire(NamedTuple):
    """A token that has fired: its span in ms from the stream's beginning, and its embedding, (width,) float32."""

    begin: float
    end: float
    embedding: Array


class Integrator:
    """The running sum of one stream.

    Attributes:
        silent_until: ms; up to here nothing fired after the last token, and nothing had begun to.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._begin = 0.0  # of the token that is summed up, in ms
        self._faint = _PAUSE  # inputs without weight in a row
        self.silent_until = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget what is summed up; times go on."""
        import numpy as np

        self._sum = np.float32(0)
        self._partial: Array = np.zeros(self._width, np.float32)

    @property
    def is_silent(self) -> bool:
        """Whether there is a pause just now."""
        return self._faint >= _PAUSE

    def add(self, weight: np.float32, output: Array, place: int) -> Fire | None:
        """Take the next output (width,) float32 and its weight; `place` is its number from the stream's beginning.

        The sums are kept in float32 and in sherpa-onnx's order, so that the same tokens fire.
        """
        start = float(place * INPUT_MS)
        self._listen(weight, start)
        before = self._sum
        if before + weight < 1:
            self._sum = before + weight
            self._partial = self._partial + output * weight
            return None
        rest = 1 - before
        share = min(1.0, max(0.0, float(rest / weight))) if weight > 0 else 0.0
        fire = Fire(start if self.is_silent else self._begin, start + share * INPUT_MS, self._partial + output * rest)
        self._sum = before + (weight - 1)
        self._partial = output * self._sum
        self._begin = self.silent_until = fire.end
        return fire

    def _listen(self, weight: np.float32, start: float) -> None:
        """Note pauses, and where they end."""
        if weight < _FAINT:
            self._faint += 1
        else:
            if self.is_silent:
                self._begin = start
            self._faint = 0
        self.silent_until = start + INPUT_MS if self.is_silent else self._begin
