"""``paraformer-nb score``: the error rate of a hypothesis against a reference."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from ..paths import expand
from ..run.sides import read_side
from ..scoring.normalise import Normaliser
from ..scoring.score import Score, score
from ..scoring.steps import FILLERS
from ..text import format_clock
from .arguments import Commands, add_file
from .streams import write_line

UNITS = ("auto", "character", "word", "mixed")


def add_to(commands: Commands) -> None:
    """Add ``score`` to the commands."""
    parser = commands.add_parser("score", help="the error rate of a text or a saved run against a reference")
    add_file(parser, "reference", metavar="REFERENCE", help="what was said: a text file, or a journal")
    add_file(parser, "hypothesis", metavar="HYPOTHESIS", help="what was recognised: a text file, or a journal")
    parser.add_argument("--unit", choices=UNITS, default="auto", help="what is counted (default: what fits)")
    parser.add_argument("--script", choices=("simplified", "traditional"), help="convert Chinese to it before")
    parser.add_argument("--fillers", choices=sorted(FILLERS), help="leave out um, uh and such of this language")
    parser.add_argument("--digits", action="store_true", help="write Chinese numbers as digits before")
    parser.add_argument("--as-written", action="store_true", help="count case, width and marks as errors, too")
    parser.add_argument("--errors", action="store_true", help="print each error, with its time where it is known")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    reference, hypothesis = (read_side(expand(path)) for path in (options.reference, options.hypothesis))
    as_written: dict[str, Any] = {"width": False, "case": False, "marks": False} if options.as_written else {}
    normalise = Normaliser(
        script=options.script, fillers=options.fillers, numbers="digits" if options.digits else None, **as_written
    )
    result = score(reference, hypothesis, unit=options.unit, normalise=normalise)
    if options.json:
        write_line(msgspec.json.encode(_values(result, with_errors=options.errors)).decode())
        return
    write_line(str(result))
    for row in _errors(result) if options.errors else ():
        time = "" if row["start"] is None else f"{format_clock(row['start'], 2)}  "
        write_line(f"{time}{row['op']}  {row['reference'] or '∅'} → {row['hypothesis'] or '∅'}")


def _values(result: Score, *, with_errors: bool) -> dict[str, Any]:
    names = ("unit", "errors", "substitutions", "deletions", "insertions", "hits", "reference_length")
    values: dict[str, Any] = {"rate": result.rate if result.reference_length else None}
    values |= {name: getattr(result, name) for name in (*names, "hypothesis_length", "steps")}
    return values | ({"alignment": _errors(result)} if with_errors else {})


def _errors(result: Score) -> list[dict[str, Any]]:
    table = result.alignment
    rows = table[table["op"] != "equal"][["op", "reference", "hypothesis", "start", "end"]]
    plain = rows.astype(object).where(rows.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]
