"""The panel as a page of its own, for people who write no code: Voilà in a real browser."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
DROP = """async (files) => {
  const data = new DataTransfer();
  for (const [name, base64] of files) {
    data.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name));
  }
  const zone = document.querySelector(".pnb-upload");
  for (const type of ["dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


@contextlib.contextmanager
def _voila(notebook: Path) -> Iterator[str]:
    """A server of the notebook's page; gives its address, once it is in its log."""
    without_key = {name: value for name, value in os.environ.items() if name != "DASHSCOPE_API_KEY"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    command = [sys.executable, "-m", "voila", str(notebook), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=without_key) as process:
        assert process.stderr
        try:
            yield next(line.strip() for line in process.stderr if line.strip().startswith("http://"))
            # It writes little: the pipe does not fill up.
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def page(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("voila")
    cell = nbformat.v4.new_code_cell("import paraformer_nb as pnb\npnb.panel()")
    document = nbformat.v4.new_notebook(cells=[cell])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, folder / "panel.ipynb")
    with _voila(folder / "panel.ipynb") as url:
        page, wrong = browser.new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url, timeout=90_000)
        page.locator(".pnb-upload").wait_for(timeout=90_000)
        yield page
        page.close()
        assert wrong == []


def _drop(page: Page, **files: bytes) -> None:
    page.evaluate(DROP, [(name.replace("_", "."), base64.b64encode(data).decode()) for name, data in files.items()])


def test_what_cannot_be_transcribed_is_explained(page: Page) -> None:
    _drop(page, empty_wav=b"", notes_txt=b"no sound", b_wav=b"RIFF")
    page.locator(".pnb-upload-status", has_text="b.wav is here.").wait_for()
    status = page.locator(".pnb-upload-status").inner_text()
    assert status == "'empty.wav' is empty: choose another file. notes.txt is here. b.wav is here."
    clips = [" ".join(name.split()) for name in page.get_by_label("Clip").locator("option").all_inner_texts()]
    assert clips == ["b.wav (uploaded)", "notes.txt (uploaded)"]
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_role("alert").filter(has_text="'b.wav' is not audio that FFmpeg can read").wait_for()
    assert page.locator(".pnb-timeline").count() == 0


def test_a_dropped_clip_is_transcribed_stopped_and_downloaded(page: Page, tmp_path: Path) -> None:
    _drop(page, lesson_flac=LESSON.read_bytes())
    page.locator(".pnb-upload-status", has_text="lesson.flac is here.").wait_for()
    page.get_by_role("button", name="Transcribe").click()
    view = page.locator(".pnb-timeline")
    view.locator(".pnb-text", has_text="morning").wait_for(timeout=90_000)
    assert not page.get_by_role("alert").is_visible()
    page.locator("button.jupyter-button", has_text="Stop").click()
    page.get_by_role("button", name="Transcribe").wait_for()
    assert view.locator(".pnb-clip").inner_text() == "lesson.flac"
    view.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="SRT").click()
    assert download.value.suggested_filename == "lesson.srt"
    download.value.save_as(tmp_path / "lesson.srt")
    assert "morning" in (tmp_path / "lesson.srt").read_text(encoding="utf-8")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('.pnb-timeline').offsetWidth < 390")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, "a phone scrolls down only"


def test_a_page_that_is_loaded_again_begins_anew(page: Page) -> None:
    page.reload()
    page.locator(".pnb-upload").wait_for(timeout=90_000)
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_role("alert").filter(has_text="There is no clip yet").wait_for()
