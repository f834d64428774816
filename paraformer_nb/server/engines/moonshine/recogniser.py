"""Recognise one task's audio with Moonshine: detect speech, transcribe it while it goes on, and align the words.

The model has no state, so a partial reads audio again. To keep that in proportion to the audio, partials come less
often as the speech that they read grows, and read a long utterance from its last good pause on. When the utterance ends
it is transcribed once more, as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..alignment.estimate import estimate
from ..base import ENGINE_RATE
from ..sentence_assembler import SentenceAssembler, SentenceFields
from .library import HOP, SpeechDetector, Transcriber
from .text import Token, has_words, tokens
from .utterance import OVERHANG, Utterance, Window, Word, best_cut, fit, milliseconds, window_after

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..alignment.aligner import Aligner

_HOP = HOP / ENGINE_RATE  # seconds, as all below
_ONSET = 3  # hops of speech that begin an utterance
_LEAD = 0.25  # of silence before the speech, transcribed with it
_TAIL = 0.25  # and after it
_PERIOD = 0.5  # of new audio between two partials, at least
_GROWTH = 0.6  # of the window's length between two partials, if that is more
_LONGEST_WINDOW = 3.0  # of a partial, where its words allow
_PERIOD_BEHIND = 1.5  # the same while more audio is waiting: one partial soon, and no more as a rule
_GROWTH_BEHIND = 5.0
_SHORT_PAUSE = 0.3  # of silence, after which all words before it are transcribed
_LONGEST_SILENCE = 1.0  # within an utterance
_LONG = 6.0  # of an utterance, which a short pause ends: to transcribe it again and again would be dear
_LONGEST = 12.0  # of an utterance, which is then cut
_KEPT = 0.6  # of audio while no one speaks
_RESTART = 8.0  # between two restarts of the detector
_REPORT = 0.2  # between two reports of the position
_LONGEST_COUGH = 1.5  # of speech, as below
_WORST_FIT = -3.0  # of words to their audio: short words that people say have -2.7 and more, coughs -3.4 and less
_FASTEST = 8.0  # words a second of speech; more are made up


def make_aligner() -> Aligner | None:
    """Load the aligner; None where PocketSphinx is not installed: times are estimated then."""
    try:
        from ..alignment.aligner import Aligner

        return Aligner()
    except ImportError:
        return None


class MoonshineRecogniser:
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
        self._sentences = SentenceAssembler(max_sentence_silence)
        self._pending = bytearray()  # less than a hop
        self._audio = np.zeros(0, np.int16)  # from `_audio_start` on
        self._audio_start = 0.0
        self._run = 0  # hops of speech in a row
        self._utterance: Utterance | None = None
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
        if silence >= self._silence or (utterance.is_complete and self._is_long(utterance)):
            yield from self._end_utterance()
        elif silence >= self._short_pause(utterance, is_behind=is_behind) and not utterance.is_complete:
            self._transcribe_whole(utterance)
            yield from self._sentences.update([word.fields(is_final=False) for word in utterance.words])
        elif self._is_due(utterance, silence, is_behind=is_behind):
            yield from self._update(utterance)
        if self._utterance is not None and self.position - utterance.whole.begin >= _LONGEST:
            yield from self._cut(utterance)

    def _short_pause(self, utterance: Utterance, *, is_behind: bool) -> float:
        """The silence after which an utterance is transcribed as a whole: soon, or when it is likely to have ended."""
        is_cheap = utterance.window == utterance.whole and not is_behind  # a partial would read as much
        is_soon = is_cheap or self._is_long(utterance)
        return min(_SHORT_PAUSE if is_soon else max(_SHORT_PAUSE, self._silence - OVERHANG), self._silence)

    def _is_long(self, utterance: Utterance) -> bool:
        return self.position - utterance.whole.begin >= _LONG

    def _is_due(self, utterance: Utterance, silence: float, *, is_behind: bool) -> bool:
        """Whether it is time for a partial. In a silence there is one at most: it has nothing new."""
        if silence > _HOP:
            return not is_behind and silence >= _SHORT_PAUSE and utterance.transcribed < self.position - silence + _TAIL
        period, growth = (_PERIOD_BEHIND, _GROWTH_BEHIND) if is_behind else (_PERIOD, _GROWTH)
        length = self.position - utterance.window.begin
        return self.position - utterance.transcribed >= max(period, growth * length / (1 + growth))

    def _wait(self) -> Iterator[SentenceFields]:
        """Continue the silence: no utterance has begun."""
        if not self._run:
            yield from self._sentences.wait(milliseconds(self.position))
        if self.position - self._last_restart >= _RESTART and not self._run:
            self._detector.restart()
            self._last_restart = self.position
        self._drop_audio(self.position - _KEPT)

    def _begin_utterance(self, speech: float) -> None:
        window = Window(max(self._free_from, speech - _LEAD, self._audio_start))
        self._utterance = Utterance(window, window, [(speech, self.position)], transcribed=speech)

    def _update(self, utterance: Utterance) -> Iterator[SentenceFields]:
        """Transcribe what is new, and yield the sentence with its words."""
        utterance.recent = self._transcribe(utterance, utterance.window, is_complete=False)
        utterance.transcribed = self.position
        words = [word.fields(is_final=False) for word in utterance.words]
        if words:
            words[-1]["punctuation"] = ""  # the model ends every text in a full stop
        yield from self._sentences.update(words)
        if self.position - utterance.window.begin > _LONGEST_WINDOW:
            utterance.shorten_window(self.position)

    def _transcribe_whole(self, utterance: Utterance) -> None:
        """Transcribe all of an utterance, as it is so far."""
        utterance.recent = self._transcribe(utterance, utterance.whole, is_complete=True)
        utterance.stable = []
        utterance.window = utterance.whole
        utterance.transcribed = self.position
        utterance.is_complete = True

    def _end_utterance(self) -> Iterator[SentenceFields]:
        utterance = self._utterance
        if utterance is None:
            return
        if not utterance.is_complete:
            self._transcribe_whole(utterance)
        yield from self._add(utterance.words)
        self._free_from = utterance.speech[-1][1]
        self._utterance = None
        self._run = 0
        self._detector.restart()
        self._last_restart = self.position

    def _cut(self, utterance: Utterance) -> Iterator[SentenceFields]:
        """Make the words up to the best pause final; what follows is an utterance of its own."""
        self._transcribe_whole(utterance)
        words = utterance.words
        number = best_cut(words, self.position)
        if number is None:
            yield from self._end_utterance()
            return
        yield from self._add(words[:number])
        window = window_after(words, number)
        speech = utterance.speech_from(window.begin)
        self._utterance = Utterance(window, window, speech, self.position, recent=words[number:])
        self._drop_audio(window.begin - _KEPT)

    def _add(self, words: list[Word]) -> Iterator[SentenceFields]:
        yield from self._sentences.add([word.fields(is_final=True) for word in words], milliseconds(self.position))

    # -------------------------------------------------------------------------------------------------- transcription

    def _transcribe(self, utterance: Utterance, window: Window, *, is_complete: bool) -> list[Word]:
        """Transcribe a part of an utterance and time its words; nothing where the model only made words up."""
        pcm = self._samples(window.begin, min(utterance.speech[-1][1] + _TAIL, self.position))
        found = tokens(self._transcriber.transcribe(pcm))
        spoken = utterance.spoken
        if not found or (spoken < _LONGEST_COUGH and not has_words(found)):
            return []
        if window.spelling.lower() == found[0].text.lower():
            found[0] = Token(window.spelling, found[0].punctuation)
        aligned = self._aligned(utterance, window, pcm, found, is_complete=is_complete)
        if aligned is not None:
            return [] if spoken < _LONGEST_COUGH and fit(aligned) < _WORST_FIT else aligned
        is_cough = self._aligner is not None and spoken < 1.0
        if is_complete and (is_cough or len(found) > _FASTEST * spoken):
            return []
        spans = estimate([token.text for token in found], utterance.speech_from(window.begin))
        return [Word(token, begin, end, None) for token, (begin, end) in zip(found, spans, strict=True)]

    def _aligned(
        self, utterance: Utterance, window: Window, pcm: NDArray[np.int16], found: list[Token], *, is_complete: bool
    ) -> list[Word] | None:
        """Align the words of a part of an utterance: for a partial, those that are new. None if they do not fit it."""
        if self._aligner is None:
            return None
        words = [] if is_complete else utterance.confirmed(found)
        start = window_after(utterance.recent, len(words)).begin if words else window.begin
        rest = found[len(words) :]
        new_pcm = pcm[round((start - window.begin) * ENGINE_RATE) :]
        alignments = self._aligner.align(new_pcm, [token.text for token in rest])
        if alignments is None:
            return None
        last = utterance.speech_from(start)[0][0]  # of the word before, for what is written and not spoken
        for token, alignment in zip(rest, alignments, strict=True):
            begin = start + alignment.begin if alignment else last
            last = start + alignment.end if alignment else last
            words.append(Word(token, begin, last, alignment and alignment.score))
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
