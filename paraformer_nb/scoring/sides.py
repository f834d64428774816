"""One side of a comparison: a text, or a table of words, as tokens that know their rows and times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ParameterError
from ..tables.given import as_frame, check_one_clip, require_columns, texts_of, values_of
from ..tables.word_checks import word_times
from ..text import separator
from .align import Side
from .tokens import Tokens

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]


class Rows(NamedTuple):
    """The words of a table in the order of their starts."""

    texts: list[str]
    numbers: list[int] | None  # of each, its row in the table that was given
    sentences: list[int] | None
    starts: Array | None
    ends: Array | None


class Source(NamedTuple):
    """A text to compare, and the rows that it was joined from; `offsets` has where each begins in it."""

    text: str
    rows: Rows | None = None
    offsets: Sequence[int] | Array = ()


def source_of(given: Any) -> Source:
    """The text of a string, of a list of sentences, or of a table with ``text`` (and where known ``start`` and ``end``,
    ``punctuation`` and ``sentence_id``).

    Raises ParameterError for anything else, and for invalid rows.
    """
    if isinstance(given, str):
        return Source(given)
    if isinstance(given, list):
        if bad := [index for index, each in enumerate(given) if not isinstance(each, str)]:
            raise ParameterError(f"sentence {bad[0]} of the list (counted from 0) is {given[bad[0]]!r}, not a text.")
        return _joined(Rows([text.strip() for text in given], None, list(range(1, len(given) + 1)), None, None))
    if not any(hasattr(given, name) for name in ("columns", "to_pydict", "to_dicts", "collect_schema")):
        raise ParameterError(
            f"an object of type {type(given).__name__} cannot be compared: give a text, a table of words with a column "
            "text, or a list of sentences."
        )
    return _joined(_rows(as_frame(given, ["text"])))


def sentences_of(given: Any) -> Any:
    """A list of sentences as a list: a tuple, a column of a table or an array is one as well. Others as they are."""
    if isinstance(given, tuple):
        return list(given)
    is_column = hasattr(given, "tolist") and not hasattr(given, "columns") and getattr(given, "ndim", 0) == 1
    return given.tolist() if is_column else given


def _joined(rows: Rows) -> Source:
    """The words as one line, and where each begins in it."""
    import numpy as np

    filled = list(filter(None, rows.texts))
    meetings = list(zip(["", *(text[-1] for text in filled)], filled, strict=False))
    known = {meeting: separator(*meeting) for meeting in set(meetings)}  # far fewer than there are words
    spaces = list(map(known.__getitem__, meetings))
    if len(filled) < len(rows.texts):
        rest = iter(spaces)
        spaces = [next(rest) if text else "" for text in rows.texts]
    sizes, gaps = (np.fromiter(map(len, texts), np.int64, len(texts)) for texts in (rows.texts, spaces))
    return Source(
        "".join(chain.from_iterable(zip(spaces, rows.texts, strict=True))), rows, np.cumsum(sizes + gaps) - sizes
    )


def _rows(frame: pd.DataFrame) -> Rows:
    import numpy as np

    check_one_clip(frame, "score each by itself, and add the scores with sum(scores).")
    texts = _texts(frame)
    starts, ends = _times(frame)
    order = np.arange(len(frame)) if starts is None else np.argsort(starts, kind="stable")
    ids = values_of(frame, "sentence_id")
    is_numbered = all(isinstance(value, int) for value in ids)  # names and missing numbers are not needed
    rows = order.tolist()
    return Rows(
        [texts[row] for row in rows],
        rows,
        [ids[row] for row in rows] if is_numbered else None,
        None if starts is None else starts[order],
        None if ends is None else ends[order],
    )


def _texts(frame: pd.DataFrame) -> list[str]:
    texts = texts_of(frame)
    if "punctuation" not in frame.columns:
        return list(map(str.strip, texts))
    marks = frame["punctuation"].tolist()
    return [text.strip() + (mark if isinstance(mark, str) else "") for text, mark in zip(texts, marks, strict=True)]


def _times(frame: pd.DataFrame) -> tuple[Array | None, Array | None]:
    if "start" not in frame.columns and "end" not in frame.columns:
        return None, None
    require_columns(frame, ["text", "start", "end"])
    starts, ends, _ = word_times(frame)
    return starts, ends


class TokenList(NamedTuple):
    """The tokens of a side. Of each its row and sentence, -1 where there is none; times are NaN where unknown, and None
    where none is known."""

    texts: list[str]
    rows: Array
    sentences: Array
    starts: Array | None
    ends: Array | None

    @property
    def side(self) -> Side:
        """What is aligned."""
        return Side(self.texts, self.starts, self.ends)


def locate(source: Source, tokens: Tokens, origins: Sequence[int]) -> TokenList:
    """Find the row, the sentence and the times of each token. `origins`: of each normalised character, its index in the
    source's text.

    Several tokens of one row share its time by their lengths; a token over several rows lasts from the first to the
    last.
    """
    import numpy as np

    texts = tokens.texts
    nowhere = np.full(len(texts), -1, dtype=np.int64)
    if source.rows is None or not len(source.offsets):
        return TokenList(texts, nowhere, nowhere, None, None)
    bounds = np.array([tokens.starts, tokens.ends], dtype=np.int64).T - (0, 1)
    places = np.where(bounds[:, :1] < 0, -1, np.array([*origins, -1])[bounds])
    rows = np.searchsorted(np.array(source.offsets), places, side="right") - 1
    numbers, sentences = (
        nowhere if values is None else np.where(rows[:, 0] >= 0, np.array(values, dtype=np.int64)[rows[:, 0]], -1)
        for values in (source.rows.numbers, source.rows.sentences)
    )
    return TokenList(texts, numbers, sentences, *_token_times(source.rows, texts, rows))


def _token_times(rows: Rows, texts: Sequence[str], found: Array) -> tuple[Array | None, Array | None]:
    """Starts and ends of tokens, of which `found` has the first and the last row."""
    import numpy as np

    if rows.starts is None or rows.ends is None:
        return None, None
    first, last = found[:, 0], found[:, 1]
    lengths = np.fromiter(map(len, texts), np.float64, len(texts))
    totals = np.bincount(first + 1, weights=lengths, minlength=len(rows.starts) + 1)
    before = np.cumsum(lengths) - lengths
    opens_row = np.r_[True, first[1:] != first[:-1]] if len(first) else np.zeros(0, dtype=bool)
    before -= np.maximum.accumulate(np.where(opens_row, before, 0.0))
    share = (rows.ends - rows.starts)[first] / totals[first + 1]
    starts = rows.starts[first] + share * before
    ends = np.where(last > first, rows.ends[last], rows.starts[first] + share * (before + lengths))
    ends = np.maximum(ends, starts)  # rows may overlap
    return np.where(first >= 0, starts, np.nan), np.where(first >= 0, ends, np.nan)
