"""The transcript as text: rows with times, a height to choose, what is selected, words edited in it."""

from __future__ import annotations

import pytest
from page_scripts import POSITION_OF
from playwright.sync_api import Locator, Page, expect
from standalone_view import RUN, mount, row, show
from standalone_view import modules as modules
from standalone_view import page as page
from test_drawing import lesson_sentences

from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_data import SentenceData

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TEXTS = ("one two three four", "five six seven eight", "nine ten")
LONG = tuple(f"sentence {i} has some words that fill a line of the transcript" for i in range(60))


def words(view: Locator) -> str:
    return " ".join(view.locator(".pnb-text").inner_text().split())


def point(page: Page, word: str) -> tuple[float, float]:
    """Where a word of the text is on the page."""
    x, y = page.evaluate(f"word => ({POSITION_OF})(word)", word)
    return x, y


def field(view: Locator) -> Locator:
    return view.locator(".pnb-editor:visible")


# Puts and removes rows at random, as revised and withdrawn sentences do, beside a list that says what is right.
ROWS = """async () => {
  const { RowGroups } = await import("/text/row_groups.js");
  const box = document.querySelector("main"), rows = new RowGroups(box), right = [];
  let seed = 7;
  const random = (below) => (seed = (seed * 16807) % 2147483647) % below;
  for (let turn = 0; turn < 1500; turn++) {
    const index = random(3) ? right.length : random(right.length + 1);
    if (random(5) === 0 && right.length) rows.remove(right.splice(Math.min(index, right.length - 1), 1)[0]);
    else {
      const row = random(4) || !right.length ? document.createElement("p") : right.splice(random(right.length), 1)[0];
      const at = Math.min(index, right.length);
      row.textContent = String(turn);
      rows.put(row, right[at - 1] ?? null);
      right.splice(at, 0, row);
    }
  }
  const shown = [...box.querySelectorAll("p")];
  const groups = [...box.firstElementChild.children].map((group) => group.childElementCount);
  return [shown.length, shown.every((row, i) => row === right[i]), Math.min(...groups), groups.length];
}"""


def test_rows_stay_in_order_in_their_groups(page: Page) -> None:
    count, is_right, least, groups = page.evaluate(ROWS)
    assert count > 500
    assert is_right
    assert least > 0  # no group is left empty
    assert groups > 5


# ------------------------------------------------------------------------------------------------------ what is shown


def test_each_sentence_has_a_row_with_its_time_and_speaker_that_is_no_part_of_the_text(page: Page) -> None:
    sentences = [
        SentenceData(1, True, 3, 4, "", [row("hello", 3, 4)], "Anna"),
        SentenceData(2, True, 65, 66, " ", [row("world", 65, 66)], ""),
    ]
    view = mount(page, Update(seq=1, reset=True, run=RUN, sentences=sentences))
    times = view.locator(".pnb-at").evaluate_all("all => all.map(each => each.ariaLabel)")
    assert times == ["Go to 0:03, speaker Anna", "Go to 1:05"]
    view.locator(".pnb-words").focus()
    page.keyboard.press("Control+a")
    assert page.evaluate("() => document.getSelection().toString().split(/\\s+/).filter(Boolean)") == ["hello", "world"]
    view.get_by_role("button", name="Go to 1:05").click()
    view.locator(".pnb-word-about", has_text="world").wait_for()
    page.wait_for_function("() => document.querySelector('.pnb-time-field').value === '1:05.0'")


@pytest.mark.parametrize("width", [600, 1200, 1920])
def test_a_line_has_at_most_80_letters(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(page, "so it goes on and on and is not at an end where one would like it to be " * 6)
    longest = page.evaluate(
        """() => { const { firstChild } = document.querySelector(".pnb-final"), lines = new Map();
        const range = document.createRange();
        for (let i = 0; i < firstChild.length; i++) {
          range.setStart(firstChild, i); range.setEnd(firstChild, i + 1);
          const { y } = range.getBoundingClientRect(); lines.set(y, (lines.get(y) ?? 0) + 1); }
        return Math.max(...lines.values()) }"""
    )
    assert 40 < longest <= 80


def test_times_of_more_than_ten_hours_are_on_one_line(page: Page) -> None:
    sentences = [
        SentenceData(1, True, 3, 4, "", [row("hello", 3, 4)], ""),
        SentenceData(2, True, 45_296, 45_297, " ", [row("world", 45_296, 45_297)], ""),
    ]
    view = mount(page, Update(seq=1, reset=True, run=RUN, sentences=sentences))
    times = view.locator(".pnb-at")
    expect(times).to_have_count(2)
    assert times.evaluate_all("times => times.map(time => time.dataset.time)") == ["0:03", "12:34:56"]
    assert times.evaluate_all("times => times.map(time => time.getBoundingClientRect().height)") == [26, 26]


def test_the_height_is_chosen_with_the_mouse_or_keys_and_kept(page: Page) -> None:
    view = show(page, *LONG)
    text, handle = view.locator(".pnb-text"), view.get_by_role("separator")
    assert text.evaluate("text => text.offsetHeight") == 150
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 210, box["y"] + 104, steps=4)
    page.mouse.up()
    assert text.evaluate("text => text.offsetHeight") == pytest.approx(250, abs=3)
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert text.evaluate("text => text.offsetHeight") == pytest.approx(198, abs=3)
    assert handle.get_attribute("aria-valuenow") == str(text.evaluate("text => text.offsetHeight"))
    handle.dblclick()
    assert text.evaluate("text => text.offsetHeight") == 150


