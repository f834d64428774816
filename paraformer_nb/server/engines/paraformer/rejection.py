"""Reject a file of a model folder, with what is needed instead."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from ....errors import ParameterError

NEEDED = (
    "A streaming Paraformer is needed: a folder with encoder.onnx, decoder.onnx and tokens.txt, such as "
    "sherpa-onnx-streaming-paraformer-bilingual-zh-en, or FunASR's online export. Fetch or repair one with: "
    "paraformer-nb models fetch paraformer-zh-en"
)


def reject(path: Path, reason: str) -> NoReturn:
    """Raise ParameterError: the file or folder, the reason, and what is needed."""
    raise ParameterError(f"{str(path)!r} {reason}. {NEEDED}")
