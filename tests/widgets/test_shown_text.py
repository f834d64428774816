"""The text that a view shows is `run.text`, whatever the writing systems and whatever spaces a service sends."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import msgspec
import pytest
from fake_front_end import FrontEnd, received, recognised, run_started, shown_text
from hypothesis import given
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.formats.html import to_html
from paraformer_nb.journal.records import Corrected
from paraformer_nb.text import join
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.search import find
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word
from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_state import describe_run
from paraformer_nb.widgets.view_state import ViewState

TEXTS = [
    "Hello",
    "world",
    "don't",
    ".NET",
    "3",
    "2.5",
    "你好",
    "𠀁",
    "か",
    "한국",
    "привет",
    "（",
    "）",
    "“好”",
    "👋",
    "&",
]
MARKS = ["", "", "", "。", "，", ",", "!", "？", "…"]

words = st.lists(
    st.tuples(
        st.sampled_from(TEXTS), st.sampled_from(MARKS), st.sampled_from(["", "", " "]), st.sampled_from(["", " "])
    ),
    min_size=1,
    max_size=5,
)


def result(number: int, spoken: list[tuple[str, str, str, str]], *, is_final: bool, text: str | None) -> SentenceResult:
    """A result; its text is `text` with these words, or what the words give."""
    texts = [f"{before}{word}{'' if mark else after}" for word, mark, before, after in spoken]
    start = 1000 * number
    spans = [
        WordResult(start + 100 * i, start + 100 * i + 90, texts[i], mark) for i, (_, mark, _, _) in enumerate(spoken)
    ]
    line = join([f"{span.text}{span.punctuation}" for span in spans]) if text is None else text
    end = spans[-1].end_time if is_final else None
    return SentenceResult(start, end, line, spans, is_final, sentence_id=number)


@given(st.lists(words, min_size=1, max_size=6), st.randoms(use_true_random=False), st.booleans())
def test_a_view_shows_the_text_of_the_run(
    sentences: list[list[tuple[str, str, str, str]]], chance: random.Random, is_spelled_by_the_service: bool
) -> None:
    """While sentences arrive out of order, change and turn out empty."""
    transcript, state = Transcript(run_started()), ViewState()
    updates: list[Update] = []
    for number in chance.sample(range(1, len(sentences) + 1), len(sentences)):
        spoken = sentences[number - 1]
        for is_final, part in ((False, spoken[:1]), (True, spoken if chance.random() < 0.9 else [])):
            text = None
            if is_spelled_by_the_service:
                text = "".join(f"{chance.choice(['', ' '])}{word}{mark}" for word, mark, _, _ in part)
            record = result(number, part, is_final=is_final, text=text) if part else None
            transcript.apply(recognised(number, [], is_final=True) if record is None else received(record))
            run = describe_run(transcript, can_stop=False, can_correct=False)
            updates += [update for update, _ in state.updates(transcript, run, ())]
            assert shown_text(updates).strip() == transcript.text.strip()
    assert "  " not in shown_text(updates)


def test_chinese_beside_english_has_a_space_between_words_and_between_sentences() -> None:
    front_end = FrontEnd(Transcript(run_started()))
    front_end.send("sync")
    texts = ["今天", "天气", "Nice", "day", "𠀁", "𠀁"]
    spans = [WordResult(1000 + 100 * i, 1090 + 100 * i, text) for i, text in enumerate(texts)]
    front_end.apply(received(SentenceResult(1000, 1590, "", spans, True, sentence_id=1)))
    front_end.apply(recognised(2, ["Hello"], is_final=True))
    separators = [word.separator for update in front_end.updates for row in update.sentences for word in row.words]
    assert separators == ["", "", " ", " ", " ", "", ""]
    assert front_end.updates[-1].sentences[0].separator == " "
    assert shown_text(front_end.updates) == front_end.transcript.text == "今天天气 Nice day 𠀁𠀁 Hello"


def test_words_that_bring_their_own_spaces_are_separated_by_one() -> None:
    front_end = FrontEnd(Transcript(run_started()))
    front_end.send("sync")
    spans = [
        WordResult(100, 190, "Hello "),
        WordResult(200, 290, "你好"),
        WordResult(300, 390, " 世界"),
        WordResult(400, 490, "!"),
    ]
    front_end.apply(received(SentenceResult(100, 490, "", spans, True, sentence_id=1)))
    assert [word.text for word in front_end.updates[-1].sentences[0].words] == ["Hello", "你好", "世界", "!"]
    assert shown_text(front_end.updates) == front_end.transcript.text == "Hello 你好 世界!"


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (("Hello ", ""), ("world", ""), "Hello world"),
        (("Hello", ""), (" world", ""), "Hello world"),
        (("Hello ", ""), (" world ", ""), "Hello world"),
        (("Hello", ", "), ("world", "! "), "Hello, world!"),
        ((" Hello", ","), (" world", ""), "Hello, world"),
        (("你好 ", ""), ("世界", ""), "你好 世界"),
        (("你好", "，"), ("world ", ""), "你好，world"),
    ],
)
@pytest.mark.parametrize("is_spelled", [False, True])
def test_words_with_their_own_spaces_are_shown_alike_everywhere(
    first: tuple[str, str], second: tuple[str, str], shown: str, is_spelled: bool
) -> None:
    """In the live view, the text, the search and the exported page, with and without the sentence's own text."""
    spans = [WordResult(100, 190, *first), WordResult(200, 290, *second)]
    transcript = Transcript(run_started())
    transcript.apply(received(SentenceResult(100, 290, shown if is_spelled else "", spans, True, sentence_id=1)))
    shown = shown if is_spelled else join(["".join(first), "".join(second)]).strip()
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    assert shown_text(front_end.updates) == shown
    assert transcript.text.strip() == shown
    (match,) = find(transcript.sentences, shown)
    assert (match.start, match.end) == (0.1, 0.29)
    assert [word.text for word in front_end.updates[-1].sentences[0].words] == [first[0].strip(), second[0].strip()]
    (page_row,) = saved_sentences(to_html(transcript, None, "a page"))
    assert page_row == msgspec.to_builtins(front_end.updates[-1].sentences[0])


def saved_sentences(page: str) -> list[Any]:
    """The sentences that an exported page holds."""
    saved = "".join(re.findall(r'class="pnb-run"[^>]*>(.*?)</', page, re.DOTALL))
    return [row for each in json.loads(saved)["updates"] for row in each["update"].get("sentences", [])]


def test_a_sentence_is_sent_again_where_its_separator_changes() -> None:
    transcript = Transcript(run_started())
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    front_end.apply(recognised(1, ["Hello"], is_final=True), recognised(2, ["你好"], is_final=True))
    assert shown_text(front_end.updates) == "Hello 你好"
    old = transcript.finals[0].words[0]
    front_end.apply(Corrected(1.0, Correction("replace", 1, (old,), (Word("您", old.start, old.end),))))
    assert [sentence.id for sentence in front_end.updates[-1].sentences] == [1, 2]
    assert shown_text(front_end.updates) == transcript.text == "您你好"
    front_end.apply(Corrected(1.0, Correction("replace", 1, (Word("您", old.start, old.end),), ())))
    assert front_end.updates[-1].removed == [1]
    assert shown_text(front_end.updates) == transcript.text == "你好"
