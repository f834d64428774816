"""A view in a page, by mouse, keys and fingers: who has the keys, what the notebook gets, what scrolls, what is lit."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import CDPSession, Locator, Page
from standalone_view import modules as modules
from standalone_view import page as page
from standalone_view import show

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TEXTS = ("one two three four", "five six seven eight", "nine ten")


def words(view: Locator) -> str:
    return " ".join(view.locator(".pnb-text").inner_text().split())


def has_the_keys(page: Page) -> bool:
    return bool(page.evaluate("() => document.activeElement.classList.contains('pnb-words')"))


def focus_word(page: Page, view: Locator, steps: int = 0) -> None:
    view.locator(".pnb-words").focus()
    for key in ["Home", *["ArrowRight"] * steps]:
        page.keyboard.press(key)
    view.locator(".pnb-word-bar").wait_for()


# --------------------------------------------------------------------------------------------------- who has the keys


def test_after_a_press_on_delete_the_space_bar_does_not_delete_another_word(page: Page) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view)
    view.get_by_role("button", name="Delete").click()
    view.locator(".pnb-text", has_text="two three").wait_for()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # corrects the focused word, as in the list of keys
    view.locator(".pnb-editor:visible").wait_for()
    page.keyboard.press("Escape")
    assert words(view) == "two three four five six seven eight nine ten"


def test_every_button_gives_the_keys_to_the_words(page: Page) -> None:
    view = show(page, *TEXTS, can_undo=True, can_redo=True)
    focus_word(page, view)
    names = [name for name in view.locator("button:visible").evaluate_all("all => all.map(each => each.ariaLabel)")]
    assert len(names) > 10
    for name in names:
        focus_word(page, view)
        button = view.get_by_role("button", name=name, exact=True)
        if not button.is_visible() or button.is_disabled():
            continue
        button.click()
        if name.startswith(("Correct", "Insert")):
            page.keyboard.press("Escape")  # from the field that it opened
        if name.startswith("Keys"):
            view.get_by_role("button", name="Close").click()
        if name.startswith(("Export", "Mark")):
            page.keyboard.press("Escape")  # from the menu, or the field of a name, that it opened
        assert has_the_keys(page), name


@pytest.mark.parametrize("part", [".pnb-header", ".pnb-word-bar", ".pnb-minimap", ".pnb-picture", ".pnb-text"])
def test_a_press_anywhere_in_the_view_gives_the_keys_to_the_words(page: Page, part: str) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view)
    view.locator(".pnb-find").focus()
    view.locator(part).click(position={"x": 3, "y": 3})
    page.wait_for_function("() => document.activeElement.classList.contains('pnb-words')", timeout=2000)


def test_a_speed_chosen_with_the_mouse_gives_the_keys_back_and_one_chosen_with_keys_does_not(page: Page) -> None:
    view = show(page, *TEXTS)
    rate = view.locator(".pnb-rate")
    rate.dispatch_event("pointerdown")
    rate.select_option("1.5")
    assert has_the_keys(page)
    rate.focus()
    page.keyboard.press("ArrowDown")
    assert not has_the_keys(page)


def test_keys_that_the_focused_button_does_not_use_are_commands(page: Page) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view, 1)
    view.get_by_role("button", name="Loop").focus()
    page.keyboard.press("ArrowRight")
    view.locator(".pnb-word-about", has_text="three").wait_for()
    page.keyboard.press("Delete")
    view.locator(".pnb-text", has_text="two four").wait_for()
    page.keyboard.press("Space")  # its own key
    view.locator("[aria-pressed=true]", has_text="Loop").wait_for()
    assert words(view).startswith("one two four five")


def test_keys_in_a_field_are_typed(page: Page) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view)
    view.locator(".pnb-find").focus()
    page.keyboard.type("m s d")
    page.keyboard.press("Backspace")
    page.keyboard.press("Delete")
    assert view.locator(".pnb-find").input_value() == "m s "
    assert words(view).startswith("one two three four five")


def test_delete_with_selected_text_deletes_no_word(page: Page) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view)
    page.keyboard.press("Control+a")
    selected = page.evaluate("() => document.getSelection().toString().replace(/\\s+/g, ' ').trim()")
    assert selected == words(view) == "one two three four five six seven eight nine ten"
    page.keyboard.press("Delete")
    assert words(view) == selected


CHORDS = ["Control+Backspace", "Control+a", "Control+Enter", "Alt+Enter", "Control+Shift+m", "Control+m", "Control+d"]
CHORDS += ["Control+Shift+ArrowUp", "Control+x", "Control+v", "Meta+Backspace", "Meta+a", "Control+z", "Control+c"]


def test_the_notebook_gets_no_chord_that_acts_on_cells_and_can_still_save(page: Page) -> None:
    view = show(page, *TEXTS)
    page.evaluate(
        "() => { window.received = []; document.addEventListener('keydown', (event) => {"
        "if (['Control', 'Meta', 'Alt', 'Shift'].includes(event.key)) return;"
        "received.push(event.key); event.preventDefault() }) }"
    )
    for focused in (".pnb-words", ".pnb-find", ".pnb-text", ".pnb-play", ".pnb-rate"):
        for chord in CHORDS:
            view.locator(focused).focus()
            page.keyboard.press(chord)
        assert page.evaluate("() => received") == [], focused
        view.locator(focused).focus()
        for chord in ("Control+s", "Meta+s", "Control+Shift+s"):
            page.keyboard.press(chord)
        assert [key.lower() for key in page.evaluate("() => received.splice(0)")] == ["s", "s", "s"], focused
    assert words(view) == "one two three four five six seven eight nine ten"


def test_the_help_can_be_closed_at_its_start(page: Page) -> None:
    view = show(page, *TEXTS)
    view.get_by_role("button", name="Keys").click()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Close"
    close, dialog = view.get_by_role("button", name="Close"), view.locator(".pnb-help")
    assert close.bounding_box()["y"] < dialog.bounding_box()["y"] + 60  # type: ignore[index]
    dialog.evaluate("dialog => dialog.scrollTo(0, 9999)")
    close.click()
    assert has_the_keys(page)


# ----------------------------------------------------------------------------------------------------------- the text


LONG = tuple(f"sentence {i} has some words that fill a line of the transcript" for i in range(60))


def test_the_wheel_scrolls_the_page_over_a_transcript_that_is_at_its_end(page: Page) -> None:
    for texts in (TEXTS, LONG):
        view = show(page, *texts)
        page.evaluate("() => { document.body.style.height = '3000px'; scrollTo(0, 0) }")
        view.locator(".pnb-text").evaluate("text => text.scrollTo(0, 99999)")
        box = view.locator(".pnb-text").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 200, box["y"] + 40)
        page.mouse.wheel(0, 300)
        page.wait_for_function("() => scrollY > 100", timeout=5000)
        page.reload()


def test_a_click_on_a_word_of_the_text_works_where_only_webkits_name_of_it_exists(page: Page) -> None:
    page.evaluate("() => { delete Document.prototype.caretPositionFromPoint }")
    view = show(page, *TEXTS)
    x, y = page.evaluate(
        """() => { const { firstChild } = document.querySelector(".pnb-final"); const range = document.createRange();
        range.setStart(firstChild, 5); range.setEnd(firstChild, 6);
        const { x, y, height } = range.getBoundingClientRect(); return [x + 2, y + height / 2] }"""
    )
    page.mouse.click(x, y)
    view.locator(".pnb-word-about", has_text="two").wait_for()
    assert has_the_keys(page)


def lit(page: Page, name: str) -> list[str]:
    """The texts that a highlight has."""
    found: list[str] = page.evaluate(
        "prefix => { for (const [name, marks] of CSS.highlights) if (name.startsWith(prefix))"
        "return [...marks].map(String); return [] }",
        name,
    )
    return found


def test_a_phrase_over_two_sentences_is_lit_whole(page: Page) -> None:
    view = show(page, *TEXTS)
    view.locator(".pnb-find").fill("four, FIVE")
    view.locator(".pnb-found", has_text="1/1").wait_for()
    page.wait_for_function("() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-current'))")
    assert " ".join(lit(page, "pnb-current")[0].split()) == "four five"


def test_the_five_hundred_and_first_hit_is_lit_and_scrolled_to(page: Page) -> None:
    view = show(page, *(["word " * 20] * 35))
    view.locator(".pnb-find").fill("word")
    view.locator(".pnb-found", has_text="1/700").wait_for()
    view.locator(".pnb-words").focus()
    for _ in range(500):
        page.keyboard.press("n")
    view.locator(".pnb-found", has_text="501/700").wait_for()
    page.wait_for_function("() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-current'))")
    assert lit(page, "pnb-current") == ["word"]
    assert len(lit(page, "pnb-found")) == 499
    inside = page.evaluate(
        """() => { const [, marks] = [...CSS.highlights].find(([name]) => name.startsWith("pnb-current"));
        const [range] = marks; const { top, bottom } = range.getBoundingClientRect();
        const box = document.querySelector(".pnb-text").getBoundingClientRect();
        return top >= box.top && bottom <= box.bottom }"""
    )
    assert inside


# ------------------------------------------------------------------------------------------------- colours and height


def pixels(part: Locator) -> np.ndarray[Any, Any]:
    """What is on screen there, in grey."""
    return np.asarray(Image.open(io.BytesIO(part.screenshot())).convert("L")).astype(int)


def word_row(view: Locator) -> np.ndarray[Any, Any]:
    """The middle of the row of words, as pixels."""
    return pixels(view.locator(".pnb-picture"))[-68:-48]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_forced_colours(page: Page, scheme: Any) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    view = show(page, *TEXTS)
    page.wait_for_timeout(300)
    row = word_row(view)
    paper, ink = np.bincount(row.ravel()).argmax(), row.min() if scheme == "light" else row.max()
    assert abs(int(paper) - int(ink)) > 150, "the texts differ from what is behind them"
    assert np.mean(np.abs(row - paper) > 100) < 0.4, "and do not fill it"
    view.get_by_role("button", name="Loop").click()
    for button in (".pnb-play", ".pnb-button[aria-pressed=true]"):
        face = pixels(view.locator(button).first)[8:-8, 20:-20]
        ground = np.bincount(face.ravel()).argmax()
        assert 0.02 < np.mean(np.abs(face - ground) > 60) < 0.4, f"the text of {button} can be seen, and is no plate"
    edge = pixels(view.locator(".pnb-text"))[2]
    assert np.ptp(edge[5:-5]) < 10, "no bars around the running text"
    assert abs(int(edge[50]) - int(paper)) < 10


DARK = "--jp-layout-color0: #000; --jp-content-font-color1: #fff"


def test_the_canvas_follows_a_theme_that_changes_while_the_view_is_hidden_or_twice(page: Page) -> None:
    view = show(page, *TEXTS)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    light = word_row(view).max()
    assert light > 200
    # The transition of the probe is cancelled, as where an output is replaced: no `transitionend` comes.
    page.evaluate(
        """async (dark) => { const root = document.querySelector("main");
        const frame = () => new Promise(requestAnimationFrame);
        root.style.cssText = dark; await frame(); document.querySelector(".pnb-probe").style.display = "none";
        await frame(); document.querySelector(".pnb-probe").style.display = ""; await frame(); await frame(); }""",
        DARK,
    )
    page.locator("main").evaluate("main => (main.style.background = '#000')")
    page.wait_for_timeout(200)
    row = word_row(view)
    assert np.median(row) < 100
    assert row.max() > 200, "light texts on dark blocks"


@pytest.mark.parametrize("height", [450, 700])
def test_the_view_fills_the_height_that_it_is_given(page: Page, height: int) -> None:
    view = show(page, *TEXTS)
    natural = view.bounding_box()["height"]  # type: ignore[index]
    picture = view.locator(".pnb-picture").bounding_box()["height"]  # type: ignore[index]
    assert picture == 240
    page.locator("main").evaluate("(main, height) => (main.style.height = `${height}px`)", height)
    page.wait_for_function(f"() => document.querySelector('.pnb-timeline').offsetHeight === {height}")
    grown = view.locator(".pnb-picture").bounding_box()["height"]  # type: ignore[index]
    assert grown == pytest.approx(max(240, 240 + height - natural), abs=1)


# ------------------------------------------------------------------------------------------------------------- touch


@pytest.fixture
def fingers(page: Page) -> CDPSession:
    """Input of a touch screen."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    session.send(
        "Emulation.setDeviceMetricsOverride", {"width": 800, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    )
    return session


