"""A page with an hour of sound in it opens and plays in each browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from fake_front_end import recognised, run_started
from playwright.sync_api import BrowserContext

from paraformer_nb.formats.html import to_html
from paraformer_nb.playback.opus import OPUS_RATE, encode
from paraformer_nb.playback.webm import webm
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.messages import SavedSound

pytestmark = pytest.mark.timeout(180)

HOUR = 3600
_LAST = HOUR - 5  # second of the last sentence


def _page_of_an_hour() -> str:
    """A sentence every 5 s, and ten seconds of noise that are repeated."""
    transcript = Transcript(run_started())
    for second in range(0, HOUR, 5):
        transcript.apply(recognised(second or 1, ["the", "words", "of", f"second{second}"], is_final=True))
    noise = np.random.default_rng(1).integers(-9000, 9000, 12 * OPUS_RATE, np.int16)
    packets = list(encode([noise]))[:500]
    sound = webm(packets * (HOUR // 10), is_whole=True)
    assert len(sound) > 12_000_000
    return to_html(transcript, SavedSound("audio/webm", None, 0.0), "hour", sound)


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hour") / "hour.html"
    path.write_text(_page_of_an_hour(), encoding="utf-8")
    return path


def test_no_element_is_long(hour: Path) -> None:
    """WebKit reads a script element in a time that grows with the square of its length."""
    lengths = [len(found) for found in re.findall(r"<script[^>]*>([^<]*)<", hour.read_text(encoding="utf-8"))]
    assert sum(lengths) > 16_000_000
    assert max(lengths) <= 1_000_000


def test_it_plays_where_the_last_word_is(each_browser: BrowserContext, hour: Path) -> None:
    page = each_browser.new_page()
    page.goto(hour.as_uri())
    page.locator(".pnb-text", has_text=f"second{_LAST}").wait_for()
    page.locator(".pnb-words").press("End")
    page.locator(".pnb-word-about", has_text=f"second{_LAST}").wait_for()
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => { for (const [name, marks] of CSS.highlights) if (name === 'pnb-spoken')"
        f"return [...marks].map(String).join().includes('second{_LAST}') }}"
    )
    page.locator(".pnb-play", has_text="Play").wait_for()  # the end
    assert page.locator(".pnb-command-message").text_content() == ""
    page.close()
