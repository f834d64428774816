"""``paraformer-nb completion``: print a shell's completion script."""

from __future__ import annotations

import argparse

import shtab

from .arguments import Commands
from .streams import write_line


def add_to(commands: Commands) -> None:
    """Add ``completion`` to the commands."""
    parser = commands.add_parser(
        "completion", help='print a completion script for a shell, such as: eval "$(paraformer-nb completion bash)"'
    )
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    write_line(shtab.complete(options.parser, options.shell))
