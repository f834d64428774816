"""Tokens joined to words, words to text, and tokens collected to sentences."""

from __future__ import annotations

import itertools

import pytest
from tiny_paraformer import SYMBOLS

from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines.paraformer.recogniser import Token
from paraformer_nb.server.engines.paraformer.sentences import ParaformerSentences
from paraformer_nb.server.engines.paraformer.words import Vocabulary, join_words


def _finals(rows: list[Token]) -> list[SentenceResult]:
    """The final sentences of tokens that are added one by one."""
    sentences = ParaformerSentences(SYMBOLS, 800)
    results = itertools.chain(*(sentences.add([row], row.end) for row in rows), sentences.finish())
    return [result for result in results if result.sentence_end]


def _rows(*tokens: tuple[str, float, float]) -> list[Token]:
    return [Token(SYMBOLS.index(symbol), begin, end, 0.9) for symbol, begin, end in tokens]


@pytest.mark.parametrize("pause", [3, 150, 289, None])
def test_a_sentence_of_a_minute_is_split_in_its_longest_pause(pause: int | None) -> None:
    """Tokens of 200 ms without a gap, except 100 ms before one of them or before none."""
    late = [100 * (pause is not None and at >= pause) for at in range(320)]
    rows = _rows(*(("我", 200 * at + late[at], 200 * at + 200 + late[at]) for at in range(320)))
    finals = _finals(rows)
    lengths = [len(result.words or ()) for result in finals]
    assert lengths[0] == (299 if pause is None else pause)
    assert sum(lengths) == 320
    assert max((result.end_time or 0) - (result.begin_time or 0) for result in finals) <= 60_000


def test_a_sentence_is_never_split_within_a_word() -> None:
    rows = _rows(*(("un@@" if at % 2 else "able", 200 * at + 50 * (at % 2 == 0), 200 * at + 200) for at in range(310)))
    finals = _finals(rows)
    words = [word.text for result in finals for word in result.words or ()]
    assert len(finals) == 2
    assert set(words[1:-1]) == {"unable"}


def test_special_tokens_are_neither_text_nor_speech() -> None:
    sentences = ParaformerSentences(SYMBOLS, 800)
    assert [Vocabulary(["今", "天"]).is_text(number) for number in (0, 1)] == [False, True]
    rows = _rows(("<unk>", 0, 100), ("<s>", 100, 200), ("我", 200, 300), ("<unk>", 300, 700), ("</s>", 700, 1100))
    assert [result.text for result in sentences.add(rows, 1000)] == ["我"]
    assert [result.sentence_end for result in sentences.add([], 1100)] == [True]


@pytest.mark.parametrize(
    ("symbols", "words", "text"),
    [
        ("今 天 天 气", "今|天|天|气", "今天天气"),
        ("hel@@ lo world", "hello|world", "hello world"),
        ("un@@ believ@@ able", "unbelievable", "unbelievable"),
        ("我 用 py@@ thon 写 2 个", "我|用|python|写|2|个", "我用 python 写 2 个"),
        ("hel@@ 今 lo", "hel|今|lo", "hel 今 lo"),
        ("hel@@", "hel", "hel"),
        ("▁hel lo ▁world", "hello|world", "hello world"),
        ("▁ hel lo 今 天 ▁it 's", "hello|今|天|it's", "hello 今天 it's"),
        ("今 ok ▁it", "今|ok|it", "今 ok it"),
        ("▁안녕 하세요 ▁세계", "안녕하세요|세계", "안녕하세요 세계"),
        ("お は よう", "お|は|よう", "おはよう"),
    ],
)
def test_tokens_are_joined_to_words_and_words_to_text(symbols: str, words: str, text: str) -> None:
    vocabulary = Vocabulary(symbols.split())
    joined = vocabulary.words([Token(at, 10.0 * at, 10.0 * at + 10, 0.5) for at in range(len(symbols.split()))])
    assert "|".join(word.text for word in joined) == words
    assert join_words(joined) == text
    assert joined[0].confidence == 0.5 ** len(joined[0].tokens)
