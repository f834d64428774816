"""The tables of revisions and latencies, from the history of the words."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from ..transcript.history import History, WordHistory
from .frame import make_frame, table_attrs
from .schema import LATENCY, REVISIONS

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array


_EXACT = 1e-6  # seconds that do not count


def revisions_table(history: History) -> pd.DataFrame:
    """One row for each thing that the recogniser did to a word, in order; `schema.REVISIONS` has the columns."""
    rows = {each: row for row, each in enumerate(_words(history)[0])}
    fields = {column.name: column.name for column in REVISIONS} | {"word": "history"}
    values = {name: list(map(attrgetter(field), history.revisions)) for name, field in fields.items()}
    values["word"] = list(map(rows.get, values["word"]))
    table = make_frame(REVISIONS, values)
    table.attrs.update(table_attrs(history.transcript))
    return table


def latency_table(history: History) -> pd.DataFrame:
    """One row a word as recognised, sorted as `words_raw`; `schema.LATENCY` has the columns.

    ``to_shown`` is below 0 where a word was shown before the audio up to its final end had been sent.
    """
    import numpy as np

    words, sentence_ids = _words(history)
    ends = np.array([each.word.end for each in words], "float64")
    sent, is_resent = _sent(history, words, ends)
    shown = np.array([each.shown for each in words], "float64")
    final_since = np.array([each.final_since for each in words], "float64")
    values = {
        "word": range(len(words)),
        "sentence_id": sentence_ids,
        "text": [each.word.text.strip() for each in words],
        "start": [each.word.start for each in words],
        "end": ends,
        "sent": sent,
        "shown": shown,
        "settled": final_since,
        "to_shown": shown - sent,
        "to_settled": final_since - sent,
        "changes": [each.changes for each in words],
        "first_text": [each.first_text for each in words],
        "resent": is_resent,
    }
    table = make_frame(LATENCY, values)
    table.attrs.update(table_attrs(history.transcript))
    return table


def _sent(history: History, words: list[WordHistory], ends: Array) -> tuple[Array, Array]:
    """When the audio of each word had been sent, and whether it had been sent before; NaN and False where none was."""
    import numpy as np
    import pandas as pd

    sent, is_resent = np.full(len(words), np.nan), np.zeros(len(words), bool)
    codes, tasks = pd.factorize(np.array([each.task for each in words], object))
    for code, task in enumerate(tasks):
        if audio := history.sent.get(task):
            rows = np.flatnonzero(codes == code)
            blocks = np.searchsorted(audio.ends, ends[rows] - _EXACT)
            sent[rows] = np.array(audio.times)[np.minimum(blocks, len(audio.times) - 1)]  # beyond the last, that one
            is_resent[rows] = ends[rows] <= audio.repeated_until
    return sent, is_resent


def _words(history: History) -> tuple[list[WordHistory], Array]:
    """The words as recognised, in the order of `words_raw`, and the id of the sentence of each."""
    import numpy as np

    recognised = history.transcript.recognised
    by_sentence = list(map(history.words_of, recognised))
    words = list(chain.from_iterable(by_sentence))
    sizes = np.array(list(map(len, by_sentence)), "int64")
    sentence_ids = np.repeat(np.array([sentence.id for sentence in recognised], "int64"), sizes)
    order = np.argsort([each.word.start for each in words], kind="stable")
    return list(map(words.__getitem__, order.tolist())), sentence_ids[order]
