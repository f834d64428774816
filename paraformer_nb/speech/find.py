"""Find a text in a table of words, whatever its case, width and marks, over as many rows as it takes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ParameterError
from ..text import is_cjk, join, separator
from ..transcript.search import comparable
from .regroup import sentences_of_rows
from .spoken import Spoken, frame, number, read, shown, texts

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

By = Literal["word", "sentence"]

_ROW = "\x00"  # between the rows of a line


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
    return _table(table, words, matches, number(context, "context"), with_last_mark=with_last_mark)


def _spans(table: pd.DataFrame, what: str, words: Spoken) -> Iterator[tuple[int, int]]:
    """The first and last row of each match, by start."""
    wanted = comparable(what)
    found = texts(table) if wanted else shown(table)
    fold = comparable if wanted else _signs
    folded = {text: fold(text) for text in set(found)}
    rows = [folded[text] for text in found]
    line = _ROW.join(rows if words.order is None else [rows[position] for position in words.order.tolist()]) + _ROW
    pattern = _pattern(wanted or _signs(what), is_literal=not wanted)
    ends = None
    for match in pattern.finditer(line):
        if ends is None:
            ends = _ends_of_rows(line)
        # A match may begin or end with what is between rows.
        text = match.group()
        first = match.start() + len(text) - len(text.lstrip(_ROW))
        last = match.start() + len(text.rstrip(_ROW)) - 1
        yield int(ends.searchsorted(first)), int(ends.searchsorted(last))


def _ends_of_rows(line: str) -> Array:
    """The index in a line of the separator behind each row."""
    import numpy as np

    return np.flatnonzero(np.frombuffer(line.encode("utf-32-le", "surrogatepass"), "<u4") == 0)


def _pattern(wanted: str, *, is_literal: bool) -> re.Pattern[str]:
    """A pattern for a folded text on a line of folded rows. Rows meet with a space, except beside Chinese."""
    gap = f"{_ROW}*" if is_literal else f"[ {_ROW}]*"
    parts = []
    for before, sign in zip(" " + wanted, wanted, strict=False):
        if sign == " ":
            parts.append(f"[ {_ROW}]+")
            continue
        is_loose = is_literal or is_cjk(before) or is_cjk(sign)
        parts.append((gap if parts and before != " " and is_loose else "") + re.escape(sign))
    return re.compile("".join(parts))


def _signs(text: str) -> str:
    return "".join(text.replace(_ROW, "").split()).lower()


def _regex_spans(table: pd.DataFrame, what: str, words: Spoken) -> Iterator[tuple[int, int]]:
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
    table: pd.DataFrame, words: Spoken, matches: Iterable[Sequence[int]], context: float, *, with_last_mark: bool
) -> pd.DataFrame:
    """`matches`: the numbers of the words of each, in the order of starts."""
    import numpy as np

    starts, ends = words.sorted()
    reach = np.maximum.accumulate(ends) if len(ends) else ends
    found: dict[str, list[Any]] = {name: [] for name in ("text", "start", "end", "first", "last", "line")}
    for match in matches:
        first, last = match[0], match[-1]
        start, end = float(starts[first]), float(ends[list(match)].max())
        low = min(first, int(np.searchsorted(reach, start - context, "right")))
        high = max(last + 1, int(np.searchsorted(starts, end + context, "left")))
        around = [index for index in range(low, high) if first <= index <= last or ends[index] > start - context]
        rows = table.iloc[words.position(np.array(around))]
        said = [text.strip() for text in shown(rows)]
        own = [said[around.index(index)] for index in match]
        if not with_last_mark:
            own[-1] = texts(rows)[around.index(last)].strip()
        found["text"].append(join(own))
        found["start"].append(start)
        found["end"].append(end)
        found["first"].append(int(words.position(first)))
        found["last"].append(int(words.position(last)))
        found["line"].append(join(said))
    texts_and_times = {"text": "string", "start": "float64", "end": "float64"}
    made = frame({name: (found[name], dtype) for name, dtype in texts_and_times.items()}, table.attrs)
    for name in ("first", "last"):
        made[name] = table.index.take(found[name])
    made["line"] = frame({"line": (found["line"], "string")})["line"]
    return made
