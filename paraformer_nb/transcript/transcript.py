"""The fold of a journal's records: sentences, corrections, waveform, gaps, state.

A live run and a loaded journal go through the same `apply`, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, assert_never

from msgspec.structs import replace

from ..dashscope.messages import (
    Event,
    ResultGeneratedEvent,
    SentenceResult,
    TaskFinishedEvent,
    TaskStartedEvent,
    WordResult,
    command_name,
)
from ..errors import ParameterError
from ..journal.records import (
    Audio,
    ClipHashed,
    Connected,
    Corrected,
    DamagedRecord,
    Disconnected,
    Gap,
    Peaks,
    Received,
    Record,
    Reopened,
    Resumed,
    RunEnded,
    RunStarted,
    Sent,
    Silence,
    UnknownRecord,
)
from ..text import join, sanitise
from .clock import TaskClock, is_time, last_time
from .corrections import Correction, Corrections
from .waveform import Waveform
from .words import Sentence, Usage, Word

ENDED = ("finished", "stopped", "failed")
"""The states that a run does not leave again, unless it is resumed."""

_NOTICE_LENGTH = 300  # characters of a service's notice that are kept
_Key = tuple[str, int | None]


class Transcript:
    """What a journal says so far. Apply records in order, one at a time; read the attributes at any time.

    Readers on other threads need no lock: a sentence is in `finals` before it leaves `partials`, so it is always in
    one of them.

    Attributes:
        run: the journal's first record.
        state: connecting, streaming, finishing, reconnecting; then finished, stopped or failed.
        finals: final sentences as recognised, in the order in which they became final; only ever appended to.
        corrected_ids: the id of the sentence that each correction changed, in order; only ever appended to.
        gaps: parts of the clip that were never recognised.
        resumes: where a new task continued after a disconnect in mid-clip.
        usage: seconds of audio sent, recognised and billed.
        waveform: the clip's peaks, as far as it was sent.
        sent_until: position up to which audio was sent, in seconds.
        final_until: position up to which the transcript will not be revised, in seconds.
        engine: the recogniser that the embedded service named, or None.
        notice: what the embedded service wants shown beside the words, such as that nothing is recognised; or ``""``.
        end: how the run ended, or None. Corrections may follow it.
        clip_sha256: the digest of the clip's file, in hexadecimal, or None.

    Example:
        >>> transcript = Transcript.from_records(Journal("run.jsonl"))
        >>> transcript.text, transcript.state
        ('Good morning. 今天天气好。', 'finished')
    """

    def __init__(self, run: RunStarted) -> None:
        self.run = run
        self.state = "connecting"
        self.finals: list[Sentence] = []
        self.corrected_ids: list[int] = []
        self.gaps: list[Gap] = []
        self.resumes: list[Resumed] = []
        self.waveform = Waveform()
        self.sent_until = run.start
        self.final_until = run.start
        self.engine = run.service.engine
        self.notice = ""
        self.end: RunEnded | None = None
        self.clip_sha256: str | None = None
        self._partials: dict[_Key, _Partial] = {}
        self._last_final: dict[_Key, Sentence] = {}
        self._clocks: dict[str, TaskClock] = {}
        self._billed: dict[str, float] = {}  # by task
        self._seconds_sent = 0.0
        self._seconds_silent = 0.0
        self._last_id = 0
        self._corrections = Corrections()

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Transcript:
        """Fold a whole journal. Raises ParameterError if its first record is not a `RunStarted`."""
        each = iter(records)
        first = next(each, None)
        if not isinstance(first, RunStarted):
            raise ParameterError("these are not a journal's records: the first is not a RunStarted.")
        transcript = cls(first)
        for record in each:
            transcript.apply(record)
        return transcript

    # ------------------------------------------------------------------------------------------------------- reading

    @property
    def partials(self) -> list[Sentence]:
        """Sentences that may still change, as recognised; normally none or one."""
        return [partial.sentence for partial in list(self._partials.values())]

    @property
    def recognised(self) -> list[Sentence]:
        """Final and partial sentences as recognised, without corrections, sorted by start."""
        partials = self.partials  # first: a sentence that becomes final meanwhile is in both, and counts as final
        finals = {sentence.id: sentence for sentence in self.finals}
        still_partial = [sentence for sentence in partials if sentence.id not in finals]
        return sorted([*finals.values(), *still_partial], key=lambda sentence: sentence.start)

    @property
    def sentences(self) -> list[Sentence]:
        """Final and partial sentences as corrected, sorted by start; without those whose words were all deleted."""
        corrected = [sentence for each in self.recognised if (sentence := self.corrected(each)).words]
        return sorted(corrected, key=lambda sentence: sentence.start)

    def corrected(self, sentence: Sentence) -> Sentence:
        """Apply the corrections to a recognised sentence; without any, the sentence itself. It may have no words."""
        return self._corrections.corrected(sentence)

    def has_sentence(self, sentence_id: int) -> bool:
        """Whether there is, or was, a sentence of this id."""
        return 0 < sentence_id <= self._last_id

    @property
    def can_undo(self) -> bool:
        """Whether there is a correction to undo."""
        return self._corrections.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone correction to redo."""
        return self._corrections.can_redo

    @property
    def text(self) -> str:
        """All text so far, as corrected, on one line."""
        return join([sentence.text for sentence in self.sentences])

    @property
    def usage(self) -> Usage:
        """What was sent, recognised and billed so far, in seconds."""
        missing = sum(gap.end - gap.start for gap in self.gaps if gap.start < self.sent_until)
        recognised = max(0.0, self.sent_until - self.run.start - missing)
        seconds = self._seconds_sent, self._seconds_silent, recognised, sum(self._billed.values())
        return Usage(*(round(each, 3) for each in seconds))

    # ------------------------------------------------------------------------------------------------------- folding

    def apply(self, record: Record) -> Event | None:
        """Fold one record; kinds that say nothing about the transcript are ignored.

        Returns the event of a `Received` record on the run's time line (milliseconds from the run's start, sentence
        ids of the run), or None where it only repeats what is final.
        """
        match record:
            case Received():
                return self._receive(record)
            case Audio():
                self.sent_until = max(self.sent_until, record.position + record.seconds)
                self._seconds_sent += record.seconds
                self._clock(record.task).add_audio(record.seconds)
            case Silence():
                self._seconds_sent += record.seconds
                self._seconds_silent += record.seconds
                self._clock(record.task).add_silence(record.seconds)
            case Peaks():
                self.waveform.write(record.position, record.data)
            case Connected():
                self.engine = sanitise(record.engine or "") or self.engine
                self.notice = sanitise(record.notice)[:_NOTICE_LENGTH]
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
                self._correct(record)
            case RunEnded():
                self.end = record
                self.state = record.state if record.state in ENDED else "failed"
                self.clip_sha256 = record.sha256 or self.clip_sha256
            case Reopened():
                self.end, self.state = None, "connecting"
            case ClipHashed():
                self.clip_sha256 = record.sha256
            case RunStarted() | UnknownRecord() | DamagedRecord():
                pass
            case _:
                assert_never(record)
        return None

    def _resume(self, record: Resumed) -> None:
        """Withdraw the partials, which will be recognised again, and start the new task's clock."""
        withdrawn = [partial.id for partial in self._partials.values()]
        self._partials.clear()
        newest = range(self._last_id - len(withdrawn) + 1, self._last_id + 1)
        if set(withdrawn) == set(newest) and not self._corrections.concern(withdrawn):
            self._last_id -= len(withdrawn)  # no correction refers to these ids: they can be used again
        else:
            self._corrections.withdraw(withdrawn)
        start = self.run.start
        self.final_until = max(self.final_until, record.position)  # beyond it only where a gap had to be skipped
        self._clocks[record.task] = TaskClock(record.position - start, self.final_until - start)
        self.gaps = [gap for gap in self.gaps if gap.start < record.position]  # later ones will be recognised
        self.end, self.state = None, "reconnecting"
        if record.position > start:
            self.resumes.append(record)

    def _clock(self, task: str) -> TaskClock:
        clock = self._clocks.get(task)
        if clock is None:
            clock = self._clocks[task] = TaskClock()
        return clock

    def _correct(self, record: Corrected) -> None:
        try:
            correction = Correction.parse(record.correction)
        except ParameterError:
            return  # written by a later version
        applied = self._corrections.apply(correction)
        if applied is None:
            return
        if self._corrections.is_orphan(applied):
            self.corrected_ids += [sentence.id for sentence in self.recognised if applied.lies_in(sentence)]
        else:
            self.corrected_ids.append(applied.sentence)

    def _receive(self, record: Received) -> Event | None:
        event = record.event
        if event.task_id and event.task_id != record.task:
            return None  # of another task
        if isinstance(event, (ResultGeneratedEvent, TaskFinishedEvent)):
            if event.usage is not None and is_time(event.usage.duration):
                self._billed[record.task] = event.usage.duration
        elif isinstance(event, TaskStartedEvent):
            self.state = "streaming"
        if not isinstance(event, ResultGeneratedEvent) or event.sentence.heartbeat:
            return event
        result = self._add_result(record.task, event.sentence)
        if result is None or result is event.sentence:
            return None if result is None else event
        return replace(event, sentence=result)

    def _add_result(self, task: str, received: SentenceResult) -> SentenceResult | None:
        """Replace a partial by the sentence's newer result, or make it final; drop what is final already.

        Returns the result on the run's time line, or None where it was dropped.
        """
        key = (task, received.sentence_id)
        offset = self.run.start
        result = self._clock(task).to_run_time(received)
        last = self._last_final.get(key)
        if result is not None and last is not None and self._repeats(result, offset, last):
            return None
        partial = self._partials.get(key)
        sentence_id = partial.id if partial else self._last_id + 1
        if result is None or (not result.text and not result.words):  # repeats a final, has only begun, or is empty
            if partial is not None:
                del self._partials[key]
                self._corrections.withdraw([partial.id])
            return result and _with_id(result, sentence_id)
        self._last_id = max(self._last_id, sentence_id)
        current = _Partial(sentence_id, result, offset)
        if result.is_final:
            self.finals.append(current.sentence)
            final_until = min(self.sent_until, offset + last_time(result) / 1000)  # a service's clock may run ahead
            self.final_until = max(self.final_until, final_until)
            self._last_final[key] = current.sentence
            self._partials.pop(key, None)  # last: a reader always finds the sentence in one of the two
        else:
            self._partials[key] = current
        return _with_id(result, sentence_id)

    @staticmethod
    def _repeats(result: SentenceResult, offset: float, final: Sentence) -> bool:
        """Whether a result repeats the final sentence of its id.

        Some services give every sentence the same id, or none: without an id, only the same start and text count.
        """
        start = _seconds(result.begin_time, offset)
        if result.sentence_id is None:
            return (start, result.text) == (final.start, final.text)
        return start <= (final.start + final.end) / 2


