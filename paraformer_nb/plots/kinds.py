"""Which charts there are, and the options of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ParameterError

OPTIONS: dict[str, tuple[str, ...]] = {
    "words": ("size",),
    "rate": ("size", "window", "step", "unit", "by"),
    "pauses": ("size", "min"),
    "latency": ("size",),
    "revisions": ("size",),
    "turns": ("size", "gap"),
    "spectrogram": ("size",),
}
"""The options of each chart that `paraformer_nb.Run.plot` draws, besides ``start``, ``end`` and ``ax``."""
OF_WORDS = ("words", "rate", "pauses", "turns")
"""Those that a table of words gives."""


def check(kind: Any, options: Mapping[str, Any], known: Iterable[str] = OPTIONS, advice: str = "") -> None:
    """Raise ParameterError for a chart that is not one of the known ones, or an option that it does not have."""
    if kind not in tuple(known):
        raise ParameterError(f"kind={kind!r}: give {', '.join(known)}.{advice} Nothing was drawn.")
    if unknown := sorted(set(options) - set(OPTIONS[kind])):
        raise ParameterError(
            f"plot({kind!r}) has no option {', '.join(unknown)}: it has {', '.join(OPTIONS[kind])}. Nothing was drawn."
        )
