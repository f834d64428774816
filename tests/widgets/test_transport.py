"""The playhead's clock, the steps of five seconds, the volume and the zoom, with mouse and keys in a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page
from standalone_view import modules as modules
from standalone_view import page as page
from standalone_view import show

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

LONG = tuple(f"sentence {i} has some words" for i in range(60))  # ten minutes


def window_of(view: Locator) -> tuple[float, float]:
    """The window on view, from the picture's label."""
    label = view.locator(".pnb-picture").get_attribute("aria-label") or ""
    start, end = label.rsplit("Shows ", 1)[1].rstrip(".").split(" to ")
    return tuple(60 * float(time.split(":")[0]) + float(time.split(":")[1]) for time in (start, end))  # type: ignore[return-value]


def clock_is(page: Page, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.pnb-time-field').value === text", arg=text, timeout=5000)


def opened(page: Page) -> Locator:
    view = show(page, *LONG)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    view.locator(".pnb-words").focus()
    return view


def test_a_time_that_is_typed_is_gone_to_and_a_wrong_one_explained(page: Page) -> None:
    view = opened(page)
    page.keyboard.press("t")
    page.keyboard.type("5:30")
    page.keyboard.press("Enter")
    clock_is(page, "5:30.0")
    start, end = window_of(view)
    assert start <= 330 <= end
    page.keyboard.press("ArrowRight")  # the keys are the words' again: from the word there
    view.locator(".pnb-word-about", has_text="33").wait_for()
    for wrong in ("abc", "99:99:99"):
        view.locator(".pnb-time-field").click()
        page.keyboard.type(wrong)
        page.keyboard.press("Enter")
        view.locator(".pnb-command-message", has_text="no time of the clip").wait_for()
        page.keyboard.press("Escape")
    clock_is(page, "5:30.5")


def test_j_and_l_and_their_buttons_move_by_five_seconds_and_stay_in_the_clip(page: Page) -> None:
    view = opened(page)
    page.keyboard.press("l")
    page.keyboard.press("l")
    clock_is(page, "0:10.0")
    view.locator(".pnb-word-about", has_text="sentence").wait_for()  # the word there is the current one
    view.get_by_role("button", name="5 s on").click()
    page.keyboard.press("j")
    clock_is(page, "0:10.0")
    for _ in range(4):
        page.keyboard.press("j")
    clock_is(page, "0:00.0")


def test_the_volume_is_set_by_keys_and_by_the_slider(page: Page) -> None:
    view = opened(page)
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.wait_for_function("() => document.querySelector('.pnb-volume').value === '70'")
    box = view.locator(".pnb-volume").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)
    page.wait_for_function("() => Number(document.querySelector('.pnb-volume').value) < 20")
    assert page.evaluate("() => document.activeElement.classList.contains('pnb-words')"), "the keys are given back"


def test_zoom_keeps_the_playhead_in_its_place_and_can_show_all_or_the_selection(page: Page) -> None:
    view = opened(page)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    clock_is(page, "0:02.0")
    before = window_of(view)
    share = (2 - before[0]) / (before[1] - before[0])
    for _ in range(5):
        page.keyboard.press("+")
    for _ in range(100):
        start, end = window_of(view)
        if end - start < 0.3 * (before[1] - before[0]):
            break
        page.wait_for_timeout(20)
    assert end - start < 0.3 * (before[1] - before[0])
    assert (2 - start) / (end - start) == pytest.approx(share, abs=0.06)
    view.get_by_role("button", name="Show all of the clip").click()
    page.wait_for_function("() => document.querySelector('.pnb-picture').ariaLabel.includes('0:00.0 to 10:00.0')")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    view.locator(".pnb-selected", has_text="3 words").wait_for()  # drawn in the next frame
    selected = view.locator(".pnb-selected").inner_text()
    first, last = (float(number) for number in selected.split()[1].split("–"))
    page.keyboard.press("e")
    page.wait_for_function("() => !document.querySelector('.pnb-picture').ariaLabel.includes('10:00.0')")
    start, end = window_of(view)
    assert start <= first < last <= end
    assert end - start < 1.3 * (last - first)


def test_the_pointer_s_time_is_drawn_and_leaves_with_it(page: Page) -> None:
    view = opened(page)
    page.mouse.move(5, 5)
    page.wait_for_timeout(50)
    picture = view.locator(".pnb-picture")
    before = picture.evaluate("canvas => canvas.toDataURL()")
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 40)
    page.wait_for_function("before => document.querySelector('.pnb-picture').toDataURL() !== before", arg=before)
    page.mouse.move(5, 5)
    page.wait_for_function("before => document.querySelector('.pnb-picture').toDataURL() === before", arg=before)


def test_loop_speed_volume_follow_and_gain_are_as_they_were_in_the_next_view(page: Page) -> None:
    view = opened(page)
    for key in ("r", ".", "Shift+ArrowDown", "f", "Alt+ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelector('.pnb-volume').value === '90'")
    page.evaluate("document.querySelector('main').replaceChildren()")
    view = opened(page)
    assert view.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "true"
    assert view.get_by_role("button", name="Follow").get_attribute("aria-pressed") == "false"
    assert view.locator(".pnb-rate").input_value() == "1.25"
    assert view.locator(".pnb-volume").input_value() == "90"
    for key in ("r", ",", "Shift+ArrowUp", "f", "Alt+ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelector('.pnb-volume').value === '100'")
    assert page.evaluate("JSON.parse(localStorage.getItem('paraformer-nb-settings'))") == {
        "rate": 1,
        "volume": 1,
        "isLooping": False,
        "followsPlayhead": True,
        "amplitude": 1,
    }
