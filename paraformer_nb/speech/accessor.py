"""``df.speech``: what can be done with a table of words, on the table itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..tables.given import require_columns
from . import charts, edit, pauses, rate, regroup, repair, spans, spoken, turns
from . import find as finding
from . import join as joining

if TYPE_CHECKING:
    from datetime import timedelta

    from matplotlib.axes import Axes

    from ..formats.changes import Written
    from ..formats.subtitle_rules import SubtitleRules
    from ..scoring.score import Score
    from ..widgets.timeline import Timeline


@pd.api.extensions.register_dataframe_accessor("speech")
class Speech:
    """Words as speech. Works on any DataFrame with ``text``, ``start`` and ``end`` (seconds, or durations), wherever it
    came from; ``punctuation``, ``speaker``, ``confidence`` and ``sentence_id`` are used where they are there.

    Methods return new tables. Rows are found by position and time, so that order and index mean nothing; tables of
    words keep their index, other columns and ``attrs``. Texts, speakers and other columns may have missing values.
    Wrong times raise ParameterError, which names the row.

    Example:
        >>> import pandas as pd
        >>> import paraformer_nb.speech
        >>> words = pd.DataFrame({"text": ["Good", "morning."], "start": [0.0, 1.0], "end": [0.4, 1.5]})
        >>> words.speech.text
        'Good morning.'
        >>> words.speech.pauses()[["start", "end"]].to_numpy().tolist()
        [[0.4, 1.0]]

    Raises NotWords, which is an AttributeError, too, for a table without these columns.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        # pandas makes one at each use: only the names of the columns are checked here.
        columns = table.columns
        if not (columns.is_unique and "text" in columns and "start" in columns and "end" in columns):
            require_columns(table, spoken.NEEDED)
        self._table = table

    @property
    def text(self) -> str:
        """All words by start, on one line, without spaces in Chinese.

        Example:
            >>> run.words.speech.text
            'Good morning. 今天天气好。'
        """
        return spoken.joined(self._table)

    # ------------------------------------------------------------------------------------------------ parts of a table

    def at(self, t: float) -> pd.DataFrame:
        """The rows that sound at `t` seconds: none in a pause, two where words overlap.

        Example:
            >>> run.words.speech.at(1.5)["text"].tolist()
            ['天气']
        """
        return spans.at(self._table, t)

    def between(self, start: float, end: float, touching: bool = True) -> pd.DataFrame:
        """The rows that sound between `start` and `end` seconds; with ``touching=False`` only those that lie within.

        Example:
            >>> run.words.speech.between(0.2, 1.2)["text"].tolist()
            ['Good', 'morning.', '今天']
            >>> run.words.speech.between(0.2, 1.2, touching=False)["text"].tolist()
            ['morning.']
        """
        return spans.between(self._table, start, end, touching=touching)

    def find(self, what: str, context: float = 0.0, regex: bool = False, by: finding.By = "word") -> pd.DataFrame:
        """Every occurrence of a text, whatever its case, width and marks, over as many rows as it takes.

        See `paraformer_nb.speech.find.find` for arguments and columns.

        Example:
            >>> run.words.speech.find("天气好", context=1)[["text", "start", "line"]].to_numpy().tolist()
            [['天气好', 1.4, 'Good morning. 今天天气好。']]
        """
        return finding.find(self._table, what, context, regex, by)

    # ------------------------------------------------------------------------------------------------------- measures

    def pauses(
        self,
        min: float = pauses.SHORTEST,
        start: float | None = None,
        end: float | None = None,
        gaps: Any = None,
        by: str | None = None,
    ) -> pd.DataFrame:
        """The pauses of at least `min` seconds. See `paraformer_nb.speech.pauses.pauses` for arguments and columns.

        `by`, here and in other methods: a column, such as "file", each value of which is measured by itself; it is the
        first column of the result.

        Example:
            >>> run.words.speech.pauses(min=0.05)[["start", "end", "kind"]].to_numpy().tolist()
            [[0.9, 1.0, 'between']]
        """
        return spoken.by_value(self._table, by, lambda own: pauses.pauses(own, min, start, end, gaps))

    def rate(
        self,
        window: str | float | timedelta = "10s",
        step: str | float | timedelta | None = None,
        unit: rate.RateUnit = "words",
        by: str | None = None,
        start: float = 0.0,
        end: float | None = None,
    ) -> pd.DataFrame:
        """Words or characters a minute, in windows. See `paraformer_nb.speech.rate.rate` for arguments and columns.

        Example:
            >>> run.words.speech.rate("1s")[["start", "count", "rate"]].to_numpy().tolist()
            [[0.0, 2.0, 120.0], [1.0, 3.0, 180.0]]
        """
        return rate.rate(self._table, window, step, unit, by, start, end)

    def speakers(self, gap: float = 1.0, by: str | None = None) -> pd.DataFrame:
        """One row a speaker: ``speaker``, ``words``, ``seconds``, ``share``, ``rate``, ``turns``; a missing one has
        a row of its own.

        Example:
            >>> run.words.speech.speakers()[["words", "seconds", "turns"]].round(3).to_numpy().tolist()
            [[5.0, 1.9, 1.0]]
        """
        return spoken.by_value(self._table, by, lambda own: turns.speakers(own, gap))

    def turns(self, gap: float = 1.0, by: str | None = None) -> pd.DataFrame:
        """One row a turn: ``speaker``, ``start``, ``end``, ``words``, ``text``. It ends where its speaker is silent for
        more than `gap` seconds, or while another one says a word; what is said over it does not part it.

        Example:
            >>> run.words.speech.turns(gap=0.05)["text"].tolist()
            ['Good morning.', '今天天气好。']
        """
        return spoken.by_value(self._table, by, lambda own: turns.turns(own, gap))

    def overlaps(self, by: str | None = None) -> pd.DataFrame:
        """The spans in which two speakers speak at once: ``start``, ``end``, ``speaker_a``, ``speaker_b``.

        Example:
            >>> len(run.words.speech.overlaps())
            0
        """
        return spoken.by_value(self._table, by, turns.overlaps)

    # ---------------------------------------------------------------------------------------------------- other tables

    def regroup(self, by: str | Callable[[Any, Any], bool] = "pause", **limits: float) -> pd.DataFrame:
        """The same words with a new ``sentence_id``. See `paraformer_nb.speech.regroup.regroup` for the limits.

        Example:
            >>> run.words.speech.regroup("length", max_words=2)["sentence_id"].tolist()
            [1, 1, 2, 2, 3]
        """
        return regroup.regroup(self._table, by, **limits)

    def sentences(self, by: str | None = None) -> pd.DataFrame:
        """One row a sentence: ``sentence_id``, ``text``, ``start``, ``end``, ``words``, and ``speaker`` if known.

        Example:
            >>> run.words.speech.sentences()["text"].tolist()
            ['Good morning.', '今天天气好。']
        """
        return spoken.by_value(self._table, by, regroup.sentences)

    def cues(
        self,
        rules: SubtitleRules | str = "netflix",
        language: str = "auto",
        sentences: Any = None,
        **overrides: Any,
    ) -> pd.DataFrame:
        """Subtitle cues by rules. See `paraformer_nb.formats.cues.cues` for arguments and columns.

        Example:
            >>> run.words.speech.cues("bbc", columns=20)["text"].tolist()
            ['Good morning.', '今天天气好。']
        """
        from ..formats.cues import cues

        return cues(self._table, rules, language=language, sentences=sentences, **overrides)

    def shift(self, seconds: float) -> pd.DataFrame:
        """The words `seconds` later.

        Example:
            >>> run.words.speech.shift(10)["start"].tolist()[0]
            10.0
        """
        return edit.shift(self._table, seconds)

    def scale(self, factor: float) -> pd.DataFrame:
        """The words with times multiplied by `factor`, such as 0.001 for milliseconds.

        Example:
            >>> run.words.speech.scale(2)["end"].tolist()[0]
            0.8
        """
        return edit.scale(self._table, factor)

    def clip(self, start: float, end: float) -> pd.DataFrame:
        """The words between `start` and `end`, cut at these edges. Times stay those of the clip.

        Example:
            >>> run.words.speech.clip(0.1, 0.5)[["start", "end"]].to_numpy().tolist()
            [[0.1, 0.4], [0.4, 0.5]]
        """
        return edit.clip(self._table, start, end)

    def repair(self) -> repair.Repaired:
        """``(words, changes)``: sorted, without missing times, words that are there twice, overlaps of one speaker and
        words of no length.

        See `paraformer_nb.speech.repair.repair` for what is done, in which order.

        Example:
            >>> words, changes = run.words.speech.repair()
            >>> len(words), len(changes)
            (5, 0)
        """
        return repair.repair(self._table)

    def join(self, other: Any, on: joining.On = "start", prefix: str = "") -> pd.DataFrame:
        """The words with the columns of the row of another table of times that lies there.

        See `paraformer_nb.speech.join.join` for arguments.

        Example:
            >>> slides = pd.DataFrame({"start": [0, 1], "slide": ["title", "weather"]})
            >>> run.words.speech.join(slides).groupby("slide").size().to_dict()
            {'title': 2, 'weather': 3}
        """
        return joining.join(self._table, other, on, prefix)

    def score(self, reference: Any, **options: Any) -> Score:
        """The errors of the words against a reference: a text, a table of words, or a list of sentences.

        See `paraformer_nb.score` for options and errors.

        Example:
            >>> run.words.speech.score("Good morning. 今天天气很好。").errors
            1
        """
        from ..scoring.score import score

        return score(reference, self._table, **options)

    def export(self, path: str | os.PathLike[str], **options: Any) -> Written:
        """Write the words in the format of a file's suffix, or of ``format=``. Returns what was written.

        See `paraformer_nb.Run.export` for options and errors.

        Example:
            >>> run.words.speech.between(0, 1).speech.export("start.srt").words
            2
        """
        from ..formats.export import write_words

        return write_words(path, self._table, **options)

    def timeline(self, audio: Any = None) -> Timeline:
        """The words on an interactive timeline, which plays where the clip is given. It is to look at: `pnb.load` makes
        a run of a table, which keeps corrections.

        Args:
            audio: the clip that the words are of, in any form that `pnb.transcribe` accepts but a live source.

        Raises AudioError if the clip cannot be read, and ParameterError if it can be read only once.

        Example:
            >>> view = run.words.speech.timeline()
        """
        from .timeline import timeline

        return timeline(self._table, audio)

    def plot(
        self,
        kind: str = "words",
        ax: Axes | None = None,
        start: float | None = None,
        end: float | None = None,
        **options: Any,
    ) -> Axes:
        """Draw the words as "words", "rate", "pauses" or "turns", on `ax` or on new Axes; returns the Axes.

        See `paraformer_nb.speech.charts.plot` for the options.

        Example:
            >>> run.words.speech.plot("pauses").get_xlabel()
            'seconds of a pause'
        """
        return charts.plot(self._table, kind, ax, start, end, **options)
