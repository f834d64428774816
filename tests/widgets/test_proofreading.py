"""Listening and correcting in a real JupyterLab, with mouse and keys: which word is the current one."""

from __future__ import annotations

import pytest
from hands import Hands

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def test_after_a_pause_the_word_that_sounded_is_corrected_and_not_the_one_clicked_before(hands: Hands) -> None:
    words = hands.python("run.words.loc[:12, ['text', 'start', 'end']].to_dict('records')")
    hands.click((words[1]["start"] + words[1]["end"]) / 2, "words")
    hands.press("Space")
    hands.is_playing(yes=True)
    hands.eventually(f"view.playhead > {words[4]['start'] + 0.05}", True)
    hands.press("Space")
    playhead = hands.paused_at()
    current = max(i for i, word in enumerate(words) if word["start"] <= playhead + 0.002)
    assert current >= 4
    hands.focus_is_on(words[current]["text"])
    hands.press("Enter")
    hands.page.locator(".pnb-editor:visible").wait_for()
    hands.page.keyboard.type("changed")
    hands.press("Enter")
    hands.eventually(f"run.words.text.tolist()[{current}]", "changed")
    assert hands.python("run.words.text.tolist()[1]") == words[1]["text"]


def test_going_on_after_a_pause_begins_a_second_earlier_or_as_set(hands: Hands) -> None:
    hands.view.locator(".pnb-words").focus()
    for rewind in (1.0, 0.0):
        hands.python(f"view.set_trait('rewind', {rewind}) or view.seek(5)")
        hands.press("Space")
        hands.is_playing(yes=True)
        hands.eventually("view.playhead > 6.2", True)
        hands.press("Space")
        paused = hands.paused_at()
        hands.python("view.observe(lambda change: back.append(change.new), 'playhead') or globals().update(back=[])")
        hands.press("Space")
        hands.is_playing(yes=True)
        hands.eventually("len(back) > 3", True)
        hands.press("Space")
        hands.is_playing(yes=False)
        lowest = hands.python("min(back)")
        assert lowest == pytest.approx(paused - rewind, abs=0.15) if rewind else lowest >= paused - 0.01
        hands.python("view.unobserve_all('playhead')")
    hands.python("view.set_trait('rewind', 1.0)")


def test_a_click_while_playing_goes_on_from_there(hands: Hands) -> None:
    texts = hands.python("run.words[['text', 'start', 'end']].to_dict('records')")
    hands.view.locator(".pnb-words").focus()
    hands.press("Space")
    hands.is_playing(yes=True)
    end = hands.shown()[1]
    word = [each for each in texts if each["end"] < end][-3]
    hands.click((word["start"] + word["end"]) / 2, "words")
    hands.eventually(f"view.playhead > {word['start']}", True)
    hands.is_playing(yes=True)
    hands.click(1.0, "wave")
    hands.eventually("1 < view.playhead < 10", True)
    hands.is_playing(yes=True)
    hands.press("Space")
    hands.is_playing(yes=False)


def test_space_plays_from_the_running_text_and_the_keys_live_after_every_button(hands: Hands) -> None:
    hands.view.locator(".pnb-text").focus()
    hands.press("Space")
    hands.is_playing(yes=True)
    hands.press("Space")
    hands.is_playing(yes=False)
    hands.view.get_by_role("button", name="Loop").click()
    hands.press("Home", "ArrowRight", "?")
    hands.view.locator(".pnb-help").wait_for()
    hands.press("Escape")
    hands.view.get_by_role("button", name="Loop").click()
    hands.press("Space")
    hands.is_playing(yes=True)
    hands.press("Space")
    hands.is_playing(yes=False)


def test_a_card_says_all_about_the_word_under_the_pointer_also_what_was_recognised(hands: Hands) -> None:
    words = hands.python("run.words.loc[:2, ['text', 'start', 'end']].to_dict('records')")
    middle = (words[1]["start"] + words[1]["end"]) / 2
    card = hands.view.locator(".pnb-card")
    hands.page.mouse.move(*hands.at(middle, "words"))
    card.wait_for()
    assert card.inner_text().startswith(words[1]["text"])
    assert f"{words[1]['end'] - words[1]['start']:.2f} s" in card.inner_text()
    hands.page.mouse.move(*hands.at(middle, "wave"))
    card.wait_for(state="hidden")
    hands.python(
        "run.correct(run.words.assign(text=lambda words: ['evening' if i == 1 else t for i, t in "
        "enumerate(words.text)]))"
    )
    hands.view.locator(".pnb-text", has_text="evening").wait_for()
    hands.page.mouse.move(*hands.at(middle, "words"))
    hands.view.locator(".pnb-card", has_text="recognised as").wait_for()
    assert words[1]["text"] in card.inner_text().replace("\u2068", "").split("recognised as ")[1]
    hands.click(middle, "words")
    hands.view.locator(".pnb-word-about", has_text="recognised as").wait_for()


def test_the_sound_that_was_paused_for_a_correction_goes_on_after_it(hands: Hands) -> None:
    hands.view.locator(".pnb-words").focus()
    hands.press("t")
    hands.page.keyboard.type("0:12.5")
    hands.press("Enter")
    hands.eventually("view.playhead", 12.5)
    hands.press("Space")
    hands.is_playing(yes=True)
    hands.eventually("view.playhead > 12.8", True)
    hands.press("Enter")
    hands.is_playing(yes=False)
    hands.view.locator(".pnb-reading .pnb-editor:visible").wait_for()
    hands.page.keyboard.type("changed")
    hands.press("Enter")
    hands.is_playing(yes=True)
    hands.eventually("'changed' in run.words.text.tolist()", True)
    hands.press("Space")
    hands.is_playing(yes=False)


def test_all_that_is_found_is_replaced_as_one_step_of_undo(hands: Hands) -> None:
    before = hands.python("run.words.text.tolist()")
    hands.view.locator(".pnb-find").fill("the")
    hands.view.locator(".pnb-replace").wait_for()
    hands.view.locator(".pnb-replace").fill("THE")
    hands.press("Enter")
    hands.eventually("run.words.text.tolist()", ["THE" if text == "the" else text for text in before])
    hands.view.locator(".pnb-words").focus()
    hands.press("Control+z")
    hands.eventually("run.words.text.tolist()", before)
    hands.press("Escape", "Escape")
