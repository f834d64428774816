"""The words of any readable file as a table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .speech import register_speech

if TYPE_CHECKING:
    import pandas as pd


def read_words(path: str | os.PathLike[str], format: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    """Read the words of a file: subtitles, annotations, tables, and the JSON of other recognisers.

    Args:
        path: the file; its suffix chooses the format. docs/formats.md lists them.
        format: the name of a format, such as ``"audacity"``; None: that of the suffix.
        encoding: of its text; None: it is guessed (a mark, UTF-8, UTF-16, GB18030, Big5, Latin-1 and others).

    Returns:
        One row a word, sorted by start, with the columns of `run.words_raw` and ``is_timed`` bool: False where a text
        was timed as a whole, and each of its words has a share by its length. ``attrs`` has ``clip`` (or None),
        ``service`` (as ``"file: SRT"``) and ``encoding``. A Parquet or Feather file gives the table that was written.

    Raises:
        ReadError: the file cannot be read, its format is not known, or it holds no words with times. Parts of a damaged
            file that cannot be read are left out, with one warning that names their lines.
        MissingDependency: a package is needed to read it.

    Example:
        >>> written = run.export("words.ctm")
        >>> pnb.read_words("words.ctm")["text"].tolist()
        ['Good', 'morning', '今天', '天气', '好']
    """
    from ..formats.reading import words_of_file

    register_speech()
    return words_of_file(path, format, encoding)
