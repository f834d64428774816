"""Which words are of one sentence, also where the tables of several runs were put together."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

_SOURCES = ("file", "clip", "channel")
"""Columns that tell the runs apart that a table's rows are of; beside them a sentence is one speaker's."""
_MOVED = 5  # words that are in two sentences of a table: a person who moves words leaves fewer behind


def sentence_numbers(frame: pd.DataFrame) -> Array:
    """A number for each row's sentence, int64: ``sentence_id`` counts within one run only.

    Rows with the same ``sentence_id`` are of different sentences where their ``file``, ``clip``, ``channel`` or
    ``speaker`` differs, or where the word of a run (``word``) comes a second time and the time goes back: the tables of
    two runs one after the other. A run's own table is left as it is, even where two speakers share a sentence.

    Raises ParameterError where words of two runs are mixed and nothing tells them apart.
    """
    import numpy as np

    ids = _codes(frame["sentence_id"])
    word = _word_numbers(frame)
    is_of_one_run = word is not None and not _repeats(ids, word).any()
    columns = _SOURCES if is_of_one_run else (*_SOURCES, "speaker")
    numbers = _combined([ids, *(_codes(frame[name]) for name in columns if name in frame.columns)])
    if word is not None and (repeats := _repeats(numbers, word)).any():
        starts = frame["start"].to_numpy("float64", na_value=0.0)
        begins = repeats & np.append(False, starts[1:] < starts[:-1])
        numbers = _combined([numbers, np.cumsum(begins)])
        _check_apart(numbers, word, starts)
    return numbers


def of_one_sentence(frame: pd.DataFrame, rows: Array, others: Array, is_same_speaker: Array) -> Array:
    """Whether the word in each of these rows is of the same sentence as that in the other one, as `sentence_numbers`
    has it; `is_same_speaker` says for each two whether one speaker said them."""
    import numpy as np

    if not len(frame):
        return is_same_speaker
    is_same: Array
    if _word_numbers(frame) is not None:
        numbers = sentence_numbers(frame)
        is_same = numbers[rows] == numbers[others]
        return is_same
    both = np.concatenate([rows, others])
    columns = [frame[name] for name in ("sentence_id", *_SOURCES) if name in frame.columns]
    pairs = [_codes(column.take(both)).reshape(2, -1) for column in columns]
    is_same = np.logical_and.reduce([is_same_speaker, *(one == other for one, other in pairs)])
    return is_same


def check_one_run(frame: pd.DataFrame) -> None:
    """Raise ParameterError if most of a run's words are there a second time, at other times: those of another run. So
    are some that are there a second time in another sentence."""
    word = _word_numbers(frame)
    if word is None or (word[1:] > word[:-1]).all():  # a run's own table
        return
    repeats = _repeats(_codes(frame["sentence_id"]), word)
    is_elsewhere = ~frame.duplicated(["sentence_id", "word", "start"]).to_numpy()
    in_others = (word >= 0) & frame.duplicated("word").to_numpy() & ~repeats
    is_twice = 2 * int((repeats & is_elsewhere).sum()) > len(frame) - int(repeats.sum())
    if is_twice or int(in_others.sum()) >= _MOVED:
        raise ParameterError(
            "the table has words of several runs: give the rows of this one only. Nothing was changed."
        )


def _word_numbers(frame: pd.DataFrame) -> Array | None:
    """The column ``word``, -1 where it is missing; None where it is not a run's."""
    import pandas as pd

    if "word" not in frame.columns or not pd.api.types.is_integer_dtype(frame["word"].dtype):
        return None
    numbers: Array = frame["word"].to_numpy("int64", na_value=-1)
    return numbers


def _repeats(sentences: Array, words: Array) -> Array:
    """Whether each word was there before in its sentence."""
    import numpy as np
    import pandas as pd

    if (words[1:] > words[:-1]).all():  # a run's own table
        return np.zeros(len(words), bool)
    repeats: Array = pd.DataFrame({"sentence": sentences, "word": words}).duplicated().to_numpy() & (words >= 0)
    return repeats


def _check_apart(sentences: Array, words: Array, starts: Array) -> None:
    """Raise ParameterError where a word is there twice with others between: one that a person has split has none."""
    import numpy as np

    order = np.lexsort((starts, sentences))
    keys = np.stack([sentences[order], words[order]], axis=1)[words[order] >= 0]
    is_new = np.append(True, (keys[1:] != keys[:-1]).any(axis=1)) if len(keys) else np.zeros(0, bool)
    if len(np.unique(keys[is_new], axis=0)) < int(is_new.sum()):
        raise ParameterError(
            "sentences of several runs have the same sentence_id, and nothing tells them apart: give each run's words "
            "a speaker before they are put together, such as left.words.assign(speaker='left'). Nothing was changed."
        )


def _codes(column: pd.Series[Any]) -> Array:
    """A number below 2**31 for each value of a column."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i" and len(column):  # as a run has them
        values: Array = column.to_numpy("int64")
        if values.min() >= 0 and values.max() < 2**31:
            return values
    if isinstance(column.dtype, pd.StringDtype):
        with suppress(TypeError):  # a missing value equals nothing, not even itself
            return _factorized(column.to_numpy(object))
    return np.asarray(pd.factorize(column)[0], "int64")


def _combined(columns: list[Any]) -> Array:
    """A number for each combination of values."""
    numbers: Array = columns[0].astype("int64")
    for codes in columns[1:]:
        if len(codes) and (codes != codes[0]).any():
            if numbers.max() >= 2**31:  # their product must be below 2**63
                numbers = _factorized(numbers)
            numbers = numbers * (int(codes.max()) + 2) + codes
    return numbers


def _factorized(values: Array) -> Array:
    """A number for each value. Equal values beside each other are looked up once."""
    import numpy as np
    import pandas as pd

    firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    codes = np.asarray(pd.factorize(values[firsts])[0], "int64")
    return np.repeat(codes, np.diff(firsts, append=len(values)))
