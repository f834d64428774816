"""Makes the pictures of README and docs anew, in docs/images: ``.venv/bin/python tests/screenshots.py [NAME ...]``.

Without names, all of them. The words are those of the embedded recogniser; the Chinese ones come from a script, as that
recogniser knows English only. Needs what the browser tests need: Debian's Chromium and fonts-noto-cjk.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from lab import Notebook, chromium, jupyter_lab
from page_scripts import KEEP_AUDIO, POSITION_OF
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

import paraformer_nb as pnb

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SCALE = 2  # pixels of the picture for one of the page
WIDTH = 1360  # of the window, in pixels of the page: each of the view's rows of buttons fits
PIXELS_A_SECOND = 130  # of the view, at first
MAX_BYTES = 250_000
SIZES = (1, 0.8, 0.65, 0.5)  # of a picture: the largest with which it is small enough
TIMEOUT = 300_000  # ms, for the recogniser on a busy machine

FRAME = """.jp-Notebook .jp-Cell { padding: 8px !important; border: 0 !important }
.jp-Collapser, .jp-Toolbar, .jp-cell-menu, .jp-InputPrompt, .jp-OutputPrompt, .jp-OutputArea-promptOverlay {
  display: none !important
}"""
FINISHED = """import paraformer_nb as pnb

run = pnb.load("lesson.jsonl")
view = run.timeline()
view"""
CHINESE = """import paraformer_nb as pnb

script = pnb.Embedded("scripted", script="data/lesson_zh.json")
run = pnb.transcribe("data/lesson_zh.flac", service=script, language_hints=["zh"]).wait()
view = run.timeline()
view.interface_language = "zh"
view"""

# In the middle of a word, almost stops what plays: a picture takes a second.
SLOW_DOWN = """() => new Promise((resolve) => {
  const look = () => {
    if (!window.audio || audio.currentTime < 3.1) return requestAnimationFrame(look);
    audio.playbackRate = 0.0625;
    resolve();
  };
  look();
})"""

Shot = Callable[["Studio"], None]
SHOTS: dict[str, Shot] = {}


def shot(function: Shot) -> Shot:
    """Register a function that makes pictures, under its name."""
    SHOTS[function.__name__] = function
    return function


class Studio:
    """A JupyterLab and a browser in which the pictures are made."""

    def __init__(self, browser: BrowserContext, lab: str, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self._lab = lab

    @cached_property
    def run(self) -> pnb.Run:
        """The lesson, recognised once, and saved for the notebooks."""
        return pnb.transcribe(self.folder / "data" / "lesson_en.flac", save=self.folder / "lesson.jsonl").wait()

    def notebook(self, name: str, *cells: str) -> Notebook:
        """A notebook of these cells."""
        notebook = Notebook(self.browser, self._lab, self.folder / f"{name}.ipynb", list(cells))
        _frame(notebook.page)
        return notebook

    def finished(self, name: str) -> tuple[Notebook, Locator]:
        """A notebook with the view of the lesson, and an empty cell."""
        assert self.run.state == "finished"
        notebook = self.notebook(name, FINISHED, "print()")
        notebook.run(0)
        view = notebook.page.locator(".pnb-timeline")
        view.locator(".pnb-text", has_text="words").wait_for(timeout=TIMEOUT)
        return notebook, view

    def reopened(self, name: str) -> Page:
        """A saved notebook, whose kernel was shut down."""
        page = self.browser.new_page()
        page.add_init_script(KEEP_AUDIO)
        address, _, query = self._lab.partition("?")
        page.goto(f"{address}/tree/{name}.ipynb?{query}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=TIMEOUT)
        _frame(page)
        return page

    def save(self, name: str, area: Locator | Page) -> None:
        """Save what an element or a page shows, in few colours."""
        page = area if isinstance(area, Page) else area.page
        page.wait_for_timeout(300)  # the ends of transitions and of scrolling have no event in common
        picture = Image.open(io.BytesIO(area.screenshot(animations="disabled", caret="hide"))).convert("RGB")
        data = next(data for size in SIZES if len(data := _png(picture, size)) <= MAX_BYTES)
        (IMAGES / f"{name}.png").write_bytes(data)
        print(f"{name}.png: {picture.width} x {picture.height}, {len(data) / 1000:.0f} kB", flush=True)  # noqa: T201


def _frame(page: Page) -> None:
    """Hide the prompts and the file browser: a picture shows cells only."""
    page.set_viewport_size({"width": WIDTH, "height": 1400})
    page.add_style_tag(content=FRAME)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")


def _png(picture: Image.Image, size: float) -> bytes:
    """The picture with a palette, in a part of its size."""
    if size < 1:
        picture = picture.resize((round(size * picture.width), round(size * picture.height)))
    file = io.BytesIO()
    picture.quantize(256, kmeans=3, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return file.getvalue()


def _cell(page: Page) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell").first


def _theme(page: Page, name: str) -> None:
    """Choose JupyterLab's theme."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=name)


def _go_to(view: Locator, time: str) -> None:
    """Move the playhead, by typing a time."""
    view.locator(".pnb-time-field").click()
    view.page.keyboard.type(time)
    view.page.keyboard.press("Enter")


def _click_word(view: Locator, word: str) -> None:
    """Click a word of the text: with the pointer, the focus has no frame."""
    view.page.mouse.click(*view.page.evaluate(POSITION_OF, word))


def _point_at(view: Locator, time: float, y: float) -> None:
    """Point at a position of the picture, which shows the first seconds."""
    box = view.locator(".pnb-picture").bounding_box()
    assert box
    view.page.mouse.move(box["x"] + time * PIXELS_A_SECOND, box["y"] + y)


