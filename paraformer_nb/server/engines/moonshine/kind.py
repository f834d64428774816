"""The description of the Moonshine engine."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ..base import Engine, EngineKind

PACKAGE = "moonshine_voice"


def find_model() -> Path | None:
    """Return the folder of the English model in the installed package; None without the package or the model."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in spec.submodule_search_locations or () if spec else ():
        if (model := Path(folder) / "assets" / "tiny-en").is_dir():
            return model
    return None


def _make() -> Engine:
    from .engine import Moonshine

    return Moonshine()


MOONSHINE = EngineKind(
    name="moonshine",
    summary="a real recogniser of English, small enough for any machine",
    languages=("en",),
    supported_parameters=frozenset({"max_sentence_silence"}),
    notice="English only, by a small model.",
    make=_make,
    is_installed=lambda: find_model() is not None,
)
