"""The fold of a recording's records into what was heard: sentences, waveform, gaps, state.

A live run and a loaded recording go through the same `apply`, so they cannot differ.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ..dashscope.messages import ResultGeneratedEvent, SentenceResult, TaskStartedEvent, WordResult, command_name
from ..errors import ParameterError
from ..journal.records import (
    Audio,
    Connected,
    Corrected,
    Disconnected,
    Gap,
    Peaks,
    Received,
    Record,
    Resumed,
    RunEnded,
    RunStarted,
    Sent,
    Silence,
)
from ..text import join, sanitise
from .clock import TaskClock, is_moment, last_moment
from .corrections import Correction, Corrections
from .waveform import Waveform
from .words import Sentence, Usage, Word

ENDED = ("finished", "stopped", "failed")
"""The states that a run does not leave again."""

_Key = tuple[str, int | None]


class Transcript:
    """What a recording says so far. Apply records in order, one at a time; read the attributes at any time.

    Readers on other threads need no lock: a sentence is in `settled` before it leaves `open`, so none is in neither.

    Attributes:
        run: the recording's first record, or None before it.
        state: connecting, streaming, finishing, reconnecting, then finished, stopped or failed.
        settled: final sentences as heard, in the order in which they became final; only ever appended to.
        touched: ids of the sentences that an edit has changed, one for each time; only ever appended to.
        gaps: parts of the clip that were never heard.
        resumes: where the run went on after a connection was lost in mid-clip.
        usage: what was sent, heard and billed.
        waveform: the clip's peaks, as far as it was sent.
        sent: position on the clip's time line up to which audio was sent, in seconds.
        engine: what the embedded service says it recognises with, or None.
        end: how the run ended, or None. Edits may come after it.
        warning: what a person must know of the recording itself, such as that the disk is full; set by who writes it.
    """

    def __init__(self) -> None:
        self.run: RunStarted | None = None
        self.state = "connecting"
        self.settled: list[Sentence] = []
        self.touched: list[int] = []
        self.gaps: list[Gap] = []
        self.resumes: list[Resumed] = []
        self.waveform = Waveform()
        self.sent = 0.0
        self.engine: str | None = None
        self.end: RunEnded | None = None
        self.warning = ""
        self._open: dict[_Key, _Partial] = {}
        self._closed: dict[_Key, Sentence] = {}
        self._clocks: dict[str, TaskClock] = {}
        self._settled_until = 0.0
        self._billed: dict[str, float] = {}  # by task
        self._seconds_sent = 0.0
        self._seconds_silent = 0.0
        self._ids = 0
        self._corrections = Corrections()

    @property
    def open(self) -> list[Sentence]:
        """Sentences that are still being heard, as heard; as a rule none or one."""
        return [partial.sentence for partial in list(self._open.values())]

    @property
    def heard(self) -> list[Sentence]:
        """Settled and open sentences as they were heard, by their start."""
        opened = self.open  # first: what settles from now on is found in both, and counts as settled
        settled = {sentence.id: sentence for sentence in self.settled}
        still_open = [sentence for sentence in opened if sentence.id not in settled]
        return sorted([*settled.values(), *still_open], key=lambda sentence: sentence.start)

    @property
    def sentences(self) -> list[Sentence]:
        """Settled and open sentences as they were corrected, by their start; without those that have no words left."""
        corrected = [sentence for heard in self.heard if (sentence := self.corrected(heard)).words]
        return sorted(corrected, key=lambda sentence: sentence.start)

    def corrected(self, sentence: Sentence) -> Sentence:
        """A sentence as it was corrected, which is itself where nobody corrected it. It may have no words left."""
        return self._corrections.corrected(sentence)

    def knows(self, sentence_id: int) -> bool:
        """Whether there is, or was, a sentence of this id."""
        return 0 < sentence_id <= self._ids

    @property
    def can_undo(self) -> bool:
        """Whether there is a correction to take back."""
        return self._corrections.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a correction that was taken back, and none was made since."""
        return self._corrections.can_redo

    @property
    def text(self) -> str:
        """All text so far, corrected, in one line."""
        return join([sentence.text for sentence in self.sentences])

    @property
    def settled_until(self) -> float:
        """Position up to which nothing will change any more, in seconds."""
        return self._settled_until

    @property
    def usage(self) -> Usage:
        """What was sent, heard and billed so far, in seconds."""
        start = self.run.start if self.run else 0.0
        missing = sum(gap.end - gap.start for gap in self.gaps if gap.start < self.sent)
        heard = max(0.0, self.sent - start - missing)
        seconds = self._seconds_sent, self._seconds_silent, heard, sum(self._billed.values())
        return Usage(*(round(each, 3) for each in seconds))

    def apply(self, record: Record) -> None:
        """Take one record in. Kinds that say nothing about the transcript pass by."""
        match record:
            case Received():
                self._receive(record)
            case Audio():
                self.sent = max(self.sent, record.position + record.seconds)
                self._seconds_sent += record.seconds
                self._clock(record.task).hear(record.seconds)
            case Silence():
                self._seconds_sent += record.seconds
                self._seconds_silent += record.seconds
                self._clock(record.task).pause(record.seconds)
            case Peaks():
                self.waveform.write(record.position, record.data)
            case RunStarted():
                self.run, self.sent, self.engine = record, record.start, record.service.engine
                self._settled_until = record.start
            case Connected():
                self.engine = sanitise(record.engine or "") or self.engine
            case Sent():
                if command_name(bytes(record.body)) == "finish-task":
                    self.state = "finishing"
            case Disconnected():
                self.state = "reconnecting"
            case Resumed():
                self._resume(record)
            case Gap():
                self.gaps.append(record)
            case Corrected():
                self._edit(record)
            case RunEnded():
                self.end, self.state = record, record.state

    def _resume(self, record: Resumed) -> None:
        """What was being heard will be heard again; what was settled will not be settled twice."""
        withdrawn = [partial.id for partial in self._open.values()]
        self._open.clear()
        newest = range(self._ids - len(withdrawn) + 1, self._ids + 1)
        if set(withdrawn) == set(newest) and not self._corrections.concern(withdrawn):
            self._ids -= len(withdrawn)  # nobody has named them: what is heard again may have their ids
        else:
            self._corrections.withdraw(withdrawn)
        start = self.run.start if self.run else 0.0
        self._clocks[record.task] = TaskClock(record.position - start, self._settled_until - start)
        self.gaps = [gap for gap in self.gaps if gap.start < record.position]  # what lies behind will be heard
        self.end, self.state = None, "reconnecting"
        if record.position > start:
            self.resumes.append(record)

    def _clock(self, task: str) -> TaskClock:
        clock = self._clocks.get(task)
        if clock is None:
            clock = self._clocks[task] = TaskClock()
        return clock

    def _edit(self, record: Corrected) -> None:
        try:
            change = Correction.of(record.change)
        except ParameterError:
            return  # a later version's
        done = self._corrections.apply(change)
        if done is None:
            return
        if self._corrections.is_adrift(done):
            self.touched += [sentence.id for sentence in self.heard if done.lies_in(sentence)]
        else:
            self.touched.append(done.sentence)

    def _receive(self, record: Received) -> None:
        event = record.event
        if event.task_id and event.task_id != record.task:
            return  # another task's, astray
        if isinstance(event, TaskStartedEvent):
            self.state = "streaming"
        elif isinstance(event, ResultGeneratedEvent) and not event.sentence.heartbeat:
            self._hear(record.task, event.sentence)
        usage = getattr(event, "usage", None)
        if usage is not None and is_moment(usage.duration):
            self._billed[record.task] = usage.duration

    def _hear(self, task: str, heard: SentenceResult) -> None:
        """A partial replaces what was heard of its sentence; a final settles it; what comes twice is dropped."""
        key = (task, heard.sentence_id)
        offset = self.run.start if self.run else 0.0
        result = self._clock(task).place(heard)
        closed = self._closed.get(key)
        if result is not None and closed is not None and self._is_old(result, offset, closed):
            return
        before = self._open.get(key)
        if result is None or (not result.text and not result.words):
            if before is not None:
                del self._open[key]
                self._corrections.withdraw([before.id])
            return  # a sentence that has just begun, one that came to nothing, or one that was settled before
        if before is None:
            self._ids += 1
        partial = _Partial(before.id if before else self._ids, result, offset)
        if result.is_final:
            self.settled.append(partial.sentence)
            settled = min(self.sent, offset + last_moment(result) / 1000)  # a service's clock may run ahead
            self._settled_until = max(self._settled_until, settled)
            self._closed[key] = partial.sentence
            self._open.pop(key, None)  # last: a reader finds it in one of them
        else:
            self._open[key] = partial

    @staticmethod
    def _is_old(result: SentenceResult, offset: float, closed: Sentence) -> bool:
        """Whether a result is of the settled sentence of its id; some services give every sentence the same id, or
        none: then only what is quite the same is known to come twice."""
        start = _seconds(result.begin_time, offset)
        if result.sentence_id is None:
            return (start, result.text) == (closed.start, closed.text)
        return start <= (closed.start + closed.end) / 2


