"""Forced alignment: when each word of a text was said in its audio, by PocketSphinx's acoustic model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base import ENGINE_RATE
from .pronunciation import Lexicon, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME = 0.01  # seconds, of the model
_EARLY = 0.006  # seconds by which the model's boundaries between words are early (measured on synthetic voices)
_PAUSE = 0.025  # seconds between two words, from which on their edges are refined by energy
_MAX_TIGHTENING = 8  # frames
_BELOW_PEAK = 30.0  # dB below a word's loudest frame at which it begins and ends
_ABOVE_FLOOR = 6.0  # dB above the noise floor
_MAX_NEW_WORDS = 500  # in the decoder's dictionary, which cannot forget any


class Alignment(NamedTuple):
    """When a word was said: seconds from the start of the audio.

    `score`: mean log score of a frame, by which words fit their audio well (above -2) or not.
    """

    begin: float
    end: float
    score: float


class Aligner:
    """Aligns texts with their audio. Memory is bounded: the decoder is replaced when it has learned many new words."""

    def __init__(self) -> None:
        self._begin_dictionary()

    def _begin_dictionary(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=ENGINE_RATE, lm=None, loglevel="FATAL")
        self._lexicon = Lexicon(self._lookup)
        self._entries: dict[str, str | None] = {}  # token -> entry of the decoder's dictionary
        self._new_words = 0

    def align(self, pcm: NDArray[np.int16], tokens: list[str]) -> list[Alignment | None] | None:
        """Align a text's tokens; None for a token that is not spoken, such as a dash. None if text and audio differ."""
        if self._new_words > _MAX_NEW_WORDS:
            self._begin_dictionary()
        entries = [self._entry(token) for token in tokens]
        spoken = [entry for entry in entries if entry]
        found = self._run(pcm, spoken) if spoken else None
        if found is None:
            return None
        _refine(found, _levels(pcm))
        rest = iter(found)
        return [next(rest) if entry else None for entry in entries]

    def _run(self, pcm: NDArray[np.int16], words: list[str]) -> list[Alignment] | None:
        """Align dictionary entries, in the model's own frames."""
        decoder = self._decoder
        try:
            decoder.set_align_text(" ".join(words))
            decoder.start_utt()
            decoder.process_raw(pcm.tobytes(), full_utt=True)
            decoder.end_utt()
            segments = [segment for segment in decoder.seg() or () if segment.word[0] not in "<["]
        except RuntimeError:  # how the decoder reports that it found no path
            return None
        if [segment.word.split("(")[0] for segment in segments] != words:
            return None
        return [
            Alignment(
                segment.start_frame * _FRAME,
                (segment.end_frame + 1) * _FRAME,
                math.log(max(segment.ascore, 1e-300)) / (segment.end_frame + 1 - segment.start_frame),
            )
            for segment in segments
        ]

    def _entry(self, token: str) -> str | None:
        """The dictionary entry of a token, added where there is none; None if it is not spoken."""
        if token not in self._entries:
            word = plain(token)
            is_known = word.replace("'", "").isalpha() and word.isascii() and self._lookup(word.lower())
            is_acronym = word.isupper() and 1 < len(word) < 6
            self._entries[token] = word.lower() if is_known and not is_acronym else self._add(token)
        return self._entries[token]

    def _add(self, token: str) -> str | None:
        """Add a token to the dictionary with all its pronunciations. Returns the entry's name."""
        pronunciations = self._lexicon.pronounce(token)
        name = f"new-{self._new_words}"
        for number, phones in enumerate(pronunciations, 1):
            self._decoder.add_word(name if number == 1 else f"{name}({number})", phones, update=False)
        self._new_words += 1
        return name if pronunciations else None

    def _lookup(self, word: str) -> list[str]:
        """The pronunciations of a word in the model's dictionary."""
        found = []
        name = word
        while phones := self._decoder.lookup_word(name):
            found.append(phones)
            name = f"{word}({len(found) + 1})"
        return found


def _refine(words: list[Alignment], levels: NDArray[np.floating]) -> None:
    """Correct the boundaries, in place: the model counts silence beside a pause as part of the word."""
    coarse = list(words)
    for number, word in enumerate(coarse):
        has_pause_before = number == 0 or word.begin - coarse[number - 1].end > _PAUSE
        has_pause_after = number == len(coarse) - 1 or coarse[number + 1].begin - word.end > _PAUSE
        lead, tail = _quiet_edges(levels, round(word.begin / _FRAME), round(word.end / _FRAME))
        begin = word.begin + (lead * _FRAME if has_pause_before else _EARLY)
        end = word.end - tail * _FRAME if has_pause_after else word.end + _EARLY
        words[number] = Alignment(begin, max(end, begin + _FRAME), word.score)


def _levels(pcm: NDArray[np.int16]) -> NDArray[np.floating]:
    """The level of each frame in dB, over two frames."""
    size = round(ENGINE_RATE * _FRAME)
    frames = pcm[: len(pcm) // size * size].astype(np.float32).reshape(-1, size)
    energy = (frames**2).mean(axis=1)
    energy[:-1] = (energy[:-1] + energy[1:]) / 2
    return np.asarray(10 * np.log10(energy + 1))


def _quiet_edges(levels: NDArray[np.floating], begin: int, end: int) -> tuple[int, int]:
    """How many frames at a word's begin and end are quiet."""
    word = levels[begin:end]
    limit = min(_MAX_TIGHTENING, len(word) // 3)
    if not limit:
        return 0, 0
    loud = word >= max(word.max() - _BELOW_PEAK, np.percentile(levels, 5) + _ABOVE_FLOOR)
    if not loud.any():
        return 0, 0
    return min(limit, int(loud.argmax())), min(limit, int(loud[::-1].argmax()))
