"""The timeline as a saved page: one file, no kernel, no network. And its accessibility, by axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import received, recognised, run_started
from msgspec.structs import replace
from node import installed
from page_scripts import KEEP_AUDIO, POSITION_OF
from playwright.sync_api import BrowserContext, Page
from saved_pages import lesson_run

import paraformer_nb as pnb
from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.errors import AudioError, ExportError, ParameterError
from paraformer_nb.formats.html import to_html
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.text import join
from paraformer_nb.transcript.transcript import Transcript

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def run() -> pnb.Run:
    """The English lesson."""
    return lesson_run()


@pytest.fixture
def page(each_browser: BrowserContext, run: pnb.Run, tmp_path: Path) -> Iterator[Page]:
    """The saved page, opened from disk. Fails a test that requests anything over a network, or has an error."""
    run.export(tmp_path / "clip.html")
    page, wrong = each_browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith(("http", "ws")) else None)
    page.add_init_script(KEEP_AUDIO)
    page.goto((tmp_path / "clip.html").as_uri())
    page.locator(".pnb-text", has_text="morning").wait_for()
    yield page
    assert wrong == []
    page.close()


def playing(page: Page, *, yes: bool) -> None:
    page.wait_for_function(
        f"() => document.querySelector('.pnb-play').textContent.includes('{'Pause' if yes else 'Play'}')"
    )


def test_it_plays_seeks_marks_words_and_searches(page: Page, run: pnb.Run) -> None:
    page.locator(".pnb-find").fill("computer")
    page.locator(".pnb-found", has_text="1/1").wait_for()
    word = run.words[run.words.text == "computer"].iloc[0]
    assert (page.locator(".pnb-word-about").text_content() or "").startswith("\u2068computer")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")  # from the found word
    playing(page, yes=True)
    page.wait_for_function("() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-spoken'))")
    marked = page.evaluate(
        "() => { for (const [name, marks] of CSS.highlights) if (name.startsWith('pnb-spoken'))"
        "return [...marks].map(String).join() }"
    )
    spoken_then = run.words[(run.words.start >= word.start - 0.1) & (run.words.start < word.start + 4)].text.tolist()
    assert re.sub(r"\W", "", marked).lower() in [text.lower() for text in spoken_then]
    page.keyboard.press("Space")
    playing(page, yes=False)


def test_a_click_on_a_word_of_the_text_moves_there_and_space_plays_from_it(page: Page, run: pnb.Run) -> None:
    word = run.words[run.words.text == "microphone"].iloc[0]
    page.mouse.click(*page.evaluate(f"word => ({POSITION_OF})(word)", word.text))
    page.locator(".pnb-word-about", has_text="microphone").wait_for()
    assert page.evaluate("() => window.audio") is None
    page.keyboard.press("Space")
    page.wait_for_function(f"() => window.audio && !audio.paused && audio.currentTime > {word.start + 0.1}")
    page.locator(".pnb-words").press("Space")
    page.wait_for_function("() => audio.paused")


def test_it_cannot_be_corrected_and_shows_that(page: Page) -> None:
    page.locator(".pnb-words").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    page.locator(".pnb-command-message", has_text="cannot be corrected").wait_for()
    assert page.get_by_role("button", name="Delete").count() == 0


def test_sound_may_be_beside_it_or_be_left_out(browser: BrowserContext, run: pnb.Run, tmp_path: Path) -> None:
    run.export(tmp_path / "beside.html", audio="beside")
    run.export(tmp_path / "silent.html", audio=None)
    assert (tmp_path / "beside.html.webm").stat().st_size > 50_000
    assert (tmp_path / "beside.html").stat().st_size < 450_000
    page = browser.new_page()
    page.goto((tmp_path / "beside.html").as_uri())
    page.locator(".pnb-words").focus()
    page.keyboard.press("End")
    page.locator(".pnb-word-about", has_text="0:3").wait_for()
    page.keyboard.press("Space")
    page.wait_for_function("() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-spoken'))")  # it plays
    page.goto((tmp_path / "silent.html").as_uri())
    page.locator(".pnb-play").click()
    page.locator(".pnb-command-message", has_text="without its sound").wait_for()
    page.close()


def test_invalid_options_and_folders_are_refused(run: pnb.Run, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="inside"):
        run.export(tmp_path / "other.html", audio="outside")
    with pytest.raises(ExportError, match="cannot be written"):
        run.export(tmp_path / "no" / "such.html", audio=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["lesson.html", "lesson.html.webm"])
def test_the_clip_itself_is_never_overwritten(run: pnb.Run, tmp_path: Path, name: str) -> None:
    clip, sound = tmp_path / name, PlayableClip(run.clip.path)
    clip.write_bytes(sound.whole(0, 3))
    sound.close()
    before = clip.read_bytes()
    own = pnb.transcribe(clip, service=pnb.Embedded(), end=1).wait()
    own.export(tmp_path / "other.html", audio="beside")
    with pytest.raises(ParameterError, match="the clip itself"):
        own.export(tmp_path / "lesson.html", audio="beside")
    assert clip.read_bytes() == before


def test_a_missing_clip_leaves_the_old_page(tmp_path: Path) -> None:
    chinese = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac"
    clip, page = tmp_path / "missing.flac", tmp_path / "missing.html"
    clip.write_bytes(chinese.read_bytes())
    run = pnb.transcribe(clip, service=pnb.Embedded("scripted", script=chinese.with_suffix(".json"))).wait()
    before = run.export(page).path.read_bytes()
    clip.unlink()
    with pytest.raises(AudioError, match="audio=None"):
        run.export(page)
    assert page.read_bytes() == before
    assert 'lang="zh"' in run.export(page, audio=None).path.read_text(encoding="utf-8")
    assert page.stat().st_size < len(before)
    assert [path.name for path in tmp_path.iterdir()] == ["missing.html"]


def test_words_are_shown_as_text_and_never_as_markup(browser: BrowserContext, tmp_path: Path) -> None:
    transcript = Transcript(run_started())
    nasty = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u2028&amp;"]
    transcript.apply(recognised(1, nasty, is_final=True))
    (tmp_path / "x.html").write_text(to_html(transcript, None, "<b>title</b>"), encoding="utf-8")
    page, wrong = browser.new_page(), []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((tmp_path / "x.html").as_uri())
    page.locator(".pnb-text", has_text="onerror").wait_for()
    assert page.locator("h1").inner_text() == "<b>title</b>"
    assert page.locator("img").count() == 0
    assert wrong == []
    page.close()


@pytest.mark.parametrize(
    ("sentences", "hints", "language"),
    [
        ([["你好", "。"], ["Hello", "world."], ["𠀁", "𠀁", "OK"], ["我有", "3", "个", "苹果"]], [], "zh"),
        ([["Hello ", "你好"], [" world", "!"], ["안녕", "하세요", "中文"]], ["fr"], "fr"),
    ],
)
def test_the_page_shows_the_text_of_the_run_in_its_language(
    browser: BrowserContext, tmp_path: Path, sentences: list[list[str]], hints: list[str], language: str
) -> None:
    transcript = Transcript(replace(run_started(), parameters={"language_hints": hints}))
    for number, texts in enumerate(sentences, 1):
        spans = [
            WordResult(1000 * number + 100 * i, 1000 * number + 100 * i + 90, text) for i, text in enumerate(texts)
        ]
        result = SentenceResult(1000 * number, spans[-1].end_time, join(texts), spans, True, sentence_id=number)
        transcript.apply(received(result))
    (tmp_path / "text.html").write_text(to_html(transcript, None, "text"), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "text.html").as_uri())
    page.locator(".pnb-text .pnb-final").last.wait_for()
    shown = "".join(page.locator(".pnb-text p:not(.pnb-empty)").all_text_contents())
    assert shown.strip() == transcript.text.strip()
    assert page.locator(".pnb-timeline").get_attribute("lang") == "en"  # its buttons
    languages = [page.locator(name).get_attribute("lang") for name in ("html", ".pnb-text", ".pnb-stage")]
    assert languages == [language] * 3
    page.close()


def axe(page: Page) -> list[Any]:
    """What axe finds in the timeline, serious or worse."""
    page.add_script_tag(content=(installed("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run('.pnb-timeline')")
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: BrowserContext, run: pnb.Run, tmp_path: Path, scheme: Any) -> None:
    text = run.export(tmp_path / "clip.html").path.read_text(encoding="utf-8")
    # The page allows no script but its own: axe needs a page that does.
    (tmp_path / "open.html").write_text(re.sub(r"<meta http-equiv[^>]*>", "", text), encoding="utf-8")
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto((tmp_path / "open.html").as_uri())
    page.locator(".pnb-text", has_text="morning").wait_for()
    assert axe(page) == []
    page.locator(".pnb-words").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.locator(".pnb-find").fill("the")
    page.locator(".pnb-found", has_text="/").wait_for()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert axe(page) == []
    page.close()
