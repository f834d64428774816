"""How far a clip has come, over all the tasks that it takes."""

from __future__ import annotations

from msgspec.structs import replace

from ..dashscope.messages import Event, ResultGeneratedEvent
from ..transcript.clock import TaskClock, last_moment

_BEFORE = 0.3  # seconds heard again before the end of the last settled sentence: a word's first sound must not be cut


class Progress:
    """Where a clip stands. Positions are seconds of the clip.

    Attributes:
        start: where the part begins that is heard.
        settled: up to here nothing will change any more.
        sent: up to here audio was sent, by any task.
        attempt: how many attempts in a row have settled nothing new, with the one that runs.
        attempts: how many there were in all, with the one that runs.
    """

    def __init__(self, start: float, settled: float | None = None, sent: float | None = None) -> None:
        self.start = start
        self.settled = start if settled is None else settled
        self.sent = self.settled if sent is None else sent
        self.attempt = 0
        self.attempts = 0
        self._last_id = 0
        self._base = 0

    @property
    def resume_at(self) -> float:
        """Where the next task should begin."""
        return max(self.start, min(self.settled - _BEFORE, self.sent))

    def attempt_anew(self) -> None:
        """Another attempt begins."""
        self.attempt += 1
        self.attempts += 1

    def skip_to(self, position: float) -> None:
        """What lies before is out of reach, and no task will be asked for it again."""
        self.settled = position

    def begin(self, position: float) -> TaskClock:
        """A new task begins there. Returns its clock."""
        self._base = self._last_id
        return TaskClock(position - self.start, min(self.settled, self.sent) - self.start)

    def take(self, event: Event, clock: TaskClock) -> Event | None:
        """An event of the running task, on the run's time line; None where it says only what was settled before."""
        if not isinstance(event, ResultGeneratedEvent) or event.sentence.heartbeat:
            return event
        sentence = clock.place(event.sentence)
        if sentence is None:
            return None
        if sentence.sentence_id is not None:
            self._last_id = max(self._last_id, self._base + sentence.sentence_id)
        if sentence.is_final and (sentence.text or sentence.words):
            settled = min(self.sent, self.start + last_moment(sentence) / 1000)  # a service's clock may run ahead
            if settled > self.settled:
                self.settled, self.attempt = settled, 0
        if self._base and sentence.sentence_id is not None:
            sentence = replace(sentence, sentence_id=self._base + sentence.sentence_id)
        return event if sentence is event.sentence else replace(event, sentence=sentence)
