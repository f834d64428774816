"""Floor 4: the timeline, live or not: words on the clip's waveform, in a widget. Front end: `static/timeline/`.

The background loop is its one writer. It tells the front end what changed, at most 20 times a second, in numbered
custom messages; a front end that misses one asks for everything again. Nothing travels in synced traits, so nothing of
a clip is saved in a notebook but its picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anywidget

from .._loop import get_loop
from ..transcript import ENDED, Sentence, Transcript, engine_notice, needs_space
from .linker import link

_STATIC = Path(__file__).parent / "static" / "timeline"
_EVERY = 0.05  # seconds between updates
_EVERY_WHOLE = 0.5  # seconds between whole updates, while no front end could say that it is there
_UNASKED_FOR = 60.0  # seconds for which they go on
_MOST_BINS = 400_000  # peaks in one message: 0.8 MB
_MOST_SENTENCES = 2_000  # sentences in one message


class Timeline(anywidget.AnyWidget):
    """Words on a waveform, for a transcript that may still grow.

    Args:
        transcript: what to show; call `refresh` on the background loop whenever it has changed.
        stop: what the Stop button does, or None where there is nothing to stop.
    """

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "timeline.css").read_text(encoding="utf-8")

    def __init__(self, transcript: Transcript, *, stop: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._transcript = transcript
        self._stop = stop
        self._finished: Callable[[], None] | None = None
        self._is_stopping = False
        self._is_listening = False  # a front end has asked for updates
        self._made = time.monotonic()
        self._timer: Any = None
        self._last = 0.0
        self._seq = 0
        self._told = _Told()
        self.on_msg(self._on_message)
        _answer_on_subshells(self)

    def on_finished(self, callback: Callable[[], None]) -> None:
        """Call back, where the kernel runs cells, when a front end has drawn the final state."""
        self._finished = callback

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
        elif kind == "finished" and self._finished is not None:
            self._finished()

    # -------------------------------------------------------------------------------------------- to the front end

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
            self._told = _Told()
        if self._transcript.state in ENDED:
            _answer_on_main_shell(self)  # from here on its messages may display things
        for update, buffers in self._told.updates(self._transcript, self._run()):
            self._seq += 1
            self.send({"kind": "update", "seq": self._seq, "reset": reset, **update}, buffers)
            reset = False

    def _run(self) -> dict[str, Any]:
        transcript, run = self._transcript, self._transcript.run
        if run is None:
            return {}
        engine, end = transcript.engine, transcript.end
        last = max([transcript.sent, *(gap.end for gap in transcript.gaps)])
        known_end = run.end if run.end is None or end is None else min(run.end, last)
        return {
            "state": transcript.state,
            "clip": run.clip.name,
            "service": "Embedded" if run.service.kind == "embedded" else run.service.host,
            "model": engine or run.model,
            "notice": engine_notice(engine),
            "message": self._message(),
            "start": run.start,
            "duration": known_end,
            "sent": round(transcript.sent, 3),
            "settled": round(transcript.settled_until, 3),
            "can_stop": self._stop is not None and not self._is_stopping and transcript.state not in ENDED,
        }

    def _message(self) -> str:
        """What a person must know: what ended the run, or what was never heard."""
        end, gaps = self._transcript.end, self._transcript.gaps
        if end and end.error:
            return end.error.partition(": ")[2]
        return " ".join(f"{gap.start:.1f}–{gap.end:.1f} s were not heard: {gap.reason}." for gap in gaps[-3:])

    # ---------------------------------------------------------------------------------------- what a notebook keeps

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The widget; beside it what a saved notebook shows without a kernel: the text, and at the end the picture."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = dict(bundle[0]), bundle[1]
        data["text/plain"] = self._in_words()
        if self._transcript.state in ENDED:
            from ..plots import png

            data["image/png"] = png(self._transcript)
        return data, metadata

    def _in_words(self) -> str:
        run, end = self._transcript.run, self._transcript.end
        name = run.clip.name if run else "clip"
        told = f" ({end.error})" if end and end.error else ""
        return f"{name}: {self._transcript.state}{told}\n{self._transcript.text}".rstrip()

    def __repr__(self) -> str:
        return f"Timeline({self._in_words().partition(chr(10))[0]!r})"


class _Told:
    """What a front end knows already, and so what it must be told."""

    def __init__(self) -> None:
        self._run: dict[str, Any] | None = None
        self._settled = 0
        self._open: dict[int, Sentence] = {}
        self._bins = 0
        self._gaps = 0

    def updates(self, transcript: Transcript, run: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
        """What is new, in messages small enough to travel; at least one."""
        update: dict[str, Any] = {}
        if run != self._run:
            self._run = update["run"] = run
        if len(transcript.gaps) != self._gaps:
            self._gaps = len(transcript.gaps)
            update["gaps"] = [[gap.start, gap.end, gap.reason] for gap in transcript.gaps]
        if removed := self._withdrawn(transcript):
            update["removed"] = removed
        sentences = self._new_sentences(transcript)
        while True:
            update["sentences"], sentences = sentences[:_MOST_SENTENCES], sentences[_MOST_SENTENCES:]
            update["peaks"], buffers = self._new_peaks(transcript)
            yield update, buffers
            if not sentences and self._bins >= len(transcript.waveform):
                return
            update = {}

    def _withdrawn(self, transcript: Transcript) -> list[int]:
        """Sentences that were shown and came to nothing."""
        alive = {sentence.id for sentence in (*transcript.open, *transcript.settled[self._settled :])}
        return [number for number in self._open if number not in alive]

    def _new_sentences(self, transcript: Transcript) -> list[dict[str, Any]]:
        settled = transcript.settled[self._settled :]
        changed = [sentence for sentence in transcript.open if self._open.get(sentence.id) is not sentence]
        self._settled += len(settled)
        self._open = {sentence.id: sentence for sentence in transcript.open}
        return [_packed(sentence) for sentence in (*settled, *changed)]

    def _new_peaks(self, transcript: Transcript) -> tuple[dict[str, Any] | None, list[bytes]]:
        waveform, first = transcript.waveform, self._bins
        last = min(len(waveform), first + _MOST_BINS)
        if last == first:
            return None, []
        self._bins = last
        position = (waveform.start or 0.0) + first * waveform.step
        peaks = {"position": round(position, 4), "step": waveform.step, "bins": last - first}
        return peaks, [bytes(waveform.data[2 * first : 2 * last])]


def _packed(sentence: Sentence) -> dict[str, Any]:
    """A sentence as it travels: a word is [text, punctuation, start, end, confidence, space before it]."""
    before, words = "", []
    for word in sentence.words:
        space = needs_space(before, word.text)
        before = word.text + word.punctuation
        times = round(word.start, 3), round(word.end, 3)
        words.append([word.text.strip(), word.punctuation, *times, word.confidence, int(space)])
    return {
        "id": sentence.id,
        "is_final": sentence.is_final,
        "start": round(sentence.start, 3),
        "end": round(sentence.end, 3),
        "words": words,
    }


# ipykernel 7.4 answers a widget on the shell that made it: there, a cell that waits would leave Stop unheard until it
# ends. Earlier versions, and JupyterLab's own setting, answer on a subshell. The attribute is private: hence the guard.


def _answer_on_subshells(widget: anywidget.AnyWidget) -> None:
    """Hear messages while a cell runs."""
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda _data, default: default


def _answer_on_main_shell(widget: anywidget.AnyWidget) -> None:
    """Hear messages where cells run, as ipykernel does by itself."""
    if widget.comm is not None:
        widget.comm.__dict__.pop("_reply_subshell_for", None)
