"""The picture, read back from the layout and from the screen: word blocks at their times, odd words."""

from __future__ import annotations

import io
import itertools
import json

import numpy as np
import pytest
from browsers import NOTEBOOKS
from msgspec import to_builtins
from PIL import Image
from playwright.sync_api import Page
from standalone_view import RUN, mount, row
from standalone_view import modules as modules
from standalone_view import page as page

from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_data import GapSpan, Layer, LayerSpan, ResumeMark, SentenceData

pytestmark = pytest.mark.system

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
  const colours = { ...Object.fromEntries(names.map((name) => [name, white])), block: "#f00",
    "block-edge": "rgba(0, 0, 0, 0)" };
  const marks = { selection: null, playhead: -1, focus: -1, spoken: -1, found: [], draft: null, hover: null,
    region: -1, amplitude: 1 };
  const theme = { colours, layers: [], family: "sans-serif" };
  drawPicture(g, { width: 1000, height: 226 }, transcript, window, theme, new Ruler(), marks, null);
  const row = rowsOf(226).words;
  return { top: row.top, height: row.height, spans: transcript.words.rows.map(({ start, end }) =>
    [timeToX(window, 1000, start), timeToX(window, 1000, end)]) };
}"""


def runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Where a line of pixels is red: [first, after the last)."""
    is_red = (line[:, 0] > 200) & (line[:, 1] < 128)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_red.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


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
    view = mount(page, update)
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


