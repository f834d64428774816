"""Read words from a file of any format."""

from __future__ import annotations

import os
import stat
import warnings
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ReadError
from ..journal.records import MAX_SECONDS
from ..paths import expand
from ..transcript.imported import ImportedWord, number_sentences, split_marks
from .base import Format, Reading
from .decoding import decode
from .registry import find_read

if TYPE_CHECKING:
    import pandas as pd

_MAX_NAMED = 5  # problems in a warning


class ReadFile(NamedTuple):
    """The words of a file, and the encoding of its text ("" where it is binary)."""

    reading: Reading
    encoding: str


def words_of_file(path: str | os.PathLike[str], format: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    """The words of a file as a table; `paraformer_nb.read_words` describes it."""
    reading, found = read_file(path, format, encoding)
    if reading.table is not None:
        return reading.table
    table = _table(reading)
    table.attrs.update(clip=reading.clip, service=f"file: {reading.source}", encoding=found)
    return table


def read_file(path: str | os.PathLike[str], format: str | None = None, encoding: str | None = None) -> ReadFile:
    """Read a file. Warns of what it leaves out. Raises as `paraformer_nb.read_words`."""
    target = expand(path)
    found = find_read(target, format)
    try:
        if not stat.S_ISREG(target.stat().st_mode) and not target.is_dir():
            raise ReadError(f"{str(target)!r} is a pipe or a device: copy it to a file.")
        data = target.read_bytes()
    except OSError as error:
        raise ReadError(f"{str(target)!r} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a NUL in the path
        raise ReadError(f"{str(path)!r} cannot be read: {error}.") from error
    try:
        reading, name = _read(found, data, encoding)
    except ReadError as error:
        raise ReadError(f"{str(target)!r}: {error}") from error
    reading = _with_valid_times(reading)
    if reading.problems:
        warnings.warn(_describe(target, reading), stacklevel=3)
    return ReadFile(reading, name)


def _read(format: Format, data: bytes, encoding: str | None) -> tuple[Reading, str]:
    if format.read_binary is not None:
        return format.read_binary(data), ""
    assert format.read is not None  # `find_read` gives no other
    text, name, problem = decode(data, encoding)
    reading = format.read(text)
    return reading._replace(problems=(problem, *reading.problems)) if problem else reading, name


def _with_valid_times(reading: Reading) -> Reading:
    """The words whose times are those of a clip. A file that has others is damaged, or a stranger's."""
    is_valid = [0 <= word.start <= word.end <= MAX_SECONDS for word in reading.words]
    left = is_valid.count(False)
    if not left:
        return reading
    problem = f"{left} word{'s' if left > 1 else ''} without valid times"
    words, clips = list(compress(reading.words, is_valid)), list(compress(reading.clips, is_valid))
    return reading._replace(words=words, clips=clips, problems=(*reading.problems, problem))


def _describe(path: Path, reading: Reading) -> str:
    problems = "; ".join(reading.problems[:_MAX_NAMED])
    more = len(reading.problems) - _MAX_NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return f"{path.name!r} is damaged, or not all of it is known: {problems}{rest}. The other words were read."


def _table(reading: Reading) -> pd.DataFrame:
    import pandas as pd

    from ..tables.frame import frame_of, text_dtype

    words = [_with_marks(word) for word in reading.words]
    table = frame_of(
        sentence_id=(number_sentences(words), "int64"),
        text=([word.text for word in words], "string"),
        punctuation=([word.punctuation or "" for word in words], "string"),
        start=([word.start for word in words], "float64"),
        end=([word.end for word in words], "float64"),
        confidence=([word.confidence for word in words], "float64"),
        speaker=([word.speaker for word in words], "string"),
        is_final=([True] * len(words), "bool"),
        is_timed=([word.is_timed for word in words], "bool"),
    )
    if reading.clips:
        table.insert(0, "clip", pd.array(list(reading.clips), dtype=text_dtype()))
        return table.sort_values(["clip", "start"], kind="stable", ignore_index=True)
    return table.sort_values("start", kind="stable", ignore_index=True)


def _with_marks(word: ImportedWord) -> ImportedWord:
    if word.punctuation is not None:
        return word
    text, marks = split_marks(word.text.strip())
    return word._replace(text=text, punctuation=marks)
