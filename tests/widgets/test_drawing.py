"""The picture, read back from the layout and from the screen: word blocks at their times, odd words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec import to_builtins
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route

import paraformer_nb
from paraformer_nb.widgets.messages import (
    GapSpan,
    Layer,
    LayerSpan,
    ResumeMark,
    RunState,
    SavedRun,
    SavedUpdate,
    SentenceData,
    SoundFormat,
    Update,
    WordRow,
)

MODULES = Path(paraformer_nb.__file__).parent / "widgets" / "static" / "timeline"
RED = (255, 0, 0)

# Draws one picture of some words for a window, in glaring colours; returns the spans of the layout, in pixels.
DRAW = """async ([words, window, density]) => {
  const { drawPicture, rowsOf } = await import("/canvas/picture.js");
  const { Transcript } = await import("/model/transcript.js");
  const { Ruler } = await import("/canvas/labels.js");
  const { timeToX } = await import("/model/scale.js");
  const transcript = new Transcript();
  transcript.apply({ sentences: [{ id: 1, is_final: true, start: 0, end: 100, separator: "", words }] }, [], 0);
  const canvas = document.querySelector("canvas");
  canvas.width = 1000 * density; canvas.height = 226 * density;
  Object.assign(canvas.style, { width: "1000px", height: "226px" });
  const g = canvas.getContext("2d");
  g.setTransform(density, 0, 0, density, 0, 0);
  const white = "#fff";
  const names = ["paper", "ink", "muted", "grid", "edge", "wave", "sure", "doubt", "bar", "brand", "bad", "playhead",
    "partial-text", "partial-outline"];
  const colours = { ...Object.fromEntries(names.map((name) => [name, white])), block: "#f00" };
  const marks = { selection: null, playhead: -1, focus: -1, spoken: -1, found: [], draft: null };
  const theme = { colours, layers: [], family: "sans-serif" };
  drawPicture(g, { width: 1000, height: 226 }, transcript, window, theme, new Ruler(), marks, null);
  const row = rowsOf(226).words;
  return { top: row.top, height: row.height, spans: transcript.words.rows.map(({ start, end }) =>
    [timeToX(window, 1000, start), timeToX(window, 1000, end)]) };
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
    yield page
    page.close()
    assert wrong == []


def runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Where a line of pixels is red: [first, after the last)."""
    is_red = (line[:, 0] > 200) & (line[:, 1] < 128)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_red.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def row(
    text: str, start: float, end: float, confidence: float | None = None, mark: str = "", *, is_edited: bool = False
) -> WordRow:
    """A word as it is sent."""
    return WordRow(text, mark, start, end, confidence, " " if text else "", is_edited)


@pytest.mark.parametrize("span", [0.5, 2.0, 8.0, 30.0, 60.0])
@pytest.mark.parametrize("density", [1, 2])
def test_a_block_is_at_its_words_span_within_a_pixel(page: Page, span: float, density: int) -> None:
    """At five zooms, on the canvas and in a screenshot. A block is a hair inside, so that neighbours do not touch."""
    words = [row("", 10 + i * span / 9, 10 + i * span / 9 + span / 15) for i in range(8)]
    layout = page.evaluate(DRAW, [to_builtins(words), {"start": 10 - span / 20, "span": span}, density])
    image = Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB")
    line = np.asarray(image)[round(layout["top"] + layout["height"] / 2)]
    found = runs(line)
    assert len(found) == len(words)
    for (left, right), (start, end) in zip(found, layout["spans"], strict=True):
        assert abs(left - start) <= 1 + 1e-6
        assert abs(right - end) <= 1 + 1e-6
    exact = page.evaluate(
        """([y, density]) => { const { width } = document.querySelector("canvas");
        return [...document.querySelector("canvas").getContext("2d").getImageData(0, y * density, width, 1).data] }""",
        [round(layout["top"] + layout["height"] / 2), density],
    )
    for (left, right), (start, end) in zip(runs(np.array(exact).reshape(-1, 4)), layout["spans"], strict=True):
        assert abs(left / density - start) <= 1 + 1e-6
        assert abs(right / density - end) <= 1 + 1e-6


ODD = [
    row("zero", 1, 1, 0.9),
    row("negative", 2, 1.5, 0.9),
    row("over", 2, 4, 0.2),
    row("lapping", 2.5, 3),
    row("early", 0.2, 0.4, 0.9),
    row("x" * 500, 5, 6, 0.9, is_edited=True),
    row("مرحبا بالعالم", 6, 7, 0.9, "؟"),
    row("👩‍🎓🇨🇳", 7, 8, 0.9, "!"),
    row("Zälgo̴̧̢", 8, 9, 0.9),
    row("<img src=x onerror='window.hacked=1'>", 9, 10, 0.9, "</p>"),
    row("", 10, 11, 0.9),
    row("past the end", 90, 99, 0.9),
]
SPANS = [LayerSpan(0, 99, "all"), LayerSpan(1, 1, ""), LayerSpan(5, 4, "مرحبا")]
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
    can_correct=True,
    can_undo=False,
    can_redo=False,
    sound=SoundFormat("audio/webm", 10),
)
MOUNT = """async (saved) => {
  const { mountSavedRun } = await import("/standalone.js");
  mountSavedRun(document.querySelector("main"), saved);
}"""


def test_odd_words_are_shown_walked_and_found(page: Page) -> None:
    update = Update(
        seq=1,
        reset=True,
        run=RUN,
        sentences=[SentenceData(1, True, 0.2, 99, "", ODD)],
        gaps=[GapSpan(3, 4, "disconnected")],
        resumes=[ResumeMark(4, 2)],
        layers=[Layer("<b>odd</b>", SPANS)],
    )
    page.evaluate(MOUNT, to_builtins(SavedRun([SavedUpdate(update, [])], None)))
    view = page.locator(".pnb-timeline")
    view.locator(".pnb-text", has_text="negative").wait_for()
    assert "<img src=x" in view.locator(".pnb-text").inner_text()
    assert page.evaluate("window.hacked") is None
    assert "<b>odd</b> (3)" in view.locator(".pnb-legend").inner_text()
    view.locator(".pnb-words").focus()
    page.keyboard.press("Home")
    for _ in range(len(ODD)):  # each of them can be reached, shown and zoomed into
        page.keyboard.press("ArrowRight")
        page.keyboard.press("+")
    for _ in range(40):
        page.keyboard.press("-")
    page.keyboard.press("0")
    page.wait_for_function("() => document.querySelector('.pnb-words').childElementCount === 12")
    options = page.locator(".pnb-words [role=option]").all_inner_texts()
    assert options[6] == "\u2068مرحبا بالعالم؟\u2069, 0:06.00 to 0:07.00"
    assert options[5].endswith("corrected")
    view.locator(".pnb-find").fill("ZÄLGO")
    view.locator(".pnb-found", has_text="1/1").wait_for()


def test_words_that_fill_a_pixel_are_dots_then_a_profile(page: Page) -> None:
    """Labels never overlap and are never cut: a label that does not fit becomes a dot, then part of a profile."""
    words = [row("word", i * 0.5, i * 0.5 + 0.45) for i in range(4000)]
    page.evaluate(DRAW, [to_builtins(words), {"start": 0, "span": 2000}, 1])
    line = np.asarray(Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB"))
    assert not runs(line[170])  # no blocks
    page.evaluate(DRAW, [to_builtins(words), {"start": 0, "span": 100}, 1])
    assert len(runs(np.asarray(Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB"))[170])) > 150