def test_words_that_fill_a_pixel_are_ticks_then_a_profile(page: Page) -> None:
    """Where there is no room for words there are their sentence's text and a tick for each, then a profile."""
    words = [row("word", i * 0.5, i * 0.5 + 0.45) for i in range(4000)]
    page.evaluate(DRAW, [to_builtins(words), {"start": 0, "span": 2000}, 1])
    line = np.asarray(Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB"))
    assert not runs(line[180])  # no blocks
    page.evaluate(DRAW, [to_builtins(words), {"start": 0, "span": 100}, 1])
    assert len(runs(np.asarray(Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB"))[180])) > 150


# Draws a clip at a zoom, one window after another; returns the texts of the row of words, with where each was drawn.
DRAW_ALL = """async ([sentences, pixels]) => {
  const { drawPicture, rowsOf } = await import("/canvas/picture.js");
  const { Transcript } = await import("/model/transcript.js");
  const { Ruler } = await import("/canvas/labels.js");
  const transcript = new Transcript();
  transcript.apply({ sentences }, [], 0);
  const colours = new Proxy({}, { get: (_, name) => (name === "block-edge" ? "rgba(0, 0, 0, 0)" : "#000") });
  const marks = { selection: null, playhead: -1, focus: -1, spoken: -1, found: [], draft: null, hover: null,
    region: -1, amplitude: 1 };
  const theme = { colours, layers: [], family: "system-ui, sans-serif" };
  const size = { width: 1100, height: 240 };
  const g = Object.assign(document.querySelector("canvas"), size).getContext("2d");
  const { words, axis } = rowsOf(size.height);
  const windows = [];
  for (let start = 0; start < transcript.words.end; start += size.width / pixels) {
    const texts = [];
    g.fillText = (text, x, y) => {
      const wide = g.measureText(text).width, left = g.textAlign === "center" ? x - wide / 2 : x;
      if (y > words.top && y < axis) texts.push([text, left, left + wide, Math.round(y)]);
    };
    drawPicture(g, size, transcript, { start, span: size.width / pixels }, theme, new Ruler(), marks, null);
    windows.push(texts);
  }
  return windows;
}"""


def lesson_sentences() -> list[SentenceData]:
    """The English lesson as it is sent to a view."""
    script = json.loads((NOTEBOOKS / "data" / "lesson_en.json").read_text(encoding="utf-8"))
    sentences = []
    for number, each in enumerate(script["sentences"], 1):
        words = [row(word["text"], word["begin_ms"] / 1000, word["end_ms"] / 1000) for word in each["words"]]
        start, end = each["begin_ms"] / 1000, each["end_ms"] / 1000
        sentences.append(SentenceData(number, True, start, end, " " if number > 1 else "", words))
    return sentences


@pytest.mark.parametrize(("pixels", "most"), [(130, 0.0), (95, 0.01), (60, 0.0), (43, 0.0)])
def test_the_words_of_the_lesson_are_texts_and_not_dots_at_every_zoom(page: Page, pixels: int, most: float) -> None:
    sentences = lesson_sentences()
    windows = page.evaluate(DRAW_ALL, [to_builtins(sentences), pixels])
    texts = [text for window in windows for text, *_ in window]
    count = sum(len(sentence.words) for sentence in sentences)
    assert sum(text == "·" for text in texts) <= most * count
    shown = " ".join(texts).replace("…", "").split()
    missing = [word.text for sentence in sentences for word in sentence.words if word.text not in shown]
    assert len(missing) <= most * count, missing
    for window in windows:  # and none lies over another
        rows: dict[int, list[tuple[float, float]]] = {}
        for _, left, right, y in window:
            rows.setdefault(y, []).append((left, right))
        for spans in rows.values():
            spans.sort()
            assert [pair for pair in itertools.pairwise(spans) if pair[0][1] > pair[1][0]] == [], rows


def test_a_spectrogram_is_below_the_waveform_with_its_frequencies_and_the_pointer_s(page: Page) -> None:
    texts = page.evaluate(
        """async () => {
        const { drawPicture, rowsOf } = await import("/canvas/picture.js");
        const { Transcript } = await import("/model/transcript.js");
        const { Ruler } = await import("/canvas/labels.js");
        const size = { width: 800, height: 380 }, { spectrogram } = rowsOf(size.height, true);
        const g = Object.assign(document.querySelector("canvas"), size).getContext("2d"), texts = [];
        g.fillText = (text) => texts.push(text);
        const colours = new Proxy({}, { get: () => "#000" });
        const marks = { selection: null, playhead: -1, focus: -1, spoken: -1, found: [], draft: null, region: -1,
          amplitude: 1, hover: { time: 2, y: spectrogram.top + spectrogram.height / 4 } };
        const opacity = Object.assign(document.createElement("canvas"), { width: 10, height: 10 });
        drawPicture(g, size, new Transcript(), { start: 0, span: 10 }, { colours, layers: [], family: "sans-serif" },
          new Ruler(), marks, { opacity, start: 0, span: 10 });
        return texts; }"""
    )
    assert {"0", "2 kHz", "4 kHz", "6 kHz", "8 kHz"} <= set(texts)
    assert "6000 Hz" in texts, "a quarter below the top"
    assert "0:02.00" in texts


def test_a_quiet_clip_fills_the_picture_and_can_be_drawn_larger(page: Page) -> None:
    quiet = [(-6, 6)] * 400  # a twentieth of full scale
    heights = page.evaluate(
        """async (pairs) => {
        const { drawWave } = await import("/canvas/draw_waveform.js");
        const { Peaks } = await import("/model/peaks.js");
        const peaks = new Peaks(), heights = [];
        peaks.write(0, 0.01, new DataView(Int8Array.from(pairs.flat()).buffer));
        for (const amplitude of [1, 1.5, 64]) {
          let most = 0;
          const g = { fillRect: (x, y, width, height) => (most = Math.max(most, height)) };
          drawWave(g, peaks, { start: 0, span: 4 }, 800, { middle: 60, halfHeight: 50 }, "#000", amplitude);
          heights.push(most); }
        return heights; }""",
        quiet,
    )
    assert heights[0] > 25, "the gain is automatic"
    assert heights[1] == pytest.approx(1.5 * heights[0], rel=0.01)
    assert heights[2] == 100, "and no bar leaves its band"


THEME = """async () => {
  const { ThemeReader } = await import("/canvas/theme.js");
  const { colours, layerTexts } = new ThemeReader(document.querySelector(".pnb-timeline"), () => {}).read();
  const g = new OffscreenCanvas(1, 1).getContext("2d");
  const pixel = (colour) => {
    g.fillStyle = colour;
    g.fillRect(0, 0, 1, 1);
    return [...g.getImageData(0, 0, 1, 1).data];
  };
  return [pixel(colours.paper), ...layerTexts.map(pixel)];
}"""


def luminance(pixel: list[int]) -> float:
    """As WCAG defines it."""
    parts = [value / 255 for value in pixel[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_small_labels_of_every_layer_can_be_read(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    mount(page, Update(seq=1, reset=True, run=RUN))
    paper, *texts = (luminance(pixel) for pixel in page.evaluate(THEME))
    for text in texts:
        light, dark = max(text, paper), min(text, paper)
        assert (light + 0.05) / (dark + 0.05) >= 7
