"""The fold of a journal's records: sentences, corrections, waveform, gaps, state.

A live run and a loaded journal go through the same `apply`, so they cannot differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, assert_never

from msgspec.structs import replace

from ..dashscope.context import sent_context
from ..dashscope.messages import (
    Event,
    ResultGeneratedEvent,
    SentenceResult,
    TaskFinishedEvent,
    TaskStartedEvent,
    UnknownEvent,
    command_name,
    is_same_task,
)
from ..errors import ParameterError
from ..journal.records import (
    MAX_LABEL,
    Audio,
    ClipHashed,
    Connected,
    Corrected,
    DamagedRecord,
    Disconnected,
    Gap,
    Noticed,
    Peaks,
    Received,
    Record,
    Region,
    RegionsSet,
    Reopened,
    Resumed,
    RetryPlanned,
    RunEnded,
    RunStarted,
    Sent,
    Silence,
    UnknownRecord,
    run_and_rest,
)
from ..text import join, sanitise
from .applied_corrections import Corrections
from .clock import TaskClock, last_time
from .corrections import Correction
from .result import Result, with_id
from .usage import UsageCounter
from .waveform import Waveform
from .words import Sentence, Usage, Word

ENDED = ("finished", "stopped", "failed")
"""The states that a run does not leave again, unless it is resumed."""

UNREADABLE_RESULT = "the service sent a result that cannot be read: words may be missing"
"""The reason of a gap that such a result leaves."""

SILENT_CLIP = "The clip is silent or nearly so: check the microphone, the track, or whether its channels cancel out."
_NOTICE_LENGTH = 300  # characters of a notice that are kept
_MAX_NOTICES = 10  # of a clip
_Key = tuple[str, int | str | None]


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
        regions: the spans that a person marked, sorted by start; replaced as a whole.
        resumes: where a new task continued after a disconnect in mid-clip.
        usage: seconds of audio sent, sent again, recognised and billed; tokens.
        counter: the same by task.
        waveform: the clip's peaks, as far as it was sent.
        sent_until: position up to which audio was sent, in seconds.
        final_until: position up to which the transcript will not be revised, in seconds.
        is_connected: whether a connection to the service is open, as far as the journal says.
        retry: the attempt that is waited for, or None.
        engine: the recogniser that the embedded service named, or None.
        service_notice: what the embedded service wants shown beside the words, such as that nothing is recognised; or
            ``""``.
        end: how the run ended, or None. Corrections may follow it.
        clip_sha256: the digest of the clip's file, in hexadecimal, or None.
        context: the messages that replaced the run's own context last, or None.

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
        self.regions: tuple[Region, ...] = ()
        self.waveform = Waveform()
        self.sent_until = run.start
        self.final_until = run.start
        self.is_connected = False
        self.retry: RetryPlanned | None = None
        self.engine = run.service.engine
        self.service_notice = ""
        self._clip_notices: list[str] = []
        self.end: RunEnded | None = None
        self.clip_sha256: str | None = None
        self.context: Any = None
        self._partials: dict[_Key, Result] = {}
        self._last_final: dict[_Key, Sentence] = {}
        self._clocks: defaultdict[str, TaskClock] = defaultdict(TaskClock)
        self.counter = UsageCounter()
        self._last_id = 0
        self._unread_from: float | None = None  # where words may be missing since an unreadable result
        self._corrections = Corrections()
        self._speaker = sanitise(run.speaker or "") or None

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Transcript:
        """Fold a whole journal. Raises ParameterError if its first record is not a `RunStarted`."""
        run, rest = run_and_rest(records)
        transcript = cls(run)
        for record in rest:
            transcript.apply(record)
        return transcript

    @property
    def partials(self) -> list[Sentence]:
        """Sentences that may still change, as recognised; normally none or one."""
        return [partial.sentence for partial in list(self._partials.values())]

    @property
    def partial_words(self) -> dict[int, tuple[Word, ...]]:
        """The words of each partial sentence, by its id."""
        return {partial.id: partial.words for partial in list(self._partials.values())}

    @property
    def recognised(self) -> list[Sentence]:
        """Final and partial sentences as recognised, without corrections, sorted by start."""
        partials = self.partials  # first: a sentence that becomes final meanwhile is in both, and counts as final
        sentences = self.finals.copy()
        final_ids = {sentence.id for sentence in sentences} if partials else set()
        sentences += [sentence for sentence in partials if sentence.id not in final_ids]
        sentences.sort(key=attrgetter("start"))
        return sentences

    @property
    def sentences(self) -> list[Sentence]:
        """Final and partial sentences as corrected, sorted by start; without those whose words were all deleted."""
        return self.correct_all(self.recognised)

    def correct_all(self, recognised: list[Sentence]) -> list[Sentence]:
        """Apply the corrections to `recognised` as it was read; without any, the same list."""
        if not self.corrected_ids:
            return recognised
        corrected = [each for each in self._corrections.corrected_all(recognised) if each.words]
        return sorted(corrected, key=attrgetter("start"))

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
    def hint(self) -> str:
        """Why a run that has ended may have found no words, or ``""``."""
        has_words = self.finals or self._partials
        is_hinted = self.state in ("finished", "stopped") and self.waveform.is_near_silent and not has_words
        return SILENT_CLIP if is_hinted else ""

    @property
    def notices(self) -> list[str]:
        """The service's notice and how the clip is read, while the run goes on."""
        return [each for each in (self.service_notice, *self._clip_notices) if each]

    @property
    def notice(self) -> str:
        """What to show beside the words: the notices and the hint; or ``""``."""
        return join([*self.notices, *([self.hint] if self.hint else [])])

    @property
    def duration(self) -> float | None:
        """Seconds of the part of the clip that was recognised so far, gaps included; None while nothing was sent."""
        seconds = self.sent_until - self.run.start
        return seconds if seconds > 0 else None

    @property
    def text(self) -> str:
        """All text so far, as corrected, on one line."""
        return join([sentence.text for sentence in self.sentences])

    @property
    def usage(self) -> Usage:
        """What was sent, recognised and billed so far, in seconds, and tokens."""
        missing = sum(gap.end - gap.start for gap in self.gaps if gap.start < self.sent_until)
        return self.counter.usage(recognised=max(0.0, self.sent_until - self.run.start - missing))

    def apply(self, record: Record) -> Event | None:
        """Fold one record; kinds that say nothing about the transcript are ignored.

        Returns the event of a `Received` record on the run's time line (milliseconds from the run's start, sentence
        ids of the run), or None where it only repeats what is final.
        """
        match record:
            case Received():
                return self._receive(record)
            case Audio():
                position, until = record.position, self.sent_until
                end = position + record.seconds
                again = min(end, until) - position if position < until else 0.0
                self.counter.add_audio(record.task, record.seconds, again)
                self._clocks[record.task].add_audio(record.seconds)
                self.sent_until = end if end > until else until
                if record.peaks:
                    self.waveform.write(position, record.peaks)
            case Silence():
                self.counter.add_silence(record.task, record.seconds)
                self._clocks[record.task].add_silence(record.seconds)
            case Peaks():
                self.waveform.write(record.position, record.data)
            case Connected():
                self.is_connected = True
                self.retry = None
                self.engine = sanitise(record.engine or "") or self.engine
                self.service_notice = sanitise(record.notice)[:_NOTICE_LENGTH]
            case Sent():
                self._read_command(bytes(record.body))
            case Disconnected():
                self.state, self.is_connected = "reconnecting", False
            case RetryPlanned():
                self.state, self.is_connected = "reconnecting", False
                self.retry = record
            case Resumed():
                self._resume(record)
            case Gap():
                self._add_gap(record)
            case Noticed():
                self._add_notice(sanitise(record.notice)[:_NOTICE_LENGTH])
            case Corrected():
                self._correct(record)
            case RegionsSet():
                self.regions = tuple(replace(each, label=sanitise(each.label)[:MAX_LABEL]) for each in record.regions)
            case RunEnded():
                self._close_unread(record.t, self.sent_until)
                self.end = record
                self.state = record.state if record.state in ENDED else "failed"
                self.is_connected = False
                self.retry = None
                self.clip_sha256 = record.sha256 or self.clip_sha256
            case Reopened():
                self.end, self.state = None, "connecting"
                self.is_connected = False
            case ClipHashed():
                self.clip_sha256 = record.sha256
            case RunStarted() | UnknownRecord() | DamagedRecord():
                pass
            case _:
                assert_never(record)
        return None

    def _read_command(self, body: bytes) -> None:
        name = command_name(body)
        if name == "finish-task":
            self.state = "finishing"
        elif name == "continue-task":
            self.context = sent_context(body)

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
        self._unread_from = None  # it will be recognised again
        self._clocks[record.task] = TaskClock(record.position - start, self.final_until - start)
        self.gaps = [gap for gap in self.gaps if gap.start < record.position]  # later ones will be recognised
        self.end, self.state = None, "reconnecting"
        if record.position > start:
            self.resumes.append(record)

    def _add_notice(self, notice: str) -> None:
        """Add a notice once: a resumed run notices it again."""
        if notice not in self._clip_notices:
            self._clip_notices = [*self._clip_notices, notice][:_MAX_NOTICES]

    def _correct(self, record: Corrected) -> None:
        try:
            correction = Correction.parse(record.correction)
        except ParameterError:
            return  # written by a later version
        self.corrected_ids += self._corrections.apply_to(lambda: self.recognised, correction)

    def _add_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
        if self._unread_from is not None and gap.start <= self._unread_from < gap.end:
            self._unread_from = None

    def _close_unread(self, t: float, position: float) -> None:
        """Add the gap that an unreadable result left, now that `position` is the next one that was recognised."""
        start, self._unread_from = self._unread_from, None
        if start is not None and start < position:
            self.gaps.append(Gap(t, start, position, UNREADABLE_RESULT))

    def _receive(self, record: Received) -> Event | None:
        event = record.event
        if event.task_id and not is_same_task(event.task_id, record.task):
            return None
        match event:
            case ResultGeneratedEvent():
                self.counter.add_report(record.task, event.usage)
                return self._receive_result(record, event)
            case TaskStartedEvent() if self.state in ("connecting", "reconnecting"):  # else it is repeated
                self.state = "streaming"
                self._unread_from = None  # before the task started there was no result
            case TaskFinishedEvent():
                self.counter.add_report(record.task, event.usage)
                self._close_unread(record.t, self.sent_until)
            case UnknownEvent() if event.is_unreadable and self._unread_from is None and not self._partials:
                self._unread_from = self.final_until  # with a partial, its words are still there
        return event

    def _receive_result(self, record: Received, event: ResultGeneratedEvent) -> Event | None:
        received = event.sentence
        is_empty = not received.text and not received.words
        if received.heartbeat or (is_empty and event.unread):  # the next partial replaces what could not be read
            return event
        result = self._add_result(record, received)
        if result is None or result is received:
            return None if result is None else event
        return replace(event, sentence=result)

    def _add_result(self, record: Received, received: SentenceResult) -> SentenceResult | None:
        """Replace a partial by the sentence's newer result, or make it final; drop what is final already.

        Returns the result on the run's time line, or None where it was dropped.
        """
        key = (record.task, received.sentence_id)
        result = self._clocks[record.task].to_run_time(received)
        partial = self._partials.get(key)
        sentence_id = partial.id if partial else self._last_id + 1
        where = (self.run.start, self.final_until)
        current = None if result is None else Result(sentence_id, result, *where, partial, speaker=self._speaker)
        last = self._last_final.get(key)
        if current is not None and last is not None and current.repeats(last):
            return None
        if current is None or current.is_empty:  # repeats a final, has only begun, or is empty
            if partial is not None:
                del self._partials[key]
                self._corrections.withdraw([partial.id])
            return result and with_id(result, sentence_id)
        self._last_id = max(self._last_id, sentence_id)
        if current.result.is_final:
            self._finalise(record.t, key, current)
        else:
            self._partials[key] = current
        return with_id(current.result, sentence_id)

    def _finalise(self, t: float, key: _Key, current: Result) -> None:
        sentence = current.sentence
        self._close_unread(t, sentence.start)
        self.finals.append(sentence)
        final_until = self.run.start + last_time(current.result) / 1000
        self.final_until = max(self.final_until, min(self.sent_until, final_until))  # a service's clock may run ahead
        self._last_final[key] = sentence
        self._partials.pop(key, None)  # last: a reader always finds the sentence in one of the two
