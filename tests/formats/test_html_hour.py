"""A page with an hour of sound in it opens and plays in each browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from saved_pages import LAST, page_of_an_hour

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

# Keeps each text that was marked as spoken in any frame.
_RECORD_SPOKEN = """() => {
  window.spoken = new Set();
  const look = () => {
    for (const mark of CSS.highlights.get("pnb-spoken") ?? []) window.spoken.add(String(mark).trim());
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hour") / "hour.html"
    path.write_text(page_of_an_hour(), encoding="utf-8")
    return path


def test_no_element_is_long(hour: Path) -> None:
    """WebKit reads a script element in a time that grows with the square of its length."""
    lengths = [len(found) for found in re.findall(r"<script[^>]*>([^<]*)<", hour.read_text(encoding="utf-8"))]
    assert sum(lengths) > 16_000_000
    assert max(lengths) <= 1_000_000


def test_it_plays_where_the_last_word_is(each_browser: BrowserContext, hour: Path) -> None:
    page = each_browser.new_page()
    page.goto(hour.as_uri())
    page.locator(".pnb-text", has_text=LAST).wait_for()
    page.locator(".pnb-words").press("End")
    page.locator(".pnb-word-about", has_text=LAST).wait_for()
    page.evaluate(_RECORD_SPOKEN)  # from before it plays: the words after the last one are few
    page.keyboard.press("Space")
    page.wait_for_function(f"() => window.spoken.has('{LAST}')")
    page.locator(".pnb-play", has_text="Play").wait_for()  # the end
    assert page.locator(".pnb-command-message").text_content() == ""
    page.close()
