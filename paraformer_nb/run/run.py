"""`Run`: a run as users hold it, live, ended or loaded. `start.py` makes it."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..dashscope.context import ContextMessage
from ..dashscope.parameters import check_context
from ..dashscope.prices import FREE, Cost, cost_of
from ..errors import AudioError, ExportError, ParameterError
from ..formats.changes import Written
from ..formats.export import export
from ..journal.failures import to_error
from ..journal.journal import Journal
from ..journal.records import ClipSource, ServiceSource
from ..paths import expand
from ..playback.playable import PlayableClip
from ..scoring.normalise import DEFAULT, Normaliser
from ..transcript.corrections import Correction
from ..transcript.transcript import ENDED
from ..transcript.words import Usage
from .downloads import downloads
from .history_tables import HistoryTables
from .live_transcript import Listener, LiveTranscript
from .reading import journal_path
from .supervisor import Supervisor
from .waiting import wait, wait_blocking

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..scoring.score import Score
    from ..scoring.tokens import Tokenise, Unit
    from ..widgets.timeline import Timeline


class Run(HistoryTables):
    """A run: live, ended or loaded. Attributes may be read at any time; they hold what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service recognised it.
        journal: the `Journal` on disk.
    """

    clip: ClipSource
    service: ServiceSource
    journal: Journal

    def __init__(
        self,
        live: LiveTranscript,
        journal: Journal,
        source: Any,
        supervisor: Supervisor | None = None,
        again: Callable[[], Supervisor] | None = None,
    ) -> None:
        """`source`: the clip as it was given, or the one that the journal names, for playing; None: there is none.
        `supervisor`: None where the run does not go on. `again`: makes another that continues the run after an early
        end; None: it cannot be continued here."""
        super().__init__(live)
        self.journal = journal
        self.clip = self.transcript.run.clip
        self.service = self.transcript.run.service
        self._source = source
        self._supervisor = supervisor
        self._again = again
        self._playable: PlayableClip | None = None
        self._shown: Timeline | None = None  # the view that cells show
        self._views: weakref.WeakSet[Timeline] = weakref.WeakSet()
        self._is_warned = False
        with suppress(AudioError):  # raised when it is to be played
            self._open_audio()

    # ---------------------------------------------------------------------------------------------------------- state

    @property
    def state(self) -> str:
        """connecting, streaming, finishing, reconnecting; then finished, stopped or failed."""
        return self.transcript.state

    @property
    def error(self) -> BaseException | None:
        """What ended the run early, or None."""
        if self._supervisor is not None:
            return self._supervisor.error
        end = self.transcript.end
        return to_error(end.error) if end and end.error else None

    @property
    def usage(self) -> Usage:
        """What was sent, recognised and billed so far, in seconds of audio, and in tokens where these are billed."""
        return self.transcript.usage

    @property
    def cost(self) -> Cost:
        """What the run cost so far, by the service's reports and `PRICES`; also of what was sent again.

        Its amount is NaN where it is not known, 0 for the embedded service. What a task used between its last report
        and a disconnect is billed, but not reported.
        """
        service, counter = self.service, self.transcript.counter
        if service.kind == "embedded":
            return FREE
        return cost_of(self.transcript.run.model, service.region, counter.billed, counter.tokens)

    @property
    def stop_reason(self) -> str:
        """Why the run stopped itself, such as its budget; ``""`` if it did not."""
        end = self.transcript.end
        return end.reason if end else ""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled and copied: two copies would write one journal."""
        raise ParameterError(
            "a run cannot be pickled or copied, because it may go on and has a journal of its own. Its tables can be, "
            "such as run.words. To have the run elsewhere: run.save('run.jsonl'), and pnb.load('run.jsonl') there."
        )

    def __repr__(self) -> str:
        words = sum(len(sentence.words) for sentence in self.transcript.sentences)
        return f"Run({self.clip.name!r}: {self.state}, {words} words)"

    # --------------------------------------------------------------------------------------------- waiting and ending

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, and return it. An interrupt stops it and keeps its words; a second one cancels.

        Raises what ended the run early, and TimeoutError after `timeout` seconds (the run goes on).
        """
        if self._supervisor is not None:
            wait_blocking(self._supervisor, timeout)
        return self._result()

    def __await__(self) -> Generator[Any, None, Run]:
        if self._supervisor is not None:
            yield from wait(self._supervisor).__await__()
        return self._result()

    def _result(self) -> Run:
        if self._live.warning and not self._is_warned:
            self._is_warned = True
            warnings.warn(self._live.warning, stacklevel=3)
        if self.error is not None:
            raise self.error
        return self

    def stop(self) -> None:
        """Send no more audio; the words of what was sent still arrive. Returns at once."""
        if self._supervisor is not None:
            self._supervisor.stop()

    def cancel(self) -> None:
        """End the run now; the words so far are kept. Returns at once."""
        if self._supervisor is not None:
            self._supervisor.cancel()

    def update_context(self, context: str | list[ContextMessage]) -> None:
        """Replace the context of what is recognised from now on: the subject, or what was said. Returns at once.

        Args:
            context: as the parameter `context`: a text of up to 400 characters, or messages of up to 5 rounds.

        Raises ParameterError where the model has no context, the context has another form, or the run has ended.

        Example:
            >>> run.update_context("傅里叶 拉普拉斯")  # doctest: +SKIP
        """
        messages = check_context(self.transcript.run.model, context)
        if self._supervisor is None or self.state in ENDED:
            raise ParameterError("the run has ended: its context cannot be changed any more.")
        self._supervisor.update_context(messages)

    def resume(self) -> Run:
        """Continue a run that was stopped or failed, from just before the end of its last final sentence. Returns the
        run at once, which goes on: words, times, corrections, views and the journal stay.

        Raises ParameterError if the run goes on, has finished or was loaded (see `pnb.resume`), or its clip cannot be
        read again; and JournalError if the journal cannot be written. Nothing was sent then.
        """
        if self.state not in ("stopped", "failed"):
            reason = "it goes on already" if self.state != "finished" else "it was recognised to its end"
            raise ParameterError(f"this run cannot be continued: {reason}.")
        if self._again is None:
            raise ParameterError(
                "this run cannot be continued here: it was loaded, or its clip was a live source that cannot be read "
                "again. pnb.resume continues a saved journal."
            )
        self._supervisor = self._again()
        return self

    def add_listener(self, listener: Listener) -> None:
        """Call ``listener.refresh()`` after every change, on the background loop. The listener is held weakly."""
        self._live.add_listener(listener)

    # ------------------------------------------------------------------------------------------------ views and files

    def timeline(self, *, still_mb: float | None = None) -> Timeline:
        """The interactive timeline, as a widget: look at the words, play, select and correct them.

        It plays a clip that was given as a path, bytes or an array, or that has a name on disk.

        `still_mb`: the largest page, in megabytes, that a cell keeps beside the view, for a notebook that is opened
        without a kernel: it plays there. Of a longer clip the picture is kept. None: PARAFORMER_NB_STILL_MB, or 2; 0:
        always the picture. Raises ParameterError if it is negative.
        """
        from ..widgets.timeline import Timeline

        live, stop = self._live, None if self._supervisor is None else self.stop
        resume = None if self._again is None else self._resume_in_view
        view = Timeline(
            self.transcript,
            stop=stop,
            resume=resume,
            correct=self._correct_in_view,
            set_regions=live.set_regions,
            open_audio=self._open_audio,
            warning=lambda: live.warning,
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

    def _resume_in_view(self) -> None:
        self.resume()

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

        return plot_run(self, self._open_audio, kind, start, end, ax, options)

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the journal to `path`, with the digest of the clip's file, by which a loaded run knows its clip.

        Raises JournalError if `path` exists or cannot be written.
        """
        self._live.copy_to(journal_path(path), self._missing_digest())

    def _missing_digest(self) -> str | None:
        """The digest of the clip's file, if the journal lacks it and the file is known to be the clip."""
        if self.transcript.clip_sha256 is not None:
            return None
        with suppress(AudioError):  # there is no file
            sound = self._open_audio().copy()  # a view may be playing
            return sound.digest()
        return None

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
