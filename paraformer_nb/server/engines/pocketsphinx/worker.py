"""The embedded English recogniser, in a process of its own: ``python -m`` this module, over its pipes.

It loads its model, hears one task, and ends; it ends whenever stdin does.

In, on stdin: pieces, each behind its length (4 bytes, little endian). The first is the task's settings, a JSON object
with `max_sentence_silence`; the others are 16 kHz 16-bit mono PCM; length 0 is the end.
Out, on stdout, a JSON object a line: ``{"ready": true}`` once the settings are there, then ``{"heard": seconds,
"sentence": ...}`` about every 200 ms of audio (`sentence` as in the protocol's ``output.sentence``, or absent), last
``{"done": true}``.

PocketSphinx holds the interpreter's lock while it decodes, and the kernel's interrupt goes to the whole process group:
hence a process, in a session of its own.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from .sentences import LONGEST_UTTERANCE, Sentence, Sentences, Word

if TYPE_CHECKING:
    from pocketsphinx import Decoder

RATE = 16_000
PARTIAL_EVERY = 0.2  # seconds of audio between partials
_WINDOW = 0.3  # seconds of silence that end an utterance
_SHORTEST_WINDOW = 0.18  # the endpointer takes no shorter one at this ratio
_OVERHANG = 0.2  # seconds for which the endpointer takes the silence after a word for speech (measured: 0.17 to 0.27)


def load() -> Decoder:
    """A decoder with its model, for one task: what it learns of a voice (its cepstral means) is no other's.

    It carries that from utterance to utterance; starting it from stored means was measured to gain nothing.
    """
    from pocketsphinx import Decoder

    return Decoder(samprate=RATE, fwdflat=False, loglevel="FATAL")


class Recogniser:
    """Endpointing and decoding of one task's audio, block by block. Times are ms from the start of the task's audio.

    An utterance is what the decoder takes in one go: it ends in a short silence, and is cut when it gets too long,
    because the last pass grows with its length. What a sentence is, the silence between words decides.
    """

    def __init__(self, decoder: Decoder, max_sentence_silence: int = 800) -> None:
        from pocketsphinx import Endpointer, Vad

        window = min(_WINDOW, max(_SHORTEST_WINDOW, max_sentence_silence / 1000 - _OVERHANG))
        self._decoder = decoder
        self._endpointer = Endpointer(window=window, ratio=0.9, sample_rate=RATE)
        self._vad = Vad(sample_rate=RATE)  # the endpointer has one like it, and tells of it a window later
        self._sentences = Sentences(max_sentence_silence)
        self._pending = bytearray()
        self._utterance = bytearray()  # the audio of the current utterance, for cutting it
        self._start = 0.0  # of the current utterance, in seconds
        self._last_partial = 0.0
        self.heard = 0.0

    def feed(self, pcm: bytes) -> Iterator[Sentence | None]:
        """Hear a piece of audio; yields a sentence's state, or None to tell only that it was heard."""
        self._pending += pcm
        size = self._endpointer.frame_bytes
        whole = len(self._pending) - len(self._pending) % size
        for at in range(0, whole, size):
            yield from self._frame(bytes(self._pending[at : at + size]))
        del self._pending[:whole]

    def finish(self) -> Iterator[Sentence]:
        """The audio is over: what is still open becomes final."""
        if self._endpointer.in_speech:
            # The endpointer holds some 0.3 s back, and gives them only for a frame that is not empty.
            tail = bytes(self._pending[: len(self._pending) // 2 * 2]) or b"\0\0"
            if speech := self._endpointer.end_stream(tail):
                self._hear(speech)
            yield from self._end()
        yield from self._sentences.finish()

    def _frame(self, frame: bytes) -> Iterator[Sentence | None]:
        was_speaking = self._endpointer.in_speech
        speech = self._endpointer.process(frame)
        is_quiet = not self._vad.is_speech(frame)
        self.heard += len(frame) / 2 / RATE
        if speech is not None:
            if not was_speaking:
                self._begin(self._endpointer.speech_start)
            self._hear(speech)
            if not self._endpointer.in_speech:
                yield from self._end()
            elif len(self._utterance) / 2 / RATE * 1000 >= LONGEST_UTTERANCE:
                yield from self._cut()
        elif is_quiet:  # else the endpointer may be about to find that somebody speaks again, in time
            yield from self._sentences.wait(self._now())
        if self.heard - self._last_partial >= PARTIAL_EVERY:
            self._last_partial = self.heard
            if self._endpointer.in_speech:
                yield from self._sentences.hear(self._words(with_confidence=False))
            yield None

    def _now(self) -> int:
        return round(self.heard * 1000)

    def _begin(self, start: float) -> None:
        self._start = start
        self._utterance.clear()
        self._decoder.start_utt()

    def _hear(self, speech: bytes) -> None:
        self._utterance += speech
        self._decoder.process_raw(speech)

    def _words(self, with_confidence: bool) -> list[Word]:
        words = []
        for segment in self._decoder.seg() or ():
            text = segment.word.split("(")[0]
            if text and text[0] not in "<[":
                word = {
                    "begin_time": round(self._start * 1000 + segment.start_frame * 10),
                    "end_time": round(self._start * 1000 + (segment.end_frame + 1) * 10),
                    "text": text,
                    "punctuation": "",
                    "fixed": with_confidence,
                }
                if with_confidence:
                    word["confidence"] = round(min(1.0, segment.prob), 3)
                words.append(word)
        return words

    def _settle(self) -> list[Word]:
        self._decoder.end_utt()
        self._decoder.hyp()  # the last pass runs now; confidences exist only after it
        return self._words(with_confidence=True)

    def _end(self) -> Iterator[Sentence]:
        yield from self._sentences.add(self._settle(), self._now())

    def _cut(self) -> Iterator[Sentence]:
        """End an utterance that never pauses: settled up to its longest pause, a new one from there."""
        words = self._settle()
        cut = self._longest_pause()
        cut_time = round(self._start * 1000) + cut * 10
        rest = bytes(self._utterance[cut * RATE // 100 * 2 :])
        yield from self._sentences.add([word for word in words if word["end_time"] <= cut_time], cut_time)
        self._begin(self._start + cut / 100)
        if rest:
            self._hear(rest)

    def _longest_pause(self) -> int:
        """Where to cut, in frames of 10 ms: amid the longest silence, else behind the last word but one."""
        segments = list(self._decoder.seg() or ())
        inner = segments[1:-1]
        silences = [item for item in inner if item.word[0] in "<["]
        if silences:
            longest = max(silences, key=lambda item: item.end_frame - item.start_frame)
            return int(longest.start_frame + longest.end_frame + 1) // 2
        return int(inner[-1].end_frame + 1) if inner else len(self._utterance) // 2 * 100 // RATE


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The pieces on stdin, until length 0 or the end of the stream."""
    while len(head := stream.read(4)) == 4:
        (size,) = struct.unpack("<I", head)
        if not size:
            return
        yield stream.read(size)


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Hear one task's audio from stdin."""
    decoder = load()
    pieces = _pieces(sys.stdin.buffer)
    settings = next(pieces, None)
    if settings is None:
        return  # nobody had a task for it
    recogniser = Recogniser(decoder, **json.loads(settings))
    _say(ready=True)
    for piece in pieces:
        for sentence in recogniser.feed(piece):
            _say(heard=round(recogniser.heard, 3), **({"sentence": sentence} if sentence else {}))
    for sentence in recogniser.finish():
        _say(heard=round(recogniser.heard, 3), sentence=sentence)
    _say(done=True)


if __name__ == "__main__":
    main()
