"""Recognise one task's audio with Moonshine: detect speech, transcribe it while it goes on, and align the words.

The model has no state: an utterance is transcribed from its begin each time. How often depends on its length, so that
the work stays in proportion to the audio.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..alignment.estimate import estimate
from ..base import ENGINE_RATE
from ..sentence_assembler import SentenceAssembler, SentenceFields, WordFields
from .library import HOP, SpeechDetector, Transcriber
from .text import Token, has_words, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..alignment.aligner import Aligner

_HOP = HOP / ENGINE_RATE  # seconds, as all below
_ONSET = 3  # hops of speech that begin an utterance
_LEAD = 0.25  # of silence before the speech, transcribed with it
_TAIL = 0.25  # and after it
_PERIOD = 0.5  # of new audio between two partials, at least
_GROWTH = 0.35  # of the utterance's length between two partials, if that is more
_PERIOD_BEHIND = 1.5  # the same while more audio is waiting: few partials, and the first one soon
_GROWTH_BEHIND = 2.0
_SHORT_PAUSE = 0.3  # of silence after which an utterance is transcribed for what may be the last time
_LONGEST_SILENCE = 1.0  # within an utterance
_OVERHANG = 0.3  # by which the detector reports the end of speech late, at most
_LONGEST = 12.0  # of an utterance, which is then cut
_LATEST_CUT = 1.5  # before the end of an utterance: later words are not reliable yet
_EARLIEST_CUT = 2.0  # after its first word
_KEPT = 0.6  # of audio while no one speaks
_RESTART = 8.0  # between two restarts of the detector
_REPORT = 0.2  # between two reports of the position
_LONGEST_COUGH = 1.5  # of speech, as below
_WORST_FIT = -3.0  # of words to their audio: short words that people say have -2.7 and more, coughs -3.4 and less
_FASTEST = 8.0  # words a second of speech; more are made up


class _Word(NamedTuple):
    """A word of an utterance; times are seconds of the task. `score`: the alignment's, None where it was estimated."""

    token: Token
    begin: float
    end: float
    score: float | None


@dataclass
class _Utterance:
    """Speech that is transcribed as a whole. Times are seconds of the task.

    Attributes:
        begin: of its audio.
        speech: begin and end of each span of speech.
        words: of the newest transcription.
        transcribed: up to which time it was transcribed.
        is_complete: whether `words` covers all speech so far.
        first_word: as spelled when this was the rest of a longer utterance, or ``""``.
    """

    begin: float
    speech: list[tuple[float, float]]
    words: list[_Word] = field(default_factory=list)
    transcribed: float = 0.0
    is_complete: bool = False
    first_word: str = ""

    @property
    def end_of_speech(self) -> float:
        """Where the speech ends so far: by the words where they are known, since the detector is late."""
        detected = self.speech[-1][1]
        if self.is_complete and self.words and self.words[-1].score is not None:
            return min(detected, max(self.words[-1].end, detected - _OVERHANG))
        return detected

    def extend(self, begin: float, end: float) -> None:
        """Add a hop of speech."""
        if begin - self.speech[-1][1] < _HOP / 2:
            self.speech[-1] = (self.speech[-1][0], end)
        else:
            self.speech.append((begin, end))
        self.is_complete = False


def make_aligner() -> Aligner | None:
    """Load the aligner; None where PocketSphinx is not installed: times are estimated then."""
    try:
        from ..alignment.aligner import Aligner

        return Aligner()
    except ImportError:
        return None


