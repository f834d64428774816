"""Find words, whatever their case, width and punctuation. tests/js/find.test.js has the same cases."""

from __future__ import annotations

from paraformer_nb.transcript.search import comparable, find
from paraformer_nb.transcript.words import Sentence, Word


def sentence(number: int, start: float, *texts: str) -> Sentence:
    words = tuple(Word(text, start + i / 2, start + i / 2 + 0.4) for i, text in enumerate(texts))
    return Sentence(number, " ".join(texts), start, words[-1].end, True, words)


SENTENCES = [
    sentence(1, 0, "Good", "morning", "good", "day"),
    sentence(2, 5, "A", "good-morning", "song"),
    Sentence(3, "今天天气好。", 9, 11, True, (Word("今天", 9, 9.5), Word("天气", 9.5, 10), Word("好", 10, 11, "。"))),
]


def found(text: str) -> list[tuple[int, str]]:
    return [(match.sentence_id, match.text) for match in find(SENTENCES, text)]


def test_case_width_and_punctuation_do_not_matter() -> None:
    assert found("GOOD") == [(1, "Good"), (1, "good"), (2, "good-morning")]
    assert found("ｇｏｏｄ, morning!") == [(1, "Good morning"), (2, "good-morning")]
    assert comparable("  Don't —  stop… ") == "don t stop"


def test_a_word_that_is_only_punctuation_does_not_split_a_phrase() -> None:
    sentences = [sentence(1, 0, "rock", "&", "roll"), sentence(2, 5, "...", "and", "so", "on")]
    assert [match.text for match in find(sentences, "rock roll")] == ["rock & roll"]
    assert [match.text for match in find(sentences, "Rock & Roll")] == ["rock & roll"]
    assert [match.text for match in find(sentences, "and so")] == ["and so"]


def test_words_that_begin_with_their_own_space_are_found_as_a_phrase() -> None:
    """As the words of some services do."""
    (match,) = find([sentence(1, 0, " Good", " morning", " all")], "good morning")
    assert match.text == "Good morning"


def test_part_of_a_word_is_found_and_a_phrase_of_several_words() -> None:
    assert found("orn") == [(1, "morning"), (2, "good-morning")]
    assert found("morning good d") == [(1, "morning good day")]


def test_chinese_is_found_across_word_boundaries() -> None:
    assert found("天天") == [(3, "今天天气")]
    assert found("气好") == [(3, "天气好")]


def test_an_empty_query_finds_nothing_and_overlapping_matches_count_once() -> None:
    assert found(" .,") == found("zebra") == []
    assert len(list(find([sentence(1, 0, "aaaa")], "aa"))) == 2


def test_a_match_has_the_times_of_its_words() -> None:
    (match,) = find(SENTENCES, "morning good")
    assert (match.start, match.end) == (0.5, 1.4)
