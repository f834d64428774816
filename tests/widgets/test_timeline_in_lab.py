"""The live view in a real JupyterLab: what a person sees, presses and saves."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, Locator

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

# Whether the waveform is a line of samples, of which each column of pixels differs from the next, and not bars.
HAS_SAMPLES = """() => {
  const canvas = document.querySelector(".pnb-picture");
  const [width, height] = [canvas.width, Math.round(canvas.height * 0.5)];
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
  let changes = 0;
  for (let x = 1; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (pixels[y * width + x] === pixels[y * width + x - 1]) continue;
      changes++;
      break;
    }
  }
  return changes > width / 2;
}"""


def _state(view: Locator, name: str) -> None:
    view.locator(".pnb-state", has_text=name).wait_for(timeout=60_000)


def test_the_first_notebook_shows_words_live_and_keeps_the_picture(
    lab: str, browser: BrowserContext, folder: Path
) -> None:
    notebook = Notebook(browser, lab, folder / "01_first_words.ipynb", [])
    try:
        notebook.run(1)
        view = notebook.page.locator(".pnb-timeline").first
        view.locator(".pnb-partial").first.wait_for(timeout=30_000)  # a partial sentence
        assert "moonshine" in view.inner_text()
        assert "English only" in view.inner_text()
        notebook.run(3)
        _state(view, "Finished")
        shown = " ".join(view.locator(".pnb-text").inner_text().split())
        assert "welcome to the first lesson" in shown
        assert "a better guess" in shown
        assert not view.get_by_role("button", name="Stop").is_visible()
        table = notebook.run(5)
        assert "morning" in table
        assert "confidence" in table
        notebook.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.content.widgets[1].outputArea.model.toJSON()"
            ".some(output => 'image/png' in output.data)",
            timeout=20_000,
        )
        saved = notebook.save().cells[1].outputs
        assert ["image/png" in output.data for output in saved] == [True, False]  # the view, and the still beside it
        assert saved[0].data["text/plain"].startswith("lesson_en.flac: finished")
        assert "welcome to the first lesson" in saved[0].data["text/plain"]
        view.locator(".pnb-words").focus()
        for key in ["Home", "ArrowRight", *["+"] * 25]:
            notebook.page.keyboard.press(key)
        notebook.page.wait_for_function(HAS_SAMPLES, timeout=20_000)
        assert notebook.errors == []
    finally:
        notebook.close()


def test_stop_keeps_the_words_and_is_handled_while_a_cell_waits(
    lab: str, browser: BrowserContext, folder: Path
) -> None:
    cells = [
        "import paraformer_nb as pnb\nrun = pnb.transcribe('data/lesson_en.flac', pace=2)\nrun",
        "await run\nprint(run.state, run.words.is_final.all(), run.text)",
        "run = pnb.transcribe('data/lesson_en.flac', pace=2)\ndisplay(run)\nrun.wait()\n"
        "print(run.state, len(run.words) > 0)",
    ]
    notebook = Notebook(browser, lab, folder / "stop.ipynb", cells)
    try:
        notebook.run(0)
        view = notebook.page.locator(".pnb-timeline").first
        view.locator(".pnb-text", has_text="welcome").wait_for(timeout=30_000)
        view.get_by_role("button", name="Stop").click()
        _state(view, "Stopped")
        printed = notebook.run(1)
        assert printed.startswith("stopped True Good morning")
        assert "see where they are" not in printed
        notebook.start(2)
        view = notebook.page.locator(".pnb-timeline").nth(1)
        view.locator(".pnb-text", has_text="good").wait_for(timeout=30_000)
        view.get_by_role("button", name="Stop").click()
        assert notebook.wait(2).rstrip().endswith("stopped True")
        assert notebook.errors == []
    finally:
        notebook.close()


def test_the_panel_transcribes_without_code(lab: str, browser: BrowserContext, folder: Path) -> None:
    cells = ["import paraformer_nb as pnb\npanel = pnb.panel()\npanel", "print(panel.run.state, panel.run.text)"]
    notebook = Notebook(browser, lab, folder / "panel.ipynb", cells)
    try:
        notebook.run(0)
        notebook.page.get_by_role("button", name="Transcribe").click()
        view = notebook.page.locator(".pnb-timeline").first
        _state(view, "Finished")
        assert notebook.run(1).startswith("finished Good morning")
        assert notebook.errors == []
    finally:
        notebook.close()


def test_a_reloaded_page_shows_the_run_again(lab: str, browser: BrowserContext, folder: Path) -> None:
    cells = ["import paraformer_nb as pnb\nrun = pnb.transcribe('data/lesson_en.flac', end=4)\nrun", "await run;"]
    notebook = Notebook(browser, lab, folder / "reload.ipynb", cells)
    try:
        notebook.run(0)
        notebook.run(1)
        view = notebook.page.locator(".pnb-timeline").first
        _state(view, "Finished")
        notebook.save()
        notebook.page.reload()
        view = notebook.page.locator(".pnb-timeline").first
        view.locator(".pnb-text", has_text="lesson").wait_for(timeout=60_000)
        _state(view, "Finished")
    finally:
        notebook.close()
