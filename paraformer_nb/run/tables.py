"""The tables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tables.edited import corrections_of
from ..tables.snapshots import Snapshot, Snapshots
from ..transcript.corrections import Correction
from ..transcript.transcript import Transcript
from .live_transcript import LiveTranscript

if TYPE_CHECKING:
    import pandas as pd


class RunTables:
    """A run's text and tables. Each is a snapshot of one moment; reading one never raises.

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

    def _corrections_of(self, table: pd.DataFrame) -> list[Correction]:
        """The corrections that make the transcript equal to an edited copy of `words`. Raises ParameterError."""
        with self._live.lock:
            snapshot = self._snapshots.of(table) or Snapshot(self.transcript, is_known=False)
            versions = snapshot.sentences(self.transcript)
        return corrections_of(table, versions, is_whole=snapshot.is_whole)
