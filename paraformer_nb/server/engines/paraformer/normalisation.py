"""Read how a model's features are normalised: from sherpa-onnx's metadata, or from FunASR's ``am.mvn``.

``am.mvn`` is Kaldi's text form of two layers, of which each has a line of numbers in brackets: ``<AddShift>`` with the
negative means, and ``<Rescale>`` with the inverse deviations.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from .rejection import reject, reject_unreadable

_LAYER = r"<{}>\s+\d+\s+\d+\s+<LearnRateCoef>\s+\S+\s+\[([^\]]*)\]"
_MAX_BYTES = 2**20

Normalisation = tuple[tuple[float, ...], tuple[float, ...]]
"""Negative means and inverse deviations, one of each for every feature."""


def parse_numbers(path: Path, name: str, text: str, count: int) -> tuple[float, ...]:
    """Parse numbers that stand between commas or spaces. Raises ParameterError if they are not `count` numbers."""
    try:
        values = tuple(map(float, text.replace(",", " ").split()))
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        reject(path, f"has something other than numbers and commas as {name}: {text.strip()[:40]!r}")
    if len(values) != count:
        reject(path, f"has {len(values)} numbers as {name}, where {count} are needed")
    return values


def read_am_mvn(path: Path, count: int) -> Normalisation:
    """Read ``am.mvn``. Raises ParameterError."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            reject(path, "is too large to be FunASR's am.mvn")
        text = path.read_text(encoding="ascii")
    except UnicodeError:
        reject(path, "is not a text of numbers")
    except OSError as error:
        reject_unreadable(path, error)
    return _layer(path, text, "AddShift", count), _layer(path, text, "Rescale", count)


def _layer(path: Path, text: str, name: str, count: int) -> tuple[float, ...]:
    found = re.search(_LAYER.format(name), text)
    if not found:
        reject(path, f"has no complete layer <{name}>: it is cut short, or not FunASR's am.mvn")
    return parse_numbers(path, f"<{name}>", found[1], count)
