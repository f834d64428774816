"""Two lanes on one timeline in a real JupyterLab: the differences are stepped through by keys, and played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, expect
from servers import eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

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
    expect(legend).to_have_text(["edited (100)", "differences (2)"], timeout=20_000)
    words = view.locator(".pnb-words")
    spans = json.loads(notebook.run(1))[2]
    assert len(spans) == 2

    def is_selected(span: list[float]) -> bool:
        selection, playhead, _ = json.loads(notebook.run(1))
        return selection == pytest.approx(span, abs=0.002) and playhead == pytest.approx(span[0], abs=0.002)

    for key, span in (("n", spans[0]), ("n", spans[1]), ("n", spans[0]), ("Shift+n", spans[1])):
        words.focus()
        page.keyboard.press(key)
        assert eventually(lambda span=span: is_selected(span))  # it is saved ten times a second
    words.focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Pause')")
    page.wait_for_function("() => document.querySelector('.pnb-play').textContent.includes('Play')")
    end = spans[1][1]
    assert eventually(lambda: json.loads(notebook.run(1))[1] == pytest.approx(end, abs=0.15))