def swipe(session: CDPSession, x: float, y: float, by: tuple[float, float], steps: int = 10) -> None:
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, steps + 1):
        point = {"x": x + by[0] * i / steps, "y": y + by[1] * i / steps}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def middle(part: Locator, share: float) -> tuple[float, float]:
    box = part.bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + 20


def shown(view: Locator) -> str:
    return (view.locator(".pnb-picture").get_attribute("aria-label") or "").rsplit("Shows ", 1)[-1]


def test_a_finger_that_scrolls_the_page_over_the_minimap_does_not_move_the_window(
    page: Page, fingers: CDPSession
) -> None:
    view = show(page, *LONG)
    page.evaluate("() => { document.body.style.height = '3000px' }")
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    before = shown(view)
    assert before.startswith("0:00")
    swipe(fingers, *middle(view.locator(".pnb-minimap"), 0.8), (6, -150))
    page.wait_for_function("() => scrollY > 20")
    assert shown(view) == before
    page.evaluate("() => scrollTo(0, 0)")
    swipe(fingers, *middle(view.locator(".pnb-minimap"), 0.8), (-60, 2))
    page.wait_for_function("before => !document.querySelector('.pnb-picture').ariaLabel.endsWith(before)", arg=before)
    moved = shown(view)
    swipe(fingers, *middle(view.locator(".pnb-minimap"), 0.1), (0, 0))  # a tap
    page.wait_for_function("before => !document.querySelector('.pnb-picture').ariaLabel.endsWith(before)", arg=moved)


