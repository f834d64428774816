"""The command line's parser and its end. To add a command: a module beside this one, and a line in `_COMMANDS`."""

from __future__ import annotations

import argparse

from .. import __version__
from ..errors import ParaformerError, ParameterError
from . import completion, convert, export, models, resume, score, serve, transcribe
from .exit_codes import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from .streams import StdoutClosed, flush_stdout, prepare_streams, report

_COMMANDS = (transcribe, resume, export, convert, score, serve, models, completion)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    prepare_streams()
    try:
        options = make_parser().parse_args(arguments)
    except SystemExit:  # after help, the version, or wrong usage
        if not flush_stdout():
            return FAILED
        raise
    except OSError as error:  # stdout's, while help is printed; argparse suppresses it in later versions than 3.11.2's
        report(error)
        return FAILED
    code = _run(options)
    return code if flush_stdout() else FAILED


def _run(options: argparse.Namespace) -> int:
    try:
        return options.run(options) or DONE
    except ParameterError as error:
        report(error)
        return WRONG_USAGE
    except (ParaformerError, StdoutClosed, OSError) as error:
        report(error)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="paraformer-nb", description="Streaming speech recognition with word times.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    parser.set_defaults(parser=parser)  # `completion` describes it
    return parser
