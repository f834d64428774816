"""``paraformer-nb export``: write a saved run in other formats."""

from __future__ import annotations

import argparse

from ..formats.changes import Written
from ..run.start import load
from .arguments import OUTPUT_HELP, Commands, add_file, output_paths
from .streams import message, write_line


def add_to(commands: Commands) -> None:
    """Add ``export`` to the commands."""
    parser = commands.add_parser("export", help="write a saved run in other formats")
    add_file(parser, "journal", metavar="JOURNAL", help="the journal that --save wrote, or a file of words")
    add_file(parser, "-o", "--output", action="append", required=True, metavar="FILE", help=OUTPUT_HELP)
    add_file(parser, "--clip", metavar="FILE", help="the clip, for a page's sound, where the journal does not find it")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    (files,) = output_paths(options.output, [options.journal])
    run = load(options.journal, clip=options.clip)
    for path in files:
        print_written(run.export(path))


def print_written(written: Written) -> None:
    """Print the file's path on stdout, and what had to be changed on stderr."""
    write_line(str(written.path))
    if written.summary:
        message(f"{written.path.name}: {written.summary}")
