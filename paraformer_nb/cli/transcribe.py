"""``paraformer-nb transcribe``: print the words of clips as they become final."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..dashscope.parameters import DEFAULT_MODEL
from ..errors import AudioError
from ..run.start import transcribe
from .arguments import Commands, add_file, add_pairs, add_run_options, outputs, parameters, run_options
from .progress import follow


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("transcribe", help="transcribe clips, and print their words as they become final")
    add_file(parser, "files", metavar="FILE", nargs="+", help="a clip")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="the service's name for it (default: %(default)s)")
    parser.add_argument(
        "--language", action="append", metavar="CODE", help="what is spoken, such as en; may be given several times"
    )
    parser.add_argument("--start", type=float, help="seconds at which to start")
    parser.add_argument("--end", type=float, help="seconds at which to end")
    add_pairs(parser, "--param", help="a parameter of the service, such as max_sentence_silence=500")
    add_file(parser, "--save", metavar="FILE.jsonl", help="keep the run's journal")
    add_run_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    given = parameters(options.param)
    if options.language:
        given["language_hints"] = options.language
    code = 0
    for file in options.files:
        try:
            code = max(code, _transcribe(file, options, given))
        except AudioError as error:
            if len(options.files) == 1:
                raise
            print(f"paraformer-nb: {error}", file=sys.stderr)  # the other clips may be readable
            code = 1
        if code == 130:
            break
    return code


def _transcribe(file: str, options: argparse.Namespace, given: dict[str, Any]) -> int:
    count = len(options.files)
    files = outputs(options.output, file, count=count)
    saved = outputs([options.save] if options.save else [], file, count=count, option="--save")
    run = transcribe(
        file,
        model=options.model,
        start=options.start,
        end=options.end,
        save=saved[0] if saved else None,
        **run_options(options),
        **given,
    )
    return follow(run, as_json=options.json, outputs=files, name=file if count > 1 else None)
