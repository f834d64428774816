"""`Run`: a run as users hold it, live, ended or loaded. `start.py` makes it."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import AudioError, ExportError, ParameterError
from ..formats.registry import export
from ..journal.failures import to_error
from ..journal.journal import Journal
from ..journal.records import ClipSource, ServiceSource
from ..paths import expand
from ..playback.playable import PlayableClip
from ..transcript.corrections import Correction
from ..transcript.words import Usage
from .live_transcript import Listener, LiveTranscript
from .reading import journal_path
from .supervisor import Supervisor
from .tables import RunTables
from .waiting import wait, wait_blocking

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..widgets.timeline import Timeline


class Run(RunTables):
    """A run: live, ended or loaded. Attributes may be read at any time; they hold what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service recognised it.
        journal: the `Journal` on disk.
    """

    clip: ClipSource
    service: ServiceSource
    journal: Journal

    def __init__(
        self, live: LiveTranscript, journal: Journal, source: Any, supervisor: Supervisor | None = None
    ) -> None:
        """`source`: the clip as it was given, or the one that the journal names, for playing; None: there is none.
        `supervisor`: None where the run does not go on."""
        super().__init__(live)
        self.journal = journal
        self.clip = self.transcript.run.clip
        self.service = self.transcript.run.service
        self._source = source
        self._supervisor = supervisor
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
        """What was sent, recognised and billed so far, in seconds of audio."""
        return self.transcript.usage

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

    def add_listener(self, listener: Listener) -> None:
        """Call ``listener.refresh()`` after every change, on the background loop. The listener is held weakly."""
        self._live.add_listener(listener)

    # ------------------------------------------------------------------------------------------------ views and files

    def timeline(self) -> Timeline:
        """The interactive timeline, as a widget: look at the words, play, select and correct them.

        It plays a clip that was given as a path, bytes or an array, or that has a name on disk.
        """
        from ..widgets.timeline import Timeline

        live, stop = self._live, None if self._supervisor is None else self.stop
        view = Timeline(
            self.transcript,
            stop=stop,
            correct=self._correct_in_view,
            set_regions=live.set_regions,
            open_audio=self._open_audio,
            warning=lambda: live.warning,
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

    def plot(self, start: float | None = None, end: float | None = None) -> Figure:
        """The waveform over time with the words at their spans, as a matplotlib Figure. `start`, `end`: seconds.

        Of more than 200 s it is an overview, with the sentences and without the words' texts.
        """
        from ..plots.plot import plot

        return plot(self.transcript, start=start, end=end)

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

    def export(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the transcript to a file, in its suffix's format: ``.html``, ``.txt`` or ``.jsonl``. Returns the path.

        `paraformer_nb.formats` has one module a format, with its options. A file that exists is replaced once the new
        one is complete.

        Raises ExportError for an unknown format or a file that cannot be written (such as this run's own journal),
        ParameterError for an unknown option, AudioError if a page's sound cannot be read.

        Example:
            >>> run.export("lecture.html", audio="beside", title="A lecture")  # doctest: +SKIP
        """
        path = expand(path)
        if self._is_own_journal(path):
            raise ExportError(f"{str(path)!r} is the run's journal, which is kept: give another name.")
        return export(self.transcript, path, self._open_audio, options)

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