class _Partial:
    """A result on the clip's time line. Most are replaced before they are read, so `sentence` is made on demand."""

    def __init__(self, sentence_id: int, result: SentenceResult, offset: float) -> None:
        self.id = sentence_id
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
        if not words:  # a service that times sentences only: the sentence is one word
            words = (Word(sanitise(result.text or ""), start, end, speaker=speaker),)
        text = sanitise(result.text or "") or join([word.text + word.punctuation for word in words])
        return Sentence(self.id, text, start, end, result.is_final, words)

    def _word(self, word: WordResult, start: float, speaker: str | None) -> Word:
        begin = _seconds(word.begin_time, self._offset, start)
        end = _seconds(word.end_time, self._offset, begin)
        own = _speaker(word.speaker_id) or speaker
        return Word(sanitise(word.text or ""), begin, end, sanitise(word.punctuation or ""), word.confidence, own)


def _with_id(result: SentenceResult, sentence_id: int) -> SentenceResult:
    """A result with the run's id of its sentence; one without an id stays so."""
    return result if result.sentence_id in (None, sentence_id) else replace(result, sentence_id=sentence_id)


def _speaker(value: Any) -> str | None:
    return (sanitise(str(value)) or None) if isinstance(value, (int, str)) else None


def _seconds(time: float | None, offset: float, default: float | None = None) -> float:
    """A task's milliseconds as seconds of the clip; `default` (or `offset`) where the time is missing or invalid."""
    if not is_time(time):
        return offset if default is None else default
    return offset + time / 1000