class _Partial:
    """A result on the clip's time line. Most are replaced before anybody looks, so the sentence is made late."""

    def __init__(self, number: int, result: SentenceResult, offset: float) -> None:
        self.id = number
        self._result = result
        self._offset = offset

    @cached_property
    def sentence(self) -> Sentence:
        result = self._result
        start = _seconds(result.begin_time, self._offset)
        speaker = _speaker(result.speaker_id)
        words = tuple(self._word(word, start, speaker) for word in result.words or ())
        end = max((word.end for word in words), default=start)
        end = max(end, _seconds(result.end_time, self._offset, end))
        if not words:  # a service that times sentences only: the sentence stands as one word
            words = (Word(sanitise(result.text or ""), start, end, speaker=speaker),)
        text = sanitise(result.text or "") or join([word.text + word.punctuation for word in words])
        return Sentence(self.id, text, start, end, result.is_final, words)

    def _word(self, word: WordResult, start: float, speaker: str | None) -> Word:
        begin = _seconds(word.begin_time, self._offset, start)
        end = _seconds(word.end_time, self._offset, begin)
        own = _speaker(word.speaker_id) or speaker
        return Word(sanitise(word.text or ""), begin, end, sanitise(word.punctuation or ""), word.confidence, own)


def _speaker(value: Any) -> str | None:
    return (sanitise(str(value)) or None) if isinstance(value, (int, str)) else None


def _seconds(time: float | None, offset: float, otherwise: float | None = None) -> float:
    """A task's milliseconds as seconds of the clip; where the time is missing, or means nothing, `otherwise`."""
    if not is_moment(time):
        return offset if otherwise is None else otherwise
    return offset + time / 1000
