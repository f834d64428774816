"""The view in a page without a kernel, made of the modules as they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs, to_builtins
from playwright.sync_api import BrowserContext, Locator, Page

import paraformer_nb
from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_data import RunState, SentenceData, SoundFormat, WordRow
from paraformer_nb.widgets.saved_run import SavedRun, SavedUpdate

MODULES = Path(paraformer_nb.__file__).parent / "widgets" / "static" / "timeline"

RUN = RunState(
    state="finished",
    has_ended=True,
    clip="odd.wav",
    service="x",
    model="y",
    language="en",
    notice="",
    message="",
    start=0,
    end=12,
    sent_until=12,
    final_until=12,
    can_stop=False,
    can_resume=False,
    can_correct=True,
    can_undo=False,
    can_redo=False,
    sound=SoundFormat("audio/webm", 10),
)
MOUNT = """async (saved) => {
  const { mountSavedRun } = await import("/standalone.js");
  mountSavedRun(document.querySelector("main"), saved);
}"""


class _Modules(SimpleHTTPRequestHandler):
    """Serves an empty page with the view's style, and the modules as they are."""

    extensions_map = {".js": "text/javascript"}  # noqa: RUF012 - as in the base class

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(MODULES))

    def do_GET(self) -> None:
        if self.path.endswith(".js"):
            super().do_GET()
            return
        style = (MODULES / "timeline.css").read_text(encoding="utf-8")
        body = f"<!doctype html><style>{style}</style><body style='margin:0'><canvas></canvas><main></main>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def modules() -> Iterator[str]:
    """The address of a server of the modules: it answers in less CPU time than `Page.route`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Modules) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: BrowserContext, modules: str) -> Iterator[Page]:
    """An empty page that can import the modules as they are."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(modules)
    page.evaluate("localStorage.clear()")  # what a test before has chosen
    yield page
    page.close()
    assert wrong == []


def row(
    text: str, start: float, end: float, confidence: float | None = None, mark: str = "", *, is_edited: bool = False
) -> WordRow:
    """A word as it is sent."""
    return WordRow(text, mark, start, end, confidence, " " if text else "", is_edited)


def sentence(number: int, start: float, text: str) -> SentenceData:
    """A final sentence as it is sent, with a word every half second."""
    words = [
        WordRow(word, "", start + i / 2, start + i / 2 + 0.4, 0.9, " " if i else "", False)
        for i, word in enumerate(text.split())
    ]
    return SentenceData(number, True, start, words[-1].end, " " if number > 1 else "", words)


def mount(page: Page, update: Update) -> Locator:
    """Show a run; returns its view."""
    page.evaluate(MOUNT, to_builtins(SavedRun([SavedUpdate(update, [])], None)))
    view = page.locator(".pnb-timeline")
    view.wait_for()
    return view


def show(page: Page, *texts: str, **run: Any) -> Locator:
    """Show an ended run of sentences, 10 s from each to the next."""
    sentences = [sentence(i + 1, 10.0 * i, text) for i, text in enumerate(texts)]
    end = 10.0 * len(texts)
    state = structs.replace(RUN, end=end, sent_until=end, final_until=end, **run)
    return mount(page, Update(seq=1, reset=True, run=state, sentences=sentences))
