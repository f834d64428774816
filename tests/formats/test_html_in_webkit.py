"""The saved page in WebKitGTK, whose engine is Safari's. By hand: ``pytest -n 0 -s -m campaign THIS_FILE``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_scripts import KEEP_AUDIO, POSITION_OF
from saved_pages import lesson_run, page_of_an_hour
from webkit import DRIVER, MINIBROWSER, XVFB, WebKit, webkit

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(300)]

# A position that was only sought is not played.
_PLAYS_FROM = "window.audio?.played.length && audio.currentTime > arguments[0]"


@pytest.fixture(scope="module")
def browser() -> Iterator[WebKit]:
    if None in (DRIVER, MINIBROWSER, XVFB):
        pytest.skip("NO WEBKIT: see tests/webkit.py for its packages")
    with webkit() as browser:
        yield browser


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lesson_run().export(tmp_path_factory.mktemp("lesson") / "lesson.html").path


def _open(browser: WebKit, page: Path, word: str) -> None:
    browser.open(page.as_uri())
    browser.run(
        f"{KEEP_AUDIO} window.wrong = []; addEventListener('error', (event) => wrong.push(event.message));"
        "addEventListener('securitypolicyviolation', (event) => wrong.push(event.blockedURI))"
    )
    browser.until("document.querySelector('.pnb-text')?.textContent.includes(arguments[0])", word)


def test_it_plays_seeks_searches_and_marks_words(browser: WebKit, lesson: Path, tmp_path: Path) -> None:
    _open(browser, lesson, "morning")
    browser.run("document.querySelector('.pnb-words').focus()")
    browser.press("End", "Space")
    browser.until(_PLAYS_FROM, 38)
    browser.until("document.querySelector('.pnb-play').textContent.includes('Play') && audio.paused")
    browser.press("Home", "Space")
    browser.until(f"{_PLAYS_FROM} && audio.currentTime < 9 && !audio.paused", 1)
    browser.until("CSS.highlights.has('pnb-spoken')")
    browser.press("Space")
    browser.until("audio.paused")
    browser.run("document.querySelector('.pnb-find').focus()")
    browser.press(*"computer")
    browser.until("document.querySelector('.pnb-found').textContent === '1/1'")
    browser.screenshot(tmp_path / "webkit.png")
    assert (tmp_path / "webkit.png").stat().st_size > 20_000
    assert browser.run("return wrong") == []


def test_a_click_on_a_word_of_the_text_moves_there_and_space_plays_from_it(browser: WebKit, lesson: Path) -> None:
    _open(browser, lesson, "morning")
    browser.click(*browser.run(f"return ({POSITION_OF})(arguments[0])", "microphone"))
    browser.until("document.querySelector('.pnb-word-about').textContent.includes('microphone')")
    browser.press("Space")
    browser.until(_PLAYS_FROM, 9.7)


def test_an_hour_opens_and_plays_where_its_last_word_is(browser: WebKit, tmp_path: Path) -> None:
    path = tmp_path / "hour.html"
    path.write_text(page_of_an_hour(), encoding="utf-8")
    began = time.monotonic()
    _open(browser, path, "second3595")
    opened = time.monotonic()
    browser.run("document.querySelector('.pnb-words').focus()")
    browser.press("End", "Space")
    browser.until(_PLAYS_FROM, 3595.1)
    print(f"\nan hour opened in {opened - began:.1f} s, and played {time.monotonic() - opened:.1f} s later")  # noqa: T201
    assert opened - began < 30  # it took 60 s when the sound was one element
    assert browser.run("return wrong") == []


def test_the_policy_refuses_what_is_injected(browser: WebKit, lesson: Path, tmp_path: Path) -> None:
    path = tmp_path / "injected.html"
    text = lesson.read_text(encoding="utf-8")
    path.write_text(text.replace("<main ", "<script>window.injected = 1</script><main "), encoding="utf-8")
    _open(browser, path, "morning")
    assert browser.run("return window.injected === undefined")
