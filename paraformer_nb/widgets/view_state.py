"""What a front end of the timeline must be told of a transcript: everything at first, then what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..audio.peaks import coarser
from ..playback.playable import PlayableClip
from ..text import needs_space
from ..transcript.corrections import speaker_at
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Sentence, Word
from .layers import Layer

_MOST_BINS = 400_000  # peaks in one message: 0.8 MB
_MANY_BINS = 720_000  # two hours: where a whole run is longer, its peaks travel at half their resolution
_MOST_SENTENCES = 2_000  # sentences in one message

Update = tuple[dict[str, Any], list[bytes]]
"""A message's content, and its buffers."""


def run_facts(transcript: Transcript, *, can_stop: bool, can_edit: bool, warning: str = "") -> dict[str, Any]:
    """What a view says about the run; empty before its first record."""
    run, engine, end = transcript.run, transcript.engine, transcript.end
    last = max([transcript.sent_until, *(gap.end for gap in transcript.gaps)])
    known_end = run.end if run.end is None or end is None else min(run.end, last)
    return {
        "state": transcript.state,
        "clip": run.clip.name,
        "service": "Embedded" if run.service.kind == "embedded" else run.service.host,
        "model": engine or run.model,
        "notice": transcript.notice,
        "message": _message(transcript, warning),
        "start": run.start,
        "duration": known_end,
        "sent": round(transcript.sent_until, 3),
        "settled": round(transcript.final_until, 3),
        "can_stop": can_stop and transcript.state not in ENDED,
        "sound": {"mime": PlayableClip.mime, "windowSeconds": PlayableClip.window_seconds},
        "can_edit": can_edit,
        "can_undo": can_edit and transcript.can_undo,
        "can_redo": can_edit and transcript.can_redo,
    }


def _message(transcript: Transcript, warning: str) -> str:
    """What a person must know: what ended the run, or what was never heard."""
    if transcript.end and transcript.end.error:
        return transcript.end.error.message
    gaps = [f"{gap.start:.1f}–{gap.end:.1f} s were not recognised: {gap.reason}." for gap in transcript.gaps[-3:]]
    return " ".join([*gaps, *([warning] if warning else [])])


class ViewState:
    """What a front end knows already, and so what it must be told."""

    def __init__(self) -> None:
        self._run: dict[str, Any] | None = None
        self._settled = 0
        self._touched = 0
        self._open: dict[int, Sentence] = {}
        self._bins = 0
        self._factor = 1  # how many peaks travel as one
        self._gaps = 0
        self._resumes = 0
        self._layers: Sequence[Layer] = ()

    def updates(self, transcript: Transcript, run: dict[str, Any], layers: Sequence[Layer]) -> Iterator[Update]:
        """What is new, in messages small enough to travel; at least one."""
        update: dict[str, Any] = {}
        if run != self._run:
            self._run = update["run"] = run
        if len(transcript.gaps) != self._gaps:
            self._gaps = len(transcript.gaps)
            update["gaps"] = [[gap.start, gap.end, gap.reason] for gap in transcript.gaps]
        if len(transcript.resumes) != self._resumes:
            self._resumes = len(transcript.resumes)
            update["resumes"] = [[resumed.position, f"attempt {resumed.attempt}"] for resumed in transcript.resumes]
        if layers != self._layers:
            self._layers = layers
            update["layers"] = [{"name": layer.name, "spans": layer.spans} for layer in layers]
        removed, sentences = self._new_sentences(transcript)
        if removed:
            update["removed"] = removed
        while True:
            update["sentences"], sentences = sentences[:_MOST_SENTENCES], sentences[_MOST_SENTENCES:]
            update["peaks"], buffers = self._new_peaks(transcript)
            yield update, buffers
            if not sentences and self._bins >= len(transcript.waveform):
                return
            update = {}

    def _new_sentences(self, transcript: Transcript) -> tuple[list[int], list[dict[str, Any]]]:
        """Ids of sentences that are no more, and those that are new or other than they were told."""
        touched = len(
            transcript.corrected_ids
        )  # people may go on meanwhile: what they do from now on is for the next time
        edited = set(transcript.corrected_ids[self._touched : touched])
        opened = transcript.partials
        settled = transcript.finals[self._settled :]
        closed = {sentence.id for sentence in transcript.finals[max(0, self._settled - 1) :]}
        opened = [sentence for sentence in opened if sentence.id not in closed]  # one that has just settled is in both
        alive = {sentence.id for sentence in opened} | closed
        removed = [number for number in self._open if number not in alive]  # shown, and come to nothing
        changed = [sentence for sentence in opened if self._open.get(sentence.id) is not sentence]
        told_before = transcript.finals[: self._settled] if edited else []
        edited_before = [sentence for sentence in told_before if sentence.id in edited]
        edited_open = [sentence for sentence in opened if sentence.id in edited and sentence not in changed]
        self._settled += len(settled)
        self._touched = touched
        self._open = {sentence.id: sentence for sentence in opened}
        told = [transcript.corrected(each) for each in (*edited_before, *settled, *edited_open, *changed)]
        removed += [sentence.id for sentence in told if not sentence.words]
        return removed, [packed(sentence) for sentence in told if sentence.words]

    def _new_peaks(self, transcript: Transcript) -> tuple[dict[str, Any] | None, list[bytes]]:
        waveform, first = transcript.waveform, self._bins
        if first == 0 and transcript.state in ENDED and len(waveform) > _MANY_BINS:
            self._factor = 2
        most = _MOST_BINS * self._factor
        last = min(len(waveform), first + most)
        if last == first:
            return None, []
        self._bins = last
        data = bytes(waveform.data[2 * first : 2 * last])
        if self._factor > 1:
            data = coarser(data, self._factor)
        position = (waveform.start or 0.0) + first * waveform.step
        step = waveform.step * self._factor
        return {"position": round(position, 4), "step": step, "bins": len(data) // 2}, [data]


def packed(sentence: Sentence) -> dict[str, Any]:
    """A sentence as it travels: a word is [text, punctuation, start, end, confidence, space before it, is edited]."""
    before, words = "", []
    for word in sentence.words:
        space = needs_space(before, word.text)
        before = word.text + word.punctuation
        times = round(word.start, 3), round(word.end, 3)
        words.append([word.text.strip(), word.punctuation, *times, word.confidence, int(space), int(word.is_edited)])
    return {
        "id": sentence.id,
        "is_final": sentence.is_final,
        "start": round(sentence.start, 3),
        "end": round(sentence.end, 3),
        "words": words,
    }


def unpacked(row: Sequence[Any], heard: Sequence[Word]) -> Word:
    """A word as a front end sends it back, which no speaker travels with: `heard`, its sentence's words, tell that.

    Raises TypeError and ValueError for what is none.
    """
    text, punctuation, start, end, confidence, *_ = row
    start, end = float(start), float(end)
    return Word(text, start, end, punctuation, confidence, speaker_at(heard, start, end))
