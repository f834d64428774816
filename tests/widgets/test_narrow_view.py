"""A view in a narrow notebook, or beside another one: nothing is cut off, broken or covered."""

from __future__ import annotations

import itertools

import pytest
from msgspec import structs, to_builtins
from playwright.sync_api import Page, ViewportSize
from standalone_view import RUN, sentence, show
from standalone_view import modules as modules
from standalone_view import page as page

from paraformer_nb.widgets.messages import Update

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

NARROW = ViewportSize(width=300, height=900)
CUT = """(all) => all.filter((each) => each.offsetParent && (each.scrollWidth > each.clientWidth + 1
  || each.scrollHeight > each.clientHeight + 1)).map((each) => each.textContent)"""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_text_of_a_button_is_one_line_inside_of_it(page: Page, language: str) -> None:
    page.set_viewport_size(NARROW)
    page.evaluate("language => localStorage.setItem('paraformer-nb-language', language)", language)
    view = show(page, "one two three", "four five")
    buttons = view.locator(".pnb-controls button")
    assert buttons.count() > 8
    assert buttons.evaluate_all(CUT) == []
    assert view.evaluate("view => view.scrollWidth <= view.clientWidth")


def test_the_help_can_be_read(page: Page) -> None:
    page.set_viewport_size(NARROW)
    view = show(page, "one two three", "four five")
    view.get_by_role("button", name="Keys").click()
    help_ = view.get_by_role("dialog")
    right = help_.evaluate("help => help.getBoundingClientRect().left + help.clientWidth")
    boxes = [text.bounding_box() for text in help_.locator("dd").all()]
    assert len(boxes) > 20
    for box in boxes:
        assert box
        assert box["width"] > 100
        assert box["x"] + box["width"] <= right
    help_.evaluate("help => help.scrollTo(0, 400)")
    help_.get_by_role("button", name="Close").click()
    assert help_.is_hidden()


FREQUENCIES = """async (height) => {
  const { drawPicture } = await import("/canvas/picture.js");
  const { Transcript } = await import("/model/transcript.js");
  const { Ruler } = await import("/canvas/labels.js");
  const size = { width: 300, height };
  const g = Object.assign(document.querySelector("canvas"), size).getContext("2d"), heights = [];
  g.fillText = (text, x, y) => { if (/kHz|^0$/.test(text)) heights.push(y); };
  const colours = new Proxy({}, { get: () => "#000" });
  const marks = { selection: null, playhead: -1, focus: -1, spoken: -1, found: [], draft: null, region: -1,
    amplitude: 1, hover: null };
  const opacity = Object.assign(document.createElement("canvas"), { width: 10, height: 10 });
  drawPicture(g, size, new Transcript(), { start: 0, span: 10 }, { colours, layers: [], family: "sans-serif" },
    new Ruler(), marks, { opacity, start: 0, span: 10 });
  return heights.sort((one, other) => one - other);
}"""


def test_the_frequencies_beside_a_low_spectrogram_do_not_touch(page: Page) -> None:
    few = set()
    for height in range(180, 400, 10):
        heights = page.evaluate(FREQUENCIES, height)
        assert min(below - above for above, below in itertools.pairwise(heights)) >= 14, (height, heights)
        few.add(len(heights))
    assert {3, 5} <= few, "0, 4, 8 kHz where it is low, else also 2 and 6"


MOUNT_BEFORE_THE_KERNEL_ANSWERS = """async () => {
  const [{ RunModel }, { showView }] = [await import("/run_model.js"), await import("/view.js")];
  const traits = { selection: [0, 0], playhead: 0, rewind: 1, interface_language: "" };
  const model = { get: (name) => traits[name], set: () => {}, save_changes: () => {}, off: () => {}, send: () => {},
    on: (name, handler) => { if (name === "msg:custom") window.receive = (update) => handler(update, []); } };
  showView(new RunModel(model), document.querySelector("main"));
}"""
RECEIVE = """async (update) => {
  if (update) receive(update);
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  const top = (name) => document.querySelector(name).getBoundingClientRect().top;
  return [top(".pnb-stage") - top(".pnb-text"), document.querySelector(".pnb-timeline").offsetHeight];
}"""


def test_the_picture_of_a_live_run_stays_where_it_is_while_the_first_lines_appear(page: Page) -> None:
    """Also where the view was drawn before the kernel had sent anything."""
    page.evaluate(MOUNT_BEFORE_THE_KERNEL_ANSWERS)
    page.evaluate(RECEIVE)
    live = structs.replace(RUN, state="streaming", has_ended=False, end=None, sent_until=1.0, final_until=0.0)
    updates = [Update(1, reset=True, run=live)]
    updates += [Update(2 + i, sentences=[sentence(1 + i, 3.0 * i, "a sentence of five words")]) for i in range(5)]
    heights = [page.evaluate(RECEIVE, to_builtins(update)) for update in updates]
    assert heights == heights[:1] * len(updates), "neither the picture nor what is below the view moves"
