"""Find a text in a table of words, whatever its case, width and marks, over as many rows as it takes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Literal

from ..errors import ParameterError
from ..tables.frame import text_dtype
from ..tables.given import strings_of
from ..tables.word_checks import WordTimes
from ..text import is_cjk, join, separator
from ..transcript.search import ROW, comparable, comparable_line
from .regroup import sentences_of_rows
from .spoken import number, read, shown

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

By = Literal["word", "sentence"]

_BLOCK = 4096
"""Texts that are joined at once: of more, the processor's cache has no room for the list."""


def find(table: pd.DataFrame, what: str, context: float = 0.0, regex: bool = False, by: By = "word") -> pd.DataFrame:
    """Every occurrence of a text, in order. Overlapping ones count once.

    Args:
        what: the text; its case, diacritics, width, marks and spaces beside Chinese do not count. One of marks only is
            found sign by sign.
        context: seconds before and after, for ``line``.
        regex: `what` is a regular expression for the words on one line, with their marks and as they are written.
        by: "word" gives the words in which it was found, "sentence" the sentences (by ``sentence_id``).

    Returns ``text`` string, ``start``, ``end`` float64 seconds, ``first``, ``last`` (the index labels of the first and
    last row), ``line`` string: what is said from `context` seconds before to `context` seconds after.
    """
    if not isinstance(what, str) or not what.strip():
        raise ParameterError(f"what={what!r}: give a text to find. Nothing was changed.")
    if by not in ("word", "sentence"):
        raise ParameterError(f"by={by!r}: give 'word' or 'sentence'. Nothing was changed.")
    words = read(table)
    spans = _regex_spans(table, what, words) if regex else _spans(table, what, words)
    matches: Iterable[Sequence[int]] = (range(first, last + 1) for first, last in spans)
    if by == "sentence":
        matches = _whole_sentences(matches, sentences_of_rows(table)[words.positions()])
    with_last_mark = regex or not comparable(what)
    return _table(table, words, list(matches), number(context, "context"), with_last_mark=with_last_mark)


def _spans(table: pd.DataFrame, what: str, words: WordTimes) -> Iterator[tuple[int, int]]:
    """The first and last row of each match, by start."""
    import numpy as np

    wanted = comparable(what)
    if wanted:
        line, is_row_end = _comparable_line(table, words)
    else:
        line = "".join([_signs(text) + ROW for text in shown(table, words.order)])
        is_row_end = _is_row_end(line)
    row, position = 0, 0
    for match in _pattern(wanted or _signs(what), is_literal=not wanted).finditer(line):
        row += int(np.count_nonzero(is_row_end[position : match.start()]))
        position = match.start()
        yield row, row + match.group().count(ROW)


def _comparable_line(table: pd.DataFrame, words: WordTimes) -> tuple[str, Array]:
    """The texts by start, folded, with `ROW` behind each; and whether each character is that."""
    import numpy as np

    column = table["text"].to_numpy(object)
    texts = column if words.order is None else column[words.order]
    blocks = (texts[first : first + _BLOCK].tolist() for first in range(0, len(texts), _BLOCK))
    try:
        line = comparable_line(ROW.join([ROW.join(block) for block in blocks]) + ROW)
        is_row_end = _is_row_end(line)
        if np.count_nonzero(is_row_end) == len(texts):
            return line, is_row_end
    except TypeError:  # some are missing or no texts; to ask first takes as long as all the rest
        pass
    plain = [text.replace(ROW, " ") + ROW for text in strings_of(table, "text", words.order)]
    line = comparable_line("".join(plain))
    return line, _is_row_end(line)


def _is_row_end(line: str) -> Array:
    """Whether each character is `ROW`."""
    import numpy as np

    encoding, dtype = ("ascii", "u1") if line.isascii() else ("utf-32-le", "<u4")
    is_row_end: Array = np.frombuffer(line.encode(encoding, "surrogatepass"), dtype) == ord(ROW)
    return is_row_end


def _pattern(wanted: str, *, is_literal: bool) -> re.Pattern[str]:
    """A pattern for a folded text on a line of folded rows. Rows meet with a space, except beside Chinese."""
    gap = f"{ROW}*" if is_literal else f"[ {ROW}]*"
    parts = []
    for before, sign in zip(" " + wanted, wanted, strict=False):
        if sign == " ":
            parts.append(f"[ {ROW}]+")
            continue
        is_loose = is_literal or is_cjk(before) or is_cjk(sign)
        parts.append((gap if parts and before != " " and is_loose else "") + re.escape(sign))
    return re.compile("".join(parts))


