"""The embedded service's recognisers, one file each, and what is known of each without loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ...errors import ParameterError
from .base import Emit, Engine, EngineError, Settings, Stream

__all__ = [
    "ENGINES",
    "Emit",
    "Engine",
    "EngineError",
    "EngineKind",
    "Settings",
    "Stream",
    "make_engine",
]


class EngineKind(NamedTuple):
    """What is known of an engine.

    Attributes:
        languages: what it hears; None: whatever its script, recording or model holds.
        options: its own options; what to give where one must be given, None where it may be left out.
        honours: the task's settings that it can do something about; of others the log says that they cannot be had.
    """

    languages: tuple[str, ...] | None
    options: dict[str, str | None]
    honours: frozenset[str]


ENGINES = {
    "pocketsphinx": EngineKind(("en",), {}, frozenset({"max_sentence_silence"})),
    "paraformer": EngineKind(
        None,
        {"model_dir": "FOLDER with encoder.onnx, decoder.onnx and tokens.txt"},
        frozenset({"max_sentence_silence"}),
    ),
    "replay": EngineKind(None, {"recording": "FILE, what save= wrote", "speed": None}, frozenset()),
    "scripted": EngineKind(
        None, {"script": "FILE.json, with the clip's audio beside it"}, frozenset({"translation_target_languages"})
    ),
}


def make_engine(engine: str, options: dict[str, Any]) -> Engine:
    """An engine, checked and not yet opened.

    Raises ParameterError for an unknown engine or option, or one that is missing or cannot be meant, MissingDependency
    where a package is not installed.
    """
    if engine not in ENGINES:
        raise ParameterError(f"there is no engine {engine!r}. Known: {', '.join(ENGINES)}.")
    known = ENGINES[engine].options
    if unknown := set(options) - set(known):
        raise ParameterError(f"engine {engine!r} has no option {', '.join(sorted(unknown))}.")
    if missing := [f"{name}={what}" for name, what in known.items() if what and options.get(name) is None]:
        raise ParameterError(f"engine {engine!r} needs {' and '.join(missing)}.")
    given = {name: value for name, value in options.items() if value is not None}
    match engine:
        case "pocketsphinx":
            from .pocketsphinx.engine import PocketSphinx

            return PocketSphinx()
        case "paraformer":
            from .paraformer.engine import Paraformer

            return Paraformer(_path(given, "model_dir"))
        case "replay":
            from .replay.engine import Replay

            return Replay(_path(given, "recording"), given.get("speed"))
        case _:
            from .scripted.engine import Script, Scripted

            return Scripted(Script.load(_path(given, "script")))


def _path(options: dict[str, Any], name: str) -> Path:
    try:
        return Path(options[name])
    except TypeError:
        raise ParameterError(f"{name}={options[name]!r}: give a path.") from None
