"""The description of the Paraformer engine."""

from __future__ import annotations

from pathlib import Path

from ..base import Engine, EngineKind, Option


def _make(model_dir: Path) -> Engine:
    from .engine import Paraformer

    return Paraformer(model_dir)


PARAFORMER = EngineKind(
    name="paraformer",
    summary="a streaming Paraformer, from a model folder of your own",
    languages=None,
    supported_parameters=frozenset({"max_sentence_silence"}),
    notice="",
    make=_make,
    options=(
        Option(
            name="model_dir",
            metavar="FOLDER",
            help="a folder with encoder.onnx, decoder.onnx and tokens.txt",
            is_required=True,
        ),
    ),
)
