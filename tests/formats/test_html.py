"""The timeline after the notebook: one file, no kernel, no network. And what axe finds in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node import installed
from playwright.sync_api import BrowserContext, Page

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError, JournalError, ParameterError

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def run() -> pnb.Run:
    """The English lesson, heard as its script says."""
    clip = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
    return pnb.transcribe(clip, service=pnb.Embedded("scripted", script=clip.with_suffix(".json"))).wait()


@pytest.fixture
def page(browser: BrowserContext, run: pnb.Run, tmp_path: Path) -> Iterator[Page]:
    """The saved page, opened from disk. Fails a test that asks for anything over a network, or breaks."""
    run.export(tmp_path / "clip.html")
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith(("http", "ws")) else None)
    page.goto((tmp_path / "clip.html").as_uri())
    page.locator(".pnb-text", has_text="morning").wait_for()
    yield page
    assert wrong == []
    page.close()


def playing(page: Page, *, yes: bool) -> None:
    page.wait_for_function(
        f"() => document.querySelector('.pnb-play').textContent.includes('{'Pause' if yes else 'Play'}')"
    )


def test_it_plays_seeks_lights_words_and_searches(page: Page, run: pnb.Run) -> None:
    page.locator(".pnb-find").fill("computer")
    page.locator(".pnb-found", has_text="1/1").wait_for()
    word = run.words[run.words.text == "computer"].iloc[0]
    assert page.locator(".pnb-word-about").inner_text().startswith("\u2068computer")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")  # from the word that was found
    playing(page, yes=True)
    page.wait_for_function("() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-heard'))")
    lit = page.evaluate(
        "() => { for (const [name, marks] of CSS.highlights) if (name.startsWith('pnb-heard'))"
        "return [...marks].map(String).join() }"
    )
    heard_about_then = run.words[
        (run.words.start >= word.start - 0.1) & (run.words.start < word.start + 4)
    ].text.tolist()
    assert re.sub(r"\W", "", lit).lower() in [text.lower() for text in heard_about_then]
    page.keyboard.press("Space")
    playing(page, yes=False)


def test_it_cannot_be_corrected_and_says_so(page: Page) -> None:
    page.locator(".pnb-words").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    page.locator(".pnb-said", has_text="cannot be corrected").wait_for()
    assert page.get_by_role("button", name="Delete").count() == 0


def test_sound_may_lie_beside_it_or_be_left_out(browser: BrowserContext, run: pnb.Run, tmp_path: Path) -> None:
    run.export(tmp_path / "beside.html", audio="beside")
    run.export(tmp_path / "silent.html", audio=None)
    assert (tmp_path / "beside.html.webm").stat().st_size > 50_000
    assert (tmp_path / "beside.html").stat().st_size < 400_000
    page = browser.new_page()
    page.goto((tmp_path / "beside.html").as_uri())
    page.locator(".pnb-words").focus()
    page.keyboard.press("End")
    page.locator(".pnb-word-about", has_text="0:3").wait_for()
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => [...CSS.highlights.keys()].some(name => name.startsWith('pnb-heard'))"
    )  # time goes on
    page.goto((tmp_path / "silent.html").as_uri())
    page.locator(".pnb-play").click()
    page.locator(".pnb-said", has_text="without its sound").wait_for()
    page.close()


def test_what_cannot_be_done_is_said(run: pnb.Run, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="inside"):
        run.export(tmp_path / "other.html", audio="outside")  # type: ignore[arg-type]
    with pytest.raises(JournalError, match="cannot be written"):
        run.export(tmp_path / "no" / "such.html", audio=None)
    assert list(tmp_path.iterdir()) == []


def test_the_clip_itself_is_never_written_over(run: pnb.Run, tmp_path: Path) -> None:
    clip = tmp_path / "lesson.webm"
    clip.write_bytes(run._listen().whole(0, 3))
    before = clip.read_bytes()
    mine = pnb.transcribe(clip, service=pnb.Embedded(), end=1).wait()
    mine.export(tmp_path / "lesson.html", audio="beside")
    with pytest.raises(ParameterError, match="the clip itself"):
        mine.export(clip)
    assert clip.read_bytes() == before


def test_a_clip_that_is_gone_leaves_the_old_page(tmp_path: Path) -> None:
    chinese = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac"
    clip, page = tmp_path / "gone.flac", tmp_path / "gone.html"
    clip.write_bytes(chinese.read_bytes())
    gone = pnb.transcribe(clip, service=pnb.Embedded("scripted", script=chinese.with_suffix(".json"))).wait()
    before = gone.export(page).read_bytes()
    clip.unlink()
    with pytest.raises(AudioError, match="audio=None"):
        gone.export(page)
    assert page.read_bytes() == before
    assert 'lang="zh"' in gone.export(page, audio=None).read_text(encoding="utf-8")
    assert page.stat().st_size < len(before)
    assert [path.name for path in tmp_path.iterdir()] == ["gone.html"]


def test_what_was_heard_is_text_and_nothing_else(browser: BrowserContext, tmp_path: Path) -> None:
    from test_timeline import heard, run_record

    from paraformer_nb.formats.html import to_html
    from paraformer_nb.transcript.transcript import Transcript

    transcript = Transcript(RUN)
    nasty = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u2028&amp;"]
    for record in (run_record(), heard(1, nasty, is_final=True)):
        transcript.apply(record)
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
    text = run.export(tmp_path / "clip.html").read_text(encoding="utf-8")
    # axe must be let in: the page itself lets nothing run that does not stand in it.
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