def test_text_and_picture_scroll_together(page: Page) -> None:
    view = show(page, *LONG)
    page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
    picture = view.locator(".pnb-picture")
    before = picture.get_attribute("aria-label")
    view.locator(".pnb-text").hover()
    page.mouse.wheel(0, 800)
    page.wait_for_function("before => document.querySelector('.pnb-picture').ariaLabel !== before", arg=before)
    first = view.locator(".pnb-text").evaluate(
        "text => { const { top } = text.getBoundingClientRect();"
        "return [...text.querySelectorAll('.pnb-line')].find(row => row.getBoundingClientRect().bottom > top + 18)"
        ".firstElementChild.dataset.time }"
    )
    minutes, seconds = map(int, first.split(":"))
    shown = (picture.get_attribute("aria-label") or "").split("Shows ")[1].split(" to ")
    start, end = (60 * int(time.split(":")[0]) + float(time.split(":")[1].rstrip(".")) for time in shown)
    assert start <= 60 * minutes + seconds <= end
    strip = view.locator(".pnb-minimap").bounding_box()
    assert strip is not None
    page.mouse.click(strip["x"] + 0.9 * strip["width"], strip["y"] + 20)
    page.wait_for_function(
        "() => { const text = document.querySelector('.pnb-text').getBoundingClientRect();"
        "const rows = [...document.querySelectorAll('.pnb-line')].filter(row => { const { top, bottom } = "
        "row.getBoundingClientRect(); return top >= text.top && bottom <= text.bottom });"
        "return rows.some(row => row.firstElementChild.dataset.time.startsWith('8:') || "
        "row.firstElementChild.dataset.time.startsWith('9:')) }"
    )


def lit(page: Page, name: str) -> str:
    return page.evaluate(
        "name => [...(CSS.highlights.get(name) ?? [])].map(String).join(' ').split(/\\s+/).join(' ')", name
    )


def test_a_selection_is_marked_in_both_and_can_be_made_in_the_text(page: Page) -> None:
    view = show(page, *TEXTS)
    view.locator(".pnb-words").focus()
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function("() => CSS.highlights.has('pnb-selected')")
    assert lit(page, "pnb-selected") == "one two three"
    page.keyboard.press("Escape")
    (left, y), (right, below) = point(page, "three"), point(page, "six")
    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move(right, below, steps=5)
    page.mouse.up()
    view.locator(".pnb-selected", has_text="4 words").wait_for()  # three to six
    assert page.evaluate("() => document.getSelection().type") == "Range", "it can be copied as well"


# ------------------------------------------------------------------------------------------------ editing in the text


def test_a_word_is_edited_where_it_stands_and_the_caret_goes_on_to_the_next(page: Page) -> None:
    view = show(page, *TEXTS)
    page.mouse.dblclick(*point(page, "two"))
    field(view).wait_for()
    over = field(view).bounding_box()
    assert over is not None
    assert view.locator(".pnb-text").bounding_box()["y"] <= over["y"]  # type: ignore[index]
    assert abs(over["y"] + over["height"] / 2 - point(page, "three")[1]) < 4
    page.keyboard.type("2")
    page.keyboard.press("ArrowRight")  # behind the last letter: into the next word, before its first
    page.wait_for_function("() => document.querySelector('.pnb-editor').value === 'three'")
    page.keyboard.type("0")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.pnb-editor').value === '2'")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    view.locator(".pnb-text", has_text="one 20").wait_for()
    assert words(view) == "one 20 0three four five six seven eight nine ten"


def test_tab_goes_to_the_next_doubtful_word_and_counts_them(page: Page) -> None:
    doubts = {"b", "d", "e"}
    rows = [row(text, i, i + 0.9, 0.2 if text in doubts else 0.9) for i, text in enumerate("abcdef")]
    view = mount(page, Update(seq=1, reset=True, run=RUN, sentences=[SentenceData(1, True, 0, 6, "", rows)]))
    view.locator(".pnb-words").focus()
    page.keyboard.press("d")
    view.locator(".pnb-word-about", has_text="doubtful, 1 of 3").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('.pnb-editor').value === 'd'")
    view.locator(".pnb-word-about", has_text="doubtful, 2 of 3").wait_for()
    page.keyboard.type("D")
    page.keyboard.press("Shift+Tab")
    page.wait_for_function("() => document.querySelector('.pnb-editor').value === 'b'")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('.pnb-editor').value === 'e'")
    page.keyboard.press("Tab")  # none follows: the field is left
    field(view).wait_for(state="hidden")
    assert words(view) == "a b c D e f"


