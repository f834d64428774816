"""The picture in a saved notebook: rows of words, or an overview of a long clip."""

from __future__ import annotations

import io

import numpy as np
from drawn import run_started, speech
from PIL import Image

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import Gap, Peaks, Received, RunEnded
from paraformer_nb.plots.plot import notebook_png, png
from paraformer_nb.transcript.transcript import Transcript


def transcript(seconds: int) -> Transcript:
    """A finished run with one sentence in its first tenth, and a gap in its last."""
    made = Transcript(run_started(end=seconds))
    made.apply(Peaks(0, 0.0, 0.01, speech(seconds)))
    words = [WordResult(0, 100 * seconds, "word")]
    result = SentenceResult(0, 100 * seconds, "word", words, True, sentence_id=1)
    made.apply(Received.of(1.0, "t", encode_event(ResultGeneratedEvent("t", result)).encode()))
    made.apply(Gap(2.0, 0.9 * seconds, seconds, "disconnected"))
    made.apply(RunEnded(3.0, "finished", None, seconds))
    return made


def test_a_short_clip_is_drawn_in_rows() -> None:
    short = transcript(20)
    assert notebook_png(short) == png(short)


def test_a_long_clip_is_drawn_as_an_overview() -> None:
    picture = Image.open(io.BytesIO(notebook_png(transcript(1000)))).convert("RGB")
    assert picture.size[0] == 1100
    pixels = np.asarray(picture).astype(int)
    is_blue = (pixels[100, :, 2] > 180) & (pixels[100, :, 0] < 100)  # the sentence
    assert is_blue[:108].all()
    assert not is_blue[112:].any()
    is_red = (pixels[:, :, 0] > 150) & (pixels[:, :, 1] < 80)
    assert is_red[:, 985:].any()
    assert not is_red[:, :980].any()
    assert (pixels[10:86, 300:700] < 200).any()  # there is a waveform


def test_a_long_clip_without_words_or_peaks_is_drawn() -> None:
    assert notebook_png(Transcript(run_started(end=900.0)))[:4] == b"\x89PNG"
