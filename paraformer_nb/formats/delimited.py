"""CSV and TSV: the words table, so that Excel shows Chinese and a word ``null`` stays a word."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ..errors import ParaformerError, ReadError
from .base import Format, Reading
from .document import Document
from .table_words import checked_words, words_of_table

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TEXTS = ("text", "punctuation", "speaker")


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


def _read(text: str, separator: str, source: str) -> Reading:
    import pandas as pd

    types = dict.fromkeys(_TEXTS, str)
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, keep_default_na=False, na_values={}, dtype=types)
    except (ValueError, pd.errors.ParserError) as error:
        raise ReadError(f"this is not a table: {error}. Nothing was read.") from error
    for name in ("start", "end", "confidence"):
        if name in table.columns:
            table[name] = pd.to_numeric(_numbers(table[name]), errors="coerce")
    try:
        words, _ = checked_words(table)
    except ParaformerError as error:
        raise ReadError(f"this table is not one of words: {error}") from error
    return Reading(words_of_table(words), source)


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.replace("", None) if column.dtype == object or str(column.dtype).startswith("str") else column


CSV = Format("csv", (".csv",), "the words as a table, for Excel", ("escape_formulas",), _render_csv, _read_csv)
TSV = Format("tsv", (".tsv",), "the words as a table, tabs between", ("escape_formulas",), _render_tsv, _read_tsv)
