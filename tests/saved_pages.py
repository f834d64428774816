"""Saved pages for the browser tests, and scripts that look into one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fake_front_end import recognised, run_started

import paraformer_nb as pnb
from paraformer_nb.formats.html import to_html
from paraformer_nb.playback.opus import OPUS_RATE, encode
from paraformer_nb.playback.webm import webm
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.saved_run import SavedSound

HOUR = 3600
LAST = f"second{HOUR - 5}"
"""The last word of `page_of_an_hour`."""


def lesson_run() -> pnb.Run:
    """The English lesson, as its script has it."""
    clip = Path(__file__).parents[1] / "notebooks" / "data" / "lesson_en.flac"
    return pnb.transcribe(clip, service=pnb.Embedded("scripted", script=clip.with_suffix(".json"))).wait()


def page_of_an_hour() -> str:
    """A page with a sentence every 5 s, and with ten seconds of noise that are repeated for an hour."""
    transcript = Transcript(run_started())
    for second in range(0, HOUR, 5):
        transcript.apply(recognised(second or 1, ["the", "words", "of", f"second{second}"], is_final=True))
    noise = np.random.default_rng(1).integers(-9000, 9000, 12 * OPUS_RATE, np.int16)
    packets = list(encode([noise]))[:500]
    sound = webm(packets * (HOUR // 10), is_whole=True)
    return to_html(transcript, SavedSound("audio/webm", None, 0.0), "hour", sound)
