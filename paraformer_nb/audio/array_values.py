"""What to advise where an array's values are not samples that are sent: int16, or float32 between -1 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ParameterError

if TYPE_CHECKING:
    import numpy as np

_FAR_BEYOND = 16.0  # loud mastering goes to 4; samples of 16 bits as floats are beyond this where there is any sound
_SCAN = 1 << 20  # values compared at once: the whole is never copied


def check_range(array: np.ndarray[Any, Any]) -> None:
    """Raise ParameterError for floats far beyond 1, which would be clipped to a square wave."""
    if array.dtype.kind != "f":
        return
    peak = _peak(array)
    if peak > _FAR_BEYOND:
        raise ParameterError(
            f"the array's values reach {peak:g}, but floats must lie between -1 and 1: nothing was sent. "
            f"These look like integer samples: give array / {_full_scale(peak)}."
        )


def dtype_advice(array: np.ndarray[Any, Any], name: str = "array") -> str:
    """How to convert `name`, an array of another dtype than int16 or float32, to one of these, by dtype and values."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b" or kind not in "iuf":
        return "give int16, or float32 between -1 and 1"
    if kind == "u":
        middle = 1 << (8 * size - 1)
        return f"unsigned samples are centred on {middle}: give ({name}.astype('float32') - {middle}) / {middle}"
    peak = _peak(array)
    if kind == "i" and size == 1:
        return f"give {name}.astype('int16') * 256"
    if kind == "i" and peak <= 32768:
        return f"its values fit into 16 bits: give {name}.astype('int16')"
    if kind == "f" and peak <= _FAR_BEYOND:
        return f"give {name}.astype('float32')"
    return f"its values reach {peak:g}: give ({name} / {_full_scale(peak)}).astype('float32')"


def _peak(array: np.ndarray[Any, Any]) -> float:
    """The largest finite value, of either sign."""
    import numpy as np

    flat = array.reshape(-1)
    peak = 0.0
    for at in range(0, len(flat), _SCAN):
        part = flat[at : at + _SCAN]
        finite = part[np.isfinite(part)] if part.dtype.kind == "f" else part
        if len(finite):
            peak = max(peak, float(finite.max()), -float(finite.min()))
    return peak


def _full_scale(peak: float) -> int:
    """The full scale of integer samples with this peak: of 16, 24 or 32 bits."""
    return next((scale for scale in (1 << 15, 1 << 23) if peak <= scale), 1 << 31)
