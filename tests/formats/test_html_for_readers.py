"""The exported page as a reader meets it: positions in its address, theme, phone, print, what can be taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node import installed
from playwright.sync_api import BrowserContext, Page
from saved_pages import lesson_run

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

BACKGROUND = "() => getComputedStyle(document.querySelector('.pnb-timeline')).backgroundColor"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson's page."""
    return lesson_run().export(tmp_path_factory.mktemp("page") / "lesson.html", title="The first lesson").path


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert wrong == []
    page.close()


def _open(page: Page, path: Path, fragment: str = "") -> None:
    page.goto(path.as_uri() + fragment)
    page.locator(".pnb-text", has_text="morning").wait_for()


def _shows(page: Page, pattern: str) -> None:
    """Wait until the picture's description has a pattern."""
    page.wait_for_function(
        "(pattern) => new RegExp(pattern).test(document.querySelector('.pnb-stage').innerHTML)", arg=pattern
    )


def test_an_address_leads_to_a_position_and_a_position_to_its_address(
    browser: BrowserContext, page: Page, path: Path
) -> None:
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(page, path, "#t=30")
    _shows(page, r"Shows 0:2\d\.\d to 0:3\d\.\d")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name="Copy a link").click()
    page.locator(".pnb-command-message", has_text="was copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == f"{path.as_uri()}#t=30"
    page.evaluate("() => { location.hash = 't=0:02' }")
    _shows(page, r"Shows 0:00\.0 to")
    # Of a word that was chosen the link names the word; it is the current one where the link is opened.
    page.locator(".pnb-words").focus()
    page.keyboard.press("End")
    last = page.locator(".pnb-word-about").filter(has_not_text="to choose it").inner_text()  # once a word is chosen
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name="Copy a link to").click()
    page.locator(".pnb-command-message", has_text="was copied").wait_for()
    address = page.evaluate("() => navigator.clipboard.readText()")
    assert "#w=" in address
    page.goto("about:blank")
    _open(page, path, "#" + address.partition("#")[2])
    page.locator(".pnb-word-about", has_text=last).wait_for()


def test_the_theme_can_be_chosen_and_is_remembered(page: Page, path: Path) -> None:
    page.emulate_media(color_scheme="light")
    _open(page, path)
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    theme = page.locator(".pnb-theme")
    theme.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert theme.inner_text() == "Theme: dark"
    assert page.evaluate(BACKGROUND) == "rgb(17, 20, 24)"
    page.reload()
    page.locator(".pnb-text", has_text="morning").wait_for()
    assert page.evaluate(BACKGROUND) == "rgb(17, 20, 24)"
    theme.click()
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"


def test_keys_work_from_anywhere_in_the_page(page: Page, path: Path) -> None:
    _open(page, path)
    page.keyboard.press("/")  # nothing was clicked
    assert page.evaluate("() => document.activeElement.matches('.pnb-find')")
    page.keyboard.type("x")
    assert page.locator(".pnb-find").input_value() == "x", "once"
    page.keyboard.press("Escape")
    page.locator(".pnb-theme").click()
    page.keyboard.press("l")
    page.wait_for_function("() => document.querySelector('.pnb-time-field').value === '0:05.0'")
    page.locator(".pnb-theme").focus()
    before = page.locator(".pnb-theme").inner_text()
    page.keyboard.press("Space")
    assert page.locator(".pnb-theme").inner_text() != before, "a button that has the focus is pressed"
    assert "Play" in page.locator(".pnb-play").inner_text()


