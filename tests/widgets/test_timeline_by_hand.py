"""The timeline in a real JupyterLab, with mouse and keys: their effects are read from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import Hands

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def word(index: int) -> str:
    return f"run.words.text.iloc[{index}]"


def test_mouse(hands: Hands) -> None:
    first = hands.python("run.words.loc[:2, ['text', 'start', 'end']].to_dict('records')")
    good, morning, _ = first
    # A drag on the waveform selects, in Python as well; a click elsewhere deselects and moves the playhead there.
    hands.drag(hands.at(good["start"] - 0.1, "wave"), hands.at(morning["end"] - 0.1, "wave"))
    hands.eventually("view.selected_words.text.tolist()", [good["text"], morning["text"]])
    hands.eventually("view.selection[0]", pytest.approx(good["start"] - 0.1, abs=0.05))
    assert "selected" in hands.view.inner_text()
    hands.click(4.0, "wave")
    hands.eventually("view.selection", [0, 0])
    hands.eventually("view.playhead", pytest.approx(4.0, abs=0.05))
    # A click on a word moves the playhead there and makes it the current word; Alt-click plays it alone.
    middle = (morning["start"] + morning["end"]) / 2
    hands.click(middle, "words")
    hands.focus_is_on(morning["text"])
    hands.eventually("view.playhead", pytest.approx(morning["start"], abs=0.002))
    hands.is_playing(yes=False)
    hands.page.keyboard.down("Alt")
    hands.click(middle, "words")
    hands.page.keyboard.up("Alt")
    hands.is_playing(yes=True)
    hands.is_playing(yes=False)
    hands.eventually("view.playhead", pytest.approx(morning["end"], abs=0.15))
    # Double-click edits; an edge of the focused word can be dragged.
    x, y = hands.at(middle, "words")
    hands.page.mouse.dblclick(x, y)
    hands.page.locator(".pnb-editor:visible").wait_for()
    hands.page.keyboard.type("evening,")
    hands.press("Enter")
    hands.eventually(word(1), "evening")
    assert hands.python("run.words.punctuation.iloc[1]") == ","
    assert hands.python("run.words_raw.text.iloc[1]") == morning["text"]
    hands.drag(hands.at(morning["end"], "words"), hands.at(morning["end"] - 0.12, "words"))
    hands.eventually(f"abs(run.words.end.iloc[1] - {morning['end'] - 0.12}) < 0.04", True)
    # The wheel zooms and pans, the axis and the strip below move the window.
    before = hands.shown()
    hands.page.mouse.move(*hands.at(sum(before) / 2, "wave"))
    hands.page.keyboard.down("Control")
    hands.page.mouse.wheel(0, -300)
    hands.page.keyboard.up("Control")
    zoomed = hands.shows(lambda start, end: end - start < 0.7 * (before[1] - before[0]))
    hands.page.mouse.wheel(200, 0)
    moved = hands.shows(lambda start, _: start > zoomed[0])
    hands.drag(hands.at(moved[0] + 1, "axis"), hands.at(moved[0] + 2, "axis"))
    hands.shows(lambda start, _: start == pytest.approx(max(0, moved[0] - 1), abs=0.15))
    strip = hands.view.locator(".pnb-minimap").bounding_box()
    assert strip is not None
    hands.page.mouse.click(strip["x"] + 0.75 * strip["width"], strip["y"] + 20)
    hands.shows(lambda start, _: start > 20)


def test_keys(hands: Hands) -> None:
    texts = hands.python("run.words.text.tolist()")
    hands.view.locator(".pnb-words").focus()
    hands.press("Home")
    hands.focus_is_on(f"{texts[0]}, 0:0")
    hands.press("ArrowRight", "ArrowRight")
    hands.focus_is_on(texts[2])
    hands.press("ArrowDown")
    second = hands.python("int((run.words.sentence_id == 1).sum())")
    hands.focus_is_on(texts[second])
    hands.press("ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight")
    hands.eventually("view.selected_words.text.tolist()", texts[:3])
    hands.press("Escape")
    hands.eventually("view.selection", [0, 0])
    # Correcting: Enter opens the field, Tab moves it to the next word, Escape closes it without a change.
    hands.press("Home", "Enter")
    hands.page.keyboard.type("fine")
    hands.press("Tab")
    hands.page.locator(".pnb-editor:visible").wait_for()
    hands.page.keyboard.type("nonsense")
    hands.press("Escape")
    hands.eventually("run.words.text.tolist()[:2]", ["fine", texts[1]])
    hands.press("Home", "s")
    hands.eventually("run.words.text.tolist()[:3]", ["fi", "ne", texts[1]])
    hands.press("m")
    hands.eventually("run.words.text.tolist()[:2]", ["fine", texts[1]])
    hands.press("i")
    hands.page.locator(".pnb-editor:visible").wait_for()
    hands.page.keyboard.type("old")
    hands.press("Enter")
    hands.eventually("run.words.text.tolist()[:3]", ["fine", "old", texts[1]])
    hands.press("Home", "Delete")
    hands.eventually("run.words.text.tolist()[:2]", ["old", texts[1]])
    hands.press("Home", "Alt+Shift+ArrowLeft")
    hands.eventually("bool(run.words.end.iloc[0] < run.transcript.sentences[0].words[1].start)", True)
    for _ in range(6):
        hands.press("Control+z")
    hands.eventually("run.words.text.tolist()", texts)
    hands.press("Control+Shift+Z")
    hands.eventually(word(0), "fine")
    # The corrections are in the journal, and loaded with it.
    assert hands.python("pnb.load(run.journal.path).words.text.iloc[0]") == "fine"
    # Find, the keys' own list, and playing.
    hands.press("/")
    hands.page.keyboard.type(texts[8])
    hands.press("Enter")
    hands.page.wait_for_function("() => /\\d+\\/\\d+/.test(document.querySelector('.pnb-found').textContent)")
    hands.press("Escape", "?")
    assert "play or pause" in hands.view.locator(".pnb-help").inner_text()
    hands.press("Escape", "Home", "Space")
    hands.is_playing(yes=True)
    hands.press("Space")


def test_the_view_follows_python(hands: Hands) -> None:
    hands.python("view.set_trait('interface_language', 'zh')")
    hands.view.locator(".pnb-play", has_text="播放").wait_for()
    hands.python("view.set_trait('interface_language', '')")
    hands.view.locator(".pnb-play", has_text="Play").wait_for()
    hands.python("view.set_trait('selection', (1.0, 3.0))")
    hands.view.locator(".pnb-selected", has_text="selected 1.00–3.00 s").wait_for()
    hands.python("view.seek(30)")
    hands.shows(lambda start, end: start <= 30 <= end)
    count = hands.python("len(view.find('the'))")
    hands.view.locator(".pnb-found", has_text=f"/{count}").wait_for()
    hands.python("view.highlight(run.sentences, 'sentences')")
    hands.view.locator(".pnb-legend", has_text="sentences (").wait_for()
    hands.python("view.highlight(None, 'sentences')")
    hands.view.locator(".pnb-legend").wait_for(state="hidden")
    hands.python("run.correct(run.words.assign(text=run.words.text.str.upper()))")
    hands.view.locator(".pnb-text", has_text="MORNING").wait_for()
    before = hands.picture.evaluate("canvas => canvas.toDataURL()")
    hands.view.get_by_role("button", name="Spectrogram").click()
    hands.page.wait_for_function(
        "before => document.querySelector('.pnb-picture').toDataURL() !== before", arg=before, timeout=10_000
    )
    hands.view.locator(".pnb-command-message", has_text="120 s").wait_for(state="hidden")
    assert hands.view.get_by_role("button", name="Spectrogram").get_attribute("aria-pressed") == "true"


def test_a_missing_clip_is_still_shown_and_its_silence_explained(hands: Hands, folder: Path) -> None:
    hands.python("__import__('shutil').copy('data/lesson_en.flac', 'missing.flac')")
    hands.page.evaluate(
        "source => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource(source)",
        "run = pnb.transcribe('missing.flac', end=4).wait()\nview = run.timeline()\nview",
    )
    hands.notebook.run(0)
    (folder / "missing.flac").unlink()
    hands.view.locator(".pnb-text", has_text="lesson").wait_for()
    hands.view.get_by_role("button", name="Play", exact=False).first.click()
    hands.view.locator(".pnb-command-message", has_text="cannot be played").wait_for()
    assert "Play" in hands.view.locator(".pnb-play").inner_text()
