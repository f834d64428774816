"""The tables of a run that are read from its whole journal: revisions, latencies, tasks; and those made of them."""

from __future__ import annotations

from functools import partial
from numbers import Real
from typing import TYPE_CHECKING

from ..dashscope.prices import FREE, Cost, cost_of
from ..dashscope.tokens import Tokens
from ..errors import ParameterError
from .live_transcript import LiveTranscript
from .tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

    from ..playback.playable import PlayableClip
    from ..transcript.history import History

_FREE = {"embedded": FREE, "file": FREE._replace(basis="words of a file: nothing is billed")}


class HistoryTables(RunTables):
    """More tables of a run. Each is a snapshot of one moment; `paraformer_nb.tables.schema` describes their columns."""

    def __init__(self, live: LiveTranscript) -> None:
        super().__init__(live)
        self._history: tuple[int, History] | None = None  # and the version of the transcript that it is of

    @property
    def revisions(self) -> pd.DataFrame:
        """One row for each thing that the recogniser did to a word, in order: shown, its text, time or mark changed,
        withdrawn, settled (final); see `paraformer_nb.tables.schema` for the columns.

        Example:
            >>> run.revisions["change"].value_counts().to_dict()
            {'shown': 5, 'settled': 5, 'text': 0, 'time': 0, 'mark': 0, 'withdrawn': 0}
        """
        from ..tables.revisions import revisions_table

        return revisions_table(self._read_history())

    @property
    def latency(self) -> pd.DataFrame:
        """One row a word as recognised: when its audio had been sent, when it was shown, when it was final.

        ``to_shown`` and ``to_settled`` are seconds after the audio up to its end was sent. With another `pace` than 1.0
        they measure the service's queue, not what a listener notices.

        Example:
            >>> run.latency[["text", "changes"]].head(2).to_numpy().tolist()
            [['Good', 0], ['morning.', 0]]
        """
        from ..tables.revisions import latency_table

        return latency_table(self._read_history())

    def _read_history(self) -> History:
        """The history of the words by now; the same one as at the last reading where there are no new records."""
        from ..transcript.history import History

        version = self._live.version
        if self._history is None or self._history[0] != version:
            self._history = version, History.from_records(self._live.records())
        return self._history[1]

    @property
    def tasks(self) -> pd.DataFrame:
        """One row a task (an attempt): when it started and ended, the seconds sent, recognised and billed in it.

        Example:
            >>> run.tasks["task"].tolist()
            ['t']
        """
        from ..tables.tasks import tasks_table

        return tasks_table(self._live.records(), self._read_history())

    @property
    def cost(self) -> Cost:
        """What the run cost so far, by the service's reports and `PRICES`; also of what was sent again.

        Its amount is NaN where it is not known, 0 for the embedded service, for words of a file and before audio is
        sent. What a task used between its last report and a disconnect is billed, but not reported.

        Example:
            >>> run.cost.amount, run.cost.basis
            (0.0, 'a run uses the embedded service: nothing is billed')
        """
        run, counter = self.transcript.run, self.transcript.counter
        if run.service.kind in _FREE:
            return _FREE[run.service.kind]
        tokens = counter.tokens if counter.sent else Tokens(0, 0)
        return cost_of(run.model, run.service.region, counter.billed, tokens)

    @property
    def summary(self) -> pd.DataFrame:
        """The run in one row: clip, service, duration, words, rate, pauses, latencies, seconds sent and billed, state.

        Example:
            >>> run.summary[["words", "characters", "state"]].to_numpy().tolist()
            [[5, 17, 'finished']]
        """
        from ..tables.summary import RunParts, summary_table

        parts = RunParts(self.words, self.pauses, self.latency, self.tasks, self.cost)
        return summary_table(parts, self._read_history())

    def word_times(self) -> pd.DataFrame:
        """One row a word: how loud it is, how much of it is louder than the background, and what is wrong with its
        times, if anything; see `paraformer_nb.tables.schema` for the columns.

        ``level`` is of the clip's sound, which is read for it: NaN where that cannot be done, and where one of its
        channels was recognised. All else is from the peaks in the journal.

        Example:
            >>> run.word_times().query("finding != 'ok'")["text"].tolist()
            []
        """
        from ..tables.given import clip_end
        from ..tables.word_times import SOUND_RATE, word_times_table

        transcript = self.transcript
        part = transcript.run.start, clip_end(transcript)
        sound = self._open_sound() if transcript.run.channel is None else None
        read = None if sound is None else partial(sound.pcm, sample_rate=SOUND_RATE)
        try:
            return word_times_table(self._read_words()[1], transcript.waveform, part, read)
        finally:
            if sound is not None:
                sound.close()

    def _open_sound(self) -> PlayableClip | None:
        """The clip's sound, to be closed; None where it cannot be read."""
        return None

    def drift(self, window: float = 30.0) -> pd.DataFrame:
        """One row for each `window` seconds of the clip: the seconds by which its words should be moved to fit the
        sound, at most 1 s, and how well they fit then. From the peaks in the journal; no audio is read.

        Where a window has fewer than 5 words or 5 s there is too little to find an offset: NaN.

        Raises ParameterError if `window` is not a number of seconds from 5 on.

        Example:
            >>> run.drift(window=60).columns.tolist()
            ['start', 'end', 'offset', 'fit', 'words']
        """
        from ..tables.word_times import drift_table

        if not isinstance(window, Real) or not 5 <= window < float("inf"):
            raise ParameterError(f"window={window!r}: give seconds, 5 or more.")
        transcript = self.transcript
        part = transcript.run.start, transcript.sent_until
        return drift_table(self._read_words()[1], transcript.waveform, part, float(window))
