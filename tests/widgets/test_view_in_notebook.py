"""The view among a notebook's cells: keys after presses, chords, closing in mid-run, an upload of many megabytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

SHOW = """import ipywidgets, paraformer_nb as pnb
script = pnb.Embedded("scripted", script="data/lesson_en.json")
run = pnb.transcribe("data/lesson_en.flac", service=script).wait()
view = run.timeline()
view"""


def cells(notebook: Notebook) -> int:
    count: int = notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    return count


def test_buttons_and_chords_act_on_words_and_never_on_cells(lab: str, browser: BrowserContext, folder: Path) -> None:
    first = ["'above'", SHOW, "print(len(run.words), run.words.text.iloc[0])", "view.layout.height = '700px'"]
    notebook = Notebook(browser, lab, folder / "words.ipynb", first)
    try:
        notebook.run(1)
        view = notebook.page.locator(".pnb-timeline").first
        view.locator(".pnb-text", has_text="morning").wait_for(timeout=60_000)
        count = int(notebook.run(2).split()[0])
        view.locator(".pnb-words").focus()
        notebook.page.keyboard.press("Home")
        view.get_by_role("button", name="Delete").click()
        view.locator(".pnb-progress-text", has_text=f"{count - 1} words").wait_for()
        notebook.page.keyboard.press("Space")
        notebook.page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Pause')")
        notebook.page.keyboard.press("Space")
        for chord in ("Control+Backspace", "Control+a", "Control+Shift+m", "Control+Enter", "Alt+Enter", "d", "d"):
            notebook.page.keyboard.press(chord)
        assert cells(notebook) == len(first)
        view.get_by_role("button", name="Undo").click()
        view.locator(".pnb-progress-text", has_text=f"{count} words").wait_for()
        notebook.page.keyboard.press("Space")
        notebook.page.keyboard.press("Space")
        assert notebook.run(2).startswith(f"{count} good")
        view.locator(".pnb-words").focus()
        notebook.page.keyboard.press("Control+s")
        notebook.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        notebook.run(3)
        notebook.page.wait_for_function("() => document.querySelector('.pnb-timeline').offsetHeight >= 695")
        assert view.locator(".pnb-picture").bounding_box()["height"] > 300  # type: ignore[index]
        assert notebook.errors == []
    finally:
        notebook.close()


def test_a_run_is_shown_again_after_all_widgets_were_closed_in_mid_run(
    lab: str, browser: BrowserContext, folder: Path
) -> None:
    script = [
        "import ipywidgets, paraformer_nb as pnb\n"
        "script = pnb.Embedded('scripted', script='data/lesson_en.json')\n"
        "run = pnb.transcribe('data/lesson_en.flac', service=script, pace=4)\nrun",
        "ipywidgets.Widget.close_all()",
        "run",
        "await run\nprint(run.state)",
    ]
    notebook = Notebook(browser, lab, folder / "closed.ipynb", script)
    try:
        notebook.run(0)
        view = notebook.page.locator(".pnb-timeline")
        view.first.wait_for(timeout=60_000)
        notebook.run(1)
        view.first.wait_for(state="detached")
        notebook.run(2)
        view.locator(".pnb-text", has_text="good").wait_for(timeout=60_000)
        assert notebook.run(3).strip() == "finished"
        view.locator(".pnb-state", has_text="Finished").first.wait_for(state="attached")
        notebook.page.wait_for_function(
            "() => [0, 2].every(i => window.jupyterapp.shell.currentWidget.content.widgets[i].outputArea.model.toJSON()"
            ".some(output => 'image/png' in output.data))"
        )
        for index in (0, 2):
            assert "Good morning and welcome" in notebook.text(index)
        assert notebook.errors == []
    finally:
        notebook.close()


def test_the_panel_uploads_a_file_of_many_megabytes(
    lab: str, browser: BrowserContext, folder: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(23_456_789)
    code = [
        "import paraformer_nb as pnb\npanel = pnb.panel('data')\npanel",
        "import os\nprint(panel.clip.label, os.path.getsize(panel.clip.value))",
    ]
    notebook = Notebook(browser, lab, folder / "upload.ipynb", code)
    try:
        notebook.run(0)
        upload = notebook.page.locator(".pnb-upload input")
        upload.wait_for(timeout=60_000)
        upload.set_input_files(large)
        notebook.page.locator("select option", has_text="large.wav").wait_for(state="attached", timeout=60_000)
        assert notebook.run(1).split() == ["large.wav", "(uploaded)", "23456789"]
        notebook.page.locator(".pnb-upload-status", has_text="large.wav is here.").wait_for()
        assert notebook.page.locator(".pnb-upload-progress").is_hidden()
        assert notebook.errors == []
    finally:
        notebook.close()
