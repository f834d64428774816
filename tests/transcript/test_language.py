"""The language of a transcript: hints first, then the script of most words."""

from __future__ import annotations

from typing import Any

import pytest
from records import run_started, timed_final

from paraformer_nb.transcript.language import guess_language, language_of
from paraformer_nb.transcript.transcript import Transcript


def _transcript(*texts: str, **parameters: Any) -> Transcript:
    transcript = Transcript(run_started(parameters=parameters))
    for number, text in enumerate(texts, 1):
        transcript.apply(timed_final((text, 1000 * number, 1000 * number + 900), number=number))
    return transcript


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Good morning and welcome.", "en"),
        ("Bonjour à tous", "en"),  # no hint: only the script is known
        ("我们今天用 Python 写代码。", "zh"),
        ("My name is 王小明 and I live in Berlin with my dog", "en"),
        ("今日はいい天気ですね", "ja"),
        ("东京大学の教授们讨论了这个问题，大家都同意他的意见", "zh"),
        ("오늘 날씨가 좋네요", "ko"),
        ("Привет, это GPT", "ru"),
        ("مرحبا بالعالم", "ar"),
        ("สวัสดีครับ", "th"),
        ("12 345 … 😀", "en"),
        ("", "en"),
    ],
)
def test_a_text_s_language_is_that_of_most_of_its_words(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("hints", "text", "language"),
    [
        (["de"], "Guten Morgen", "de"),
        (["yue"], "佢哋今日唔得閒", "yue"),
        (["zh"], "OK OK OK", "zh"),
        (["zh", "en"], "Good morning", "en"),
        (["zh", "en"], "早上好", "zh"),
        (["fr", "en"], "Bonjour", "fr"),
        (["ja", "zh"], "早上好", "zh"),
        (["ko", "ja"], "Good morning", "ko"),
        (["en", "zh"], "", "en"),
        (["zh", "es"], "Buenos días a todos", "es"),  # languages of the newer models
        (["zh", "vi"], "Xin chào các bạn", "vi"),
        (["en", "ja"], "東京都", "ja"),
        (["ja", "yue"], "東京都", "yue"),
        (["zh", "bg"], "Добро утро", "bg"),
        (["zh", "PT"], "Bom dia", "PT"),
        (['"><script>', 7, ["zh"]], "早上好", "zh"),  # a journal may hold anything
        ("zh", "Good morning", "en"),
    ],
)
def test_hints_come_first(hints: Any, text: str, language: str) -> None:
    assert language_of(_transcript(*[text] * bool(text), language_hints=hints)) == language


def test_all_parts_of_a_long_transcript_count() -> None:
    assert language_of(_transcript("早上好", *["Good morning to all of you."] * 300)) == "en"
    assert language_of(_transcript(*["Good morning."] * 40, *["大家早上好，欢迎来到第一课。"] * 300)) == "zh"
