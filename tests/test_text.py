"""Text: words joined to lines, with a space where the writing system has one; texts from outside made safe to show."""

from __future__ import annotations

import pytest

from paraformer_nb.text import join, needs_space, sanitise, separator, unit_advice


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        ([], ""),
        (["", "a", "", "b"], "a b"),
        (["good", "morning."], "good morning."),
        (["今天", "天气", "好。"], "今天天气好。"),
        (["今天天气好。", "Good morning."], "今天天气好。 Good morning."),
        (["Good morning.", "今天"], "Good morning. 今天"),
        (["Hello", "你好", "world"], "Hello 你好 world"),
        (["𠀁", "Hello", "𠀁", "𠀂"], "𠀁 Hello 𠀁𠀂"),
        (["Hello ", "你好 ", " world"], "Hello 你好 world"),
        (["Hello ", " ", " world"], "Hello world"),
        (["我有", "3", "个", "苹果"], "我有3个苹果"),
        (["第", "12", "days"], "第12 days"),
        (["Hello", "，", "世界", "！"], "Hello，世界！"),
        (["中文", "(English)", "（", "English", "）", "中文"], "中文 (English) （English）中文"),
        (["他说", "“好”", "，", "OK", "…"], "他说“好”， OK…"),
        (["use", ".NET", "here", "."], "use .NET here."),
        (["👋", "Hello", "👋", "你好"], "👋 Hello 👋 你好"),
        (["한국어", "中文"], "한국어 中文"),
        (["so", "😀", "happy"], "so 😀 happy"),
        (
            ["so", "❤\ufe0f", "⭐", "👩\u200d👧", "🇩🇪", "1\ufe0f\u20e3", "🫠"],
            "so ❤\ufe0f ⭐ 👩\u200d👧 🇩🇪 1\ufe0f\u20e3 🫠",
        ),
        (["很", "😀", "高兴"], "很 😀 高兴"),
        ([" hello", " world"], " hello world"),  # Gummy's English words carry their space
        (["ありがとう", "ございます。"], "ありがとうございます。"),
        (["안녕하세요", "여러분"], "안녕하세요 여러분"),
        (["привет", "мир"], "привет мир"),
        (["𠮷野", "家"], "𠮷野家"),
    ],
)
def test_texts_are_joined_with_a_space_where_their_scripts_want_one(texts: list[str], line: str) -> None:
    assert join(texts) == line


@pytest.mark.parametrize(("before", "after"), [("", "a"), ("a", ""), ("a ", "b"), ("a", "\tb"), ("a", "　b")])
def test_no_space_is_added_beside_an_empty_text_or_another_space(before: str, after: str) -> None:
    assert not needs_space(before, after)


@pytest.mark.parametrize(
    ("before", "after", "is_spaced"),
    [("a", "b", True), ("a", " b", True), ("a ", "b", True), ("今天", "天气", False), ("今天", " 天气", True)],
)
def test_a_space_between_texts_is_their_own_or_the_one_that_joining_adds(
    before: str, after: str, is_spaced: bool
) -> None:
    assert (separator(before, after) == " ") == is_spaced == (" " in join([before, after]))


@pytest.mark.parametrize(
    ("time", "end", "is_advised"),
    [(1500.0, 39.0, True), (79.0, 39.0, True), (78.0, 39.0, False), (40_000.0, 39.0, False), (1500.0, None, False)],
)
def test_times_far_behind_a_clip_look_like_milliseconds(time: float, end: float | None, is_advised: bool) -> None:
    assert ("look like milliseconds" in unit_advice(time, end)) == is_advised


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("", ""),
        ("plain, 今天 and émoji 😀", "plain, 今天 and émoji 😀"),
        ("two\nlines\r\nand\ttabs", "two lines  and tabs"),
        ("para\u2029graph\u2028line\x85next", "para graph line next"),
        ("\x1b[31mred\x00\x7f\x9b", "[31mred"),
        ("left \u202eright\u2066 isolate\u2069", "left right isolate"),
        ("half \ud83d a pair", "half \ufffd a pair"),
    ],
)
def test_a_text_from_outside_becomes_one_line_without_control_characters(text: str, safe: str) -> None:
    assert sanitise(text) == safe
