"""Which format a file's suffix means. `base.py` has the steps that add one; its line here is the second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import ExportError, ReadError
from . import (
    arrow,
    ass,
    audacity,
    ctm,
    delimited,
    eaf,
    html,
    json_document,
    jsonl,
    rttm,
    srt,
    stm,
    text,
    textgrid,
    vtt,
)
from .base import Format

_ALL = (
    html.FORMAT,
    srt.FORMAT,
    vtt.FORMAT,
    ass.FORMAT,
    textgrid.FORMAT,
    eaf.FORMAT,
    text.FORMAT,
    audacity.FORMAT,
    ctm.FORMAT,
    stm.FORMAT,
    rttm.FORMAT,
    json_document.FORMAT,
    jsonl.FORMAT,
    delimited.CSV,
    delimited.TSV,
    arrow.PARQUET,
    arrow.FEATHER,
)
FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
"""Every format, by the name that ``format=`` takes."""

SUFFIXES: dict[str, Format] = {suffix: each for each in _ALL for suffix in each.suffixes}
"""Every format, by each suffix of its files, in lower case."""


def find_written(path: Path, name: str | None) -> Format:
    """The format to write a file in. Raises ExportError, which lists the known ones, where there is none."""
    found = _find(path, name)
    if found is None or found.render is None:
        raise ExportError(f"{_unknown(path, name)} Nothing was written. Known: {_known(name, _is_written)}.")
    return found


def find_read(path: Path, name: str | None) -> Format:
    """The format to read a file in. Raises ReadError, which lists the known ones, where there is none."""
    found = _find(path, name)
    if found is None or not found.can_read:
        raise ReadError(f"{_unknown(path, name)} Nothing was read. Known: {_known(name, _is_read)}.")
    return found


def written_suffixes() -> list[str]:
    """The suffixes of the formats that are written."""
    return [suffix for suffix, each in SUFFIXES.items() if _is_written(each)]


def read_suffixes() -> list[str]:
    """The suffixes of the formats that are read."""
    return [suffix for suffix, each in SUFFIXES.items() if _is_read(each)]


def _find(path: Path, name: str | None) -> Format | None:
    if name is None:
        return SUFFIXES.get(path.suffix.lower())
    lower = name.lower()
    return FORMATS.get(lower) or SUFFIXES.get(lower)


def _unknown(path: Path, name: str | None) -> str:
    if name is None:
        return f"{str(path)!r}: the format {path.suffix!r} is not known."
    return f"format={name!r} is not known."


def _known(name: str | None, is_wanted: Callable[[Format], bool]) -> str:
    names = SUFFIXES if name is None else FORMATS
    return ", ".join(key for key, each in names.items() if is_wanted(each))


def _is_written(format: Format) -> bool:
    return format.render is not None


def _is_read(format: Format) -> bool:
    return format.can_read
