"""CSV and TSV: the words table, so that Excel shows Chinese and a word ``null`` stays a word."""

from __future__ import annotations

import io
import math
import re
import warnings
from typing import Any

from ..errors import ParaformerError, ReadError
from .base import Format, Reading
from .cue_files import parse_clock
from .document import Document
from .numbers import parse_number
from .table_words import checked_words, words_of_table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TEXTS = ("text", "punctuation", "speaker")
_NUMBERS = ("start", "end", "confidence")
_SEPARATORS = ",;\t"
_NAMED_SEPARATOR = re.compile(r"\s*sep=(.)\n")  # for Excel


def _render_csv(document: Document, *, escape_formulas: bool = False) -> bytes:
    """The columns of the table; times with 3 decimals; UTF-8 with a mark at the beginning, by which Excel knows it.

    `escape_formulas`: put ``'`` before texts that a spreadsheet would run as a formula, such as ``=1+1``.
    """
    return _render(document, ",", "utf-8-sig", escape_formulas)


def _render_tsv(document: Document, *, escape_formulas: bool = False) -> bytes:
    """As CSV, with tabs between and no mark at the beginning."""
    return _render(document, "\t", "utf-8", escape_formulas)


def _render(document: Document, separator: str, encoding: str, escape_formulas: bool) -> bytes:
    table = document.words
    if escape_formulas:
        table = table.assign(text=[_escaped(document, *pair) for pair in enumerate(table["text"].tolist())])
    text = table.to_csv(sep=separator, index=False, float_format="%.3f", lineterminator="\n")
    return text.encode(encoding)


def _escaped(document: Document, row: int, text: str) -> str:
    if not text.startswith(_FORMULA):
        return text
    document.changes.add(row, text, "formula", "quoted", text, f"'{text}")
    return f"'{text}"


def _read_csv(text: str) -> Reading:
    return _read(text, ",", "CSV")


def _read_tsv(text: str) -> Reading:
    return _read(text, "\t", "TSV")


def _read(text: str, usual: str, source: str) -> Reading:
    import pandas as pd

    if named := _NAMED_SEPARATOR.match(text):
        text = text[named.end() :]
    head = text.partition("\n")[0]
    separator = named[1] if named else usual if usual in head else max(_SEPARATORS, key=head.count)
    types = dict.fromkeys((*_TEXTS, *_NUMBERS), str)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with more fields than there are columns
            table = pd.read_csv(
                io.StringIO(text), sep=separator, keep_default_na=False, na_values={}, dtype=types, index_col=False
            )
    except pd.errors.ParserWarning as error:
        problem = "a row has more fields than the first line: a text with the separator in it needs quotes"
        raise ReadError(f"this is not a table: {problem}. Nothing was read.") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise ReadError(f"this is not a table: {error}. Nothing was read.") from error
    for name in filter(table.columns.__contains__, _NUMBERS):
        values = pd.Series(list(map(_number, table[name])), dtype=object)
        table[name] = values if name != "confidence" else pd.to_numeric(values, errors="coerce")
    try:
        words, _ = checked_words(table)
    except ParaformerError as error:
        raise ReadError(f"this table is not one of words: {error}") from error
    return Reading(words_of_table(words), source)


def _number(text: Any) -> Any:
    """A number, also with a decimal comma, or as a time with colons; NaN where it is missing; other texts stay."""
    text = text.strip() if isinstance(text, str) else ""
    if not text:
        return math.nan
    try:
        return parse_clock(text) if ":" in text else parse_number(text)
    except (ValueError, ReadError):
        return text


CSV = Format("csv", (".csv",), "the words as a table, for Excel", ("escape_formulas",), _render_csv, _read_csv)
TSV = Format("tsv", (".tsv",), "the words as a table, tabs between", ("escape_formulas",), _render_tsv, _read_tsv)
