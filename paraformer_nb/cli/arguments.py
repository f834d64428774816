"""Arguments that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import shtab

from ..client.retry import Retry
from ..client.service import Service
from ..dashscope.parameters import Parameters
from ..errors import ParameterError
from ..formats.registry import SUFFIXES, written_suffixes
from ..paths import expand
from ..services.dashscope import DashScope
from ..services.embedded import Embedded
from ..services.keys import known_key
from ..services.settings import KEY_VARIABLE
from .streams import stdin_clip

_FORMAT_NAMES = "; ".join(f"{suffix}: {SUFFIXES[suffix].summary}" for suffix in written_suffixes())

OUTPUT_HELP = (
    f"write the words in the format of the suffix ({_FORMAT_NAMES}); {{name}} stands for the clip's name; may be "
    "given several times"
)

_LOCATION = "region", "workspace", "url"  # arguments of `DashScope`; never the key: others can see a command line

Commands = Any
"""The type that `argparse.ArgumentParser.add_subparsers` returns."""


def add_file(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """Add an argument whose values are files; a shell completes them."""
    parser.add_argument(*names, **options).complete = shtab.FILE  # type: ignore[attr-defined]


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that recognises: service, pace, retries, output."""
    parser.add_argument(
        "--region", help="the region that the API key belongs to, such as ap-southeast-1 (default: cn-beijing)"
    )
    parser.add_argument("--workspace", metavar="ID", help="the workspace, whose own address is used")
    parser.add_argument("--url", help=f"a service at another address; its API key is read from {KEY_VARIABLE}")
    parser.add_argument("--engine", help="an engine of the embedded service, instead of the default service")
    add_pairs(parser, "--engine-option", help="an option of --engine, such as script=clip.json")
    parser.add_argument("--pace", type=float, help="× real time (default: the service's own)")
    parser.add_argument("--budget", help="stop before more is billed: an amount, or a time of audio such as 10m")
    parser.add_argument(
        "--attempts", type=int, default=Retry.attempts, help="consecutive attempts without a new final sentence"
    )
    add_file(parser, "-o", "--output", action="append", default=[], metavar="FILE", help=OUTPUT_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON object for each word")


def add_pairs(parser: argparse.ArgumentParser, name: str, *, help: str) -> None:
    """Add an option whose values are NAME=VALUE, and that may be given several times."""
    parser.add_argument(name, action="append", default=[], metavar="NAME=VALUE", help=help)


def parse_pairs(option: str, texts: Iterable[str]) -> dict[str, Any]:
    """Read NAME=VALUE texts. Raises ParameterError for a text that is not one."""
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise ParameterError(f"{option} {text!r}: give NAME=VALUE.")
        given[name] = value
    return given


def parse_parameters(texts: Iterable[str]) -> dict[str, Any]:
    """Read the service's parameters from NAME=VALUE texts; a VALUE that is JSON (500, true, [..]) is parsed as such.

    Raises ParameterError for a name that is not a parameter of the service.
    """
    given = {name: _json_or_text(value) for name, value in parse_pairs("--param", texts).items()}
    if unknown := sorted(set(given) - set(Parameters.__annotations__)):
        near = difflib.get_close_matches(unknown[0], Parameters.__annotations__, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(Parameters.__annotations__))}."
        raise ParameterError(
            f"--param {unknown[0]}: the service has no such parameter. {hint} Nothing was sent. To send it unchecked: "
            f"--extra {unknown[0]}=VALUE."
        )
    return given


def parse_extra(texts: Iterable[str]) -> dict[str, Any]:
    """Read further parameters, which are not checked, from NAME=VALUE texts, as `parse_parameters` does."""
    return {name: _json_or_text(value) for name, value in parse_pairs("--extra", texts).items()}


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def service_of(options: argparse.Namespace) -> Service | None:
    """The service that the options name; None: the default one."""
    location = {name: getattr(options, name) for name in _LOCATION if getattr(options, name) is not None}
    given = " and ".join(f"--{name}" for name in location)
    if location and options.engine:
        raise ParameterError(f"give {given} or --engine, not both: an engine runs on this machine.")
    if options.engine:
        return Embedded(options.engine, **parse_pairs("--engine-option", options.engine_option))
    if options.engine_option:
        raise ParameterError("--engine-option needs --engine.")
    if location and known_key() is None:
        raise ParameterError(
            f"{given}: the service's API key is needed, in {KEY_VARIABLE}. Without {given} no key is needed: the "
            "embedded service is used."
        )
    return DashScope(**location) if location else None


def run_options(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `pnb.transcribe` and `pnb.resume` that `add_run_options` gives."""
    given: dict[str, Any] = {"service": service_of(options), "retry": Retry(attempts=options.attempts)}
    if options.budget is not None:
        given["budget"] = _json_or_text(options.budget)
    return given if options.pace is None else given | {"pace": options.pace}


def clip_of(text: str) -> Any:
    """The clip of an argument: a path, or stdin for ``-``. Raises ParameterError if stdin has none."""
    return stdin_clip() if text == "-" else text


def paths_of(option: str, text: str, clips: Sequence[str]) -> list[Path]:
    """The file of each clip: ``{name}`` in the text stands for the clip's name without its folder and suffix, or
    "stdin".

    Raises ParameterError if two clips would be written to one file.
    """
    paths = [Path(text.replace("{name}", "stdin" if clip == "-" else expand(clip).stem)) for clip in clips]
    if len(set(paths)) < len(paths):
        advice = "rename clips that have the same name"
        if "{name}" not in text:
            advice = f"give a name for each, such as {option} '{{name}}{Path(text).suffix}'"
        raise ParameterError(f"{option} {text!r}: {len(paths)} clips cannot be written to one file: {advice}.")
    return paths


def output_paths(texts: Sequence[str], clips: Sequence[str]) -> list[list[Path]]:
    """The ``--output`` files of each clip. Raises ParameterError as `paths_of`, and for a format that is not known;
    MissingDependency for one whose package is not installed."""
    known = written_suffixes()
    for text in texts:
        if Path(text).suffix.lower() not in known:
            raise ParameterError(
                f"--output {text!r}: the format {Path(text).suffix!r} is not known. Nothing was sent. Known: "
                f"{', '.join(known)}."
            )
        if package := SUFFIXES[Path(text).suffix.lower()].package:
            package.load()  # before anything is sent
    by_text = [paths_of("--output", text, clips) for text in texts]
    return [[paths[number] for paths in by_text] for number in range(len(clips))]
