"""A notebook that is saved, closed and opened again without its kernel: it plays, in a real JupyterLab."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lab import Notebook
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CELLS = [
    "import paraformer_nb as pnb\n"
    "script = pnb.Embedded('scripted', script='data/lesson_en.json')\n"
    "run = pnb.transcribe('data/lesson_en.flac', service=script, end=12, pace=6)\nrun",
    "await run;",
    "run.timeline(still_mb=0)",
]
HAS_STILL = (
    "([i, text]) => window.jupyterapp.shell.currentWidget.content.widgets[i].outputArea.model.toJSON()"
    ".some(output => String(output.data['text/html']).includes(text))"
)


@pytest.fixture(scope="module")
def saved(lab: str, browser: BrowserContext, folder: Path) -> Path:
    """A notebook with a run, corrected after its end, and with a view that keeps the picture; saved and closed."""
    path = folder / "kept.ipynb"
    notebook = Notebook(browser, lab, path, CELLS)
    notebook.run(0)
    view = notebook.page.locator(".pnb-timeline").first
    view.wait_for(timeout=60_000)
    notebook.run(1)
    view.locator(".pnb-state", has_text="Finished").wait_for(timeout=60_000)
    notebook.page.wait_for_function(HAS_STILL, arg=[0, "srcdoc"], timeout=30_000)
    notebook.run(2)
    notebook.page.wait_for_function(HAS_STILL, arg=[2, "data:image/png"], timeout=30_000)
    notebook.page.locator(".pnb-words").nth(1).focus()  # that of a view that is not replaced any more
    for key in ("Home", "Enter", "Control+a"):
        notebook.page.keyboard.press(key)
    notebook.page.keyboard.type("splendid")
    notebook.page.keyboard.press("Enter")
    for index in (0, 2):
        notebook.page.wait_for_function(HAS_STILL, arg=[index, "splendid"], timeout=30_000)
    assert not any(still.is_visible() for still in notebook.page.locator(".pnb-still").all()), "the views live"
    notebook.save()
    assert notebook.errors == []
    notebook.close()
    return path


def _opened(page: Page, lab: str, path: Path) -> None:
    address, _, query = lab.partition("?")
    page.goto(f"{address}/tree/{path.name}?{query}")
    page.locator(".jp-OutputArea-child").first.wait_for(state="attached", timeout=60_000)


@pytest.fixture(scope="module")
def reopened(lab: str, browser: BrowserContext, saved: Path) -> Page:
    """The saved notebook in another page. The kernel that JupyterLab starts for it knows no widget."""
    page = browser.new_page()
    _opened(page, lab, saved)
    return page


def test_it_plays_without_its_kernel_with_the_corrected_words(reopened: Page) -> None:
    page = reopened
    frame = page.frame_locator(".pnb-still-page").first
    text = frame.locator(".pnb-text")
    text.wait_for(timeout=60_000)
    assert " ".join(text.inner_text().split()).startswith("splendid morning and welcome")
    frame.locator(".pnb-play").click()
    body = frame.locator("body")
    body.evaluate(
        """() => new Promise(resolve => { const look = () =>
        CSS.highlights.has("pnb-spoken") ? resolve() : requestAnimationFrame(look); look(); })"""
    )
    assert "Pause" in frame.locator(".pnb-play").inner_text()
    assert not page.get_by_text("Error displaying widget").first.is_visible()
    picture = page.frame_locator(".pnb-still-picture").get_by_role("img")
    page.locator(".pnb-still-picture").scroll_into_view_if_needed()
    picture.wait_for()
    assert "splendid morning and welcome" in str(picture.get_attribute("alt"))
    box = picture.bounding_box()
    assert box
    assert box["width"] > 400


def test_every_tool_of_a_narrow_page_can_be_pressed(reopened: Page) -> None:
    before = reopened.viewport_size
    assert before
    reopened.set_viewport_size({"width": 420, "height": 900})
    try:
        frame = reopened.frame_locator(".pnb-still-page").first
        for button in frame.locator(".pnb-timeline button:visible:enabled").all():
            button.click(trial=True)  # scrolls to it, and waits until nothing covers it
    finally:
        reopened.set_viewport_size(before)


def test_the_frame_cannot_reach_the_notebook(reopened: Page) -> None:
    body = reopened.frame_locator(".pnb-still-page").first.locator("body")
    body.locator(".pnb-timeline").wait_for(timeout=60_000)
    reached = body.evaluate("() => { try { return parent.document.title } catch (error) { return error.name } }")
    assert reached == "SecurityError"


def _set_theme(page: Page, name: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=name)


def _brightness(area: Locator) -> int:
    """The median brightness of what is shown, 0 to 255."""
    picture = Image.open(io.BytesIO(area.screenshot())).convert("L")
    return int(np.median(np.asarray(picture)))


def test_page_and_picture_follow_the_notebook_s_theme(reopened: Page) -> None:
    page = reopened
    still, picture = page.locator(".pnb-still-page").first, page.locator(".pnb-still-picture")
    paper = page.frame_locator(".pnb-still-page").first.locator(".pnb-timeline")
    for scheme in ("light", "dark"):  # of the system: Chromium has a frame follow it
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for theme, colour, (low, high) in (
            ("JupyterLab Dark", "rgb(17, 20, 24)", (0, 60)),
            ("JupyterLab Light", "rgb(255, 255, 255)", (200, 255)),
        ):
            _set_theme(page, theme)
            expect(paper).to_have_css("background-color", colour)
            assert low <= _brightness(still) <= high, (scheme, theme)
            picture.scroll_into_view_if_needed()
            assert low <= _brightness(picture) <= high, (scheme, theme)
            still.scroll_into_view_if_needed()


def test_a_page_in_a_dark_notebook_is_not_white_before_it_is_drawn(reopened: Page) -> None:
    page = reopened
    _set_theme(page, "JupyterLab Dark")
    page.locator(".pnb-still").first.evaluate(
        """(still) => {
          const frame = still.querySelector("iframe"), copy = frame.cloneNode();
          copy.srcdoc = frame.srcdoc.replace(/<script type="module">[^]*<.script>/, "");
          copy.classList.add("undrawn");
          const loaded = new Promise((done) => (copy.onload = done));
          still.append(copy);
          copy.scrollIntoView();
          return loaded;
        }"""
    )
    copy = page.locator(".undrawn")
    assert _brightness(copy) < 60
    copy.evaluate("copy => copy.remove()")
    _set_theme(page, "JupyterLab Light")


def test_an_untrusted_notebook_shows_the_pictures_once(
    lab: str, browser: BrowserContext, saved: Path, folder: Path
) -> None:
    document = nbformat.read(saved, as_version=4)
    document.cells[0].source += "  # written by another person"
    nbformat.write(document, folder / "stranger.ipynb")
    page = browser.new_page()
    _opened(page, lab, folder / "stranger.ipynb")
    pictures = page.locator(".jp-OutputArea img")
    expect(pictures).to_have_count(2, timeout=60_000)  # they are rendered one after another
    assert page.locator("iframe").count() == 0
    assert page.get_by_text("Error displaying widget").count() == 0
    page.close()


def test_nbconvert_s_page_plays_and_its_pictures_are_described(
    browser: BrowserContext, saved: Path, tmp_path: Path
) -> None:
    """Its default template leaves descriptions of pictures out; "classic" writes them."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(saved)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    page = browser.new_page()
    page.route("https://**", lambda route: route.abort())
    page.goto((tmp_path / "kept.html").as_uri())
    frame = page.frame_locator(".pnb-still-page").first
    frame.locator(".pnb-text", has_text="welcome").wait_for(timeout=60_000)
    assert [picture.is_visible() for picture in page.locator(".jp-RenderedImage img").all()] == [False, False]
    page.close()
    classic = [*command, "--template", "classic"]
    done = subprocess.run(classic, check=True, capture_output=True, text=True, timeout=120)
    assert "Alternative text" not in done.stderr
    assert 'alt="lesson_en.flac: finished.' in (tmp_path / "kept.html").read_text(encoding="utf-8")
