"""Shared by the tests of plots: transcripts to draw, and measurements of what was drawn."""

from __future__ import annotations

import io
import json
import random
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from paraformer_nb.journal.records import (
    VERSION,
    ClipSource,
    Connected,
    Peaks,
    Received,
    RunEnded,
    RunStarted,
    ServiceSource,
)
from paraformer_nb.plots.figure import without_glyph_warnings
from paraformer_nb.transcript.transcript import Transcript

ENGLISH = [
    "a",
    "of",
    "to",
    "on",
    "we",
    "the",
    "and",
    "day",
    "how",
    "good",
    "look",
    "first",
    "words",
    "lesson",
    "computers",
]
CHINESE = [(text, 0.5 + number / 2, 1 + number / 2) for number, text in enumerate("今天天气很好我们去公园")]


# ------------------------------------------------------------------------------------------------------- transcripts


def recognised(
    words: list[tuple[Any, ...]],
    *,
    seconds: float | None = 10.0,
    per_sentence: int = 8,
    partial_sentences: int = 0,
    name: str = "lesson.wav",
    service: ServiceSource | None = None,
    ended: bool = True,
    waveform: bool = True,
    start: float = 0.0,
    notice: str = "",
) -> Transcript:
    """A transcript of words (text, start, end, perhaps confidence) in seconds of the clip, folded from records."""
    service = service or ServiceSource("embedded", "127.0.0.1", "pocketsphinx")
    transcript = Transcript(run_started(name, start, seconds, service))
    transcript.apply(Connected(0, "a", service.engine, notice))
    if waveform and seconds:
        transcript.apply(Peaks(0, start, 0.01, speech(seconds - start)))
    sentences = [words[at : at + per_sentence] for at in range(0, len(words), per_sentence)]
    for number, sentence in enumerate(sentences, 1):
        transcript.apply(result(number, sentence, number <= len(sentences) - partial_sentences, start))
    if ended:
        transcript.apply(RunEnded(1, "finished"))
    return transcript


def run_started(
    name: str = "lesson.wav",
    start: float = 0.0,
    end: float | None = 10.0,
    service: ServiceSource = ServiceSource("embedded", "127.0.0.1"),  # noqa: B008 - it is immutable
) -> RunStarted:
    day = "2025-01-01T00:00:00Z"
    return RunStarted(0, VERSION, day, ClipSource(name), 16000, start, end, service, "paraformer-realtime-v2", {})


def result(number: int, words: list[tuple[Any, ...]], is_final: bool, offset: float) -> Received:
    def ms(time: float) -> int:
        return round(1000 * (time - offset))

    sentence = {
        "sentence_id": number,
        "begin_time": ms(words[0][1]),
        "end_time": ms(max(word[2] for word in words)) if is_final else None,
        "sentence_end": is_final,
        "text": " ".join(word[0] for word in words),
        "words": [
            {"text": text, "begin_time": ms(first), "end_time": ms(last), "punctuation": "", "confidence": rest[0]}
            if rest
            else {"text": text, "begin_time": ms(first), "end_time": ms(last), "punctuation": ""}
            for text, first, last, *rest in words
        ],
    }
    frame = {"header": {"event": "result-generated", "task_id": "a"}, "payload": {"output": {"sentence": sentence}}}
    return Received.of(0.1, "a", json.dumps(frame).encode())


def speech(seconds: float) -> bytes:
    """Peaks that rise and fall like syllables."""
    times = np.arange(round(seconds * 100))
    rough = np.random.default_rng(1).uniform(0.6, 1, len(times))
    loud = (1 + 110 * rough * np.abs(np.sin(times / 11)) * (np.sin(times / 130) > -0.8)).astype(np.int8)
    return np.stack([-loud, loud], 1).tobytes()


def talk(seconds: float, seed: int = 1) -> list[tuple[str, float, float]]:
    """About three words a second, the longer ones longer, a pause after each eighth."""
    chance = random.Random(seed)
    words: list[tuple[str, float, float]] = []
    now = 0.5
    while True:
        text = chance.choice(ENGLISH)
        length = (0.1 + 0.045 * len(text)) * chance.uniform(0.8, 1.2)
        if now + length > seconds - 0.2:
            return words
        words.append((text, now, now + length))
        now += length + (0.9 if len(words) % 8 == 0 else 0)


# -------------------------------------------------------------------------------------------- measurements of figures


def texts(ax: Axes) -> list[Text]:
    return [text for text in ax.texts if text.get_label() == "_word"]


def dots(ax: Axes) -> list[tuple[float, float]]:
    return [point for line in ax.lines if line.get_label() == "_dots" for point in zip(*line.get_data(), strict=True)]


def boxes(ax: Axes, label: str) -> list[tuple[float, float]]:
    """The spans of a row's boxes of one kind, in seconds."""
    paths = [
        path
        for collection in ax.collections
        if isinstance(collection, PolyCollection) and collection.get_label() == label
        for path in collection.get_paths()
    ]
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in paths]


def collection(ax: Axes, label: str) -> PolyCollection:
    return next(each for each in ax.collections if each.get_label() == label)


def captions(figure: Figure) -> str:
    """All texts of the page outside of the rows."""
    return " ".join(text.get_text() for text in figure.texts)


def labels_and_dots(figure: Figure) -> tuple[int, int]:
    """The number of words with a label, and of those with a dot."""
    return sum(len(texts(ax)) for ax in figure.axes), sum(len(dots(ax)) for ax in figure.axes)


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def assert_nothing_overlaps(figure: Figure) -> None:
    """Measured by the renderer: no two texts touch, no dot lies in a text, all texts are inside their rows."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for ax in figure.axes:
        with without_glyph_warnings():
            extents = [text.get_window_extent(renderer) for text in texts(ax)]
        for one, other in combinations(extents, 2):
            assert one.x1 < other.x0 or other.x1 < one.x0
        for box in extents:
            assert ax.bbox.x0 - 1 <= box.x0 and box.x1 <= ax.bbox.x1 + 1
        for x, y in ax.transData.transform(np.array(dots(ax)).reshape(-1, 2)):
            assert not any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in extents)
