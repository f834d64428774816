"""What a saved notebook keeps beside a view: the page or the picture, in a frame that may do nothing else."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from fake_front_end import recognised, run_started

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.formats.html import page_within
from paraformer_nb.journal.records import RunEnded
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.plots.plot import notebook_png
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.still import (
    STILL_MB_VARIABLE,
    max_page_bytes,
    still_of_note,
    still_of_page,
    still_of_picture,
)


def frame(still: str) -> str:
    """The document of a still's frame."""
    found = re.search(r'srcdoc="([^"]*)"', still)
    assert found
    return unescape(found[1])


def test_the_frame_holds_the_page_unchanged_and_may_run_scripts_only() -> None:
    page = "<!doctype html><p title=\"a 'b' &amp; c\">words</p>"
    still = still_of_page(page, 'a "b" <i>')
    assert frame(still) == page
    sandbox = re.search(r'sandbox="([^"]*)"', still)
    assert sandbox
    assert "allow-same-origin" not in sandbox[1]
    assert 'title="a &quot;b&quot; &lt;i&gt;"' in still


def test_the_picture_has_a_description_and_its_own_shape() -> None:
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "<b>day</b>"], is_final=True))
    png = notebook_png(transcript)
    still = still_of_picture(png, "a.wav", "a.wav. good <b>day</b>")
    assert 'alt="a.wav. good &lt;b&gt;day&lt;/b&gt;"' in frame(still)
    width, height = (int(number) for number in re.findall(r"aspect-ratio: (\d+) / (\d+)", still)[0])
    assert 500 < width < 3000
    assert 50 < height < 3000


def test_a_note_is_text() -> None:
    assert "<p>a &lt;b&gt;</p>" in still_of_note("a <b>")


def test_the_size_is_an_argument_or_a_variable_or_2_mb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STILL_MB_VARIABLE, raising=False)
    assert max_page_bytes(None) == 2_000_000
    monkeypatch.setenv(STILL_MB_VARIABLE, "0.5")
    assert max_page_bytes(None) == 500_000
    assert max_page_bytes(3) == 3_000_000
    monkeypatch.setenv(STILL_MB_VARIABLE, "a lot")
    with pytest.raises(ParameterError, match=f"{STILL_MB_VARIABLE}='a lot'"):
        max_page_bytes(None)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="still_mb="):
            max_page_bytes(wrong)


def test_a_page_is_made_up_to_a_size_and_sound_that_is_too_large_is_not_read(english: Path) -> None:
    run = pnb.transcribe(english, service=pnb.Embedded("scripted", script=english.with_suffix(".json")), end=4).wait()
    page = page_within(run.transcript, lambda: PlayableClip(english), 2_000_000)
    assert page
    size = len(page.encode())
    assert page_within(run.transcript, lambda: PlayableClip(english), size - 1) is None

    def open_audio() -> PlayableClip:
        raise AssertionError("the sound of an hour would be read")

    long = Transcript(run_started())
    long.apply(recognised(1, ["good", "day"], is_final=True))
    long.sent_until = 3600.0
    long.apply(RunEnded(2.0, "finished", None, 3600.0))
    assert page_within(long, open_audio, 2_000_000) is None


def test_a_page_without_its_clip_is_silent() -> None:
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    transcript.sent_until = 3.0

    def open_audio() -> PlayableClip:
        raise AudioError("the clip is no longer there")

    page = page_within(transcript, open_audio, 2_000_000)
    assert page
    assert '"sound":null' in page
