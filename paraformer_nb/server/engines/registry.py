"""The engines of the embedded service, by name. To add one: a folder here with a `kind.py` (see `base.py`), and its
kind in `ENGINES`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ParameterError
from ...paths import expand
from .base import Engine, EngineKind, Option
from .moonshine.kind import MOONSHINE
from .paraformer.kind import PARAFORMER
from .pocketsphinx.kind import POCKETSPHINX
from .replay.kind import REPLAY
from .scripted.kind import SCRIPTED

ENGINES: dict[str, EngineKind] = {kind.name: kind for kind in (MOONSHINE, POCKETSPHINX, PARAFORMER, REPLAY, SCRIPTED)}

RECOGNISERS: tuple[EngineKind, ...] = (MOONSHINE, POCKETSPHINX)
"""The recognisers that need no options, best first: the default engine is the first one that is installed."""


def default_engine() -> str:
    """The engine where none was asked for. Where none is installed, the first one: making it says what to do."""
    return next((kind for kind in RECOGNISERS if kind.is_installed), RECOGNISERS[0]).name


def make_engine(name: str, options: dict[str, Any]) -> Engine:
    """Create an engine without opening it. Options that are None are ignored.

    Raises ParameterError for an unknown engine or option, or one that is missing or invalid; MissingDependency if a
    package is not installed.
    """
    if name not in ENGINES:
        raise ParameterError(f"unknown engine {name!r}. Known: {', '.join(ENGINES)}.")
    kind = ENGINES[name]
    if unknown := set(options) - {option.name for option in kind.options}:
        known = f"Its options: {', '.join(option.name for option in kind.options)}" if kind.options else "It has none"
        raise ParameterError(f"engine {name!r} has no option {', '.join(sorted(unknown))}. {known}.")
    given = {option: options[option.name] for option in kind.options if options.get(option.name) is not None}
    if missing := [option for option in kind.options if option.is_required and option not in given]:
        needed = " and ".join(f"{option.name}={option.metavar} ({option.help})" for option in missing)
        raise ParameterError(f"engine {name!r} needs {needed}.")
    return kind.make(**{option.name: _converted(option, value) for option, value in given.items()})


def _converted(option: Option, value: Any) -> Any:
    """Convert a path, or a string from the command line; the engine itself checks all other values."""
    if option.type is not Path and not isinstance(value, str):
        return value
    try:
        return expand(value) if option.type is Path else option.type(value)
    except (TypeError, ValueError):
        expected = "path" if option.type is Path else "number"
        raise ParameterError(f"{option.name}={value!r}: give a {expected} ({option.help}).") from None