def test_all_occurrences_are_replaced_at_once_and_longer_words_are_not(page: Page) -> None:
    view = show(page, "the cat and the hat", "a cat, the cathedral")
    view.locator(".pnb-find").fill("cat")
    view.locator(".pnb-found", has_text="1/3").wait_for()
    view.locator(".pnb-replace").fill("dog")
    page.keyboard.press("Enter")
    view.locator(".pnb-command-message", has_text="2 replaced; Ctrl Z undoes all. 1 only").wait_for()
    assert words(view).replace(",", "") == "the dog and the hat a dog the cathedral"


# What PocketSphinx recognises in the lesson in place of nine words: sentence, word, text, confidence; then the right
# text, and for the words that it does not doubt what a person who noticed them searches for.
WRONG = [
    (2, 0, "the", 0.84, "a", "the microphone"),
    (2, 7, "airmen", 0.03, "air", ""),
    (2, 8, "a", 0.16, "many", ""),
    (3, 9, "won", 0.26, "one", ""),
    (3, 13, "the", 0.83, "a", "the second"),
    (4, 5, "guest", 0.68, "guess", "guest"),
    (6, 1, "ward", 0.08, "word", ""),
    (6, 12, "attempts", 0.17, "it", ""),
    (6, 13, "a", 0.2, "ends", ""),
]


def test_the_nine_wrong_words_of_the_lesson_are_corrected_with_at_most_four_keys_each(page: Page) -> None:
    """With the keyboard alone; every press is counted but those that type a text, and no word needs more than four."""
    right = lesson_sentences()
    sentences = lesson_sentences()
    for sentence, index, text, confidence, expected, _ in WRONG:
        old = sentences[sentence].words[index]
        assert old.text == expected
        sentences[sentence].words[index] = row(text, old.start, old.end, confidence)
    view = mount(page, Update(seq=1, reset=True, run=RUN, sentences=sentences))
    view.locator(".pnb-words").focus()
    pressed: list[list[str]] = [[]]  # for each word

    def press(*keys: str) -> None:
        for key in keys:
            pressed[-1].append(key)
            page.keyboard.press(key)

    press("Home", "d", "Enter")
    for *_, text, _, expected, search in WRONG:
        if not search:
            assert field(view).input_value() == text
            page.keyboard.type(expected)
            press("Tab")
            pressed.append([])
    field(view).wait_for(state="hidden")
    for *_, expected, search in WRONG:
        if search:
            press("/")
            page.keyboard.type(search)
            press("Escape", "Enter")  # without a wait for the search
            field(view).wait_for()
            page.keyboard.type(expected)
            press("Enter")
            pressed.append([])
    assert len(pressed) == 1 + len(WRONG)
    assert max(map(len, pressed)) <= 4, pressed
    view.locator(".pnb-text", has_text="makes a guess").wait_for()
    assert words(view) == " ".join(word.text + word.punctuation for each in right for word in each.words)


def test_a_long_text_is_laid_out_where_it_is_on_view_only(page: Page) -> None:
    """It is what takes a browser seconds. A row that is not laid out is found and scrolled to all the same."""
    view = show(page, *(f"sentence {number} of a lecture" for number in range(1_000)), "and the needle")
    first, last = view.locator(".pnb-line").first, view.locator(".pnb-line").last
    is_laid_out = "row => row.checkVisibility({ contentVisibilityAuto: true })"
    assert first.evaluate(is_laid_out)
    assert not last.evaluate(is_laid_out)
    view.locator(".pnb-words").focus()
    page.keyboard.press("/")
    page.keyboard.type("needle")
    page.keyboard.press("Enter")
    page.wait_for_function("() => CSS.highlights.has('pnb-current')")
    page.wait_for_function(
        """() => {
          const [range] = CSS.highlights.get("pnb-current"), box = document.querySelector(".pnb-text");
          const { top, bottom } = range.getBoundingClientRect(), outer = box.getBoundingClientRect();
          return top >= outer.top && bottom <= outer.bottom;
        }"""
    )
    assert last.evaluate(is_laid_out)
    assert first.evaluate("row => document.querySelector('.pnb-text').scrollTop % 26") == 0, "whole lines"


def test_a_message_lasts_until_the_next_press(page: Page) -> None:
    view = show(page, "one two three")
    message = view.locator(".pnb-command-message")
    view.locator(".pnb-words").focus()
    page.keyboard.press("d")
    expect(message).to_have_text("No doubtful word follows.")
    page.keyboard.press("Shift")
    expect(message).to_have_text("No doubtful word follows.")
    page.keyboard.press("ArrowRight")
    expect(message).to_have_text("")
    page.keyboard.press("d")
    expect(message).to_have_text("No doubtful word follows.")
    view.locator(".pnb-picture").click()
    expect(message).to_have_text("")
