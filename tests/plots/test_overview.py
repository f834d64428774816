"""What a saved notebook shows of a clip: rows of words, or of a long one the whole at one glance."""

from __future__ import annotations

import io

import numpy as np
from drawn import speech
from PIL import Image

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import ClipSource, Gap, Peaks, Received, RunEnded, RunStarted, ServiceSource
from paraformer_nb.plots.plot import png, still
from paraformer_nb.transcript.transcript import Transcript


def transcript(seconds: int) -> Transcript:
    """A finished run with one sentence in its first tenth, and nothing heard in its last."""
    made = Transcript()
    made.apply(
        RunStarted(0, 1, "2026-01-01", ClipSource("a.wav"), 16000, 0.0, seconds, ServiceSource("x", "y"), "m", {})
    )
    made.apply(Peaks(0, 0.0, 0.01, speech(seconds)))
    words = [WordResult(0, 100 * seconds, "word")]
    result = SentenceResult(0, 100 * seconds, "word", words, True, sentence_id=1)
    made.apply(Received.of(1.0, "t", encode_event(ResultGeneratedEvent("t", result)).encode()))
    made.apply(Gap(2.0, 0.9 * seconds, seconds, "lost"))
    made.apply(RunEnded(3.0, "finished", None, seconds))
    return made


def test_a_short_clip_is_shown_in_rows() -> None:
    short = transcript(20)
    assert still(short) == png(short)


def test_a_long_clip_is_shown_at_one_glance() -> None:
    picture = Image.open(io.BytesIO(still(transcript(1000)))).convert("RGB")
    assert picture.size[0] == 1100
    pixels = np.asarray(picture).astype(int)
    is_blue = (pixels[100, :, 2] > 180) & (pixels[100, :, 0] < 100)  # the bar of the words
    assert is_blue[:108].all()
    assert not is_blue[112:].any()
    is_red = (pixels[:, :, 0] > 150) & (pixels[:, :, 1] < 80)
    assert is_red[:, 985:].any()
    assert not is_red[:, :980].any()
    assert (pixels[10:86, 300:700] < 200).any()  # there is a waveform


def test_a_long_clip_without_a_word_or_a_sound_is_shown_as_well() -> None:
    silent = Transcript()
    silent.apply(
        RunStarted(0, 1, "2026-01-01", ClipSource("a.wav"), 16000, 0.0, 900.0, ServiceSource("x", "y"), "m", {})
    )
    assert still(silent)[:4] == b"\x89PNG"
