"""The panel in a real JupyterLab: a dropped file, a key, one button, constant width, earlier runs."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, expect

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

DROP = """async ([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  const zone = document.querySelector(".pnb-upload");
  for (const type of ["dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""
WIDTHS = """() => {
  window.widths = new Set();
  const add = (entries) => entries.forEach(({ contentRect }) => window.widths.add(Math.round(contentRect.width)));
  new ResizeObserver(add).observe(document.querySelector(".pnb-timeline"));
}"""


NOTHING_IS_CUT = """() => {
  const panel = document.querySelector(".pnb-panel"), { right } = panel.getBoundingClientRect();
  const room = right - parseFloat(getComputedStyle(panel).paddingRight);
  const all = panel.querySelectorAll("input, button, select, span");
  return panel.clientWidth < 420 && [...all].every((each) => each.getBoundingClientRect().right <= room);
}"""


def test_a_dropped_clip_is_transcribed_and_stopped_with_one_button(
    lab: str, browser: BrowserContext, folder: Path
) -> None:
    cells = ["import paraformer_nb as pnb\npanel = pnb.panel('data')\npanel", "print(panel.run.state, panel.run.text)"]
    notebook = Notebook(browser, lab, folder / "panel2.ipynb", cells)
    page = notebook.page
    try:
        notebook.run(0)
        page.locator(".pnb-upload").wait_for(timeout=60_000)
        assert page.locator(".pnb-panel").evaluate("form => form.scrollWidth - form.clientWidth") == 0
        data = base64.b64encode((folder / "data" / "lesson_en.flac").read_bytes()).decode()
        page.evaluate(DROP, ["dropped.flac", data])
        page.locator(".pnb-upload-status", has_text="dropped.flac is here.").wait_for(timeout=30_000)
        page.get_by_role("button", name="Transcribe").click()
        view = page.locator(".pnb-timeline")
        view.wait_for(timeout=60_000)
        page.evaluate(WIDTHS)
        expect(view.locator(".pnb-clip")).to_have_text("dropped.flac", use_inner_text=True, timeout=30_000)
        view.locator(".pnb-text", has_text="welcome").wait_for(timeout=60_000)
        page.locator("button.jupyter-button", has_text="Stop").click()
        page.get_by_role("button", name="Transcribe").wait_for(timeout=60_000)
        assert len(page.evaluate("() => [...window.widths]")) == 1, "the picture would creep while words arrive"
        assert notebook.run(1).split()[0] in ("stopped", "finished")
        page.get_by_role("button", name="Transcribe").focus()
        page.keyboard.press("Enter")
        history = page.get_by_label("Shown")
        history.wait_for(timeout=30_000)
        history.select_option(index=0)
        view.locator(".pnb-state", has_text="Stopped").or_(view.locator(".pnb-state", has_text="Finished")).wait_for()
        assert notebook.errors == []
    finally:
        notebook.close()


def test_a_typed_key_is_used_and_saved_nowhere(lab: str, browser: BrowserContext, folder: Path, key: str) -> None:
    cells = [
        "import paraformer_nb as pnb\npanel = pnb.panel('data')\npanel",
        "from paraformer_nb.services.keys import known_key\nprint(len(str(known_key())))",
    ]
    notebook = Notebook(browser, lab, folder / "key.ipynb", cells)
    page = notebook.page
    try:
        notebook.run(0)
        page.get_by_label("Service").wait_for(timeout=60_000)
        assert page.locator(".pnb-key").is_hidden()
        page.get_by_label("Service").select_option(index=1)
        cantonese = page.get_by_label("Language").locator("option", has_text="Cantonese 粤语")
        cantonese.wait_for(state="attached", timeout=30_000)
        page.get_by_label("Model").select_option(label="fun-asr-realtime-2025-09-15")
        cantonese.wait_for(state="detached", timeout=30_000)
        languages = page.get_by_label("Language").locator("option").all_inner_texts()
        assert [name.replace("\xa0", " ") for name in languages] == ["detect 自动", "Chinese 中文", "English 英语"]
        size = page.viewport_size
        assert size
        page.set_viewport_size({"width": 700, "height": 900})  # with the file browser
        page.wait_for_function(NOTHING_IS_CUT)
        page.set_viewport_size(size)
        page.locator(".pnb-key input").fill(key)
        page.keyboard.press("Enter")
        page.locator(".pnb-key").wait_for(state="hidden", timeout=30_000)
        assert notebook.run(1).strip() == str(len(key))
        assert key not in json.dumps(notebook.save())
        assert key not in page.content()
        assert notebook.errors == []
    finally:
        notebook.close()
