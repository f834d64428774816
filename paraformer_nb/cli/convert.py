"""``paraformer-nb convert``: write the words of a file, of any tool, in another format."""

from __future__ import annotations

import argparse

from ..run.start import load
from .arguments import Commands, add_file, output_paths
from .export import print_written


def add_to(commands: Commands) -> None:
    """Add ``convert`` to the commands."""
    parser = commands.add_parser("convert", help="write the words of a file, of any tool, in another format")
    add_file(parser, "source", metavar="FROM", help="subtitles, annotations, a table, JSON, or a journal")
    add_file(parser, "target", metavar="TO", help="the file to write; its suffix chooses the format")
    add_file(parser, "--clip", metavar="FILE", help="the clip that the words are of, for its length and a page's sound")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    ((target,),) = output_paths([options.target], [options.source])
    run = load(options.source, clip=options.clip)
    has_sound = options.clip is not None or target.suffix.lower() != ".html" or run.clip.path is not None
    print_written(run.export(target) if has_sound else run.export(target, audio=None))
