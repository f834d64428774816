"""Floor 3: the embedded service's recognisers, one file each, and what is known of each without loading it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import MissingDependency, ParameterError
from .base import Emit, Engine, EngineError

__all__ = ["ENGINES", "Emit", "Engine", "EngineError", "EngineKind", "make_engine_factory"]


class EngineKind(NamedTuple):
    """What is known of an engine: the languages it hears (None: whatever its script holds), and its own options."""

    languages: tuple[str, ...] | None
    options: frozenset[str]


ENGINES = {
    "pocketsphinx": EngineKind(("en",), frozenset()),
    "scripted": EngineKind(None, frozenset({"script"})),
}


def make_engine_factory(engine: str, options: dict[str, Any]) -> Callable[[], Engine]:
    """A maker of fresh engines, one a task. Raises ParameterError for an unknown engine, option or missing script."""
    if engine not in ENGINES:
        raise ParameterError(f"there is no engine {engine!r}. Known: {', '.join(ENGINES)}.")
    if unknown := set(options) - ENGINES[engine].options:
        raise ParameterError(f"engine {engine!r} has no option {', '.join(sorted(unknown))}.")
    if engine == "pocketsphinx":
        if importlib.util.find_spec("pocketsphinx") is None:
            raise MissingDependency(
                "the embedded English recogniser needs the package pocketsphinx, which has no wheel for this Python "
                "and platform. Use Python 3.11 or 3.13, a DashScope key, or the scripted engine."
            )
        from .pocketsphinx import PocketSphinx

        return PocketSphinx
    from .scripted import Script, Scripted

    if "script" not in options:
        raise ParameterError("engine 'scripted' needs script=FILE.json, with the clip's audio beside it.")
    script = Script.load(Path(options["script"]))
    return lambda: Scripted(script)
