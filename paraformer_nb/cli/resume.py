"""``paraformer-nb resume``: continue a run that was cut short, stopped or failed."""

from __future__ import annotations

import argparse

from ..run.start import resume
from .arguments import Commands, add_file, add_run_options, output_paths, run_options
from .progress import follow


def add_to(commands: Commands) -> None:
    """Add ``resume`` to the commands."""
    parser = commands.add_parser("resume", help="continue a saved run that was cut short, stopped or failed")
    add_file(parser, "journal", metavar="JOURNAL", help="the journal that --save wrote")
    add_file(parser, "--clip", metavar="FILE", help="the clip, where it is not at the path that the journal names")
    add_run_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    (files,) = output_paths(options.output, [options.journal])
    run = resume(options.journal, clip=options.clip, **run_options(options))
    follow(run, as_json=options.json, outputs=files)
