"""Several channels as one: their mean, or one of them alone where they cancel each other out.

A cable with one wire reversed, or a "vocal remover", makes right = −left: the mean is silence, though each channel has
all of the speech.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, np.dtype[np.float32]]

CANCELLED = "The channels cancel each other out, so one channel alone is recognised in those parts."
"""The notice for a clip in which `uncancelled` replaced something."""

_CANCELLED = 0.1  # of the loudest channel's level: 20 dB below it, which no mixture of different sounds is
_FLOOR = 2e-4  # of full scale; below it there is only noise, which may cancel by chance


def mean(channels: Samples) -> tuple[Samples, bool]:
    """Mix samples of shape (n, channels), full scale 1, to shape (n,). Also whether one channel alone was used."""
    import numpy as np

    alone = _cancelling(channels.T)
    if alone is not None:
        return channels[:, alone], True
    return channels.mean(axis=1, dtype=np.float32), False


def uncancelled(frame: Any) -> Any | None:
    """A frame whose channels are all the same one, if the channels of `frame` cancel each other out; else None."""
    import numpy as np
    from av import AudioFrame

    count = frame.layout.nb_channels
    if count < 2 or not frame.samples:
        return None
    array = frame.to_ndarray()
    channels = array if frame.format.is_planar else array.reshape(-1, count).T
    alone = _cancelling(_normalise(channels))
    if alone is None:
        return None
    same = np.repeat(channels[alone][None], count, axis=0)
    data = same if frame.format.is_planar else same.T.reshape(1, -1)
    replaced = AudioFrame.from_ndarray(np.ascontiguousarray(data), format=frame.format.name, layout=frame.layout.name)
    replaced.sample_rate = frame.sample_rate
    return replaced


def mixed_unnamed(frame: Any) -> Any:
    """The frame, or one channel where FFmpeg makes none of it: the mean of channels without names, such as the 18 of a
    mixer; of the sound of a 360° video what comes from all sides, the first channel."""
    import numpy as np
    from av import AudioFrame

    if frame.layout.name.startswith("ambisonic"):
        one = _channels(frame)[0]
    elif frame.layout.name.endswith(" channels"):
        one = _channels(frame).mean(axis=0, dtype=np.float32)
    else:
        return frame
    mono = AudioFrame.from_ndarray(np.ascontiguousarray(one[None]), format="flt", layout="mono")
    mono.sample_rate = frame.sample_rate
    return mono


def _channels(frame: Any) -> Samples:
    """A frame's samples as floats of shape (channels, n), full scale 1."""
    array = frame.to_ndarray()
    return _normalise(array if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels).T)


def _cancelling(channels: Samples) -> int | None:
    """Which channel to use alone, of shape (channels, n); None if their mean is as loud as a mixture should be."""
    import numpy as np

    levels = np.sqrt(np.square(channels).mean(axis=1, dtype=np.float32))
    loudest = levels.max()
    if not loudest > _FLOOR:  # also where a level is NaN
        return None
    mixed = channels.mean(axis=0, dtype=np.float32)
    if np.sqrt(np.square(mixed).mean()) >= _CANCELLED * loudest:
        return None
    return int(np.argmax(levels > loudest / 2))  # the first that is loud: always the same one, so that none jumps


def _normalise(channels: np.ndarray[Any, Any]) -> Samples:
    """Decoded samples as floats, full scale 1."""
    import numpy as np

    if channels.dtype.kind == "f":
        return channels.astype(np.float32, copy=False)
    if channels.dtype == np.uint8:
        return (channels.astype(np.float32) - np.float32(128)) / np.float32(128)
    return channels.astype(np.float32) / np.float32(-float(np.iinfo(channels.dtype).min))
