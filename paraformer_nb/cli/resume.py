"""``paraformer-nb resume``: continue a run that was cut short, stopped or failed."""

from __future__ import annotations

import argparse

from ..run.start import resume
from .arguments import Commands, add_file, add_run_options, clip_of, output_paths, run_options
from .exit_codes import DONE, INCOMPLETE
from .progress import follow
from .streams import check_stdout


def add_to(commands: Commands) -> None:
    """Add ``resume`` to the commands."""
    parser = commands.add_parser("resume", help="continue a saved run that was cut short, stopped or failed")
    add_file(parser, "journal", metavar="JOURNAL", help="the journal that --save wrote")
    add_file(parser, "--clip", metavar="FILE", help="the clip, where it is not at the path that the journal names")
    add_run_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    (files,) = output_paths(options.output, [options.journal])
    check_stdout(files)
    clip = None if options.clip is None else clip_of(options.clip)
    run = resume(options.journal, clip=clip, **run_options(options))
    is_whole = follow(run, as_json=options.json, outputs=files)
    return DONE if is_whole else INCOMPLETE