class UtteranceRecogniser:
    """Recognises one task's audio block by block. Times in results are ms from the start of the task's audio.

    Attributes:
        position: seconds of audio that have been recognised.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        detector: SpeechDetector,
        aligner: Aligner | None,
        max_sentence_silence: int = 800,
    ) -> None:
        self._transcriber = transcriber
        self._detector = detector
        self._aligner = aligner
        self._silence = min(max_sentence_silence / 1000, _LONGEST_SILENCE)  # that ends an utterance
        self._short_pause = min(_SHORT_PAUSE, self._silence)
        self._sentences = SentenceAssembler(max_sentence_silence)
        self._pending = bytearray()  # less than a hop
        self._audio = np.zeros(0, np.int16)  # from `_audio_start` on
        self._audio_start = 0.0
        self._run = 0  # hops of speech in a row
        self._utterance: _Utterance | None = None
        self._free_from = 0.0  # where the next utterance may begin
        self._last_report = 0.0
        self._last_restart = 0.0
        self.position = 0.0

    def feed(self, pcm: bytes, *, is_behind: bool) -> Iterator[SentenceFields | None]:
        """Recognise a block; yield results, or None to report only the position.

        `is_behind`: more audio is waiting, so there are few partials.
        """
        self._pending += pcm
        whole = len(self._pending) // (2 * HOP) * (2 * HOP)
        block = np.frombuffer(bytes(self._pending[:whole]), "<i2")
        del self._pending[:whole]
        self._audio = np.concatenate([self._audio, block])
        for hop in block.reshape(-1, HOP):
            self.position += _HOP
            yield from self._process(self._detector.is_speech(hop), is_behind=is_behind)
            if self.position - self._last_report >= _REPORT:
                self._last_report = self.position
                yield None

    def finish(self) -> Iterator[SentenceFields]:
        """End the audio; yield the last results."""
        if self._pending:
            rest = bytes(2 * HOP - len(self._pending))
            yield from (result for result in self.feed(rest, is_behind=True) if result)
        yield from self._end_utterance()
        yield from self._sentences.finish()

    # ----------------------------------------------------------------------------------------------------- utterances

    def _process(self, is_speech: bool, *, is_behind: bool) -> Iterator[SentenceFields]:
        """Continue with the decision about the hop that ends at the position."""
        self._run = self._run + 1 if is_speech else 0
        utterance = self._utterance
        if utterance is None:
            if self._run >= _ONSET:
                self._begin_utterance(self.position - self._run * _HOP)
            else:
                yield from self._wait()
            return
        if is_speech:
            utterance.extend(self.position - _HOP, self.position)
        silence = self.position - utterance.end_of_speech
        if silence >= self._silence:
            yield from self._end_utterance()
        elif self._is_due(utterance, silence, is_behind=is_behind):
            yield from self._update(utterance, is_complete=silence >= self._short_pause)
        if self._utterance is not None and self.position - utterance.begin >= _LONGEST:
            yield from self._cut(utterance)

    def _is_due(self, utterance: _Utterance, silence: float, *, is_behind: bool) -> bool:
        """Whether the utterance is to be transcribed now."""
        if silence >= self._short_pause:
            return not utterance.is_complete
        if silence > _HOP:
            return False  # nothing new, and it is transcribed in a moment if the silence lasts
        period, growth = (_PERIOD_BEHIND, _GROWTH_BEHIND) if is_behind else (_PERIOD, _GROWTH)
        length = self.position - utterance.begin
        return self.position - utterance.transcribed >= max(period, growth * length / (1 + growth))

    def _wait(self) -> Iterator[SentenceFields]:
        """Continue the silence: no utterance has begun."""
        if not self._run:
            yield from self._sentences.wait(_ms(self.position))
        if self.position - self._last_restart >= _RESTART and not self._run:
            self._detector.restart()
            self._last_restart = self.position
        self._drop_audio(self.position - _KEPT)

    def _begin_utterance(self, speech: float) -> None:
        begin = max(self._free_from, speech - _LEAD, self._audio_start)
        self._utterance = _Utterance(begin, [(speech, self.position)], transcribed=speech)

    def _update(self, utterance: _Utterance, *, is_complete: bool) -> Iterator[SentenceFields]:
        """Transcribe the utterance so far, and yield the sentence with its words."""
        utterance.words = self._transcribe(utterance, is_complete=is_complete)
        utterance.transcribed = self.position
        utterance.is_complete = is_complete
        words = [_fields(word, is_final=False) for word in utterance.words]
        if words and not is_complete:
            words[-1]["punctuation"] = ""  # the model ends every text in a full stop
        yield from self._sentences.update(words)

    def _end_utterance(self) -> Iterator[SentenceFields]:
        utterance = self._utterance
        if utterance is None:
            return
        if not utterance.is_complete:
            utterance.words = self._transcribe(utterance, is_complete=True)
        yield from self._add(utterance.words)
        self._free_from = utterance.speech[-1][1]
        self._utterance = None
        self._run = 0
        self._detector.restart()
        self._last_restart = self.position

    def _cut(self, utterance: _Utterance) -> Iterator[SentenceFields]:
        """Make the words up to the best pause final; what follows is an utterance of its own."""
        words = self._transcribe(utterance, is_complete=True)
        number = _best_cut(words, self.position - _LATEST_CUT)
        if number is None:
            yield from self._end_utterance()
            return
        kept, rest = words[:number], words[number:]
        yield from self._add(kept)
        begin = (kept[-1].end + rest[0].begin) / 2
        speech = [(max(first, begin), last) for first, last in utterance.speech if last > begin]
        spelling = "" if kept[-1].token.ends_sentence else rest[0].token.text
        self._utterance = _Utterance(begin, speech, rest, self.position, first_word=spelling)
        self._drop_audio(begin - _KEPT)

    def _add(self, words: list[_Word]) -> Iterator[SentenceFields]:
        yield from self._sentences.add([_fields(word, is_final=True) for word in words], _ms(self.position))

    # -------------------------------------------------------------------------------------------------- transcription

    def _transcribe(self, utterance: _Utterance, *, is_complete: bool) -> list[_Word]:
        """Transcribe an utterance and time its words; nothing where the model only made words up."""
        pcm = self._samples(utterance.begin, min(utterance.speech[-1][1] + _TAIL, self.position))
        found = tokens(self._transcriber.transcribe(pcm))
        spoken = sum(end - begin for begin, end in utterance.speech)
        if not found or (spoken < _LONGEST_COUGH and not has_words(found)):
            return []
        if utterance.first_word.lower() == found[0].text.lower():
            found[0] = Token(utterance.first_word, found[0].punctuation)
        aligned = self._aligned(utterance, pcm, found)
        if aligned is not None:
            return [] if spoken < _LONGEST_COUGH and _fit(aligned) < _WORST_FIT else aligned
        is_cough = self._aligner is not None and spoken < 1.0
        if is_complete and (is_cough or len(found) > _FASTEST * spoken):
            return []
        spans = estimate([token.text for token in found], utterance.speech)
        return [_Word(token, begin, end, None) for token, (begin, end) in zip(found, spans, strict=True)]

    def _aligned(self, utterance: _Utterance, pcm: NDArray[np.int16], found: list[Token]) -> list[_Word] | None:
        alignments = self._aligner.align(pcm, [token.text for token in found]) if self._aligner else None
        if alignments is None:
            return None
        words = []
        last = utterance.speech[0][0]  # of the word before, for what is written and not spoken
        for token, alignment in zip(found, alignments, strict=True):
            begin = utterance.begin + alignment.begin if alignment else last
            last = utterance.begin + alignment.end if alignment else last
            words.append(_Word(token, begin, last, alignment and alignment.score))
        return words

    def _samples(self, begin: float, end: float) -> NDArray[np.int16]:
        first = round((begin - self._audio_start) * ENGINE_RATE)
        return self._audio[max(0, first) : round((end - self._audio_start) * ENGINE_RATE)]

    def _drop_audio(self, until: float) -> None:
        """Drop audio that is not needed any more, a second at a time."""
        samples = round((until - self._audio_start) * ENGINE_RATE)
        if samples >= ENGINE_RATE:
            self._audio = self._audio[samples:].copy()
            self._audio_start += samples / ENGINE_RATE


def _fit(words: list[_Word]) -> float:
    """The mean score of aligned words, by their durations."""
    scored = [(word.end - word.begin, word.score) for word in words if word.score is not None]
    total = sum(duration for duration, _ in scored)
    return sum(duration * score for duration, score in scored) / total if total else -math.inf


def _best_cut(words: list[_Word], latest: float) -> int | None:
    """The number of words before the best pause: long, after a mark, late. None if no word ends before `latest`."""

    def value(number: int) -> float:
        before = words[number - 1]
        mark = 0.3 if before.token.ends_sentence else 0.15 if before.token.punctuation else 0.0
        return words[number].begin - before.end + mark + (before.end - words[0].begin) / 50

    last = [number for number in range(1, len(words)) if words[number - 1].end <= latest]
    after_begin = [number for number in last if words[number - 1].end - words[0].begin >= _EARLIEST_CUT]
    return max(after_begin or last, key=value, default=None)


def _fields(word: _Word, *, is_final: bool) -> WordFields:
    fields = {
        "begin_time": _ms(word.begin),
        "end_time": _ms(word.end),
        "text": word.token.text,
        "punctuation": word.token.punctuation,
        "fixed": is_final,
    }
    if word.score is None:
        return fields | {"estimated": True}
    return fields | ({"confidence": _confidence(word.score)} if is_final else {})


def _confidence(score: float) -> float:
    """How well a word fits its audio, 0 to 1; not how sure the model is of it. Fitted to right and wrong words."""
    return round(1 / (1 + math.exp(-(score + 2) / 0.5)), 3)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
