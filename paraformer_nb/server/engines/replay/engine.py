"""The replay engine: it recognises nothing, it repeats the results of a saved run.

A result is emitted once the task has received as much audio as the run had sent when the result arrived, so that words
appear at the right positions at any pace; with a `speed`, not before the result's own time either. Sentences are
those of the run, after its disconnects and resumes. Corrections are left out, because the recogniser did not make them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ....dashscope.codes import is_no_speech
from ....dashscope.messages import ResultGeneratedEvent, SentenceResult, TaskFailedEvent, TaskStartedEvent, WordResult
from ....errors import JournalError, ParameterError
from ....journal.journal import Journal
from ....journal.records import DamagedRecord, Received, RunStarted
from ....transcript.transcript import Transcript
from ....transcript.words import Sentence
from ..base import ENGINE_RATE, Emit, EngineError, Settings


class Replay:
    """The engine.

    Args:
        journal: a saved run, as written by ``save=``.
        speed: a multiple of the run's own speed; None: as fast as the audio arrives.

    Raises ParameterError if the file is not the journal of a run, or the speed is invalid.
    """

    def __init__(self, journal: Path, speed: float | None = None) -> None:
        if speed is not None and (isinstance(speed, bool) or not isinstance(speed, (int, float)) or not speed > 0):
            raise ParameterError(f"speed={speed!r}: give a multiple of the run's own speed, above 0, or None.")
        self._journal = Journal(journal)
        self._speed = speed
        try:
            # Reads every line, so that a damaged one is reported now and not in the middle of a task.
            kinds = [(type(record), getattr(record, "line", 0)) for record in self._journal]
        except OSError as error:
            raise ParameterError(f"the journal {str(journal)!r} cannot be read: {error.strerror}.") from error
        except JournalError as error:
            raise ParameterError(f"{str(journal)!r} cannot be replayed: {error}") from error
        if not kinds:
            raise ParameterError(f"{str(journal)!r} cannot be replayed: it contains no run.")
        if damaged := [line for kind, line in kinds if kind is DamagedRecord]:
            raise ParameterError(f"{str(journal)!r} cannot be replayed: its line {damaged[0]} is damaged.")

    async def open(self) -> None:
        """Nothing to load."""

    def stream(self, settings: Settings, emit: Emit) -> ReplayStream:
        """Create a task's stream, which replays the journal from its start."""
        return ReplayStream(replayed_results(self._journal), self._speed, emit)

    async def close(self) -> None:
        """Nothing to release."""


class ReplayedResult(NamedTuple):
    """A result of the run, or the error that it ended with.

    Attributes:
        t: seconds between the start of its task and its arrival.
        sent: seconds of audio that the run had sent by then.
        outcome: the result or the error.
    """

    t: float
    sent: float
    outcome: SentenceResult | EngineError


class ReplayStream:
    """One task: emits the run's results as the audio arrives."""

    def __init__(self, results: Iterator[ReplayedResult], speed: float | None, emit: Emit) -> None:
        self._results = results
        self._speed = speed
        self._emit = emit
        self._next = next(results, None)
        self._received = 0  # bytes
        self._started = 0.0

    async def start(self) -> None:
        """Start the run's clock."""
        self._started = asyncio.get_running_loop().time()

    async def accept(self, pcm: bytes) -> None:
        """Emit the results up to this position; with a speed, wait until they are due."""
        self._received += len(pcm)
        await self._emit_until(self._received / 2 / ENGINE_RATE)

    async def finish(self) -> None:
        """Emit all remaining results."""
        await self._emit_until(float("inf"))

    async def close(self) -> None:
        """Close the file."""
        self._next = None
        self._results = iter(())

    async def _emit_until(self, seconds: float) -> None:
        while self._next is not None and self._next.sent <= seconds:
            result = self._next
            self._next = next(self._results, None)
            if self._speed is not None:
                due = self._started + result.t / self._speed
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if isinstance(result.outcome, EngineError):
                raise result.outcome
            await self._emit(result.outcome)


def replayed_results(journal: Journal) -> Iterator[ReplayedResult]:
    """Yield the results of a run in order, reading the journal as needed."""
    records = iter(journal)
    run = next(records)
    assert isinstance(run, RunStarted)  # the reader checks it
    transcript = Transcript(run)
    task_started = None
    final_count = 0
    failure = None
    for record in records:
        transcript.apply(record)
        if not isinstance(record, Received):
            continue
        event = record.event
        if isinstance(event, TaskStartedEvent) and task_started is None:
            task_started = record.t
        t = record.t - (task_started or 0.0)
        sent = transcript.sent_until - run.start
        if isinstance(event, TaskFailedEvent) and not is_no_speech(event.code, event.message):
            failure = ReplayedResult(t, sent, EngineError(event.code, event.message))
        if not isinstance(event, ResultGeneratedEvent) or event.sentence.heartbeat:
            continue
        failure = None  # the run was resumed after it
        finals = transcript.finals[final_count:]
        final_count += len(finals)
        for sentence in finals or transcript.partials[-1:]:
            end = max((word.end - run.start for word in sentence.words), default=0.0)
            # The journal's record of sent audio may come after the results for it, so the words count as well.
            yield ReplayedResult(t, max(sent, end), _result(sentence, run.start))
    if failure is not None:
        yield failure


def _result(sentence: Sentence, start: float) -> SentenceResult:
    words = [
        WordResult(
            _ms(word.start - start),
            _ms(word.end - start),
            word.text,
            word.punctuation,
            sentence.is_final,
            word.speaker,
            word.confidence,
        )
        for word in sentence.words
    ]
    return SentenceResult(
        begin_time=_ms(sentence.start - start),
        end_time=_ms(sentence.end - start) if sentence.is_final else None,
        text=sentence.text,
        words=words,
        sentence_end=sentence.is_final,
        sentence_id=sentence.id,
        heartbeat=False,
    )


def _ms(seconds: float) -> int:
    return round(max(0.0, seconds) * 1000)
