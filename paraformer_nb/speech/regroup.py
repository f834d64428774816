"""Words in other groups: a new ``sentence_id`` for each row, and one row for each sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ParameterError
from ..tables.given import values_of
from ..tables.sentence_numbers import sentence_numbers
from ..tables.turns import turn_numbers
from ..tables.word_checks import WordTimes
from ..text import ends_sentence, join
from .spoken import codes, frame, number, read, shown

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

By = str | Callable[[Any, Any], bool]

_LIMITS = ("max_words", "max_chars", "max_seconds", "split_at", "merge_gap")
_PAUSE = 0.5


def regroup(table: pd.DataFrame, by: By = "pause", **limits: float) -> pd.DataFrame:
    """The same words with a new ``sentence_id``, from 1, by start. Words are in the order of turns (see
    `paraformer_nb.speech.turns.turns`), and groups end with these, unless a function says so: where speakers speak at
    once, the words of each are grouped by themselves.

    Args:
        by: where a group ends: "pause" (at a silence of `split_at` seconds, 0.5 unless given), "punctuation" (after a
            mark that ends a sentence), "speaker" (at the end of a turn only), "length" (at the limits only), or a
            function of two rows, one after the other, that returns True where a group ends between them.
        limits: ``max_words``, ``max_chars`` and ``max_seconds`` of a group; ``split_at``: a silence of this many
            seconds always ends one; ``merge_gap``: one of less never does.
    """
    import numpy as np
    import pandas as pd

    if unknown := sorted(set(limits) - set(_LIMITS)):
        raise ParameterError(
            f"regroup has no limit {', '.join(unknown)}: give {', '.join(_LIMITS)}. Nothing was changed."
        )
    given = {name: number(value, name) for name, value in limits.items()}
    if by == "length" and not set(given) & {"max_words", "max_chars", "max_seconds"}:
        raise ParameterError("by='length' needs max_words, max_chars or max_seconds. Nothing was changed.")
    by_start = read(table)
    words = _Words.of(table, by_start)
    groups = np.empty(len(table), "int64")
    groups[words.rows] = _groups(words, _ends(words, by, given), given)
    positions = by_start.positions()
    numbers = np.empty(len(table), "int64")
    numbers[positions] = pd.factorize(groups[positions])[0] + 1
    return table.assign(sentence_id=numbers)


def sentences(table: pd.DataFrame) -> pd.DataFrame:
    """One row a sentence, by start: the words with one ``sentence_id``, or, in a table that lacks it, up to a mark that
    ends a sentence. In a table of several runs a sentence is one speaker's, see
    `paraformer_nb.tables.sentence_numbers.sentence_numbers`.

    Returns ``sentence_id``, ``text`` string, ``start``, ``end`` float64 seconds, ``words`` int64, and ``speaker``
    string (that of most words) if the words have one.
    """
    import numpy as np

    if "sentence_id" not in table.columns:
        table = regroup(table, "punctuation")
    words = read(table)
    starts, ends = words.sorted()
    positions = words.positions()
    rows: dict[int, list[int]] = {}
    for index, group in enumerate(sentences_of_rows(table)[positions].tolist()):
        rows.setdefault(group, []).append(index)
    said = shown(table)
    known = values_of(table, "sentence_id")
    ids = [known[positions[own[0]]] for own in rows.values()]
    columns: dict[str, tuple[Any, str]] = {
        "sentence_id": (ids, "Int64" if None in ids else np.asarray(ids).dtype.str if ids else "int64"),
        "text": ([join(said[positions[index]].strip() for index in own) for own in rows.values()], "string"),
        "start": ([starts[own[0]] for own in rows.values()], "float64"),
        "end": ([ends[own].max() for own in rows.values()], "float64"),
        "words": ([len(own) for own in rows.values()], "int64"),
    }
    if "speaker" in table.columns:
        speakers = values_of(table, "speaker")
        columns["speaker"] = [_most([speakers[positions[index]] for index in own]) for own in rows.values()], "string"
    return frame(columns, table.attrs)


def sentences_of_rows(table: pd.DataFrame) -> Array:
    """The number of each row's sentence, as `sentences` has them."""
    return sentence_numbers(table if "sentence_id" in table.columns else regroup(table, "punctuation"))


def _most(found: list[Any]) -> str | None:
    known = [value for value in found if value is not None]
    return str(max(dict.fromkeys(known), key=known.count)) if known else None


class _Words(NamedTuple):
    """The words of a table, turn by turn.

    Attributes:
        rows: their positions in the table.
        ends: of the latest word of the turn so far.
        turns: the number of the turn of each.
    """

    table: pd.DataFrame
    rows: Array
    starts: Array
    ends: Array
    turns: Array

    @classmethod
    def of(cls, table: pd.DataFrame, words: WordTimes) -> _Words:
        """The words of a table that was read."""
        import numpy as np
        import pandas as pd

        starts, ends = words.sorted()
        rows = words.positions()
        turns = turn_numbers(starts, ends, codes(table, "speaker", words.order)[0][rows], np.inf)
        order = np.argsort(turns, kind="stable")
        reach = pd.Series(ends).groupby(turns).cummax().to_numpy()
        return cls(table, rows[order], starts[order], reach[order], turns[order])

    def texts(self) -> list[str]:
        """The words with their punctuation."""
        said = shown(self.table)
        return [said[row].strip() for row in self.rows.tolist()]


def _ends(words: _Words, by: By, limits: dict[str, float]) -> Array:
    """After which words a group ends; the last one not counted."""
    import numpy as np

    silences = words.starts[1:] - words.ends[:-1]
    if by == "pause":
        found = silences >= limits.get("split_at", _PAUSE) - 1e-9
    elif by == "punctuation":
        found = np.array([ends_sentence(text) for text in words.texts()[:-1]], bool)
    elif by in ("speaker", "length"):
        found = np.zeros(len(silences), bool)
    elif callable(by):
        rows = list(words.table.iloc[words.rows].itertuples())
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
    return found if callable(by) else found | (np.diff(words.turns) > 0)


def _groups(words: _Words, ends_here: Array, limits: dict[str, float]) -> Array:
    """The group of each word, in the order of `words`."""
    import numpy as np

    groups = np.append(0, np.cumsum(ends_here))[: len(words.rows)]
    most = [limits.get(name, math.inf) for name in ("max_words", "max_chars", "max_seconds")]
    if min(most) == math.inf:
        return groups
    line, count, first, parts = "", 0, 0, 0
    for index, text in enumerate(words.texts()):
        longer = join([line, text])
        seconds = words.ends[index] - words.starts[first]
        is_over = count + 1 > most[0] or len(longer) > most[1] or seconds > most[2] + 1e-9
        if index and not ends_here[index - 1] and not (count and is_over):
            line, count = longer, count + 1
        else:
            parts += index > 0 and not ends_here[index - 1]
            line, count, first = text, 1, index
        groups[index] += parts
    return groups
