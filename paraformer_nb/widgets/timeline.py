"""The timeline, live or not: words on the clip's waveform, in a widget. Its front end is in `static/timeline/`.

All messages are in `messages.py`. The background loop alone sends them. Nothing of a clip travels in synced traits, so
nothing of it is saved in a notebook but its picture; sound and spectrograms travel in buffers, and only on request.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import anywidget
import msgspec
import traitlets
from traitlets.utils.bunch import Bunch

from ..errors import ParaformerError, ParameterError
from ..journal.records import Region
from ..loop import get_loop
from ..playback.playable import OpenAudio
from ..plots.plot import notebook_png
from ..tables.given import Unit, clip_end
from ..tables.spans import matches_table
from ..tables.words import words_table
from ..text import unit_advice
from ..transcript.corrections import Correction
from ..transcript.search import find
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Sentence
from . import messages
from .audio_requests import AudioRequests
from .captions import description_of, note_of, text_of, title_of
from .cell_outputs import CellOutputs, MimeBundle
from .files import FileRequests, Files
from .front_ends import can_connect, can_replace_outputs
from .layers import make_layer
from .linker import link
from .regions import checked_regions, regions_of_table, regions_table
from .run_data import Layer, RunState
from .run_state import describe_run
from .shells import handle_on_subshells
from .still import max_page_bytes
from .still_maker import StillMaker
from .traits import ComputedTrait, SpanTrait
from .update_sender import UpdateSender
from .word_requests import ReadHistory, WordRequests
from .words import to_correction

if TYPE_CHECKING:
    import pandas as pd

_STATIC = Path(__file__).parent / "static" / "timeline"
_CORRECTION_KINDS = {messages.Correct.__struct_config__.tag, messages.CorrectAll.__struct_config__.tag}
_MAIN_SHELL_KIND = str(messages.EndDrawn.__struct_config__.tag)


class Timeline(anywidget.AnyWidget):
    """Words on a waveform, for a transcript that may still grow: to look at, play, select from and correct.

    Traits, each to be read, observed and linked as with any widget:
        selection: (start, end) in seconds of the clip; where the two are the same nothing is selected, and None may be
            given for that. Python and the mouse set it alike.
        selected_words: the words that touch the selection, as a DataFrame like `run.words`; read-only.
        playhead: where playing is or would begin, in seconds of the clip.
        rewind: by how many seconds playing begins earlier when it goes on after a pause; 1 at first.
        interface_language: "en" or "zh", of buttons and messages; "" for the reader's own.

    Args:
        transcript: what to show; call `refresh` on the background loop whenever it has changed.
        stop: what the Stop button does, or None where nothing can be stopped.
        resume: continues a run that ended early; raises ParaformerError if it cannot. None: that is not possible here.
        correct: makes a correction, and raises ParameterError for one that it refuses; a text that it returns is shown
            to the person. None: nothing can be corrected.
        set_regions: keeps the regions that a person marked; a text that it returns is shown to the person. None: no
            regions can be marked.
        open_audio: opens the clip for playing; raises AudioError if it cannot. None: there is no sound.
        warning: why the run's records are kept in memory only, or ``""``.
        read_history: reads how the recogniser revised each word, on another thread. None: that is not known.
        files: what can be downloaded, and the page that a saved notebook shows where no kernel runs. None: there is
            nothing to download but what the front end makes itself, and the picture is shown there.
        still_mb: the largest size of that page in megabytes; None: that of PARAFORMER_NB_STILL_MB, or 2.
    """

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "timeline.css").read_text(encoding="utf-8")
    _is_closed = False  # also while ipywidgets deletes a view that could not be made

    selection = SpanTrait().tag(sync=True)
    playhead = traitlets.Float(0.0).tag(sync=True)
    rewind = traitlets.Float(1.0, min=0.0, max=60.0).tag(sync=True)
    interface_language = traitlets.Enum(("", "en", "zh"), "").tag(sync=True)
    selected_words = ComputedTrait(lambda view: view.words_within(*view.selection))

    def __init__(
        self,
        transcript: Transcript,
        *,
        stop: Callable[[], object] | None = None,
        resume: Callable[[], object] | None = None,
        correct: Callable[[Correction], object] | None = None,
        set_regions: Callable[[Sequence[Region]], object] | None = None,
        open_audio: OpenAudio | None = None,
        warning: Callable[[], str] = str,
        read_history: ReadHistory | None = None,
        files: Files | None = None,
        still_mb: float | None = None,
    ) -> None:
        max_bytes = max_page_bytes(still_mb)
        super().__init__()
        self._transcript = transcript
        self._stop = stop
        self._resume = resume
        self._correct = correct
        self._set_regions = set_regions
        self._warning = warning
        self._is_stopping = False
        self._had_ended = self._has_ended
        self._audio = AudioRequests(self._send_message, open_audio)
        self._word_requests = WordRequests(self._send_message, transcript, read_history)
        self._file_requests = FileRequests(self._send_message, files)
        self._updates = UpdateSender(transcript, self._describe, self._send_message)
        self._updates.files = self._file_requests.formats
        make_page = files.make_page if files else None
        self._still = StillMaker(transcript, make_page, max_bytes, lambda: self._send_message(messages.StillMade()))
        self._outputs = CellOutputs(self._bundle, lambda: self._still.html, lambda: self._has_ended, self._is_watched)
        self._on_finished = [self._outputs.replace]
        self.on_msg(self._on_message)
        handle_on_subshells(self, except_kind=_MAIN_SHELL_KIND)

    # ------------------------------------------------------------------------------------------- two ways with Python

    def seek(self, seconds: float) -> None:
        """Move the playhead, and bring it on view; playing continues from there. Raises ParameterError if `seconds`
        is not a position."""
        if not isinstance(seconds, Real) or not 0 <= seconds < float("inf"):
            raise ParameterError(f"{seconds!r} is not a position in a clip: give seconds from its beginning.")
        if advice := unit_advice(seconds, clip_end(self._transcript)):
            raise ParameterError(f"{seconds:g} s lies behind the clip.{advice}")
        self.playhead = float(seconds)
        get_loop().call_soon_threadsafe(self._send_message, messages.Seek(float(seconds)))

    def find(self, text: str) -> pd.DataFrame:
        """Find every occurrence of a text, whatever its case; the view shows them as well.

        Columns: ``sentence_id`` int64, ``text`` string, ``start`` and ``end`` float64 seconds of the clip.
        """
        if not isinstance(text, str):
            raise ParameterError(f"{text!r} is not a string to find.")
        get_loop().call_soon_threadsafe(self._send_message, messages.Find(text))
        return matches_table(find(self._transcript.sentences, text))

    def highlight(self, table: Any, name: str = "highlight", *, label: str | None = None, unit: Unit = "s") -> None:
        """Lay a layer over the timeline: the spans of any table with ``start`` and ``end``, with a legend.

        A layer of the same name is replaced; `table` None removes it. `label` names a column to write beside each
        span (``label`` where there is one); `unit` is that of the times, "s" or "ms". Raises ParameterError for missing
        columns and for invalid times, and warns of spans behind the clip.
        """
        others = tuple(layer for layer in self._updates.layers if layer.name != name)
        end = clip_end(self._transcript)
        self._updates.layers = others if table is None else (*others, make_layer(table, name, label, unit, end))
        get_loop().call_soon_threadsafe(self.refresh)

    @property
    def regions(self) -> pd.DataFrame:
        """The spans that were marked, here or in the view: ``start`` and ``end`` float64 seconds, ``label`` string.

        Assign a table with ``start`` and ``end``, and ``label`` where spans have names, to replace them; None removes
        them all. They are kept in the journal. Raises ParameterError for missing columns and invalid times.
        """
        return regions_table(self._transcript.regions)

    @regions.setter
    def regions(self, table: Any) -> None:
        if self._set_regions is None:
            raise ParameterError("this timeline keeps no regions.")
        if isinstance(problem := self._set_regions(regions_of_table(table, clip_end(self._transcript))), str):
            warnings.warn(problem, stacklevel=2)
        get_loop().call_soon_threadsafe(self.refresh)

    def words_within(self, start: float, end: float) -> pd.DataFrame:
        """The words that touch a span, in seconds of the clip; the columns are those of `run.words_raw`."""
        near = [each for each in self._transcript.sentences if _has_word_within(each, start, end)]
        words = words_table(near, self._transcript)
        chosen: pd.DataFrame = words[(words["start"] < end) & (words["end"] > start)].reset_index(drop=True)
        return chosen

    @traitlets.validate("playhead")
    def _check_playhead(self, proposal: Bunch) -> float:
        value = float(proposal["value"])
        if not 0 <= value < float("inf"):
            raise traitlets.TraitError(f"playhead={value!r}: give seconds from the clip's beginning.")
        return value

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Bunch) -> tuple[float, float]:
        start, end = proposal["value"]
        if advice := unit_advice(end, clip_end(self._transcript)):
            raise traitlets.TraitError(f"selection=({start:g}, {end:g}) lies behind the clip.{advice}")
        return start, end

    @traitlets.observe("selection")
    def _on_selection(self, _change: Bunch) -> None:
        name = "selected_words"
        self.notify_change(Bunch(name=name, owner=self, type="change", old=None, new=self.selected_words))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that `highlight` laid over the timeline, the last one last."""
        return self._updates.layers

    def on_finished(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the main shell when a front end has drawn the final state."""
        self._on_finished.append(callback)

    def close(self) -> None:
        """Close the view wherever it is shown, and free it. Shown again, it is its text and picture only: a run makes a
        new view. ``Widget.close_all()`` calls this as well."""
        self._is_closed = True
        super().close()
        self.__dict__.pop("_repr_mimebundle_", None)  # ipywidgets sets None: a repr would replace the saved picture

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called: nothing shows the view any more."""
        return self._is_closed

    # ------------------------------------------------------------------------------------------ from the front end

    def _on_message(self, _widget: object, content: Any, _buffers: list[memoryview]) -> None:
        """Runs where the kernel handles messages; whatever sends is left to the background loop."""
        loop = get_loop()
        try:
            message = messages.decode(content)
        except msgspec.ValidationError as error:
            loop.call_soon_threadsafe(self._refuse, messages.decode_head(content), str(error))
            return
        match message:
            case messages.Sync():
                loop.call_soon_threadsafe(self._updates.send_everything)
            case messages.Ping():
                loop.call_soon_threadsafe(self._send_message, messages.Pong())
            case messages.Stop():
                self._stop_run()
            case messages.Resume():
                self._resume_run()
            case messages.EndDrawn():
                if self._outputs.has_stills:
                    self._still.make()
                for callback in self._on_finished:
                    callback()
            case messages.Correct() | messages.CorrectAll() | messages.Undo() | messages.Redo():
                loop.call_soon_threadsafe(self._apply, message)
            case messages.AudioRequest() | messages.SpectrogramRequest() | messages.SoundRequest():
                loop.call_soon_threadsafe(self._audio.answer, message)
            case messages.SetRegions():
                loop.call_soon_threadsafe(self._keep_regions, message)
            case messages.RecognisedRequest():
                loop.call_soon_threadsafe(self._word_requests.answer, message)
            case messages.FileRequest():
                loop.call_soon_threadsafe(self._file_requests.answer, message)
            case _:
                assert_never(message)

    def _refuse(self, head: messages.MessageHead, reason: str) -> None:
        """Answer an invalid message, if it is one that expects an answer. Others are anywidget's own."""
        if head.kind in _CORRECTION_KINDS:
            self._send_message(messages.Refused(f"this is not a correction: {reason}. Nothing was changed."))
            self.refresh()
        elif head.id is not None:
            self._send_message(messages.Reply(head.id, error=f"this is not a request: {reason}."))

    def _stop_run(self) -> None:
        if self._stop is None:
            return
        self._is_stopping = True
        self._stop()
        get_loop().call_soon_threadsafe(self.refresh)

    def _resume_run(self) -> None:
        """Continue the run, or send why that is not possible."""
        loop = get_loop()
        if self._resume is None or self._transcript.state not in ("stopped", "failed"):
            return
        try:
            self._resume()
        except ParaformerError as error:
            loop.call_soon_threadsafe(self._send_message, messages.Refused(str(error)))
        loop.call_soon_threadsafe(self.refresh)

    def _apply(self, message: messages.Correct | messages.CorrectAll | messages.Undo | messages.Redo) -> None:
        correct = self._correct
        if correct is None:
            self._answer(lambda: "this timeline cannot be corrected.")
        else:
            self._answer(lambda: correct(to_correction(message, self._transcript.recognised)))

    def _keep_regions(self, message: messages.SetRegions) -> None:
        keep = self._set_regions
        if keep is None:
            self._answer(lambda: "this timeline keeps no regions.")
        else:
            self._answer(lambda: keep(checked_regions(message.regions)))

    def _answer(self, change: Callable[[], object]) -> None:
        """Make a change that the view asked for. Where it is refused, or returns a problem, send that."""
        try:
            problem = change()
        except ParameterError as error:
            problem = str(error)
        if isinstance(problem, str):
            self._send_message(messages.Refused(problem))
        self.refresh()  # an answer, even where nothing was changed

    # -------------------------------------------------------------------------------------------- to the front end

    def refresh(self) -> None:
        """Send the front end what changed, at most 20 times a second. Background loop only."""
        if self.comm is not None:
            self._updates.refresh()

    def _describe(self) -> RunState:
        self._follow_state()
        can_stop = self._stop is not None and not self._is_stopping
        can_correct = self._correct is not None
        return describe_run(
            self._transcript,
            can_stop=can_stop,
            can_correct=can_correct,
            can_resume=self._resume is not None,
            warning=self._warning(),
        )

    def _follow_state(self) -> None:
        """An ended run may have been continued, here or by `run.resume`."""
        had_ended, self._had_ended = self._had_ended, self._has_ended
        if self._had_ended:
            self._is_stopping = False
        elif had_ended:
            self._outputs.go_on()

    def _send_message(self, message: messages.ToFrontEnd, buffers: list[bytes] | None = None) -> None:
        if not self._is_closed:
            self.send(messages.encode(message), buffers)

    # ---------------------------------------------------------------------------------------- what a notebook keeps

    def open(self) -> None:
        """Open the comm to a front end, if one can connect: else a notebook would store the view's whole program."""
        if can_connect():
            super().open()

    @property
    def model_id(self) -> str | None:
        """The id of the widget's model; None once it is closed. A container asks for it, and then the view needs its
        comm in any case."""
        if self.comm is None and not self._is_closed:
            super().open()
        return None if self.comm is None else str(self.comm.comm_id)

    def _ipython_display_(self) -> None:
        """Show the view, and beside it the still that a saved notebook shows where no kernel runs."""
        if self._is_closed or not can_replace_outputs():
            raise NotImplementedError  # IPython then shows `_repr_mimebundle_`
        self._outputs.show(has_still=can_connect())

    def _repr_mimebundle_(self, **_options: Any) -> MimeBundle:
        return self._bundle()

    def _bundle(self) -> MimeBundle:
        """The widget, where a front end can connect; and what a saved notebook shows without it: the text, and at the
        end the picture."""
        is_widget = can_connect() and not self._is_closed
        data, metadata = (super()._repr_mimebundle_() if is_widget else None) or ({}, {})
        if not self._has_ended:
            data["text/plain"] = f"{note_of(self._transcript)}\n{text_of(self._transcript)}".rstrip()
            return data, metadata
        data["text/plain"] = f"{title_of(self._transcript)}\n{text_of(self._transcript)}".rstrip()
        data["image/png"] = notebook_png(self._transcript)
        return data, {**metadata, "image/png": {"alt": description_of(self._transcript)}}

    def _is_watched(self) -> bool:
        """Whether a front end shows the view, and will report that it has drawn the end."""
        return self._updates.is_requested and not self._is_closed

    @property
    def _has_ended(self) -> bool:
        return self._transcript.state in ENDED

    def __repr__(self) -> str:
        return f"Timeline({title_of(self._transcript)!r})"


def _has_word_within(sentence: Sentence, start: float, end: float) -> bool:
    """Asked of the words: a service may time a word before its sentence begins, or after it ends."""
    return any(word.start < end and word.end > start for word in sentence.words)
