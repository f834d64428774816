"""One channel of a clip, chosen before anything is mixed or resampled; and whether the channels differ at all."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, ParameterError
from .notices import Notices

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, np.dtype[Any]]

_ALIKE = 0.99  # correlation of two channels, above which they are the same sound
_ENOUGH = 20.0  # seconds of sound that are compared
_LEAST = 0.2  # seconds of sound without which nothing is said
_FLOOR = 1e-3  # of full scale: below it, the root mean square of a frame is not sound


def check_channel(channel: Any) -> int | None:
    """A `channel=` argument. Raises ParameterError if it is not a number of a channel, counted from 0."""
    if channel is None:
        return None
    if not isinstance(channel, Integral) or isinstance(channel, bool) or channel < 0:
        raise ParameterError(f"channel={channel!r}: give the number of a channel, counted from 0. Nothing was sent.")
    return int(channel)


def check_exists(channel: int | None, count: int, name: str) -> None:
    """Raise ParameterError if a clip of `count` channels does not have this one."""
    if channel is not None and channel >= count:
        has = "one channel, 0" if count == 1 else f"{count} channels, 0 to {count - 1}"
        raise ParameterError(
            f"channel={channel}: {name!r} has {has}. Choose one of them, or leave channel= out. Nothing was sent."
        )


class ChosenChannel:
    """Takes one channel out of decoded frames and arrays, and notices if another one is the same."""

    def __init__(self, channel: int, notices: Notices) -> None:
        self._channel = channel
        self._notices = notices
        self._compared = 0.0  # seconds
        self._squares = [0.0, 0.0]
        self._product = 0.0

    def frame(self, frame: Any) -> Any:
        """The channel of a decoded frame, as a mono frame. Raises AudioError if it has no such channel."""
        import numpy as np
        from av import AudioFrame

        count = frame.layout.nb_channels
        if self._channel >= count:
            raise AudioError(
                f"the clip has only {count} channels at a later position, so channel {self._channel} ends there. The "
                "words so far are kept."
            )
        array = frame.to_ndarray()
        channels = array if frame.format.is_planar else array.reshape(-1, count).T
        self._compare(channels, frame.sample_rate)
        own = np.ascontiguousarray(channels[self._channel][None])
        mono = AudioFrame.from_ndarray(own, format=frame.format.name, layout="mono")
        mono.sample_rate = frame.sample_rate
        return mono

    def samples(self, array: Samples, rate: int) -> Samples:
        """The channel of an array of shape (n,) or (n, channels)."""
        if array.ndim == 1:
            return array
        self._compare(array[: round(_ENOUGH * rate)].T, rate)
        self.end()
        return array[:, self._channel]

    def end(self) -> None:
        """The clip has ended: notice from what was compared, however short it was."""
        if self._compared < _ENOUGH:
            self._decide()

    def _compare(self, channels: Samples, rate: int) -> None:
        """Compare the chosen channel with another one, where there is sound. Silence is the same in both."""
        import numpy as np

        if len(channels) < 2 or self._compared >= _ENOUGH:
            return
        other = 0 if self._channel else 1
        pair = [_floats(channels[number]) for number in (self._channel, other)]
        squares = [float(np.dot(each, each)) for each in pair]
        if max(squares) < _FLOOR**2 * len(pair[0]):
            return
        self._squares = [before + now for before, now in zip(self._squares, squares, strict=True)]
        self._product += float(np.dot(*pair))
        self._compared += len(pair[0]) / rate
        if self._compared >= _ENOUGH:
            self._decide()

    def _decide(self) -> None:
        power = (self._squares[0] * self._squares[1]) ** 0.5
        if self._compared >= _LEAST and power and self._product / power > _ALIKE:
            other = 0 if self._channel else 1
            self._notices.add(
                f"Channels {self._channel} and {other} hold the same sound (dual mono), so they give the same words: "
                "the speakers are not on channels of their own."
            )


def _floats(samples: Samples) -> Samples:
    """Samples as floats, full scale 1."""
    import numpy as np

    if samples.dtype.kind == "f":
        return samples.astype(np.float64)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float64) - 128) / 128
    return samples.astype(np.float64) / -float(np.iinfo(samples.dtype).min)
