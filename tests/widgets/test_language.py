"""The view's own texts in Chinese: none is left in English, whatever the state, and the reader's language decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec import structs
from playwright.sync_api import Locator, Page
from standalone_view import MODULES, RUN, mount, row
from standalone_view import modules as modules
from standalone_view import page as page

from paraformer_nb.formats.registry import FORMATS
from paraformer_nb.server.engines.registry import ENGINES
from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_data import FileFormat, GapSpan, Layer, LayerSpan, RetryState, SentenceData

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TABLE = (MODULES / "model" / "chinese.js").read_text(encoding="utf-8")
ENTRIES = re.findall(r'^  "((?:[^"\\]|\\.)*)":\s*"((?:[^"\\]|\\.)*)",$', TABLE, re.MULTILINE)

# Texts that people read in the view, in every element and attribute that shows or speaks them.
VISIBLE = """() => {
  const found = [];
  for (const element of document.querySelectorAll(".pnb-timeline, .pnb-timeline *")) {
    if (element.closest("[lang=en]")) continue;  // the button that goes back to English
    for (const name of ["title", "aria-label", "placeholder", "aria-valuetext"]) found.push(element.getAttribute(name));
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
  }
  return [...new Set(found)].filter(Boolean);
}"""
# What is the same in Chinese: keys, names of formats and products.
SAME = "Ctrl Alt Shift Enter Tab Esc Home End Page Up Down Delete Backspace TXT SRT VTT CSV JSON TEXTGRID WAV HTML"
SAME += " Python Praat TextGrid SubRip WebVTT Excel x y"

CHINESE = [row("你好", 0, 0.4, 0.9, "，"), row("世界", 0.5, 1, 0.2), row("再见", 1, 1.5, 0.9, "。", is_edited=True)]
SENTENCES = [SentenceData(1, True, 0, 1.5, "", CHINESE, speaker="甲")]
STATES: list[dict[str, Any]] = [
    {"state": "connecting", "has_ended": False, "is_loading": True, "end": None, "can_stop": True},
    {"state": "streaming", "has_ended": False, "can_stop": True},
    {"state": "finishing", "has_ended": False},
    {"state": "reconnecting", "has_ended": False, "retry": RetryState(2, 5, 60.0, "网络断开")},
    {"state": "stopped", "missing": 4.0, "whole": 12.0, "can_resume": True, "can_undo": True},
    {"state": "failed", "can_resume": True},
    {"state": "finished", "sound": RUN.sound},
]


def english(page: Page) -> list[str]:
    """Texts of the view that hold Latin words."""
    known = re.compile(rf"\b({'|'.join(SAME.split())}|[A-Z])\b")
    texts = [known.sub("", re.sub(r"\b(Hz|kHz)\b", "", text)) for text in page.evaluate(VISIBLE)]
    return sorted({text for text in texts if re.search(r"[A-Za-z]{2,}", text)})


def read_in(page: Page, language: str) -> None:
    page.evaluate(f"Object.defineProperty(navigator, 'language', {{ configurable: true, get: () => '{language}' }})")


def shown(page: Page, sentences: list[SentenceData], **state: Any) -> Locator:
    """A view of a run in some state, and no other one."""
    page.evaluate("document.querySelector('main').replaceChildren()")
    run = structs.replace(RUN, clip="声音", language="zh", **state)
    files = [
        FileFormat(".textgrid", "tiers for Praat (TextGrid)"),
        FileFormat(".csv", "the words as a table, for Excel"),
    ]
    update = Update(1, reset=True, run=run, sentences=sentences, gaps=[GapSpan(8, 10, "断开")], files=files)
    regions = structs.replace(update, regions=[LayerSpan(2, 3, "笑")], layers=[Layer("层", [LayerSpan(0, 1, "")])])
    return mount(page, regions)


def test_no_text_is_left_in_english_in_any_state(page: Page) -> None:
    read_in(page, "zh-CN")
    for state in STATES:
        for sentences in (SENTENCES, []):
            view = shown(page, sentences, **state)
            view.locator(".pnb-state", has_text=re.compile("[一-鿿]")).wait_for()
            page.wait_for_function("() => document.querySelector('.pnb-picture').hasAttribute('aria-label')")
            assert english(page) == [], state
    assert page.locator(".pnb-timeline").get_attribute("lang") == "zh"


def test_no_text_is_left_in_english_while_it_is_used(page: Page) -> None:
    """Every key and button, the menus, the field of a word, and the messages that they lead to."""
    read_in(page, "zh")
    view = shown(page, SENTENCES)
    view.locator(".pnb-words").focus()
    for keys in (
        "? Escape",
        "End d Shift+d Home d Enter Escape",
        "s m m End m s i Escape",
        "e Shift+ArrowLeft Shift+ArrowLeft e b",
        "g Space p r f t 9 9 : 9 9 Enter Escape",
    ):
        for key in keys.split():
            page.keyboard.press(key)
            page.wait_for_function("() => new Promise(resolve => requestAnimationFrame(() => resolve(true)))")
            assert english(page) == [], key
    view.locator(".pnb-find").fill("世界")
    view.locator(".pnb-replace").fill("天下")
    view.locator(".pnb-replace").press("Enter")
    view.locator(".pnb-command-message", has_text="替换了 1 处").wait_for()
    assert english(page) == []
    view.locator(".pnb-words").focus()
    view.locator(".pnb-words").press("Shift+ArrowLeft")
    view.get_by_role("button", name="导出").click()
    assert view.get_by_role("menuitem").count() >= 8
    assert english(page) == []
    view.get_by_role("menuitem", name="复制选中的文字").click()
    view.locator(".pnb-command-message", has_text=re.compile("复制")).wait_for()
    assert english(page) == []


def test_the_reader_chooses_and_later_views_remember(page: Page) -> None:
    view = shown(page, SENTENCES)
    assert view.locator(".pnb-play").inner_text() == "▶ Play"
    view.locator(".pnb-words").focus()
    page.keyboard.press("?")
    view.get_by_role("button", name="中文").click()
    view = page.locator(".pnb-timeline")
    view.locator(".pnb-play", has_text="播放").wait_for()
    page.keyboard.press("?")  # the keys are the new view's
    view.get_by_role("dialog", name="快捷键").wait_for()
    assert view.get_by_role("button", name="English").get_attribute("lang") == "en"
    view = shown(page, SENTENCES)
    assert "播放" in view.locator(".pnb-play").inner_text()


@pytest.mark.parametrize(("readers", "shows"), [("zh-TW", "播放"), ("en-GB", "Play"), ("de", "Play")])
def test_the_reader_s_language_decides_not_the_clip_s(page: Page, readers: str, shows: str) -> None:
    read_in(page, readers)
    page.evaluate("document.documentElement.lang = 'zh'")  # of an exported page: the language of its clip
    mount(page, Update(1, reset=True, run=RUN, sentences=SENTENCES))
    assert shows in page.locator(".pnb-play").inner_text()


def test_every_entry_of_the_table_is_used_and_whole() -> None:
    assert len(ENTRIES) == len(dict(ENTRIES)) > 200
    assert len(ENTRIES) == len(re.findall(r"^  \"", TABLE, re.MULTILINE))
    sources = [path.read_text(encoding="utf-8") for path in MODULES.rglob("*.js") if path.name != "chinese.js"]
    names = [*(each.summary for each in FORMATS.values()), *(each.notice for each in ENGINES.values())]
    code = "\n".join(sources)
    unused = [
        text for text, _ in ENTRIES if f'"{text}"' not in code and f"  {text}: [" not in code and text not in names
    ]
    assert unused == ["Embedded"]  # which Python sends
    for text, chinese in ENTRIES:
        assert sorted(re.findall(r"\{\d\}", text)) == sorted(re.findall(r"\{\d\}", chinese)), text


def test_every_format_of_files_has_a_chinese_name() -> None:
    missing = [each.summary for each in FORMATS.values() if each.suffixes and each.summary not in dict(ENTRIES)]
    assert missing == []


def test_every_notice_of_an_engine_is_in_chinese_as_well() -> None:
    notices = [dict(ENTRIES).get(each.notice, each.notice) for each in ENGINES.values() if each.notice]
    assert [notice for notice in notices if not re.search(r"[\u4e00-\u9fff]", notice)] == []
