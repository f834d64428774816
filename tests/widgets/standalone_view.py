"""The view in a page without a kernel, made of the modules as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs, to_builtins
from playwright.sync_api import BrowserContext, Locator, Page, Route

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


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """An empty page that can import the modules as they are."""

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix("http://modules.test/")
        if name.endswith(".js"):
            route.fulfill(path=MODULES / name, content_type="text/javascript")
        else:
            style = (MODULES / "timeline.css").read_text(encoding="utf-8")
            body = f"<!doctype html><style>{style}</style><body style='margin:0'><canvas></canvas><main></main>"
            route.fulfill(body=body, content_type="text/html")

    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.route("http://modules.test/**", serve)
    page.goto("http://modules.test/")
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
