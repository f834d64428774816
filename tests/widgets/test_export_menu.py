"""Taking things out of a view in a real JupyterLab, by mouse and by keys: copies, downloads, parts of the sound."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

SHOW = """import paraformer_nb as pnb
script = pnb.Embedded("scripted", script="data/lesson_en.json")
run = pnb.transcribe("data/lesson_en.flac", service=script, end=12).wait()
view = run.timeline()
view"""


@pytest.fixture(scope="module")
def notebook(lab: str, browser: BrowserContext, folder: Path) -> Iterator[Notebook]:
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    cells = [SHOW, "view.selection = (0.5, 2.0)", "print(view.selection)"]
    notebook = Notebook(browser, lab, folder / "taking.ipynb", cells)
    notebook.run(0)
    notebook.page.locator(".pnb-text", has_text="morning").first.wait_for(timeout=60_000)
    yield notebook
    assert notebook.errors == []
    notebook.close()


def _choose(page: Page, name: str) -> None:
    page.locator(".pnb-menu").get_by_role("menuitem", name=name).click()


def _copied(page: Page) -> str:
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text.replace("\r\n", "\n")


def _downloaded(page: Page, name: str, tmp_path: Path) -> tuple[str, bytes]:
    with page.expect_download(timeout=30_000) as download:
        _choose(page, name)
    path = tmp_path / "file"
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_bytes()


def test_the_button_s_menu_copies_and_downloads(notebook: Notebook, tmp_path: Path) -> None:
    page = notebook.page
    button = page.get_by_role("button", name="Export")
    button.click()
    _choose(page, "Copy the text with times")
    page.locator(".pnb-command-message", has_text="was copied").wait_for()
    assert _copied(page).startswith("[00:00:00.7] good morning and welcome")
    for suffix, start in (("TXT", b"Good morning and"), ("SRT", b"1\n00:00:00,"), ("HTML", b"<!doctype html>")):
        button.click()
        name, data = _downloaded(page, suffix, tmp_path)
        assert name == f"lesson_en.{suffix.lower()}"
        assert data.startswith(start)
    button.click()
    page.locator(".pnb-menu-item").first.wait_for()
    button.click()
    page.locator(".pnb-menu-item").first.wait_for(state="hidden")


def test_a_right_click_offers_what_can_be_done_with_the_selection(notebook: Notebook, tmp_path: Path) -> None:
    page = notebook.page
    notebook.run(1)
    picture = page.locator(".pnb-picture")
    picture.click(button="right", position={"x": 200, "y": 60})
    assert page.locator(".lm-Menu").count() == 0, "JupyterLab's own menu"
    name, data = _downloaded(page, "Save the sound", tmp_path)
    assert name == "lesson_en_0.50-2.00.wav"
    with wave.open(io.BytesIO(data)) as file:
        assert file.getnframes() == 72_000
    picture.click(button="right", position={"x": 200, "y": 60})
    _choose(page, "Copy the selected words")
    page.locator(".pnb-command-message", has_text="was copied").wait_for()
    assert _copied(page) == "good morning and welcome"
    picture.click(button="right", position={"x": 200, "y": 60})
    _choose(page, "Zoom to the selection")
    page.wait_for_function(
        "() => /Shows 0:00.380 to 0:02.120/.test(document.querySelector('.pnb-timeline').innerHTML)", timeout=10_000
    )
    picture.click(button="right", position={"x": 200, "y": 60})
    _choose(page, "Loop the selection")
    page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Pause')")
    page.keyboard.press("Space")
    assert notebook.run(2).strip() == "(0.5, 2.0)"


def test_keys_alone_do_all_of_it(notebook: Notebook) -> None:
    page = notebook.page
    notebook.run(1)
    words = page.locator(".pnb-words")
    words.focus()
    page.keyboard.press("Shift+F10")
    items = page.locator(".pnb-menu-item")
    items.first.wait_for()
    assert items.first.evaluate("item => item === document.activeElement")
    page.keyboard.press("End")
    assert items.last.evaluate("item => item === document.activeElement")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".pnb-command-message", has_text="was copied").wait_for()
    assert _copied(page) == "good morning and welcome"
    words.focus()
    page.keyboard.press("Shift+F10")
    items.first.wait_for()
    page.keyboard.press("Escape")
    items.first.wait_for(state="hidden")
    assert words.evaluate("words => words === document.activeElement")
    page.locator(".pnb-text").evaluate("text => getSelection().selectAllChildren(text)")
    page.locator(".pnb-text p").nth(1).click(button="right")
    assert items.first.is_hidden(), "the browser's own menu copies the text that is selected"
