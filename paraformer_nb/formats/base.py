"""A format of files with words: the contract that `registry.py` lists.

To add one, in four steps:

1. a module beside this one, with ``render(document, **options) -> bytes`` for a format that is written, and
   ``read(text) -> Reading`` for one that is read; everything that a reader of the file would miss or find altered is
   added to ``document.changes``;
2. its ``FORMAT = Format(...)``, listed in `registry.py`;
3. its row in ``docs/formats.md``, which a test holds against the registry;
4. in ``tests/formats``: the whole file of the nasty table, the round trip, and another program that reads it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple

from ..errors import MissingDependency
from ..transcript.imported import ImportedWord

if TYPE_CHECKING:
    import pandas as pd

    from .document import Document

Render = Callable[Concatenate["Document", ...], bytes]
"""``render(document, **options)`` returns the whole file; `options` are the format's own, by name."""


class Reading(NamedTuple):
    """The words of a file.

    Attributes:
        words: in the file's order.
        source: the tool or format that wrote them, such as ``"whisper JSON"``.
        clip: the name of their clip, where the file has it.
        end: seconds at which the clip ends, where the file has it.
        problems: what could not be read, each with its line.
        table: the words as a table, where the file holds one that must stay as it is.
        clips: the clip of each word, where the file has words of several.
    """

    words: list[ImportedWord]
    source: str
    clip: str | None = None
    end: float | None = None
    problems: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    clips: Sequence[str] = ()

    @classmethod
    def of_clips(cls, words: list[ImportedWord], source: str, clips: Sequence[str], problems: Sequence[str]) -> Reading:
        """The words of a file that names the clip of each."""
        is_one = len(set(clips)) < 2
        name = clips[0] if clips and is_one else None
        return cls(words, source, name, problems=tuple(problems), clips=() if is_one else clips)


class Package(NamedTuple):
    """A package that a format needs: its module, its name, the extra that installs it, and what it is needed for."""

    module: str
    name: str
    extra: str
    purpose: str

    def load(self) -> Any:
        """Import the module. Raises MissingDependency, with the command that installs it."""
        try:
            return importlib.import_module(self.module)
        except ImportError as error:
            raise MissingDependency(
                f"{self.purpose} needs the package {self.name}: pip install 'paraformer-nb[{self.extra}]'. Nothing was "
                "written."
            ) from error


class Format(NamedTuple):
    """A format of files.

    Attributes:
        name: as ``format=`` takes it, such as ``"srt"``.
        suffixes: of its files, in lower case, such as ``(".srt",)``; empty: it is written where it is named only.
        summary: what its files contain, for help texts.
        options: the names of its options; its `render` documents them.
        render: returns the bytes of a file; None: it is only read.
        read: reads a text whose lines end with ``\\n``; None: it is only written, or binary.
        read_binary: reads the bytes of a file; None: it is text.
        package: what it needs beside the package's own requirements, or None.
    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    options: tuple[str, ...] = ()
    render: Render | None = None
    read: Callable[[str], Reading] | None = None
    read_binary: Callable[[bytes], Reading] | None = None
    package: Package | None = None

    @property
    def can_read(self) -> bool:
        """Whether files of the format can be read."""
        return self.read is not None or self.read_binary is not None
