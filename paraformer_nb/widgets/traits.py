"""Kinds of traits that the timeline has and traitlets has not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets


class SpanTrait(traitlets.TraitType[Any, Any]):
    """(start, end) in seconds; None stands for an empty span."""

    default_value = (0.0, 0.0)

    def validate(self, _obj: Any, value: Any) -> tuple[float, float]:
        try:
            start, end = (0.0, 0.0) if value is None else (float(time) for time in value)
        except (TypeError, ValueError):
            start = end = float("nan")
        if not 0 <= start <= end < float("inf"):
            raise traitlets.TraitError(f"{self.name}={value!r}: give (start, end) in seconds of the clip, or None.")
        return start, end


class ComputedTrait(traitlets.TraitType[Any, Any]):
    """A read-only trait that is computed at each read: `compute(widget)` depends on a transcript that may grow."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__(read_only=True)
        self._compute = compute

    def get(self, obj: Any, cls: Any = None) -> Any:
        return self._compute(obj)
