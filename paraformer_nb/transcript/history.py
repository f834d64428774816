"""How each word came to be: shown, revised, withdrawn, final; with the time of each and the audio sent by then.

A fold of a journal's records beside the `Transcript`, which it drives.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from ..journal.records import Audio, Received, Record, Resumed, RunStarted, run_and_rest
from .clock import position_after
from .transcript import Transcript
from .word_alignment import align
from .words import Sentence, Word

_Result = Received | Resumed  # a resume withdraws what was not final
Change = Literal["shown", "text", "time", "mark", "withdrawn", "settled"]


class WordHistory(Struct, eq=False, gc=False):
    """One word that was shown.

    Attributes:
        word: as it was last.
        first_text: as it was first.
        task: the one that recognised it.
        shown, final_since: when it was first shown, and when it became final (None before that); seconds since the run
            began.
        changes: how often its text changed.
    """

    word: Word
    first_text: str
    task: str
    shown: float
    final_since: float | None = None
    changes: int = 0


class Revision(Struct, frozen=True, gc=False):
    """One thing that the recogniser did to one word. `position`: seconds of the clip that had been sent by then.

    `text` and `before` are the word after and before it; for a mark, the marks; None where there is none.
    """

    t: float
    position: float
    sentence_id: int
    history: WordHistory
    change: Change
    text: str | None
    before: str | None
    start: float
    end: float
    task: str


class SentAudio:
    """When a task sent which part of the clip, in at least one block.

    Attributes:
        task: its id.
        repeated_until: the position up to which the clip had been sent before the task.
        begin: the position at which the task's audio begins.
        ends: the position at which each block ends.
        times: when each block was sent.
    """

    def __init__(self, task: str, repeated_until: float, begin: float) -> None:
        self.task = task
        self.repeated_until = repeated_until
        self.begin = begin
        self.ends = array("d")
        self.times = array("d")

    def add(self, record: Audio) -> float:
        """Count a block. Returns the position at which it ends."""
        end = record.position + record.seconds
        self.ends.append(end)
        self.times.append(record.t)
        return end

    @property
    def seconds(self) -> tuple[float, float]:
        """How much of the clip was sent after the first block, and how long that took; both 0 for one block."""
        return self.ends[-1] - self.ends[0], self.times[-1] - self.times[0]


class History:
    """The revisions of a run, and the history of each word in it.

    Attributes:
        transcript: the fold of the same records.
        revisions: in order; only ever appended to.
        sent: by task.
    """

    def __init__(self, run: RunStarted) -> None:
        self.transcript = Transcript(run)
        self.revisions: list[Revision] = []
        self.sent: dict[str, SentAudio] = {}
        self._sending: SentAudio | None = None  # of the task that sent last
        self._position = run.start
        self._finals = 0
        self._words: dict[int, list[WordHistory]] = {}  # by sentence id
        self._partials: dict[int, tuple[Word, ...]] = {}  # by sentence id

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> History:
        """Fold a whole journal. Raises ParameterError if its first record is not a `RunStarted`."""
        run, rest = run_and_rest(records)
        history = cls(run)
        for record in rest:
            history.apply(record)
        return history

    def words_of(self, sentence: Sentence) -> list[WordHistory]:
        """The history of each word of a recognised sentence."""
        return self._words[sentence.id]

    def apply(self, record: Record) -> None:
        """Fold one record, with the transcript."""
        if isinstance(record, Audio):  # of which there are the most
            if self._sending is None or self._sending.task != record.task:  # to find it each time would take longer
                begun = SentAudio(record.task, self.transcript.sent_until, record.position)
                self._sending = self.sent.setdefault(record.task, begun)
            self._position = self._sending.add(record)
        else:
            self._position = position_after(record, self._position)
        self.transcript.apply(record)
        if isinstance(record, (Received, Resumed)):
            self._update(record)

    def _update(self, record: _Result) -> None:
        """Compare the sentences with those before the record."""
        transcript = self.transcript
        before = self._partials
        if len(transcript.finals) > self._finals:
            for sentence in transcript.finals[self._finals :]:
                self._revise(record, sentence.id, sentence.words)
                self._finalise(record, sentence.id)
                before.pop(sentence.id, None)
            self._finals = len(transcript.finals)
        now = transcript.partial_words
        for sentence_id, words in now.items():
            if before.get(sentence_id) is not words:
                self._revise(record, sentence_id, words)
        for sentence_id in before:
            if sentence_id not in now:
                self._withdraw(record, sentence_id)
        self._partials = now

    def _revise(self, record: _Result, sentence_id: int, words: tuple[Word, ...]) -> None:
        """Note what differs from the sentence's words as they were shown last."""
        old_words = self._partials.get(sentence_id, ())
        old = self._words[sentence_id] if old_words else []
        head, middle, tail = align(old_words, words)
        now = old[:head]
        for before, after in middle:
            if after is None:
                assert before is not None
                self._note(record, sentence_id, old[before], "withdrawn", None, _text(old_words[before]))
                continue
            word = words[after]
            if before is None:
                text = _text(word)
                history = WordHistory(word, text, record.task, record.t)
                now.append(history)
                self._note(record, sentence_id, history, "shown", text, None)
            else:
                now.append(old[before])
                self._change(record, sentence_id, old[before], word)
        self._words[sentence_id] = now + old[len(old) - tail :]

    def _change(self, record: _Result, sentence_id: int, history: WordHistory, word: Word) -> None:
        old, history.word = history.word, word
        if _text(old) != _text(word):
            history.changes += 1
            self._note(record, sentence_id, history, "text", _text(word), _text(old))
        if old.punctuation != word.punctuation:
            self._note(record, sentence_id, history, "mark", word.punctuation, old.punctuation)
        if (old.start, old.end) != (word.start, word.end):
            self._note(record, sentence_id, history, "time", _text(word), _text(old))

    def _finalise(self, record: _Result, sentence_id: int) -> None:
        for history in self._words[sentence_id]:
            history.final_since = record.t
            text = _text(history.word)
            self._note(record, sentence_id, history, "settled", text, text)

    def _withdraw(self, record: _Result, sentence_id: int) -> None:
        for history in self._words.pop(sentence_id):
            self._note(record, sentence_id, history, "withdrawn", None, _text(history.word))

    def _note(
        self,
        record: _Result,
        sentence_id: int,
        history: WordHistory,
        change: Change,
        text: str | None,
        before: str | None,
    ) -> None:
        word = history.word
        self.revisions.append(
            Revision(
                record.t, self._position, sentence_id, history, change, text, before, word.start, word.end, record.task
            )
        )


def _text(word: Word) -> str:
    return word.text.strip()
