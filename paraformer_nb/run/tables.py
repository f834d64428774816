"""The tables of a run, and edited tables as corrections."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ..tables.edited import corrections_of
from ..tables.snapshots import Snapshot, Snapshots
from ..transcript.corrections import Correction
from ..transcript.transcript import Transcript
from .live_transcript import LiveTranscript

if TYPE_CHECKING:
    import pandas as pd


class RunTables:
    """A run's text and tables, and their correction. Each table is a snapshot of one moment; reading one never raises.

    Attributes:
        transcript: the `Transcript` that they are made of, read-only.
    """

    transcript: Transcript

    def __init__(self, live: LiveTranscript) -> None:
        self.transcript = live.transcript
        self._live = live
        self._snapshots = Snapshots()

    @property
    def text(self) -> str:
        """All text so far, as corrected, on one line."""
        with self._live.lock:
            return self.transcript.text

    @property
    def words(self) -> pd.DataFrame:
        """One row a word, as corrected; see `paraformer_nb.tables.words` for the columns. Never raises.

        ``attrs`` has ``clip``, ``service``, ``model``, and ``snapshot``: an int by which `correct` knows when the
        table was read.
        """
        from ..tables.words import words_table

        with self._live.lock:
            sentences = self.transcript.sentences
            snapshot = self._snapshots.add(Snapshot(self.transcript))
        table = words_table(sentences, self.transcript)
        table.attrs["snapshot"] = snapshot
        return table

    @property
    def words_raw(self) -> pd.DataFrame:
        """The words as recognised, without corrections; the columns are those of `words`."""
        from ..tables.words import words_table

        with self._live.lock:
            sentences = self.transcript.recognised
        return words_table(sentences, self.transcript)

    @property
    def sentences(self) -> pd.DataFrame:
        """One row a sentence: ``sentence_id``, ``text``, ``start``, ``end``, ``is_final``, ``words`` (their count)."""
        from ..tables.sentences import sentences_table

        with self._live.lock:
            sentences = self.transcript.sentences
        return sentences_table(sentences, self.transcript)

    @property
    def events(self) -> pd.DataFrame:
        """One row for each thing that happened: ``t``, ``event``, ``task``, ``text``, ``body``; see `events_table`."""
        from ..tables.events import events_table

        return events_table(self._live.records())

    @property
    def gaps(self) -> pd.DataFrame:
        """Parts of the clip that were never recognised: ``start`` and ``end`` float64 seconds, ``reason``."""
        from ..tables.spans import gaps_table

        return gaps_table(self.transcript.gaps)

    # ---------------------------------------------------------------------------------------------------- corrections

    def correct(self, correction: pd.DataFrame | Correction) -> int:
        """Apply an edited copy of `words`, or one `Correction`. Returns the number of corrections made.

        A table's rows may be changed, deleted or added. It needs the columns ``sentence_id``, ``text``, ``start`` and
        ``end``; ``punctuation`` counts where it is there, other columns do not. Times are compared to the millisecond.
        Each corrected sentence is one step of `undo`. The run may go on meanwhile: words that were recognised after the
        table was read are not deleted. ``attrs["snapshot"]``, which copies and slices keep, says when that was; a
        table without it (from a CSV, concatenated, read long ago) is compared with the current words, and sentences
        after its last one are kept.

        Raises ParameterError, and changes nothing, for an invalid row or correction: an unknown sentence, times that
        are not finite or not 0 <= start <= end, a text that is empty, too long or has line breaks. Where the journal
        cannot be written there is one warning, and the correction is kept in memory.
        """
        if isinstance(correction, Correction):
            return self._apply([correction])
        return self._apply(self._corrections_of(correction))

    def undo(self) -> bool:
        """Undo the last correction. Returns False where there is none."""
        return bool(self._apply([Correction("undo")]))

    def redo(self) -> bool:
        """Redo the correction that was undone last. Returns False where there is none, or another was made since."""
        return bool(self._apply([Correction("redo")]))

    def _corrections_of(self, table: pd.DataFrame) -> list[Correction]:
        """The corrections that make the transcript equal to an edited copy of `words`. Raises ParameterError."""
        with self._live.lock:
            snapshot = self._snapshots.find(table) or Snapshot(self.transcript, is_known=False)
            versions = snapshot.sentences(self.transcript)
        return corrections_of(table, versions, is_whole=snapshot.is_whole)

    def _apply(self, corrections: list[Correction]) -> int:
        """Make corrections, and warn the user's own line where they cannot be written. Returns how many changed
        something."""
        results = [self._live.correct(each) for each in corrections]
        if problem := next((result.problem for result in results if result.problem), None):
            warnings.warn(problem, stacklevel=3)
        return sum(result.is_change for result in results)
