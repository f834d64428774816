"""The picture in a saved notebook: rows of words, or an overview of a long clip."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn import boxes, captions, recognised, run_started, speech, texts
from PIL import Image

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import Gap, Peaks, Received, RunEnded
from paraformer_nb.plots.plot import notebook_png, plot, png
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


def test_the_figure_of_a_long_clip_has_sentences_in_a_few_rows() -> None:
    figure = plot(transcript(4000))
    assert len(figure.axes) == 6
    assert boxes(figure.axes[0], "_speech") == [pytest.approx((0, 400))]
    assert [boxes(ax, "_speech") for ax in figure.axes[1:]] == [[]] * 5
    assert any(each.get_hatch() for each in figure.axes[-1].collections), "the gap"
    assert "1 word " in captions(figure)
    assert "plot(start, end)" in captions(figure)
    assert figure.to_png()[:4] == b"\x89PNG"
    assert "word" in [text.get_text() for text in texts(plot(transcript(4000), start=0, end=200).axes[0])]


def test_sentences_that_nearly_touch_are_one_bar_and_others_are_not() -> None:
    words = [("a", 0.0, 1.0), ("b", 1.01, 30.0), ("c", 60.0, 90.0), ("d", 70.0, 80.0), ("e", 598.0, 599.0)]
    (ax,) = plot(recognised(words, seconds=600.0, per_sentence=1)).axes
    drawn = boxes(ax, "_speech")
    assert drawn == [pytest.approx((0.0, 30.0)), pytest.approx((60.0, 90.0)), pytest.approx((598.0, 599.0))]


def test_a_long_clip_without_words_says_so() -> None:
    assert "no speech was found" in [text.get_text() for text in plot(recognised([], seconds=900.0)).axes[0].texts]


def test_a_long_clip_without_words_or_peaks_is_drawn() -> None:
    assert notebook_png(Transcript(run_started(end=900.0)))[:4] == b"\x89PNG"
