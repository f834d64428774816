"""Hours of generated speech: English words 0.36 s apart, ten a sentence, as transcripts and as journals."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import pocketsphinx

from paraformer_nb.dashscope.messages import (
    ResultGeneratedEvent,
    SentenceResult,
    TaskStartedEvent,
    WordResult,
    encode_event,
)
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.records import (
    VERSION,
    Audio,
    ClipSource,
    Received,
    RunEnded,
    RunStarted,
    ServiceSource,
)
from paraformer_nb.transcript.transcript import Transcript

EVERY = 0.36  # seconds from word to word
PER_SENTENCE = 10
TASK = "benchmark"
BLOCK = 0.1  # seconds of audio, as a paced run sends them
_COMMON = """the of and to a in is it you that he was for on are with as i his they be at one have this from or had by
but some what there we can out other were all your when up use word how said an each she which do their time if will
way about many then them would write like so these her long make thing see him two has look more day could go come did
my sound no most number who over know water than call first people may down side been now find head stand own page
should country found answer school grow study still learn plant cover food sun four thought let keep eye never last
door between city tree cross since hard start might story saw far sea draw left late run while press close night real
life few stop"""


class Speaker:
    """Generates the same words every time. Texts are as long, and repeat as often, as those of English."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        words = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines()
        rare = sorted({line.split()[0] for line in words if line.split()[0].isalpha()})
        self._texts = [*_COMMON.split(), *self._random.sample(rare, 10_000)]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self._texts) + 1)))  # Zipf's law

    def sentence(self, number: int) -> list[WordResult]:
        """The words of a sentence: from 0.12 to 0.36 s long, one in twelve of them doubtful."""
        texts = self._random.choices(self._texts, cum_weights=self._weights, k=PER_SENTENCE)
        words = []
        for index, text in enumerate(texts):
            start = round((number * PER_SENTENCE + index) * EVERY * 1000)
            length = self._random.uniform(0.7, 1) * (140 + 30 * len(text))
            confidence = round(self._random.uniform(0.1 if self._random.random() < 0.12 else 0.6, 0.99), 2)
            mark = "." if index == PER_SENTENCE - 1 else ("," if self._random.random() < 0.06 else "")
            words.append(WordResult(start, start + round(min(350, length)), text, mark, confidence=confidence))
        return words


def run_started(end: float) -> RunStarted:
    """The first record of a journal."""
    source = ServiceSource("embedded", "127.0.0.1", "pocketsphinx")
    clip = ClipSource("speech.wav")
    return RunStarted(0.0, VERSION, "2026-01-01", clip, 16000, 0.0, end, source, "paraformer-realtime-v2", {})


def recognised(number: int, words: list[WordResult], *, is_final: bool) -> Received:
    """The event of a sentence so far."""
    text = " ".join(f"{word.text}{word.punctuation}" for word in words)
    end = words[-1].end_time if is_final else None
    sentence = SentenceResult(words[0].begin_time, end, text, words, is_final, sentence_id=number + 1)
    return Received.of(0.0, TASK, encode_event(ResultGeneratedEvent(TASK, sentence)).encode())


def started() -> Received:
    """The event with which a task begins."""
    return Received.of(0.0, TASK, encode_event(TaskStartedEvent(TASK)).encode())


def waveform(seconds: float) -> np.ndarray:
    """Pairs of peaks that rise and fall as in syllables, every 10 ms."""
    noise = np.random.default_rng(1)
    bins = round(seconds * 100)
    at = np.arange(bins) / 100
    loudness = np.abs(np.sin(at * np.pi / EVERY)) * (0.4 + 0.6 * np.abs(np.sin(at / 7)))
    swing = loudness * noise.uniform(20, 110, bins)
    return np.stack([-swing, swing * noise.uniform(0.6, 1.1, bins)], axis=1).clip(-128, 127).astype(np.int8)


def audio(position: float, peaks: np.ndarray) -> Audio:
    """A block of audio with its peaks."""
    return Audio(0.0, TASK, round(position, 3), len(peaks) / 100, peaks.tobytes())


def transcript(words: int, *, is_over: bool = True) -> Transcript:
    """The transcript of so many words; unless it is over, of a clip twice as long."""
    speaker, seconds = Speaker(), words * EVERY
    made = Transcript(run_started(seconds if is_over else 2 * seconds))
    made.apply(started())
    for number in range(words // PER_SENTENCE):
        made.apply(recognised(number, speaker.sentence(number), is_final=True))
    made.apply(audio(0.0, waveform(seconds)))
    if is_over:
        made.apply(RunEnded(seconds, "finished", None, seconds))
    return made


def record(path: Path, words: int) -> None:
    """Write the journal of a run at the speed of speech: a partial result with each word, audio by the block."""
    speaker, seconds = Speaker(), words * EVERY
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(run_started(seconds))
        appender.append(started())
        for one in _events(speaker, words // PER_SENTENCE, waveform(seconds)):
            appender.append(one)
        appender.append(RunEnded(seconds, "finished", None, seconds))


def _events(speaker: Speaker, sentences: int, peaks: np.ndarray) -> Iterator[Audio | Received]:
    sent = 0
    for number in range(sentences):
        words = speaker.sentence(number)
        for count in range(1, PER_SENTENCE + 1):
            until = int((number * PER_SENTENCE + count) * EVERY / BLOCK + 1e-6)
            for block in range(sent, until):
                yield audio(block * BLOCK, peaks[block * 10 : block * 10 + 10])
            sent = until
            yield recognised(number, words[:count], is_final=count == PER_SENTENCE)
