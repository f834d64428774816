"""The timeline, live or not: words on the clip's waveform, in a widget. Front end: `static/timeline/`.

The background loop is its one writer. It tells the front end what changed, at most 20 times a second, in numbered
custom messages; a front end that misses one asks for everything again. Nothing of a clip travels in synced traits, so
nothing of it is saved in a notebook but its picture; sound and spectrograms go by buffers, and only when asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from traitlets.utils.bunch import Bunch

from ..errors import ParameterError
from ..loop import get_loop
from ..tables.spans import matches_table
from ..tables.words import words_table
from ..text import sanitise
from ..transcript.corrections import Correction
from ..transcript.search import find
from ..transcript.transcript import ENDED, Transcript
from .audio_requests import Answers, OpenAudio
from .layers import Layer, make_layer
from .linker import link
from .shells import answer_on_main_shell, answer_on_subshells
from .view_state import ViewState, run_facts, unpacked

if TYPE_CHECKING:
    import pandas as pd

_STATIC = Path(__file__).parent / "static" / "timeline"
_EVERY = 0.05  # seconds between updates
_EVERY_WHOLE = 0.5  # seconds between whole updates, while no front end could say that it is there
_UNASKED_FOR = 60.0  # seconds for which they go on


class _Span(traitlets.TraitType[Any, Any]):
    """(start, end) in seconds; None is taken for an empty one."""

    default_value = (0.0, 0.0)

    def validate(self, _obj: Any, value: Any) -> tuple[float, float]:
        try:
            start, end = (0.0, 0.0) if value is None else (float(time) for time in value)
        except (TypeError, ValueError):
            start = end = float("nan")
        if not 0 <= start <= end < float("inf"):
            raise traitlets.TraitError(f"{self.name}={value!r}: give (start, end) in seconds of the clip, or None.")
        return start, end


class _Fresh(traitlets.TraitType[Any, Any]):
    """A trait that is worked out whenever it is read: its value depends on a transcript that grows."""

    def get(self, obj: Any, cls: Any = None) -> Any:
        return obj._selected()


class Timeline(anywidget.AnyWidget):
    """Words on a waveform, for a transcript that may still grow: to look at, play, select from and correct.

    Traits, each to be read, observed and linked as with any widget:
        selection: (start, end) in seconds of the clip; where the two are the same nothing is selected, and None may be
            given for that. Python and the mouse set it alike.
        selected_words: the words that touch the selection, as a DataFrame like `run.words`; read-only.
        playhead: where playing is or would begin, in seconds of the clip.

    Args:
        transcript: what to show; call `refresh` on the background loop whenever it has changed.
        stop: what the Stop button does, or None where there is nothing to stop.
        correct: takes a correction, and raises ParameterError for one that it refuses; a text that it returns is told to
            the person. None: nothing can be corrected.
        open_audio: opens the clip for playing; raises AudioError where it cannot. None: there is no sound.
    """

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "timeline.css").read_text(encoding="utf-8")

    selection = _Span().tag(sync=True)
    playhead = traitlets.Float(0.0).tag(sync=True)
    selected_words = _Fresh(read_only=True)

    def __init__(
        self,
        transcript: Transcript,
        *,
        stop: Callable[[], None] | None = None,
        correct: Callable[[Correction], object] | None = None,
        open_audio: OpenAudio | None = None,
        warning: Callable[[], str] = str,
    ) -> None:
        super().__init__()
        self._transcript = transcript
        self._stop = stop
        self._warning = warning
        self._correct = correct
        self._answers = Answers(self.send, open_audio)
        self._layers: tuple[Layer, ...] = ()
        self._finished: Callable[[], None] | None = None
        self._is_stopping = False
        self._is_listening = False  # a front end has asked for updates
        self._made = time.monotonic()
        self._timer: Any = None
        self._last = 0.0
        self._seq = 0
        self._told = ViewState()
        self.on_msg(self._on_message)
        answer_on_subshells(self)

    # ------------------------------------------------------------------------------------------- two ways with Python

    def seek(self, seconds: float) -> None:
        """Move the playhead, and bring it on view; playing goes on from there. Raises ParameterError for no time."""
        if not isinstance(seconds, Real) or not 0 <= seconds < float("inf"):
            raise ParameterError(f"{seconds!r} is no place in a clip: give seconds from its beginning.")
        self.playhead = float(seconds)
        self._say({"kind": "seek", "time": float(seconds)})

    def find(self, text: str) -> pd.DataFrame:
        """Every place where a text stands, whatever its case; shown in the view as well.

        Columns: ``sentence_id`` int64, ``text`` string, ``start`` and ``end`` float64 seconds of the clip.
        """
        if not isinstance(text, str):
            raise ParameterError(f"{text!r} is no text to find.")
        self._say({"kind": "find", "text": text})
        return matches_table(find(self._transcript.sentences, text))

    def highlight(self, frame: pd.DataFrame | None, name: str = "highlight", *, label: str | None = None) -> None:
        """Lay a layer over the timeline: the spans of any DataFrame with ``start`` and ``end``, with a legend.

        A layer of the same name is replaced; `frame` None takes it away. `label` names a column to write beside each
        span (``label`` where there is one). Raises ParameterError for missing columns and for times that are none.
        """
        others = tuple(layer for layer in self._layers if layer.name != name)
        self._layers = others if frame is None else (*others, make_layer(frame, name, label))
        get_loop().call_soon_threadsafe(self.refresh)

    @traitlets.validate("playhead")
    def _check_playhead(self, proposal: Bunch) -> float:
        value = float(proposal["value"])
        if not 0 <= value < float("inf"):
            raise traitlets.TraitError(f"playhead={value!r}: give seconds from the clip's beginning.")
        return value

    @traitlets.observe("selection")
    def _on_selection(self, _change: Bunch) -> None:
        name = "selected_words"
        self.notify_change(Bunch(name=name, owner=self, type="change", old=None, new=self._selected()))

    def _selected(self) -> pd.DataFrame:
        transcript = self._transcript
        start, end = self.selection
        near = [each for each in transcript.sentences if each.start < end and each.end > start]
        words = words_table(near, transcript)
        chosen: pd.DataFrame = words[(words["start"] < end) & (words["end"] > start)].reset_index(drop=True)
        return chosen

    def on_finished(self, callback: Callable[[], None]) -> None:
        """Call back, where the kernel runs cells, when a front end has drawn the final state."""
        self._finished = callback

    # ------------------------------------------------------------------------------------------ from the front end

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        """Runs where the kernel handles messages; whatever sends is left to the background loop."""
        kind = content.get("kind")
        if kind == "sync":
            get_loop().call_soon_threadsafe(self._resync)
        elif kind == "stop" and self._stop is not None:
            self._is_stopping = True
            self._stop()
            get_loop().call_soon_threadsafe(self.refresh)
        elif kind == "ending":
            get_loop().call_soon_threadsafe(self._prepare)
        elif kind == "finished":
            if self._finished is not None:
                self._finished()
            answer_on_subshells(self)
        elif kind in ("edit", "undo", "redo"):
            get_loop().call_soon_threadsafe(self._on_correction, content)
        elif kind in ("audio", "spectrogram"):
            get_loop().call_soon_threadsafe(self._answers.answer, content)

    def _on_correction(self, content: dict[str, Any]) -> None:
        """Have a correction made, or say why not; say as well whatever `edit` returns as a text."""
        try:
            if self._correct is None:
                raise ParameterError("this timeline cannot be corrected.")
            told = self._correct(self._change(content))
        except ParameterError as error:
            told = str(error)
        if isinstance(told, str):
            self.send({"kind": "say", "text": told})
        self.refresh()  # an answer, even where nothing was changed

    def _change(self, content: dict[str, Any]) -> Correction:
        if content["kind"] != "edit":
            return Correction(content["kind"])
        number = content.get("sentence", 0)
        heard = [word for sentence in self._transcript.recognised if sentence.id == number for word in sentence.words]
        try:
            old, new = (tuple(unpacked(row, heard) for row in content[key]) for key in ("old", "new"))
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterError(f"this is no correction ({error}). Nothing was changed.") from error
        return Correction.parse({"action": "replace", "sentence": number, "old": old, "new": new})

    # -------------------------------------------------------------------------------------------- to the front end

    def refresh(self) -> None:
        """Tell the front end what is new, now or as soon as the last update is old enough. Background loop only."""
        now = time.monotonic()
        if self._timer is not None or not (self._is_listening or now - self._made < _UNASKED_FOR):
            return
        delay = self._last + (_EVERY if self._is_listening else _EVERY_WHOLE) - now
        if delay <= 0:
            self._push()
        else:
            self._timer = get_loop().call_later(delay, self._push)

    def _say(self, content: dict[str, Any]) -> None:
        get_loop().call_soon_threadsafe(self.send, content)

    def _prepare(self) -> None:
        """The next message may display things, which works where cells run only."""
        answer_on_main_shell(self)
        self.send({"kind": "end"})

    def _resync(self) -> None:
        self._is_listening = True
        self._push(is_whole=True)

    def _push(self, *, is_whole: bool = False) -> None:
        """Send what is new; or everything, to a front end that has missed something, or that cannot ask because the
        kernel is busy with the very cell that made it (ipykernel 6)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._last = time.monotonic()
        reset = is_whole or not self._is_listening
        if reset:
            self._told = ViewState()
        can_stop = self._stop is not None and not self._is_stopping
        run = run_facts(
            self._transcript, can_stop=can_stop, can_edit=self._correct is not None, warning=self._warning()
        )
        for update, buffers in self._told.updates(self._transcript, run, self._layers):
            self._seq += 1
            self.send({"kind": "update", "seq": self._seq, "reset": reset, **update}, buffers)
            reset = False

    # ---------------------------------------------------------------------------------------- what a notebook keeps

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The widget; beside it what a saved notebook shows without a kernel: the text, and at the end the picture."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = dict(bundle[0]), bundle[1]
        data["text/plain"] = self._in_words()
        if self._transcript.state in ENDED:
            from ..plots.plot import notebook_png

            data["image/png"] = notebook_png(self._transcript)
        return data, metadata

    def _in_words(self) -> str:
        run, end = self._transcript.run, self._transcript.end
        name = run.clip.name
        told = f" ({end.error.kind}: {end.error.message})" if end and end.error else ""
        return f"{sanitise(f'{name}: {self._transcript.state}{told}')}\n{self._transcript.text}".rstrip()

    def __repr__(self) -> str:
        return f"Timeline({self._in_words().partition(chr(10))[0]!r})"