def test_on_a_phone_the_player_stays_and_can_be_hit(page: Page, path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    _open(page, path)
    play = page.locator(".pnb-play").bounding_box()
    assert play
    assert play["y"] + play["height"] <= 800, "it is in reach without scrolling"
    # The times beside the sentences are part of the text.
    small = page.evaluate(
        """() => [...document.querySelectorAll("button:not(.pnb-at)")].filter((button) => button.offsetParent)
        .map((button) => [button.textContent, button.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 44 || height < 44).map(([text]) => text)"""
    )
    assert small == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    text = page.locator(".pnb-text").bounding_box()
    assert text
    assert text["height"] > 200
    assert page.evaluate("() => document.querySelector('.pnb-text').clientHeight % 26") == 0, "no line is cut"
    field = page.locator(".pnb-time-field")
    assert field.evaluate("field => [field.scrollWidth <= field.clientWidth, field.offsetHeight]") == [True, 44]


def test_the_text_is_as_tall_as_the_window_and_a_finished_run_is_no_news(page: Page, path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    _open(page, path)
    text = page.locator(".pnb-text").bounding_box()
    assert text
    assert text["height"] > 400
    assert page.locator(".pnb-state").is_hidden()
    assert page.locator(".pnb-progress").is_hidden()


def test_the_frame_of_the_focus_is_shown_after_a_key_and_not_after_a_press(page: Page, path: Path) -> None:
    _open(page, path)
    has_frame = "() => getComputedStyle(document.querySelector('.pnb-stage'), '::after').content !== 'none'"
    page.locator(".pnb-play").click()
    assert page.evaluate("() => document.activeElement.className") == "pnb-words"
    assert page.evaluate(has_frame) is False
    page.keyboard.press("Space")
    assert page.evaluate(has_frame) is True
    page.locator(".pnb-stage").click()
    assert page.evaluate(has_frame) is False


def test_it_is_printed_on_white_with_times(page: Page, path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    _open(page, path)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    lines = page.locator(".pnb-print p").all_inner_texts()
    assert lines[0] == "[00:00:00.7] good morning and welcome to the first lesson."
    assert len(lines) == 8
    assert page.locator(".pnb-timeline").is_hidden()
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "light"


def test_what_needs_no_kernel_is_downloaded(page: Page, path: Path, tmp_path: Path) -> None:
    _open(page, path)
    for suffix, start in ((".srt", "1\n00:00:00,"), (".vtt", "WEBVTT\n"), (".csv", "\ufeffsentence_id,")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=re.compile(f"^{suffix[1:].upper()} ")).click()
        assert download.value.suggested_filename == f"lesson_en{suffix}"
        download.value.save_as(tmp_path / "file")
        assert (tmp_path / "file").read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_page_and_menu(
    browser: BrowserContext, page: Page, path: Path, tmp_path: Path, scheme: Any
) -> None:
    text = path.read_text(encoding="utf-8")
    (tmp_path / "open.html").write_text(re.sub(r"<meta http-equiv[^>]*>", "", text), encoding="utf-8")
    page.emulate_media(color_scheme=scheme)
    _open(page, tmp_path / "open.html")
    page.locator(".pnb-words").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Copy the selected words").wait_for()
    page.add_script_tag(content=(installed("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:100]) for each in serious] == []


# How many columns of the waveform differ from the one before: bars are bricks when they are wide, samples are a line.
STEPS = """() => {
  const canvas = document.querySelector(".pnb-picture"), { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, Math.round(height / 2));
  const column = (x) => {
    let sum = 0;
    for (let y = 12; y < height / 2; y++) sum += data[4 * (y * width + x) + 3] * y;
    return sum;
  };
  let steps = 0;
  for (let x = 1; x < width; x++) if (column(x) !== column(x - 1)) steps++;
  return steps / width;
}"""


def test_samples_of_the_page_s_sound_are_drawn_where_bars_would_be_bricks(page: Page, path: Path) -> None:
    _open(page, path, "#t=0.9")
    page.locator(".pnb-words").focus()
    page.wait_for_function("() => document.querySelector('.pnb-time-field').value === '0:00.9'")
    for _ in range(9):
        page.keyboard.press("+")
    _shows(page, r"Shows 0:00\.\d{3} to 0:01\.\d{3}")
    page.wait_for_function(f"() => ({STEPS})() > 0.8")  # a line; bricks are 0.1
