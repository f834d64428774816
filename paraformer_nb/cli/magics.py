"""The notebook commands ``%transcribe`` and ``%%compare``, after ``%load_ext paraformer_nb``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from IPython.display import clear_output, display
from IPython.utils.process import arg_split  # type: ignore[attr-defined]

from ..dashscope.models import MODELS
from ..errors import ParameterError
from ..run.comparison import Comparison, compare
from ..run.run import Run
from ..run.start import transcribe
from ..server.engines.registry import ENGINES
from .arguments import output_paths, paths_of
from .score import UNITS
from .transcribe import add_options, transcribe_options


class _Finished(Exception):
    """The parser did what was asked: it printed the help."""


class _MagicParser(argparse.ArgumentParser):
    """A parser that raises where the command line's would end the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}. {self.prog} --help lists the options.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _Finished


def _transcribe_parser() -> _MagicParser:
    parser = _MagicParser(prog="%transcribe", description="Transcribe a clip; the view is live.")
    add_options(parser)
    return parser


def _compare_parser() -> _MagicParser:
    parser = _MagicParser(prog="%compare", description="Compare two results; the cell is the text that was said.")
    parser.add_argument("sides", nargs=2, metavar="RESULT", help="a variable, or the path of a journal or a text file")
    parser.add_argument("--unit", choices=UNITS, default="auto", help="what is counted (default: what fits)")
    return parser


def _parse(parser: _MagicParser, line: str) -> argparse.Namespace | None:
    """The options of a line; None where the help was printed."""
    try:
        return parser.parse_args(arg_split(line, posix=True))
    except _Finished:
        return None
    except ValueError as error:  # a quotation mark without its other half
        raise UsageError(f"{parser.prog}: {error}.") from error


@magics_class
class TranscriptMagics(Magics):
    """The magics, for one IPython."""

    @line_magic("transcribe")  # type: ignore[arg-type]
    def transcribe(self, line: str) -> Run | None:
        """``%transcribe FILE [options]``: transcribe a clip, with the options of the command line.

        Returns the run at once, as `pnb.transcribe` does; with ``--output`` when it has ended and was written.
        """
        options = _parse(_transcribe_parser(), line)
        if options is None:
            return None
        if len(options.files) != 1 or options.files[0] == "-":
            raise UsageError("%transcribe: give one clip, as a path.")
        if options.json:
            raise UsageError("%transcribe: --json is for the command line; run.words has the words.")
        try:
            (clip,), (files,) = options.files, output_paths(options.output, options.files)
            (journal,) = paths_of("--save", options.save, options.files) if options.save else (None,)
            arguments = transcribe_options(options)
        except ParameterError as error:
            raise UsageError(f"%transcribe: {error}") from error
        run = transcribe(clip, save=journal, **arguments)
        if files:
            _write(run, files)
        return run

    @line_cell_magic("compare")  # type: ignore[arg-type]
    def compare(self, line: str, cell: str = "") -> Comparison | None:
        """``%compare A B [--unit UNIT]``: compare two results. After ``%%compare`` the cell is the text that was said.

        A and B are variables (runs, tables, texts), or paths of journals and text files.
        """
        options = _parse(_compare_parser(), line)
        if options is None:
            return None
        assert self.shell is not None
        sides = [self.shell.user_ns.get(name, name) for name in options.sides]
        for name, side in zip(options.sides, sides, strict=True):
            if side is name and not Path(name).expanduser().is_file():
                raise UsageError(f"%compare: {name!r} is neither a variable nor a file.")
        names = options.sides if options.sides[0] != options.sides[1] else None
        return compare(*sides, names=names, reference=[cell.strip()] if cell.strip() else None, unit=options.unit)


def _write(run: Run, files: Iterable[Path]) -> None:
    """Show a run until it has ended, and write its outputs."""
    display(run)  # type: ignore[no-untyped-call]
    run.wait()
    for path in files:
        print(f"wrote {run.export(path).path}")
    clear_output(wait=True)  # type: ignore[no-untyped-call]  # where the run is the cell's value, it is shown again


def _complete(parser: Callable[[], _MagicParser], event: Any) -> list[str]:
    """What may follow in a magic's line: options, their values, paths."""
    before = event.line.split()[:-1] if event.symbol else event.line.split()
    if event.symbol.startswith("-"):
        return [option for action in parser()._actions for option in action.option_strings]
    values: dict[str, Iterable[str]] = {"--engine": ENGINES, "--model": MODELS, "--unit": UNITS}
    if before and before[-1] in values:
        return [*values[before[-1]]]
    return _paths(event.symbol)


def _paths(prefix: str) -> list[str]:
    """The files and folders whose paths begin with a text."""
    folder, slash, name = prefix.rpartition("/")
    try:
        entries = sorted(Path(folder + slash or ".").expanduser().iterdir())
    except OSError:  # there is no such folder
        return []
    shown = (each for each in entries if each.name.startswith(name) and (name or not each.name.startswith(".")))
    return [f"{folder}{slash}{each.name}{'/' if each.is_dir() else ''}" for each in shown]


def add_magics(ipython: Any) -> None:
    """Register the magics and their completion."""
    ipython.register_magics(TranscriptMagics)
    completions = ((r"%?transcribe\b", _transcribe_parser), (r"%?%?compare\b", _compare_parser))
    for pattern, parser in completions:

        def complete(_shell: object, event: Any, parser: Callable[[], _MagicParser] = parser) -> list[str]:
            return _complete(parser, event)

        ipython.set_hook("complete_command", complete, re_key=pattern)