def _python(notebook: Notebook, source: str) -> None:
    """Run source in the second cell."""
    _set_source(notebook, 1, source)
    notebook.run(1)


def _set_source(notebook: Notebook, index: int, source: str) -> None:
    cell = "window.jupyterapp.shell.currentWidget.content.widgets[index]"
    script = f"([index, source]) => {cell}.model.sharedModel.setSource(source)"
    notebook.page.evaluate(script, [index, source])


@shot
def live(studio: Studio) -> None:
    """A run that goes on."""
    code = 'import paraformer_nb as pnb\n\nrun = pnb.transcribe("data/lesson_en.flac")\nrun'
    # Sent slowly: on a busy machine the words would be seconds behind the sound.
    notebook = studio.notebook("live", code.replace('")', '", pace=0.4)'))
    notebook.run(0)
    _set_source(notebook, 0, code)
    view = notebook.page.locator(".pnb-timeline")
    view.locator(".pnb-text", has_text="makes a guess").wait_for(timeout=TIMEOUT)
    studio.save("live", _cell(notebook.page))
    notebook.close()


@shot
def view(studio: Studio) -> None:
    """A finished run: paused on a word in both themes, a word that is typed, regions, the spectrogram."""
    notebook, view = studio.finished("view")
    page = notebook.page
    _click_word(view, "computer")
    _point_at(view, 7.4, 172)
    studio.save("paused", view)
    _theme(page, "JupyterLab Dark")
    studio.save("dark", view)
    _theme(page, "JupyterLab Light")
    _go_to(view, "16.2")
    _click_word(view, "members")
    page.keyboard.press("Enter")
    page.keyboard.type("numbers")
    studio.save("editing", view)
    page.keyboard.press("Escape")
    _python(notebook, "view.regions = run.sentences[:3].assign(label=['greeting', 'topic', 'microphone'])")
    _go_to(view, "0")
    _click_word(view, "turns")
    _python(notebook, "view.selection = (5.03, 6.94)")
    studio.save("regions", view)
    _python(notebook, "view.regions = None; view.selection = None")
    _click_word(view, "welcome")
    view.get_by_role("button", name="Spectrogram").click()
    _point_at(view, 6.6, 240)
    page.wait_for_timeout(3000)  # no event reports that its windows have arrived
    studio.save("spectrogram", view)
    notebook.close()


@shot
def chinese(studio: Studio) -> None:
    """The Chinese clip."""
    notebook = studio.notebook("chinese", CHINESE)
    notebook.run(0)
    view = notebook.page.locator(".pnb-timeline")
    view.locator(".pnb-text", has_text="天").wait_for(timeout=TIMEOUT)
    _click_word(view, "天气")
    studio.save("chinese", view)
    notebook.close()


@shot
def panel(studio: Studio) -> None:
    """The panel with a file that was uploaded, and two runs."""
    notebook = studio.notebook("panel", 'import paraformer_nb as pnb\n\npnb.panel("data")')
    notebook.run(0)
    page = notebook.page
    page.locator(".pnb-upload input").set_input_files(studio.folder / "data" / "lesson_en.flac")
    page.locator(".pnb-upload-status", has_text="is here").wait_for()
    for state in ("Stopped", "Finished"):
        page.get_by_role("button", name="Transcribe").click()
        page.locator(".pnb-timeline .pnb-text", has_text="morning").wait_for(timeout=TIMEOUT)
        if state == "Stopped":
            page.locator("button.jupyter-button", has_text="Stop").click()
        page.locator(".pnb-state", has_text=state).wait_for(timeout=TIMEOUT)
        page.get_by_role("button", name="Transcribe").wait_for()
    page.locator(".pnb-timeline .pnb-text").click()  # the button's frame of the focus is not part of the picture
    studio.save("panel", _cell(page))
    notebook.close()


@shot
def reopened(studio: Studio) -> None:
    """A notebook that was saved, closed and opened again without its kernel: it plays."""
    notebook, _ = studio.finished("reopened")
    outputs = "window.jupyterapp.shell.currentWidget.content.widgets[0].outputArea.model.toJSON()"
    has_page = f"() => {outputs}.some(output => String(output.data['text/html']).includes('srcdoc'))"
    notebook.page.wait_for_function(has_page, timeout=TIMEOUT)
    notebook.save()
    notebook.close()
    page = studio.reopened("reopened")
    frame = page.frame_locator(".pnb-still-page").first
    frame.locator(".pnb-text", has_text="words").wait_for(timeout=TIMEOUT)
    frame.locator(".pnb-play").click()
    frame.locator("body").evaluate(SLOW_DOWN)
    studio.save("reopened", _cell(page))
    page.close()


@shot
def page(studio: Studio) -> None:
    """The exported page: on a wide screen, and on a phone in the dark."""
    path = studio.run.export(studio.folder / "lesson.html", title="The first lesson").path
    page = studio.browser.new_page()
    page.set_viewport_size({"width": 1000, "height": 720})
    page.goto(path.as_uri() + "#t=6.4")
    page.locator(".pnb-text", has_text="words").wait_for()
    studio.save("page", page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.locator(".pnb-text", has_text="words").wait_for()
    studio.save("phone", page)
    page.close()


def main(names: list[str]) -> None:
    """Make the pictures of these functions, or all."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "notebooks"
        shutil.copytree(ROOT / "notebooks" / "data", folder / "data")
        lab = stack.enter_context(jupyter_lab(folder))
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(chromium(playwright=playwright, device_scale_factor=SCALE))
        studio = Studio(browser, lab, folder)
        for name in names or SHOTS:
            SHOTS[name](studio)


if __name__ == "__main__":
    main(sys.argv[1:])
