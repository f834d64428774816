"""The tables of a run, and edited tables as corrections."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..tables.snapshots import Snapshot, Snapshots
from ..transcript.corrections import Correction
from ..transcript.transcript import ENDED, Transcript
from .live_transcript import LiveTranscript
from .speech import register_speech

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.edited import Comparison
    from ..tables.given import Unit
    from ..tables.reading import WordsReading


class RunTables:
    """A run's text and tables, and their correction. Each table is a snapshot of one moment; reading one never raises.

    Attributes:
        transcript: the `Transcript` that they are made of, read-only.
    """

    transcript: Transcript

    def __init__(self, live: LiveTranscript) -> None:
        self.transcript = live.transcript
        self._live = live
        self._snapshots = Snapshots(live.transcript)
        self._words: WordsReading | None = None  # made with pandas, at the first reading

    @property
    def text(self) -> str:
        """All text so far, as corrected, on one line.

        Example:
            >>> run.text
            'Good morning. 今天天气好。'
        """
        with self._live.lock:
            return self.transcript.text

    @property
    def duration(self) -> float | None:
        """Seconds of the part of the clip that was recognised so far, gaps included; None while nothing was sent.

        Example:
            >>> run.duration is None  # its journal has no audio
            True
        """
        return self.transcript.duration

    @property
    def words(self) -> pd.DataFrame:
        """One row a word, as corrected; see `paraformer_nb.tables.schema` for the columns. Never raises.

        ``attrs`` has ``clip``, ``service``, ``model``, and ``snapshot``: a text by which `correct` knows when the table
        was read. Two readings of the same words are equal, ``attrs`` included.

        Example:
            >>> run.words[["text", "start", "end"]].head(2).to_numpy().tolist()
            [['Good', 0.0, 0.4], ['morning.', 0.4, 0.9]]
        """
        from ..tables.frame import table_attrs

        register_speech()
        snapshot, table = self._read_words()
        table.attrs.update(table_attrs(self.transcript))
        table.attrs["snapshot"] = self._snapshots.name(snapshot, is_ended=self.transcript.state in ENDED)
        return table

    def _read_words(self) -> tuple[Snapshot, pd.DataFrame]:
        """The words of now, without ``attrs``. Only what changed since the last reading is converted."""
        with self._live.lock:
            if self._words is None:
                from ..tables.reading import WordsReading

                self._words = WordsReading(self.transcript)
            self._words.update()
        return self._words.table()

    @property
    def words_raw(self) -> pd.DataFrame:
        """The words as recognised, without corrections; the columns are those of `words`, without ``word``.

        Example:
            >>> run.words_raw["text"].tolist()
            ['Good', 'morning.', '今天', '天气', '好']
        """
        from ..tables.words import words_table

        register_speech()
        with self._live.lock:
            sentences = self.transcript.recognised
        return words_table(sentences, self.transcript)

    @property
    def sentences(self) -> pd.DataFrame:
        """One row a sentence; see `paraformer_nb.tables.schema` for the columns.

        Example:
            >>> run.sentences[["text", "start", "end"]].to_numpy().tolist()
            [['Good morning.', 0.0, 0.9], ['今天天气好。', 1.0, 2.0]]
        """
        from ..tables.sentences import sentences_table

        register_speech()
        with self._live.lock:
            sentences = self.transcript.sentences
        return sentences_table(sentences, self.transcript)

    @property
    def events(self) -> pd.DataFrame:
        """One row for each thing that happened: ``t``, ``event``, ``task``, ``text``, ``body``, ``position``.

        Example:
            >>> run.events["event"].head(4).tolist()
            ['connected', 'result-generated', 'result-generated', 'finished']
        """
        from ..tables.events import events_table

        return events_table(self._live.records())

    @property
    def gaps(self) -> pd.DataFrame:
        """Parts of the clip that were never recognised: ``start``, ``end``, ``reason``, ``duration``.

        Example:
            >>> float(run.gaps["duration"].sum())
            0.0
        """
        from ..tables.spans import gaps_table

        return gaps_table(self.transcript.gaps)

    @property
    def pauses(self) -> pd.DataFrame:
        """Where no word sounds, of any length, the clip's edges included: ``start``, ``end``, ``duration``, ``kind``,
        the words before and after, their speakers, and ``is_heard``, which is False where a pause touches a gap.

        Example:
            >>> run.pauses.nlargest(2, "duration")[["start", "end", "kind"]].to_numpy().tolist()
            [[0.9, 1.0, 'between']]
        """
        from ..tables.pauses import pauses_table

        transcript = self.transcript
        end = transcript.sent_until if transcript.state in ENDED else None
        return pauses_table(self._read_words()[1], transcript.gaps, transcript.run.start, end)

    def find(self, text: str) -> pd.DataFrame:
        """Find every occurrence of a text, whatever its case, width and punctuation, across words and sentences.

        Columns: ``sentence_id``, ``text``, ``start``, ``end``. Raises ParameterError if `text` is not a string.

        Example:
            >>> run.find("天气好")["start"].tolist()
            [1.4]
        """
        from ..tables.spans import matches_table
        from ..transcript.search import find

        if not isinstance(text, str):
            raise ParameterError(f"{text!r} is not a string to find.")
        with self._live.lock:
            sentences = self.transcript.sentences
        return matches_table(find(sentences, text))

    # ---------------------------------------------------------------------------------------------------- corrections

    def correct(self, correction: Any, *, unit: Unit = "s", delete_all: bool = False) -> int:
        """Apply an edited copy of `words`, or one `Correction`. Returns the number of sentences corrected.

        A table's rows may be changed, deleted or added, and in any order. It needs the columns ``sentence_id``,
        ``text``, ``start`` and ``end``; ``punctuation`` counts where it is there, other columns do not. Times are
        compared to the millisecond. It may be a DataFrame of pandas or Polars, or a table of Arrow. The whole table is
        one step of `undo`.

        What the table lacks is deleted, once the run has ended. While it goes on, words that were recognised after the
        table was read are kept: ``attrs["snapshot"]``, which copies, slices and `pd.concat` keep, says when that was.
        Without it sentences after the table's last one are kept, and a warning names them.

        Args:
            correction: the table or the `Correction`.
            unit: of the table's times, "s" or "ms"; durations (timedelta) need none.
            delete_all: say so where a table without rows is to delete all words.

        Raises ParameterError, and changes nothing, for an invalid row or correction: an unknown sentence, times that
        are not finite, not 0 <= start <= end, or look like milliseconds, a text that is empty, too long or has line
        breaks, a row that is there twice, a table of another clip. Warns where more than 30 % of the words were deleted
        and where times lie behind the clip. Where the journal cannot be written there is one warning, and the
        correction is kept in memory.

        Example:
            >>> table = run.words
            >>> table.loc[1, "text"] = "evening"
            >>> run.correct(table), run.text
            (1, 'Good evening 今天天气好。')
            >>> run.undo(), run.text
            (True, 'Good morning. 今天天气好。')
        """
        if isinstance(correction, Correction):
            return self._apply(correction)
        comparison = self._compare(correction, unit, delete_all)
        parts = tuple(comparison.corrections)
        count = self._apply(Correction("batch", parts=parts)) if parts else 0
        for text in comparison.warnings:
            warnings.warn(text, stacklevel=2)
        return count

    def undo(self) -> bool:
        """Undo the last correction. Returns False where there is none.

        Example:
            >>> run.correct(run.words.replace({"text": {"Good": "Fine"}})), run.undo(), run.undo()
            (1, True, False)
        """
        return bool(self._apply(Correction("undo")))

    def redo(self) -> bool:
        """Redo the correction that was undone last. Returns False where there is none, or another was made since.

        Example:
            >>> run.correct(run.words.replace({"text": {"Good": "Fine"}})), run.undo(), run.redo(), run.undo()
            (1, True, True, True)
        """
        return bool(self._apply(Correction("redo")))

    def _compare(self, table: Any, unit: Unit, delete_all: bool) -> Comparison:
        """What makes the transcript equal to an edited copy of `words`. Raises ParameterError."""
        from ..tables.edited import compare
        from ..tables.rows import Rows

        clip, own = getattr(table, "attrs", {}).get("clip"), self.transcript.run.clip.name
        if clip is not None and clip != own:
            raise ParameterError(f"this is a table of {clip!r}, and the run is of {own!r}. Nothing was changed.")
        rows = Rows.of(table, unit)
        now, words = self._read_words()
        snapshot = self._snapshots.find(table, now)
        with self._live.lock:
            return compare(rows, self.transcript, words, snapshot, delete_all=delete_all)

    def _apply(self, correction: Correction) -> int:
        """Make a correction, and warn the user's own line where it cannot be written. Returns how many sentences it
        changed."""
        result = self._live.correct(correction)
        if result.problem:
            warnings.warn(result.problem, stacklevel=3)
        return result.changes
