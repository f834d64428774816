"""What an export had to change, and its result."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Change(NamedTuple):
    """One change: a word or cue of row `row`, `noun` and `verb` (as in "1 overlap trimmed"), before and after."""

    row: int | None
    text: str
    noun: str
    verb: str
    before: str
    after: str


class Changes(list[Change]):
    """The changes of an export, in the order in which they were made."""

    def add(self, row: int | None, text: str, noun: str, verb: str, before: str = "", after: str = "") -> None:
        """Add a change."""
        self.append(Change(row, text, noun, verb, before, after))

    def summary(self) -> str:
        """How often each kind of change was made, such as "2 overlaps trimmed, 1 zero-length word widened"."""
        counts = Counter((change.noun, change.verb) for change in self)
        return ", ".join(f"{count} {noun}{'s' if count > 1 else ''} {verb}" for (noun, verb), count in counts.items())


class Written:
    """A file that was written; use it wherever a path is expected.

    Attributes:
        path: the file.
        format: the name of its format, such as ``"srt"``.
        words: how many words it holds.

    Example:
        >>> written = run.export("words.ctm")
        >>> written.words, written.changes.empty
        (5, True)
    """

    def __init__(self, path: Path, format: str, words: int, changes: Changes) -> None:
        self.path = path
        self.format = format
        self.words = words
        self._changes = changes

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What the format cannot hold, one row a change: ``row`` Int64, the number of the word's row in the exported
        table (NA: it concerns no single word); ``text``, ``what``, ``before``, ``after`` string."""
        from ..tables.frame import frame_of

        rows = self._changes
        table = frame_of(
            row=([-1 if each.row is None else each.row for each in rows], "int64"),
            text=([each.text for each in rows], "string"),
            what=([f"{each.noun} {each.verb}" for each in rows], "string"),
            before=([each.before for each in rows], "string"),
            after=([each.after for each in rows], "string"),
        )
        numbers = table["row"].astype("Int64")
        table["row"] = numbers.mask(numbers < 0)
        return table

    @property
    def summary(self) -> str:
        """The changes in one line, "no words" where there are none, or ``""``.

        Example:
            >>> table = run.words.assign(text=["Good", "morning.", "<天>", "气", "好"])
            >>> table.speech.export("words.srt").summary
            '1 character replaced'
        """
        return self._changes.summary() if self.words else "no words"

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        words = f"{self.words} word{'s' if self.words > 1 else ''}" if self.words else "no words: the file is empty"
        changes = self._changes.summary()
        return f"Written({self.path.name!r}, {words}{'; ' if changes else ''}{changes})"
