"""Parquet and Feather: the words table with its dtypes and ``attrs``, which come back equal."""

from __future__ import annotations

import io
from typing import Any

from ..errors import ParaformerError, ReadError
from .base import Format, Package, Reading
from .document import Document
from .table_words import checked_words, words_of_table

_PYARROW = Package("pyarrow", "pyarrow", "parquet", "Parquet and Feather")


def _render_parquet(document: Document) -> bytes:
    _PYARROW.load()
    file = io.BytesIO()
    document.words.to_parquet(file, index=False)
    return file.getvalue()


def _render_feather(document: Document) -> bytes:
    _PYARROW.load()
    file = io.BytesIO()
    document.words.to_feather(file)
    return file.getvalue()


def _read_parquet(data: bytes) -> Reading:
    import pandas as pd

    _PYARROW.load()
    return _reading(pd.read_parquet, data, "Parquet")


def _read_feather(data: bytes) -> Reading:
    import pandas as pd

    _PYARROW.load()
    return _reading(pd.read_feather, data, "Feather")


def _reading(read: Any, data: bytes, source: str) -> Reading:
    import pyarrow

    try:
        table = read(io.BytesIO(data))
        words, _ = checked_words(table)
    except (OSError, ValueError, pyarrow.ArrowException, ParaformerError) as error:
        raise ReadError(f"this {source} file is not a table of words: {error}") from error
    return Reading(words_of_table(words), source, table=table)


PARQUET = Format(
    "parquet",
    (".parquet",),
    "the words as a Parquet table",
    (),
    _render_parquet,
    read_binary=_read_parquet,
    package=_PYARROW,
)
FEATHER = Format(
    "feather",
    (".feather",),
    "the words as a Feather table",
    (),
    _render_feather,
    read_binary=_read_feather,
    package=_PYARROW,
)
