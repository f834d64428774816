"""Arguments that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shtab

from ..client.retry import Retry
from ..client.service import Service
from ..errors import ParameterError
from ..formats.registry import FORMATS
from ..services.dashscope import DashScope
from ..services.embedded import Embedded
from ..services.keys import KEY_VARIABLE, known_key

OUTPUT_HELP = f"write the words in the format of the suffix: {', '.join(FORMATS)}; may be given several times"

Commands = Any
"""What `argparse.ArgumentParser.add_subparsers` returns."""


def add_file(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """Add an argument whose values are files, which a shell completes."""
    parser.add_argument(*names, **options).complete = shtab.FILE  # type: ignore[attr-defined]


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that recognises: service, pace, retries, output."""
    parser.add_argument("--url", help=f"a service at another address; its API key is read from {KEY_VARIABLE}")
    parser.add_argument("--engine", help="an engine of the embedded service, instead of the default service")
    add_pairs(parser, "--engine-option", help="an option of --engine, such as script=clip.json")
    parser.add_argument("--pace", type=float, help="× real time (default: the service's own)")
    parser.add_argument("--attempts", type=int, default=5, help="consecutive attempts without a new final sentence")
    add_file(
        parser,
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help=OUTPUT_HELP,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each final word")


def add_pairs(parser: argparse.ArgumentParser, name: str, *, help: str) -> None:
    """Add an option whose values are NAME=VALUE, and that may be given several times."""
    parser.add_argument(name, action="append", default=[], metavar="NAME=VALUE", help=help)


def pairs(option: str, texts: Iterable[str]) -> dict[str, Any]:
    """Read NAME=VALUE texts. Raises ParameterError for a text that is not one."""
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise ParameterError(f"{option} {text!r}: give NAME=VALUE.")
        given[name] = value
    return given


def parameters(texts: Iterable[str]) -> dict[str, Any]:
    """Read the service's parameters from NAME=VALUE texts; a VALUE that is JSON (500, true, [..]) is taken as such."""
    return {name: _json_or_text(value) for name, value in pairs("--param", texts).items()}


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def service_of(options: argparse.Namespace) -> Service | None:
    """The service that the options name; None: the default one."""
    if options.url and options.engine:
        raise ParameterError("give --url or --engine, not both.")
    if options.engine:
        return Embedded(options.engine, **pairs("--engine-option", options.engine_option))
    if options.engine_option:
        raise ParameterError("--engine-option needs --engine.")
    if options.url and known_key() is None:
        raise ParameterError(f"--url needs the service's API key in {KEY_VARIABLE}; without --url no key is needed.")
    return DashScope(url=options.url) if options.url else None


def run_options(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `pnb.transcribe` and `pnb.resume` that `add_run_options` gives."""
    given: dict[str, Any] = {"service": service_of(options), "retry": Retry(attempts=options.attempts)}
    return given if options.pace is None else given | {"pace": options.pace}


def outputs(texts: list[str], clip: str, *, count: int, option: str = "--output") -> list[Path]:
    """The output files of a clip: ``{name}`` stands for the clip's name without its suffix.

    Raises ParameterError where several clips would be written to one file.
    """
    for text in texts:
        if count > 1 and "{name}" not in text:
            raise ParameterError(
                f"{option} {text!r}: {count} clips cannot be written to one file. Give a name for each, such as "
                f"{option} '{{name}}{Path(text).suffix}'."
            )
    return [Path(text.replace("{name}", Path(clip).stem)) for text in texts]
