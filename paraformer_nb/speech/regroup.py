"""Words in other groups: a new ``sentence_id`` for each row, and one row for each sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..text import join
from .spoken import Spoken, codes, frame, number, read, shown, values

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

By = str | Callable[[Any, Any], bool]

_LIMITS = ("max_words", "max_chars", "max_seconds", "split_at", "merge_gap")
_PAUSE = 0.5
_MARKS = tuple(".!?。！？…")
_CLOSING = "\"'”’»」』）)]】》〉"


def regroup(table: pd.DataFrame, by: By = "pause", **limits: float) -> pd.DataFrame:
    """The same words with a new ``sentence_id``, from 1, by start.

    Args:
        by: where a group ends: "pause" (at a silence of `split_at` seconds, 0.5 unless given), "punctuation" (after a
            mark that ends a sentence), "speaker" (before another one), "length" (at the limits only), or a function of
            two rows, one after the other, that returns True where a group ends between them.
        limits: ``max_words``, ``max_chars`` and ``max_seconds`` of a group; ``split_at``: a silence of this many
            seconds always ends one; ``merge_gap``: one of less never does.
    """
    if unknown := sorted(set(limits) - set(_LIMITS)):
        raise ParameterError(
            f"regroup has no limit {', '.join(unknown)}: give {', '.join(_LIMITS)}. Nothing was changed."
        )
    given = {name: number(value, name) for name, value in limits.items()}
    if by == "length" and not set(given) & {"max_words", "max_chars", "max_seconds"}:
        raise ParameterError("by='length' needs max_words, max_chars or max_seconds. Nothing was changed.")
    words = read(table)
    ends_here = _ends(table, words, by, given)
    groups = _numbers(table, words, ends_here, given)
    return table.assign(sentence_id=groups)


def sentences(table: pd.DataFrame) -> pd.DataFrame:
    """One row a sentence, by start: the words with one ``sentence_id``, or, in a table that lacks it, up to a mark that
    ends a sentence.

    Returns ``sentence_id``, ``text`` string, ``start``, ``end`` float64 seconds, ``words`` int64, and ``speaker``
    string (that of most words) if the words have one.
    """
    import numpy as np

    if "sentence_id" not in table.columns:
        table = regroup(table, "punctuation")
    words = read(table)
    starts, ends = words.sorted()
    numbers, known = codes(table, "sentence_id", words.order)
    rows: dict[int, list[int]] = {}
    for index, group in enumerate(numbers[words.positions()].tolist()):
        rows.setdefault(group, []).append(index)
    positions = words.positions()
    said = shown(table)
    ids = [known[group] for group in rows]
    columns: dict[str, tuple[Any, str]] = {
        "sentence_id": (ids, "Int64" if None in ids else np.asarray(ids).dtype.str if ids else "int64"),
        "text": ([join(said[positions[index]].strip() for index in own) for own in rows.values()], "string"),
        "start": ([starts[own[0]] for own in rows.values()], "float64"),
        "end": ([ends[own].max() for own in rows.values()], "float64"),
        "words": ([len(own) for own in rows.values()], "int64"),
    }
    if "speaker" in table.columns:
        speakers = values(table, "speaker")
        columns["speaker"] = [_most([speakers[positions[index]] for index in own]) for own in rows.values()], "string"
    return frame(columns, table.attrs)


def _most(found: list[Any]) -> str | None:
    known = [value for value in found if value is not None]
    return str(max(dict.fromkeys(known), key=known.count)) if known else None


def _ends(table: pd.DataFrame, words: Spoken, by: By, limits: dict[str, float]) -> Array:
    """After which words, by start, a group ends; the last one not counted."""
    import numpy as np

    starts, ends = words.sorted()
    positions = words.positions()
    silences = starts[1:] - (np.maximum.accumulate(ends)[:-1] if len(ends) else ends)
    if by == "pause":
        found = silences >= limits.get("split_at", _PAUSE) - 1e-9
    elif by == "punctuation":
        said = shown(table)
        found = np.array(
            [said[row].rstrip().rstrip(_CLOSING).endswith(_MARKS) for row in positions.tolist()[:-1]], bool
        )
    elif by == "speaker":
        numbers, _ = codes(table, "speaker")
        found = numbers[positions][1:] != numbers[positions][:-1]
    elif by == "length":
        found = np.zeros(len(silences), bool)
    elif callable(by):
        rows = list(table.iloc[positions].itertuples())
        found = np.array([bool(by(before, after)) for before, after in pairwise(rows)], bool)
    else:
        raise ParameterError(
            f"by={by!r}: give 'pause', 'punctuation', 'speaker', 'length' or a function of two rows. Nothing was "
            "changed."
        )
    if "merge_gap" in limits:
        found &= silences >= limits["merge_gap"]
    if "split_at" in limits:
        found |= silences >= limits["split_at"] - 1e-9
    return found


def _numbers(table: pd.DataFrame, words: Spoken, ends_here: Array, limits: dict[str, float]) -> Array:
    """For each row the number of its group."""
    import numpy as np

    starts, ends = words.sorted()
    groups = np.ones(len(starts), "int64")
    if not set(limits) & {"max_words", "max_chars", "max_seconds"}:
        groups[1:] += np.cumsum(ends_here)
    else:
        said = shown(table)
        texts = [said[row].strip() for row in words.positions().tolist()]
        inf = float("inf")
        most = [limits.get(name, inf) for name in ("max_words", "max_chars", "max_seconds")]
        line, count, first = "", 0, 0
        for index, text in enumerate(texts):
            longer = join([line, text])
            over = count + 1 > most[0] or len(longer) > most[1] or ends[index] - starts[first] > most[2] + 1e-9
            is_new = index > 0 and (ends_here[index - 1] or (count > 0 and over))
            groups[index] = groups[index - 1] + is_new if index else 1
            line, count, first = (text, 1, index) if is_new else (longer, count + 1, first)
    result = np.empty(len(starts), "int64")
    result[words.positions()] = groups
    return result
