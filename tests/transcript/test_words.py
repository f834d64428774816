"""Words into lines: a space where the writing system has one."""

from __future__ import annotations

import pytest

from paraformer_nb.text import join, needs_space


@pytest.mark.parametrize(
    ("pieces", "line"),
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
        ([" hello", " world"], " hello world"),  # Gummy's English words carry their space
        (["ありがとう", "ございます。"], "ありがとうございます。"),
        (["안녕하세요", "여러분"], "안녕하세요 여러분"),
        (["привет", "мир"], "привет мир"),
        (["𠮷野", "家"], "𠮷野家"),
    ],
)
def test_pieces_are_joined_as_their_writing_system_has_it(pieces: list[str], line: str) -> None:
    assert join(pieces) == line


@pytest.mark.parametrize(("before", "after"), [("", "a"), ("a", ""), ("a ", "b"), ("a", "\tb"), ("a", "　b")])
def test_no_space_is_added_beside_nothing_or_beside_another(before: str, after: str) -> None:
    assert not needs_space(before, after)
