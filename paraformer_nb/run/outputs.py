"""What a run is shown, drawn, scored and written as."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, ExportError
from ..formats.changes import Written
from ..formats.export import export
from ..journal.journal import Journal
from ..paths import expand
from ..playback.playable import PlayableClip
from ..scoring.normalise import DEFAULT, Normaliser
from ..transcript.corrections import Correction
from .downloads import downloads
from .history_tables import HistoryTables
from .live_transcript import LiveTranscript
from .reading import journal_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..scoring.score import Score
    from ..scoring.tokens import Tokenise, Unit
    from ..widgets.timeline import Timeline

Command = Callable[[], object] | None


class RunOutputs(HistoryTables):
    """A run's view, charts, scores and files.

    Attributes:
        journal: the `Journal` on disk.
    """

    journal: Journal

    def __init__(self, live: LiveTranscript, journal: Journal, source: Any) -> None:
        """`source`: the clip as it was given, or the one that the journal names, for playing; None: there is none."""
        super().__init__(live)
        self.journal = journal
        self._source = source
        self._playable: PlayableClip | None = None
        self._shown: Timeline | None = None  # the view that cells show
        self._views: weakref.WeakSet[Timeline] = weakref.WeakSet()
        with suppress(AudioError):  # raised when it is to be played
            self._open_audio()

    def _view_commands(self) -> tuple[Command, Command]:
        """What a view's buttons call to stop and to resume the run; None where that is not possible."""
        return None, None

    def timeline(self, *, still_mb: float | None = None) -> Timeline:
        """The interactive timeline, as a widget: look at the words, play, select and correct them.

        It plays a clip that was given as a path, bytes or an array, or that has a name on disk.

        `still_mb`: the largest page, in megabytes, that a cell keeps beside the view, for a notebook that is opened
        without a kernel: it plays there. Of a longer clip the picture is kept. None: PARAFORMER_NB_STILL_MB, or 2; 0:
        always the picture. Raises ParameterError if it is negative.

        Example:
            >>> view = run.timeline()
            >>> view.highlight(run.pauses, "pauses")
            >>> view.find("天气好")["start"].tolist()
            [1.4]
        """
        from ..widgets.timeline import Timeline

        live = self._live
        stop, resume = self._view_commands()
        view = Timeline(
            self.transcript,
            stop=stop,
            resume=resume,
            correct=self._correct_in_view,
            set_regions=live.set_regions,
            open_audio=self._open_audio,
            warning=lambda: live.warning,
            read_history=self._read_history,
            files=downloads(self.export, self.transcript, self._open_audio),
            still_mb=still_mb,
        )
        live.add_listener(view)
        self._views.add(view)
        return view

    def close(self) -> None:
        """Close the views of this run, and free the clip's sound. A run that goes on does so, texts and tables can
        still be read, and showing the run makes a new view.

        A notebook's widgets keep what they show: a run that was shown stays in memory, with its temporary files, until
        this is called and nothing else refers to the run.
        """
        for view in list(self._views):
            view.close()
        self._shown = None
        if self._playable is not None:
            self._playable.close()

    def _correct_in_view(self, correction: Correction) -> str | None:
        """Make a correction for a view. Returns the problem for the view to show, or None.

        It is not a warning, because nothing shows the warnings of the background loop.
        """
        return self._live.correct(correction).problem

    def _open_audio(self) -> PlayableClip:
        """The clip's sound, shared by all views. Raises AudioError if there is none."""
        if self._playable is None:
            if self._source is None:
                raise AudioError("the journal holds no sound, and its clip was not a file: there is nothing to play.")
            self._playable = PlayableClip(self._source)
            weakref.finalize(self, self._playable.close)
        self._playable.sha256 = self.transcript.clip_sha256
        return self._playable

    def plot(
        self,
        kind: str = "words",
        start: float | None = None,
        end: float | None = None,
        ax: Axes | None = None,
        **options: Any,
    ) -> Any:
        """Draw a chart with matplotlib: on `ax`, which is returned, or on a new figure without pyplot.

        Args:
            kind: "words", the waveform over time with the words at their spans (a Figure of several rows; of more than
                200 s an overview, without the words' texts; on `ax` a strip of words), or a chart, for which Axes are
                returned: "rate", "pauses", "latency", "revisions", "turns", "spectrogram" (with the words over it).
            start, end: the part to show, in seconds; None: from the clip's beginning, to its end.
            options: ``size`` of a new figure in inches; for "rate" also ``window``, ``step``, ``unit`` and ``by``, for
                "pauses" ``min``, for "turns" ``gap``, as the methods of ``run.words.speech`` have them.

        Raises ParameterError for an unknown kind or option and a part that the clip does not have, AudioError where the
        sound of a spectrogram cannot be read.

        Example:
            >>> run.plot("rate", window="1s").get_ylabel()
            'words a minute'
        """
        from .plotting import plot_run

        return plot_run(self, self._open_audio, self._read_history, kind, start, end, ax, options)

    def score(
        self,
        reference: Any,
        *,
        unit: Unit = "auto",
        normalise: Normaliser | None = DEFAULT,
        tokenise: Tokenise | None = None,
    ) -> Score:
        """Score the words, as corrected, against a reference: a text, a file, a table, a run or a list of sentences.

        `pnb.score` describes the options and the errors.

        Example:
            >>> print(run.score("Good morning. 今天天气很好。"))
            MER 12.5 % (1 of 8: 0 sub, 1 del, 0 ins), after width, case, marks
        """
        from .scoring import score

        return score(reference, self, unit=unit, normalise=normalise, tokenise=tokenise)

    def _open_sound(self) -> PlayableClip | None:
        with suppress(AudioError):
            return self._open_audio().copy()  # a view may be playing
        return None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the journal to `path`, with the digest of the clip's file, by which a loaded run knows its clip.

        Raises JournalError if `path` exists or cannot be written.

        Example:
            >>> run.save("copy.jsonl")
            >>> pnb.load("copy.jsonl").text
            'Good morning. 今天天气好。'
        """
        self._live.copy_to(journal_path(path), self._missing_digest())

    def _missing_digest(self) -> str | None:
        """The digest of the clip's file, if the journal lacks it and the file is known to be the clip."""
        if self.transcript.clip_sha256 is not None:
            return None
        sound = self._open_sound()
        return sound.digest() if sound is not None else None

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        words: Any = None,
        overwrite: bool = True,
        **options: Any,
    ) -> Written:
        """Write the words to a file, in the format of its suffix: subtitles, annotations, tables, a page.

        docs/formats.md lists the formats, their options, and what each cannot hold. A file that exists is replaced once
        the new one is complete. Text is UTF-8, with ``\\n`` at the end of a line.

        Args:
            path: the file.
            format: the name of a format, such as ``"audacity"``; None: that of the suffix.
            words: a table to write instead of `words`, such as a part of it; it needs text, start and end.
            overwrite: whether a file that is there is replaced.
            options: the format's own.

        Returns what was written: its ``path``, ``format``, ``words`` (their number), and ``changes``, a table of what
        had to be changed for the format.

        Raises ExportError for an unknown format or a file that cannot be written (such as this run's own journal),
        ParameterError for an unknown option, an invalid table and the clip's own file, AudioError if a page's sound
        cannot be read, MissingDependency if the format needs a package.

        Example:
            >>> run.export("lecture.html", audio="beside", title="A lecture")  # doctest: +SKIP
            >>> run.export("lecture.ctm")
            Written('lecture.ctm', 5 words)
        """
        target = expand(path)
        if self._is_own_journal(target):
            raise ExportError(f"{str(target)!r} is the run's journal, which is kept: give another name.")
        return export(
            self.transcript,
            self.words if words is None else None,
            target,
            self._open_audio,
            options,
            format=format,
            given=words,
            overwrite=overwrite,
        )

    def _is_own_journal(self, path: Path) -> bool:
        try:
            return path.samefile(self.journal.path)
        except (OSError, ValueError):  # there is no such file
            return False

    def _display_(self) -> Timeline:
        """What marimo shows as a cell's value."""
        return self.timeline()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._shown is None or self._shown.is_closed:
            self._shown = self.timeline()
        display(self._shown)  # type: ignore[no-untyped-call]
