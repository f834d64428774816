"""One result of a sentence on the clip's time line."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from ..dashscope.messages import SentenceResult, WordResult
from ..text import join, sanitise
from .clock import first_word_time, is_time
from .word_alignment import count_equal
from .words import Sentence, Word

_end_of = attrgetter("end")


class Result:
    """A result on the clip's time line. Most are replaced before they are read, so its words are made on demand.

    Args:
        offset: seconds at which the run's clock starts.
        final_until: position up to which earlier sentences are final.
        speaker: of the words of which the service names none.
        previous: the result that this one replaces: the words that are equal in both are made once.
    """

    def __init__(
        self,
        sentence_id: int,
        result: SentenceResult,
        offset: float,
        final_until: float,
        previous: Result | None = None,
        *,
        speaker: str | None = None,
    ) -> None:
        self.id = sentence_id
        self.result = result
        self._offset = offset
        self._final_until = final_until
        self._default_speaker = speaker
        self._start: float | None = None
        self._words: tuple[Word, ...] | None = None
        self._sentence: Sentence | None = None
        self._previous: Result | None = previous
        if previous is not None and previous._words is None:
            self._previous = previous._previous

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.result.text and not self.result.words

    @property
    def _first_time(self) -> float | None:
        """The position of the first word, where it is known."""
        first = first_word_time(self.result)
        return None if first is None else self._offset + first / 1000

    @property
    def _end(self) -> float | None:
        return _seconds(self.result.end_time, self._offset) if is_time(self.result.end_time) else None

    @property
    def start(self) -> float:
        """Where the sentence starts.

        Some services send no time, or 0 in every result: a sentence that starts before what is already final starts
        at its first word, or without times of words where the final sentences end.
        """
        if self._start is None:
            self._start = self._find_start()
        return self._start

    def _find_start(self) -> float:
        given = _seconds(self.result.begin_time, self._offset)
        if is_time(self.result.begin_time) and given >= self._final_until:
            return given
        if (first := self._first_time) is not None:
            return max(given, first)
        return given if self._end is not None and self._end <= self._final_until else max(given, self._final_until)

    def repeats(self, final: Sentence) -> bool:
        """Whether this only repeats the final sentence of the same id, or without an id, the one before.

        Some services give every sentence the same id and start, so the times of the words decide, without those the
        text.
        """
        has_same_text = self.result.text == final.text
        if self.result.sentence_id is None:
            return has_same_text and self.start <= max(final.start, self._final_until)
        if self._first_time is not None or self.start > self._final_until:
            return self.start <= (final.start + final.end) / 2
        if not self.result.is_final:
            return is_time(self.result.begin_time)  # a late partial of the final sentence
        return has_same_text or (self._end is not None and self._end <= final.end)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words as they are shown, at least one."""
        if self._words is None:
            self._words = self._make_words()
            self._previous = None
        return self._words

    @property
    def sentence(self) -> Sentence:
        """The sentence as it is shown."""
        if self._sentence is None:
            self._sentence = self._make_sentence()
        return self._sentence

    def _make_sentence(self) -> Sentence:
        result, words = self.result, self.words
        end = max(map(_end_of, words))
        end = max(end, _seconds(result.end_time, self._offset, end))
        text = sanitise(result.text or "") or join([word.text + word.punctuation for word in words])
        return Sentence(self.id, text, self.start, end, result.is_final, words)

    def _make_words(self) -> tuple[Word, ...]:
        result, start = self.result, self.start
        speaker = _speaker(result.speaker_id) or self._default_speaker
        if not result.words:  # a service that times sentences only: the sentence is one word
            end = max(start, _seconds(result.end_time, self._offset, start))
            return (Word(sanitise(result.text or ""), start, end, speaker=speaker),)
        known = self._known_words(start)
        return (*known, *[self._word(word, start, speaker) for word in result.words[len(known) :]])

    def _known_words(self, start: float) -> tuple[Word, ...]:
        """The words at the beginning that the previous result has as well."""
        previous = self._previous
        if previous is None or previous.result.speaker_id != self.result.speaker_id or previous.start != start:
            return ()
        return previous.words[: count_equal(previous.result.words or [], self.result.words or [])]

    def _word(self, word: WordResult, start: float, speaker: str | None) -> Word:
        begin = _seconds(word.begin_time, self._offset, start)
        end = _seconds(word.end_time, self._offset, begin)
        own = speaker if word.speaker_id is None else _speaker(word.speaker_id) or speaker
        return Word(sanitise(word.text or ""), begin, end, sanitise(word.punctuation or ""), word.confidence, own)


def with_id(result: SentenceResult, sentence_id: int) -> SentenceResult:
    """A result with the run's id of its sentence; one without an id stays so."""
    return result if result.sentence_id in (None, sentence_id) else replace(result, sentence_id=sentence_id)


def _speaker(value: Any) -> str | None:
    return (sanitise(str(value)) or None) if isinstance(value, (int, str)) else None


def _seconds(time: float | None, offset: float, default: float | None = None) -> float:
    """A task's milliseconds as seconds of the clip; `default` (or `offset`) where the time is missing or invalid."""
    if not is_time(time):
        return offset if default is None else default
    return offset + time / 1000
