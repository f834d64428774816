"""How the rows of buttons wrap: tools stay in their groups, none is left alone in a row."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page
from standalone_view import modules as modules
from standalone_view import page as page
from standalone_view import show

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

ROWS = """(view) => {
  const rows = new Map();
  for (const tool of view.querySelectorAll(".pnb-controls:not(.pnb-word-bar) :is(button, input, select)")) {
    const { top, height, width, right } = tool.getBoundingClientRect();
    if (width === 0) continue;
    const key = Math.round((top + height / 2) / 10);
    rows.set(key, [...(rows.get(key) ?? []), right]);
  }
  return [...rows.values()];
}"""

SET_WIDTH = """async (main, width) => {
  main.style.width = `${width}px`;
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);  // it measures, then draws
}"""


def rows_of_tools(view: Locator, width: int) -> list[list[float]]:
    """The right edges of the tools in each row, at a width of the view."""
    view.page.set_viewport_size({"width": width, "height": 900})
    view.page.locator("main").evaluate(SET_WIDTH, width)
    rows: list[list[float]] = view.evaluate(ROWS)
    return rows


def test_no_row_has_one_or_two_tools_and_a_wide_view_has_one_row(page: Page) -> None:
    view = show(page, "one two three", "four five")
    for width in range(440, 1500, 60):
        rows = rows_of_tools(view, width)
        assert min(len(row) for row in rows) >= 3, (width, rows)
        assert max(max(row) for row in rows) <= width, f"tools reach beyond the view at {width}"
    assert len(rows_of_tools(view, 830)) == 2, "at 1280 px with JupyterLab's file browser: of the sound, of the picture"
    assert len(rows_of_tools(view, 1200)) == 1


def test_a_notice_does_not_push_the_buttons_of_the_header_below_it(page: Page) -> None:
    view = show(page, "one two three", notice="English only, by a small model. " * 2)
    rows_of_tools(view, 830)
    state, notice, export = (
        view.locator(name).bounding_box() for name in (".pnb-state", ".pnb-notice", ".pnb-header .pnb-button:visible")
    )
    assert state
    assert notice
    assert export
    assert export["y"] < state["y"] + state["height"], "in the first line"
    assert notice["y"] >= export["y"] + export["height"]