def _signs(text: str) -> str:
    return "".join(text.replace(ROW, "").split()).lower()


def _regex_spans(table: pd.DataFrame, what: str, words: WordTimes) -> Iterator[tuple[int, int]]:
    try:
        pattern = re.compile(what)
    except re.error as error:
        raise ParameterError(f"what={what!r} is not a regular expression: {error}. Nothing was changed.") from error
    said = shown(table)
    parts: list[str] = []
    for position in words.positions().tolist():
        word = said[position].strip()
        parts.append(separator(parts[-1], word) + word if parts else word)
    ends = list(accumulate(map(len, parts)))
    for match in pattern.finditer("".join(parts)):
        if match.group().strip():
            yield bisect_right(ends, match.start()), bisect_left(ends, match.end())


def _whole_sentences(matches: Iterable[Sequence[int]], sentences: Array) -> Iterator[Sequence[int]]:
    """The words of the sentences in which each match lies; sentences that were there before are left out."""
    numbers = sentences.tolist()
    words: dict[int, list[int]] = {}
    for index, sentence in enumerate(numbers):
        words.setdefault(sentence, []).append(index)
    found: set[int] = set()
    for rows in matches:
        wanted = {numbers[index] for index in rows}
        if not wanted <= found:
            found |= wanted
            yield sorted(index for sentence in wanted for index in words[sentence])


def _table(
    table: pd.DataFrame, words: WordTimes, matches: list[Sequence[int]], context: float, *, with_last_mark: bool
) -> pd.DataFrame:
    """`matches`: the numbers of the words of each, in the order of starts."""
    import numpy as np
    import pandas as pd

    spans = [(match[0], match[-1]) for match in matches]
    firsts, lasts = np.array(spans, "int64").reshape(-1, 2).T
    starts, ends = words.sorted()
    begins, stops = starts[firsts], _latest(ends, matches)
    lines = _around(starts, ends, spans, begins - context, stops + context)
    needed = np.unique(np.fromiter(chain(firsts.tolist(), *lines), "int64"))
    rows = words.position(needed)
    marked, plain = (
        dict(zip(needed.tolist(), map(str.strip, each), strict=True))
        for each in (shown(table, rows), strings_of(table, "text", rows))
    )
    found = []
    for match in matches:
        *before, last = match
        found.append(join([*(marked[index] for index in before), (marked if with_last_mark else plain)[last]]))
    said = [join(marked[index] for index in line) for line in lines]
    made = pd.DataFrame(
        {
            "text": pd.array(found, text_dtype()),
            "start": begins,
            "end": stops,
            "first": table.index.take(words.position(firsts)),
            "last": table.index.take(words.position(lasts)),
            "line": pd.array(said, text_dtype()),
        },
        copy=False,
    )
    made.attrs.update(table.attrs)
    return made


def _latest(ends: Array, matches: Sequence[Sequence[int]]) -> Array:
    """The latest end of the words of each match."""
    import numpy as np

    if not matches:
        return np.zeros(0)
    begins = [0, *accumulate(map(len, matches))]
    latest: Array = np.maximum.reduceat(ends[np.fromiter(chain(*matches), "int64", begins[-1])], begins[:-1])
    return latest


def _around(
    starts: Array, ends: Array, spans: list[tuple[int, int]], since: Array, until: Array
) -> list[Sequence[int]]:
    """The words of each span, and those that sound within its times."""
    import numpy as np

    if not spans:
        return []
    count = 1 + max(last for _, last in spans)  # of the words that may begin before
    lows = np.searchsorted(np.maximum.accumulate(ends[:count]), since, "right").tolist()
    highs = np.searchsorted(starts, until, "left").tolist()
    found: list[Sequence[int]] = []
    for (first, last), low, high, time in zip(spans, lows, highs, since.tolist(), strict=True):
        if low >= first and high <= last + 1:  # nothing else sounds then
            found.append(range(first, last + 1))
        else:
            index = np.arange(min(first, low), max(last + 1, high))
            found.append(index[(ends[index] > time) | ((first <= index) & (index <= last))].tolist())
    return found
