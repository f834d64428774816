"""Floor 3: the embedded English recogniser, in a process of its own: ``python -m`` this module, over its pipes.

In, on stdin: pieces of 16 kHz 16-bit mono PCM, each behind its length (4 bytes, little endian); length 0 is the end.
Out, on stdout, a JSON object a line: ``{"ready": true}`` once, then ``{"heard": seconds, "sentence": ...}`` about every
200 ms of audio (`sentence` as in the protocol's ``output.sentence``, or absent), last ``{"done": true}``. It ends when
stdin ends.

PocketSphinx holds the interpreter's lock while it decodes, and the kernel's interrupt goes to the whole process group:
hence a process, in a session of its own.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

RATE = 16_000
PARTIAL_EVERY = 0.2  # seconds of audio between partials
LONGEST = 15.0  # seconds; a longer utterance is cut in its longest pause, because the last pass grows with its length


class Recogniser:
    """Endpointing and decoding of one task's audio, block by block. Times are ms from the start of the task's audio.

    One decoder hears the whole task, so that what it learns of the voice (its cepstral means) is carried from utterance
    to utterance; starting it from stored means was measured to gain nothing.
    """

    def __init__(self) -> None:
        from pocketsphinx import Decoder, Endpointer

        self._decoder = Decoder(samprate=RATE, fwdflat=False, loglevel="FATAL")
        self._endpointer = Endpointer(window=0.3, ratio=0.9, sample_rate=RATE)
        self._pending = bytearray()
        self._utterance = bytearray()  # the audio of the current utterance, for cutting it
        self._start = 0.0  # of the current utterance, in seconds
        self._last_partial = 0.0
        self._number = 1
        self.heard = 0.0

    def feed(self, pcm: bytes) -> Iterator[dict[str, Any] | None]:
        """Hear a piece of audio; yields a sentence's state, or None to tell only that it was heard."""
        self._pending += pcm
        size = self._endpointer.frame_bytes
        whole = len(self._pending) - len(self._pending) % size
        for at in range(0, whole, size):
            yield from self._frame(bytes(self._pending[at : at + size]))
        del self._pending[:whole]

    def finish(self) -> Iterator[dict[str, Any]]:
        """The audio is over: what is still open becomes final."""
        if not self._endpointer.in_speech:
            return
        # The endpointer holds some 0.3 s back, and gives them only for a frame that is not empty.
        tail = bytes(self._pending[: len(self._pending) // 2 * 2]) or b"\0\0"
        if speech := self._endpointer.end_stream(tail):
            self._hear(speech)
        yield self._settle()

    def _frame(self, frame: bytes) -> Iterator[dict[str, Any] | None]:
        was_speaking = self._endpointer.in_speech
        speech = self._endpointer.process(frame)
        self.heard += len(frame) / 2 / RATE
        if speech is not None:
            if not was_speaking:
                self._begin(self._endpointer.speech_start)
            self._hear(speech)
            if not self._endpointer.in_speech:
                yield self._settle()
            elif len(self._utterance) / 2 / RATE >= LONGEST:
                yield self._cut()
        if self.heard - self._last_partial >= PARTIAL_EVERY:
            self._last_partial = self.heard
            yield self._partial() if self._endpointer.in_speech else None

    def _begin(self, start: float) -> None:
        self._start = start
        self._utterance.clear()
        self._decoder.start_utt()

    def _hear(self, speech: bytes) -> None:
        self._utterance += speech
        self._decoder.process_raw(speech)

    def _words(self, with_confidence: bool) -> list[dict[str, Any]]:
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

    def _sentence(self, words: list[dict[str, Any]], is_final: bool) -> dict[str, Any]:
        start = round(self._start * 1000)
        return {
            "sentence_id": self._number,
            "begin_time": words[0]["begin_time"] if words else start,
            "end_time": (words[-1]["end_time"] if words else start) if is_final else None,
            "text": " ".join(word["text"] for word in words),
            "sentence_end": is_final,
            "heartbeat": False,
            "words": words,
        }

    def _partial(self) -> dict[str, Any] | None:
        words = self._words(with_confidence=False)
        return self._sentence(words, is_final=False) if words else None

    def _settle(self) -> dict[str, Any]:
        self._decoder.end_utt()
        self._decoder.hyp()  # the last pass runs now; confidences exist only after it
        return self._final(self._words(with_confidence=True))

    def _final(self, words: list[dict[str, Any]]) -> dict[str, Any]:
        sentence = self._sentence(words, is_final=True)
        self._number += 1
        return sentence

    def _cut(self) -> dict[str, Any]:
        """End an utterance that never pauses: final up to its longest pause, a new one from there."""
        self._decoder.end_utt()
        self._decoder.hyp()
        cut = self._longest_pause()
        cut_time = round(self._start * 1000) + cut * 10
        final = self._final([word for word in self._words(with_confidence=True) if word["end_time"] <= cut_time])
        rest = bytes(self._utterance[cut * RATE // 100 * 2 :])
        self._begin(self._start + cut / 100)
        if rest:
            self._hear(rest)
        return final

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
    recogniser = Recogniser()
    _say(ready=True)
    for piece in _pieces(sys.stdin.buffer):
        for sentence in recogniser.feed(piece):
            _say(heard=round(recogniser.heard, 3), **({"sentence": sentence} if sentence else {}))
    for sentence in recogniser.finish():
        _say(heard=round(recogniser.heard, 3), sentence=sentence)
    _say(done=True)


if __name__ == "__main__":
    main()
