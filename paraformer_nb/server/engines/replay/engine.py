"""The replay engine: it recognises nothing, it answers as a saved run was answered.

An event is told again once the task has brought as much audio as the run had sent when the event came, so words come at
their places whatever the pace; with a `speed` not before its own time, either. Sentences are the run's, after its
losses and resumes; corrections are left out, because nobody heard them.
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
from ....journal.records import Received, RunStarted
from ....transcript.transcript import Transcript
from ....transcript.words import Sentence
from ..base import RATE, Emit, EngineError, Settings


class Replay:
    """The engine.

    Args:
        recording: what ``save=`` wrote.
        speed: as a multiple of the run's own; None: as fast as the audio comes.

    Raises ParameterError where the file is no recording, or the speed is none.
    """

    def __init__(self, recording: Path, speed: float | None = None) -> None:
        if speed is not None and (isinstance(speed, bool) or not isinstance(speed, (int, float)) or not speed > 0):
            raise ParameterError(f"speed={speed!r}: give a multiple of the run's own speed, above 0, or None.")
        self._recording, self._speed = Journal(recording), speed
        try:
            # All of it: a damaged line is told now, not in the midst of a task.
            is_run = any([isinstance(record, RunStarted) for record in self._recording])
        except OSError as error:
            raise ParameterError(f"the recording {str(recording)!r} cannot be read: {error.strerror}.") from error
        except JournalError as error:
            raise ParameterError(f"{str(recording)!r} cannot be replayed: {error}") from error
        if not is_run:
            raise ParameterError(f"{str(recording)!r} cannot be replayed: there is no run in it.")

    async def open(self) -> None:
        """Nothing to get ready."""

    def stream(self, settings: Settings, emit: Emit) -> ReplayStream:
        """One task, answered from the recording's beginning."""
        return ReplayStream(told_again(self._recording), self._speed, emit)

    async def close(self) -> None:
        """Nothing to let go of."""


class Told(NamedTuple):
    """Something that the run was told: `t` seconds after its task started, with `heard` seconds of audio sent."""

    t: float
    heard: float
    what: SentenceResult | EngineError


class ReplayStream:
    """One task."""

    def __init__(self, told: Iterator[Told], speed: float | None, emit: Emit) -> None:
        self._told, self._speed, self._emit = told, speed, emit
        self._next = next(told, None)
        self._bytes = 0
        self._began = 0.0

    async def start(self) -> None:
        """The run's clock begins."""
        self._began = asyncio.get_running_loop().time()

    async def accept(self, pcm: bytes) -> None:
        """Tell what was told up to here; with a speed, wait for its time."""
        self._bytes += len(pcm)
        await self._tell(self._bytes / 2 / RATE)

    async def finish(self) -> None:
        """Tell the rest."""
        await self._tell(float("inf"))

    async def close(self) -> None:
        """Let go of the file."""
        self._next, self._told = None, iter(())

    async def _tell(self, heard: float) -> None:
        while self._next is not None and self._next.heard <= heard:
            told, self._next = self._next, next(self._told, None)
            if self._speed is not None:
                due = self._began + told.t / self._speed
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if isinstance(told.what, EngineError):
                raise told.what
            await self._emit(told.what)


def told_again(recording: Journal) -> Iterator[Told]:
    """What a run was told, in order, read from disk as it is needed."""
    transcript, began, number, failure = None, None, 0, None
    for record in recording:
        if transcript is None:
            assert isinstance(record, RunStarted)  # the reader checks it
            transcript = Transcript(record)
        transcript.apply(record)
        if not isinstance(record, Received):
            continue
        start, event = transcript.run.start, record.event
        if isinstance(event, TaskStartedEvent) and began is None:
            began = record.t
        t, heard = record.t - (began or 0.0), transcript.sent_until - start
        if isinstance(event, TaskFailedEvent) and not is_no_speech(event.code, event.message):
            failure = Told(t, heard, EngineError(event.code, event.message))
        if not isinstance(event, ResultGeneratedEvent) or event.sentence.heartbeat:
            continue
        failure = None  # the run went on after it
        settled = transcript.finals[number:]
        number += len(settled)
        for sentence in settled or transcript.partials[-1:]:
            said = max((word.end - start for word in sentence.words), default=0.0)
            yield Told(t, max(heard, said), _result(sentence, start))  # what is sent is noted after it was heard
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
