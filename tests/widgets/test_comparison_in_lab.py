"""Two lanes on one timeline in a real JupyterLab: the differences are stepped through by keys, and played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, expect

pytestmark = pytest.mark.timeout(180)

SHOW = """import json, paraformer_nb as pnb
script = pnb.Embedded("scripted", script="data/lesson_en.json")
run = pnb.transcribe("data/lesson_en.flac", service=script).wait()
words = run.words.drop(index=[10, 11])
words.loc[3, "text"] = "well"
comparison = pnb.compare(run, words, names=("lesson", "edited"))
view = comparison.timeline()
view"""
WHERE = (
    "print(json.dumps([list(view.selection), view.playhead, comparison.differences[['start', 'end']].values.tolist()]))"
)


def test_differences_are_stepped_through_and_played(browser: BrowserContext, lab: str, folder: Path) -> None:
    notebook = Notebook(browser, lab, folder / "comparison.ipynb", [SHOW, WHERE])
    notebook.run(0)
    page = notebook.page
    view = page.locator(".pnb-timeline").first
    view.locator(".pnb-text", has_text="morning").wait_for(timeout=30_000)
    legend = view.locator(".pnb-layer")
    expect(legend).to_have_text(["edited (100)", "differences (2)"])
    words = view.locator(".pnb-words")
    spans = json.loads(notebook.run(1))[2]
    assert len(spans) == 2

    def selected_after(*keys: str) -> list[float]:
        words.focus()
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(250)  # a selection is saved ten times a second
        selection, playhead, _ = json.loads(notebook.run(1))
        assert playhead == pytest.approx(selection[0], abs=0.002)
        return list(selection)

    for keys, span in ((["n"], spans[0]), (["n"], spans[1]), (["n"], spans[0]), (["Shift+n"], spans[1])):
        assert selected_after(*keys) == pytest.approx(span, abs=0.002)
    words.focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Pause')")
    page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Play')")
    assert json.loads(notebook.run(1))[1] == pytest.approx(spans[1][1], abs=0.15)
