"""The live view in JupyterLab in Firefox: the tests in Chromium have the details."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

_SHOW = """import paraformer_nb as pnb
scripted = pnb.Embedded("scripted", script="data/lesson_en.json")
run = pnb.transcribe("data/lesson_en.flac", service=scripted, pace=2)
run"""


def test_words_appear_live_stop_keeps_them_and_they_can_be_played_and_corrected(
    lab: str, firefox: BrowserContext, folder: Path
) -> None:
    notebook = Notebook(firefox, lab, folder / "firefox.ipynb", [_SHOW, "print(run.state, run.text)"])
    try:
        notebook.run(0)
        view = notebook.page.locator(".pnb-timeline").first
        view.locator(".pnb-partial").first.wait_for(timeout=60_000)
        view.locator(".pnb-text", has_text="welcome").wait_for(timeout=60_000)
        view.get_by_role("button", name="Stop").click()
        view.locator(".pnb-state", has_text="Stopped").wait_for(timeout=60_000)
        view.locator(".pnb-find").fill("welcome")
        view.locator(".pnb-found", has_text="1/1").wait_for()
        notebook.page.keyboard.press("Escape")
        notebook.page.keyboard.press("Space")
        notebook.page.wait_for_function("() => CSS.highlights.has('pnb-spoken')", timeout=60_000)
        notebook.page.keyboard.press("Space")
        view.locator(".pnb-words").press("Home")
        notebook.page.keyboard.press("Enter")
        notebook.page.keyboard.insert_text("Great")
        notebook.page.keyboard.press("Enter")
        view.locator(".pnb-text", has_text="Great").wait_for()
        view.get_by_role("button", name="Undo").click()
        view.locator(".pnb-text", has_text="Good").wait_for()
        view.get_by_role("button", name="Redo").click()
        view.locator(".pnb-text", has_text="Great").wait_for()
        printed = notebook.run(1)
        assert printed.startswith("stopped Great morning")
        assert "see where they are" not in printed
        notebook.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.content.widgets[0].outputArea.model.toJSON()"
            ".some(output => 'image/png' in output.data)",
            timeout=60_000,
        )
        assert notebook.errors == []
    finally:
        notebook.close()
