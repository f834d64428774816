"""The command line's parser and exit codes. To add a command: a module beside this one, and a line in `_COMMANDS`.

Exit codes: 0 done, 1 failed (a clip, the service, the connection), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys

from .. import __version__
from ..errors import ParaformerError, ParameterError
from . import completion, export, resume, serve, transcribe

_COMMANDS = (transcribe, resume, export, serve, completion)

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        options.run(options)
    except ParameterError as error:
        print(f"paraformer-nb: {error}", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:  # the reader of our output closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (ParaformerError, OSError) as error:
        print(f"paraformer-nb: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="paraformer-nb", description="Streaming speech recognition with word times.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    parser.set_defaults(parser=parser)  # `completion` describes it
    return parser
