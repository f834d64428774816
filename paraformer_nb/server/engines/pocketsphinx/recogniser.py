"""Recognise one task's audio with PocketSphinx: endpointing, decoding, and cutting of long utterances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..base import ENGINE_RATE
from ..sentence_assembler import MAX_UTTERANCE, SentenceAssembler, SentenceFields, WordFields

if TYPE_CHECKING:
    from pocketsphinx import Decoder

_PARTIAL_PERIOD = 0.2  # seconds of audio between partials
_WINDOW = 0.3  # seconds of silence that end an utterance
_MIN_WINDOW = 0.18  # seconds; the endpointer accepts no shorter window with its ratio of 0.9
_OVERHANG = 0.2  # seconds of silence after a word that the endpointer counts as speech (measured: 0.17 to 0.27)


def load_decoder() -> Decoder:
    """Load the model for one task: the decoder adapts to a voice (its cepstral means), so tasks do not share it.

    It keeps that adaptation from utterance to utterance; starting from stored means was measured to gain nothing.
    """
    from pocketsphinx import Decoder

    return Decoder(samprate=ENGINE_RATE, fwdflat=False, loglevel="FATAL")


class PocketSphinxRecogniser:
    """Recognises one task's audio block by block. Times are ms from the start of the task's audio.

    An utterance is the audio that is decoded in one pass. It ends at a short silence, and is cut when it gets too long,
    because the time of its last pass grows with its length. Sentences are independent of utterances: they depend on the
    silence between words.

    Attributes:
        position: seconds of audio that have been recognised.
    """

    def __init__(self, decoder: Decoder, max_sentence_silence: int = 800) -> None:
        from pocketsphinx import Endpointer, Vad

        window = min(_WINDOW, max(_MIN_WINDOW, max_sentence_silence / 1000 - _OVERHANG))
        self._decoder = decoder
        self._endpointer = Endpointer(window=window, ratio=0.9, sample_rate=ENGINE_RATE)
        # The endpointer contains one too, but reports its result a window later.
        self._vad = Vad(sample_rate=ENGINE_RATE)
        self._sentences = SentenceAssembler(max_sentence_silence)
        self._pending = bytearray()  # less than a frame
        self._utterance = bytearray()  # the audio of the current utterance, for cutting it
        self._start = 0.0  # of the current utterance, in seconds
        self._last_partial = 0.0  # seconds
        self.position = 0.0

    def feed(self, pcm: bytes, *, is_behind: bool) -> Iterator[SentenceFields | None]:
        """Recognise a block; yield results, or None to report only the position. Partials cost next to nothing here."""
        self._pending += pcm
        size = self._endpointer.frame_bytes
        whole = len(self._pending) - len(self._pending) % size
        for offset in range(0, whole, size):
            yield from self._process_frame(bytes(self._pending[offset : offset + size]))
        del self._pending[:whole]

    def finish(self) -> Iterator[SentenceFields]:
        """End the audio; yield the last results."""
        if self._endpointer.in_speech:
            # The endpointer holds about 0.3 s back, and returns them only for a frame that is not empty.
            tail = bytes(self._pending[: len(self._pending) // 2 * 2]) or b"\0\0"
            if speech := self._endpointer.end_stream(tail):
                self._decode(speech)
            yield from self._end_utterance()
        yield from self._sentences.finish()

    def _process_frame(self, frame: bytes) -> Iterator[SentenceFields | None]:
        was_in_speech = self._endpointer.in_speech
        speech = self._endpointer.process(frame)
        is_quiet = not self._vad.is_speech(frame)
        self.position += len(frame) / 2 / ENGINE_RATE
        if speech is not None:
            if not was_in_speech:
                self._begin_utterance(self._endpointer.speech_start)
            self._decode(speech)
            if not self._endpointer.in_speech:
                yield from self._end_utterance()
            elif len(self._utterance) / 2 / ENGINE_RATE * 1000 >= MAX_UTTERANCE:
                yield from self._cut_utterance()
        elif is_quiet:  # else the endpointer may be about to report speech that began before the silence was over
            yield from self._sentences.wait(self._now())
        if self.position - self._last_partial >= _PARTIAL_PERIOD:
            self._last_partial = self.position
            if self._endpointer.in_speech:
                yield from self._sentences.update(self._words(is_final=False))
            yield None

    def _now(self) -> int:
        return round(self.position * 1000)

    def _begin_utterance(self, start: float) -> None:
        self._start = start
        self._utterance.clear()
        self._decoder.start_utt()

    def _decode(self, speech: bytes) -> None:
        self._utterance += speech
        self._decoder.process_raw(speech)

    def _words(self, *, is_final: bool) -> list[WordFields]:
        words = []
        for segment in self._decoder.seg() or ():
            text = segment.word.split("(")[0]
            if text and text[0] not in "<[":
                word = {
                    "begin_time": round(self._start * 1000 + segment.start_frame * 10),
                    "end_time": round(self._start * 1000 + (segment.end_frame + 1) * 10),
                    "text": text,
                    "punctuation": "",
                    "fixed": is_final,
                }
                if is_final:
                    word["confidence"] = round(min(1.0, segment.prob), 3)
                words.append(word)
        return words

    def _final_words(self) -> list[WordFields]:
        """End the decoder's utterance and return its words."""
        self._decoder.end_utt()
        self._decoder.hyp()  # runs the last pass, which computes the confidences
        return self._words(is_final=True)

    def _end_utterance(self) -> Iterator[SentenceFields]:
        yield from self._sentences.add(self._final_words(), self._now())

    def _cut_utterance(self) -> Iterator[SentenceFields]:
        """Make an utterance without a pause final up to its longest silence, and start a new one from there."""
        words = self._final_words()
        cut = self._cut_frame()
        cut_time = round(self._start * 1000) + cut * 10
        rest = bytes(self._utterance[cut * ENGINE_RATE // 100 * 2 :])
        yield from self._sentences.add([word for word in words if word["end_time"] <= cut_time], cut_time)
        self._begin_utterance(self._start + cut / 100)
        if rest:
            self._decode(rest)

    def _cut_frame(self) -> int:
        """The frame (10 ms) to cut at: the middle of the longest silence, else the end of the last word but one."""
        segments = list(self._decoder.seg() or ())
        inner = segments[1:-1]
        silences = [segment for segment in inner if segment.word[0] in "<["]
        if silences:
            longest = max(silences, key=lambda segment: segment.end_frame - segment.start_frame)
            return int(longest.start_frame + longest.end_frame + 1) // 2
        return int(inner[-1].end_frame + 1) if inner else len(self._utterance) // 2 * 100 // ENGINE_RATE