def test_a_slanted_swipe_over_the_picture_selects_nothing(page: Page, fingers: CDPSession) -> None:
    view = show(page, *LONG)
    page.evaluate("() => { document.body.style.height = '3000px' }")
    swipe(fingers, *middle(view.locator(".pnb-picture"), 0.5), (40, -160))
    page.wait_for_function("() => scrollY > 20")
    assert not view.locator(".pnb-selected", has_text="selected").is_visible()
    assert view.locator(".pnb-play").inner_text() == "▶ Play"
    page.evaluate("() => scrollTo(0, 0)")


def test_a_finger_sideways_moves_the_window_and_one_that_rests_first_selects(page: Page, fingers: CDPSession) -> None:
    view = show(page, *LONG)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    before = shown(view)
    swipe(fingers, *middle(view.locator(".pnb-picture"), 0.8), (-200, 3))
    page.wait_for_function("before => !document.querySelector('.pnb-picture').ariaLabel.endsWith(before)", arg=before)
    assert not view.locator(".pnb-selected", has_text="selected").is_visible()
    x, y = middle(view.locator(".pnb-picture"), 0.3)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(600)
    for i in range(1, 9):
        point = {"x": x + 20 * i, "y": y}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    view.locator(".pnb-selected", has_text="selected").wait_for()


