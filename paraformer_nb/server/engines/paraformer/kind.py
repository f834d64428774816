"""The description of the Paraformer engine."""

from __future__ import annotations

from pathlib import Path

from ..base import Engine, EngineKind, Option


def _make(model_dir: Path | None = None, punctuation_dir: Path | None = None) -> Engine:
    from .engine import Paraformer

    return Paraformer(model_dir, punctuation_dir=punctuation_dir)


PARAFORMER = EngineKind(
    name="paraformer",
    summary="a streaming Paraformer, Chinese and English, whose files are fetched once",
    languages=None,
    supported_parameters=frozenset({"max_sentence_silence"}),
    notice="",
    make=_make,
    options=(
        Option(
            name="model_dir",
            metavar="FOLDER",
            help="a folder with a streaming Paraformer, of sherpa-onnx or FunASR (default: the fetched one)",
        ),
        Option(
            name="punctuation_dir",
            metavar="FOLDER",
            help="a folder with the network that punctuates (default: the fetched one, if there is one)",
        ),
    ),
)
