"""Regions: spans that a person marks, in Python, in the journal and in a real JupyterLab with the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hands import Hands
from playwright.sync_api import BrowserContext, Page
from saved_pages import lesson_run
from servers import eventually
from standalone_view import modules as modules
from standalone_view import page as page
from standalone_view import show

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

TABLE = pd.DataFrame({"start": [5.0, 0.5], "end": [7.25, 2.0], "label": ["second", "greeting"]})

# ------------------------------------------------------------------------------------------------------------ Python


def test_regions_are_a_table_both_ways_and_kept_in_the_journal(tmp_path: Path) -> None:
    run = lesson_run()
    view = run.timeline()
    assert view.regions.empty
    assert view.regions.dtypes.astype(str).to_dict() == {"start": "float64", "end": "float64", "label": "string"}
    view.regions = TABLE
    assert view.regions.to_dict("list") == {"start": [0.5, 5.0], "end": [2.0, 7.25], "label": ["greeting", "second"]}
    assert run.timeline().regions.equals(view.regions), "all views of a run share them"
    run.save(tmp_path / "kept.jsonl")
    again = pnb.load(tmp_path / "kept.jsonl").timeline()
    assert again.regions.equals(view.regions)
    assert "regions" in pnb.load(tmp_path / "kept.jsonl").events["event"].tolist()
    again.regions = again.regions[again.regions.label != "second"]
    assert pnb.load(tmp_path / "kept.jsonl").timeline().regions.label.tolist() == ["greeting"]
    again.regions = None
    assert pnb.load(tmp_path / "kept.jsonl").timeline().regions.empty


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (TABLE.drop(columns="end"), "lacks end"),
        (TABLE.assign(end=0.1), "ends before it starts"),
        (TABLE.assign(start=float("nan")), "not a finite number"),
        (TABLE.assign(start=lambda table: table.start * 1000, end=lambda table: table.end * 1000), "millisecond"),
        ([1, 2], "not a table"),
    ],
)
def test_a_table_that_holds_no_regions_is_refused_and_the_old_ones_stay(table: object, problem: str) -> None:
    view = lesson_run().timeline()
    view.regions = TABLE
    with pytest.raises(ParameterError, match=problem):
        view.regions = table
    assert len(view.regions) == 2


def test_labels_are_cleaned_and_hostile_journals_ignored(tmp_path: Path) -> None:
    view = lesson_run().timeline()
    view.regions = TABLE.assign(label=["a\x00\x1b[31mb", "x" * 5000])
    assert view.regions.label.str.len().max() <= 200
    assert "\x1b" not in "".join(view.regions.label)


# ----------------------------------------------------------------------------------------------------------- a page

LONG = tuple(f"sentence {i} has some words" for i in range(60))


def selected(page: Page) -> tuple[float, float]:
    text = page.locator(".pnb-selected").inner_text()
    start, end = text.split()[1].split("–")
    return float(start), float(end)


def drag(page: Page, start: float, end: float, y: float = 60, *, release: bool = True) -> None:
    box = page.locator(".pnb-picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2, box["y"] + y)
    page.mouse.move(box["x"] + end, box["y"] + y)
    if release:
        page.mouse.up()


def opened(page: Page) -> float:
    """Shows ten minutes; returns the pixels of a second."""
    show(page, *LONG)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    return 130.0


def test_a_selection_s_edges_and_body_are_dragged_and_snap_to_words_unless_alt_is_held(page: Page) -> None:
    scale = opened(page)
    drag(page, 3 * scale, 5 * scale)
    assert selected(page) == pytest.approx((3, 5), abs=0.03)
    drag(page, 5 * scale, 6 * scale)  # its end
    assert selected(page) == pytest.approx((3, 6), abs=0.03)
    drag(page, 3 * scale, 2 * scale + 3)  # its start, to near the end of a word at 1.9 s or its start at 2.0 s
    assert selected(page) == pytest.approx((2, 6), abs=0.002)
    drag(page, 4 * scale, 6.5 * scale)  # its body
    assert selected(page) == pytest.approx((4.5, 8.5), abs=0.03)
    drag(page, 4.5 * scale, 2 * scale + 4, release=False)
    assert selected(page)[0] == pytest.approx(2, abs=0.002)
    page.keyboard.down("Alt")
    box = page.locator(".pnb-picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2 * scale + 5, box["y"] + 60)
    assert selected(page)[0] == pytest.approx(2 + 5 / scale, abs=0.01)
    page.keyboard.up("Alt")
    page.mouse.up()


def test_shift_click_extends_and_a_drag_beyond_the_edge_scrolls(page: Page) -> None:
    scale = opened(page)
    drag(page, 3 * scale, 4 * scale)
    page.keyboard.down("Shift")
    box = page.locator(".pnb-picture").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 6 * scale, box["y"] + 60)
    page.keyboard.up("Shift")
    assert eventually(lambda: selected(page) == pytest.approx((3, 6), abs=0.03))
    page.mouse.click(box["x"] + 8 * scale, box["y"] + 60)  # clears it
    drag(page, 7 * scale, box["width"] + 60, release=False)
    page.wait_for_function("() => parseFloat(document.querySelector('.pnb-selected').textContent.split('–')[1]) > 20")
    page.mouse.up()
    assert selected(page)[0] == pytest.approx(7, abs=0.03)


# -------------------------------------------------------------------------------------------------------- JupyterLab


@pytest.fixture(scope="module")
def hands(browser: BrowserContext, lab: str, folder: Path) -> Iterator[Hands]:
    hands = Hands(browser, lab, folder, "regions")
    yield hands
    assert hands.notebook.errors == []
    hands.notebook.close()


def test_regions_are_marked_named_moved_and_removed_with_the_mouse_and_python_has_them(hands: Hands) -> None:
    hands.drag(hands.at(2.0, "wave"), hands.at(4.0, "wave"))
    hands.view.locator(".pnb-selected", has_text="selected").wait_for()
    hands.view.get_by_role("button", name="Mark the selection").click()
    hands.page.keyboard.type("computers")
    hands.press("Enter")
    hands.eventually("view.regions.label.tolist()", ["computers"])
    start, end = hands.python("[view.regions.start[0], view.regions.end[0]]")
    assert (start, end) == pytest.approx((2, 4), abs=0.06)
    hands.drag(hands.at(end, "wave"), hands.at(end + 1, "wave"))
    hands.eventually(f"abs(view.regions.end[0] - {end + 1}) < 0.06", True)  # it snaps to a word
    hands.click(0.3, "wave")  # elsewhere: it is not the selection any more
    hands.python("setattr(view, 'regions', view.regions.assign(label='named in Python'))")
    x, _ = hands.at(start + 0.1, "wave")
    box = hands.picture.bounding_box()
    assert box is not None
    hands.page.mouse.click(x, box["y"] + 8)  # its tag
    hands.page.wait_for_function("() => document.querySelector('.pnb-region-label').value === 'named in Python'")
    assert hands.python("pnb.load(run.journal.path).timeline().regions.label.tolist()") == ["named in Python"]
    hands.view.get_by_role("button", name="Remove the region").click()
    hands.eventually("len(view.regions)", 0)
