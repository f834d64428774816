"""The words table of a transcript, as often as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence
from .raw_rows import WRITTEN, RecognisedRows, raw_rows
from .snapshots import Snapshot
from .words_cache import WordsCache

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array


class _Moment(NamedTuple):
    """A transcript's sentences at one moment. Without corrections both lists are the same one."""

    snapshot: Snapshot
    recognised: Sequence[Sentence]
    sentences: Sequence[Sentence]


class WordsReading:
    """The words table of a transcript; only sentences that changed since the last reading are converted."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._moment = _Moment(Snapshot(-1), (), ())
        self._words = WordsCache()
        self._rows: tuple[_Moment, Array] | None = None
        self._recognised_rows = RecognisedRows()

    def update(self) -> None:
        """Read the transcript. Hold the run's lock."""
        snapshot = Snapshot.of(self._transcript)
        if not snapshot.equals(self._moment.snapshot):
            recognised = self._transcript.recognised
            self._moment = _Moment(snapshot, recognised, self._transcript.correct_all(recognised))

    def table(self) -> tuple[Snapshot, pd.DataFrame]:
        """The words as they were read last: a new table, without ``attrs``. On any thread."""
        import pandas as pd

        moment = self._moment
        table, order = self._words.table(moment.sentences)
        rows = self._raw_rows(moment, len(table), order)
        table["word"] = pd.arrays.IntegerArray(rows.copy(), rows == WRITTEN)
        return moment.snapshot, table

    def _raw_rows(self, moment: _Moment, count: int, order: Array | None) -> Array:
        """For each row of the table its row in the table of the words as recognised. `order`: as `raw_rows` has it."""
        import numpy as np

        if self._rows is not None and self._rows[0] is moment:
            return self._rows[1]
        if moment.sentences is moment.recognised:
            rows = np.arange(count)
        else:
            recognised_rows = self._recognised_rows.of(moment.recognised)
            rows = raw_rows(moment.sentences, moment.recognised, recognised_rows, order)
        self._rows = moment, rows
        return rows