def test_choosing_a_word_moves_nothing(page: Page) -> None:
    view = show(page, *TEXTS)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    before = view.bounding_box()
    focus_word(page, view)
    page.keyboard.press("Shift+ArrowRight")
    view.locator(".pnb-selected", has_text="selected").wait_for()
    assert view.bounding_box() == before


def test_the_help_has_groups_and_explains_every_mark(page: Page) -> None:
    view = show(page, *TEXTS)
    view.locator(".pnb-words").focus()
    page.keyboard.press("?")
    help_ = view.get_by_role("dialog")
    titles = help_.get_by_role("heading").all_inner_texts()
    assert titles[:4] == ["Listening", "Moving", "Selecting", "The picture"], (
        "a page lists no keys that do nothing in it"
    )
    assert {"Mouse", "Fingers", "Marks"} <= set(titles)
    for text in ("doubts it", "may still change", "corrected by a person", "not recognised", "without room"):
        assert help_.get_by_text(text).count() == 1, text


def test_targets_are_large_enough_for_fingers_and_fields_do_not_zoom(page: Page, fingers: CDPSession) -> None:
    view = show(page, *TEXTS)
    focus_word(page, view)
    sizes = view.locator("button:visible, input:visible, select:visible").evaluate_all(
        "all => all.map(each => [each.className, each.offsetWidth, each.offsetHeight])"
    )
    assert len(sizes) > 10
    assert [size for size in sizes if size[1] < 44 or size[2] < 44] == []
    time = "time => time.clientHeight - parseFloat(getComputedStyle(time).paddingBottom)"
    assert view.locator(".pnb-at").first.evaluate(time) == 26, "beside the first line of its sentence"
    page.keyboard.press("Enter")
    fields = view.locator("input, select").evaluate_all(
        "all => all.map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(fields) >= 16


def test_a_pinch_on_safaris_trackpad_zooms(page: Page) -> None:
    view = show(page, *LONG)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    before = shown(view)
    prevented = page.evaluate(
        """() => [["start", 1], ["change", 1.5], ["change", 2], ["end", 2]].map(([kind, scale]) => {
        const event = new Event(`gesture${kind}`, { bubbles: true, cancelable: true });
        Object.assign(event, { scale, clientX: 300, clientY: 200 });
        return !document.querySelector(".pnb-picture").dispatchEvent(event); })"""
    )
    assert all(prevented)
    page.wait_for_function("before => !document.querySelector('.pnb-picture').ariaLabel.endsWith(before)", arg=before)
