"""What `pnb.score` and `pnb.compare` are given: runs, files, tables and texts, as what the scoring room compares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError, ReadError
from ..formats.decoding import decode
from ..formats.registry import read_suffixes
from ..paths import expand
from .reading import read_journal
from .words_of_file import read_words

if TYPE_CHECKING:
    import pandas as pd

TEXT_SUFFIXES = (".txt", ".text", ".ref", ".hyp", ".lab", ".md", "")
_FILE_SUFFIXES = {*TEXT_SUFFIXES, *read_suffixes()} - {""}
"""A string that ends with one of these is meant as a file's name, not as a text."""
_LONGEST_NAME = 4096  # characters of a text that may be a file's name


def side_of(given: Any) -> Any:
    """The words or the text of a run, a file, a table, a text, or a list of sentences.

    A string is a file where one of that name exists, else a text. Raises ParameterError for a string that looks like a
    file's name where there is no such file, and for a file that cannot be read.
    """
    from .run import Run

    if isinstance(given, Run):
        return given.words
    if isinstance(given, os.PathLike):
        return read_side(expand(given))
    if isinstance(given, str) and (path := _existing(given)) is not None:
        return read_side(path)
    return given


def _existing(text: str) -> Path | None:
    """The file that a string names, or None where it is a text."""
    if len(text) > _LONGEST_NAME or not text.strip() or "\n" in text or "\0" in text:
        return None
    path = expand(text)
    try:
        if path.is_file():
            return path
    except OSError:  # too long for a name
        return None
    if path.suffix.lower() in _FILE_SUFFIXES:
        raise ParameterError(
            f"{text!r}: there is no such file. If it is the text itself, give it in a list: [{text!r}]."
        )
    return None


def read_side(path: Path) -> pd.DataFrame | str:
    """The words of a file that has times, or the text of a text file. Raises ParameterError for a file that cannot be
    read, and as `pnb.read_words` for one of words."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".jsonl":
            return _words_of_journal(path)
        if suffix in TEXT_SUFFIXES:
            return decode(path.read_bytes()).text
    except OSError as error:
        raise ParameterError(f"{str(path)!r} cannot be read: {error.strerror}. Nothing was compared.") from error
    except ReadError as error:
        raise ReadError(f"{str(path)!r}: {error}") from error
    if suffix not in _FILE_SUFFIXES:
        known = ", ".join(read_suffixes())
        raise ParameterError(f"{str(path)!r}: files with the suffix {suffix!r} cannot be compared. Known: {known}.")
    return read_words(path)


def _words_of_journal(path: Path) -> pd.DataFrame:
    from ..tables.words import words_table

    _, transcript, _ = read_journal(path)
    return words_table(transcript.sentences, transcript)
