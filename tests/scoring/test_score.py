"""`score`: units, rates, tables, sums, and bad input."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.errors import ParameterError
from paraformer_nb.scoring.normalise import Normaliser
from paraformer_nb.scoring.score import score

WORDS = pd.DataFrame(
    {
        "text": ["Good", "morning", "今天", "天气", "好"],
        "punctuation": ["", ".", "", "", "。"],
        "start": [0.0, 0.4, 1.0, 1.4, 1.8],
        "end": [0.4, 0.9, 1.4, 1.8, 2.0],
        "sentence_id": [1, 1, 2, 2, 2],
    }
)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "wanted"),
    [
        ("the cat sat", "The cat, sat!", "WER 0.0 % (0 of 3: 0 sub, 0 del, 0 ins), after width, case, marks"),
        ("今天天气很好", "今天天气好。", "CER 16.7 % (1 of 6: 0 sub, 1 del, 0 ins), after width, case, marks"),
        ("我用 Python 写", "我用python写", "MER 0.0 % (0 of 4: 0 sub, 0 del, 0 ins), after width, case, marks"),
        ("きょうは晴れ", "きょうは雨", "CER 33.3 % (2 of 6: 1 sub, 1 del, 0 ins), after width, case, marks"),
        ("오늘 날씨가 좋다", "오늘 날씨 좋다", "WER 33.3 % (1 of 3: 1 sub, 0 del, 0 ins), after width, case, marks"),
        ("สวัสดี", "สวัสด", "CER 16.7 % (1 of 6: 0 sub, 1 del, 0 ins), after width, case, marks"),
        ("Mr 王 said", "Mr Wang said", "MER 33.3 % (1 of 3: 1 sub, 0 del, 0 ins), after width, case, marks"),
    ],
)
def test_the_unit_fits_the_reference_and_is_named(reference: str, hypothesis: str, wanted: str) -> None:
    assert str(score(reference, hypothesis)) == wanted


def test_a_unit_can_be_chosen() -> None:
    assert score("ab cd", "ab ce", unit="character").rate == pytest.approx(1 / 4)
    assert score("今天 天气", "今天 天", unit="word", normalise=None).rate == pytest.approx(1 / 2)
    assert score("a-b", "a-c", tokenise=lambda text: text.split("-")).rate == pytest.approx(1 / 2)
    assert score("a-b", "a-c", tokenise=lambda text: text.split("-")).unit == "custom"


def test_all_the_figures_belong_together() -> None:
    result = score("cat sat on the mat", "cat sit on mat ok")
    assert (result.substitutions, result.deletions, result.insertions, result.hits) == (1, 1, 1, 3)
    assert (result.errors, result.reference_length, result.hypothesis_length) == (3, 5, 5)
    assert result.rate == pytest.approx(3 / 5)
    assert (result.reference, result.hypothesis) == ("cat sat on the mat", "cat sit on mat ok")
    assert result.steps == ("width", "case", "marks", "spaces")
    table = result.alignment
    assert table["op"].tolist() == ["equal", "substitute", "equal", "delete", "equal", "insert"]
    assert table["reference"].tolist()[:5] == ["cat", "sat", "on", "the", "mat"]
    assert table["hypothesis"].isna().tolist() == [False, False, False, True, False, False]
    assert table[["start", "end", "offset"]].isna().all(axis=None)
    assert result.confusions.values.tolist() == [["sat", "sit", 1], ["the", "", 1], ["", "ok", 1]]


def test_the_alignment_has_the_same_dtypes_for_all_texts() -> None:
    dtypes = score("", "").alignment.dtypes.to_dict()
    assert score("a b", "a c").alignment.dtypes.to_dict() == dtypes
    assert score(WORDS, WORDS).alignment.dtypes.to_dict() == dtypes
    assert {name: str(dtype) for name, dtype in dtypes.items()} == {
        "op": "category",
        "reference": "string",
        "hypothesis": "string",
        "reference_word": "Int64",
        "hypothesis_word": "Int64",
        "start": "float64",
        "end": "float64",
        "offset": "float64",
        "sentence_id": "Int64",
    }


def test_words_of_a_table_keep_their_rows_and_times() -> None:
    table = score("good morning, 今天天气很好", WORDS).alignment
    assert table["hypothesis_word"].tolist() == [0, 1, 2, 2, 3, 3, pd.NA, 4]
    assert table["start"].tolist() == pytest.approx([0, 0.4, 1.0, 1.2, 1.4, 1.6, 1.8, 1.8])
    assert table["end"].tolist() == pytest.approx([0.4, 0.9, 1.2, 1.4, 1.6, 1.8, 1.8, 2.0])
    assert table["sentence_id"].tolist() == [1, 1, 2, 2, 2, 2, pd.NA, 2]
    assert table["offset"].isna().all()
    assert table["reference_word"].isna().all()


def test_offsets_are_the_hypothesis_less_the_reference() -> None:
    later = WORDS.assign(start=WORDS["start"] + 0.2, end=WORDS["end"] + 0.2)
    table = score(WORDS, later).alignment
    assert (table["op"] == "equal").all()
    assert table["offset"].tolist() == pytest.approx([0.2] * len(table))
    assert table["reference_word"].tolist() == table["hypothesis_word"].tolist()


def test_a_deletion_is_where_the_reference_or_the_neighbours_have_it() -> None:
    short = WORDS.drop(index=1)
    assert score(WORDS, short, unit="word").alignment.query("op == 'delete'")[["start", "end"]].values.tolist() == [
        [0.4, 0.9]
    ]
    by_neighbours = score("good morning 今天天气好", short).alignment.query("op == 'delete'")
    assert by_neighbours[["start", "end"]].values.tolist() == [[0.4, 1.0]]
    assert by_neighbours["hypothesis_word"].isna().all()


def test_rows_count_by_position_whatever_their_order_index_and_dtypes() -> None:
    plain = score("good morning 今天天气好", WORDS)
    shuffled = WORDS.iloc[[3, 0, 4, 2, 1]].set_index(pd.Index(["x"] * 5)).assign(other=1)
    shuffled["text"] = shuffled["text"].astype("category")
    result = score("good morning 今天天气好", shuffled)
    assert str(result) == str(plain)
    assert result.alignment["hypothesis_word"].tolist() == [1, 4, 3, 3, 0, 0, 2]
    timeless = score("good morning 今天天气好", WORDS[["text"]])
    assert str(timeless) == str(plain)
    assert timeless.alignment["start"].isna().all()
    in_durations = WORDS.assign(start=pd.to_timedelta(WORDS["start"], unit="s"), end=pd.to_timedelta(WORDS["end"], "s"))
    assert score(WORDS, in_durations).alignment["offset"].tolist() == pytest.approx([0.0] * 7)


def test_a_table_is_scored_as_its_text_is() -> None:
    split_up = pd.DataFrame({"text": ["C", "++", "is", "3", ".14", "二", "十五", "个"]})
    normalise = Normaliser(numbers="digits")
    assert score("C++ is 3 .14 二十五个", split_up, normalise=normalise).reference_length >= 4
    numbers = pd.DataFrame({"text": ["二", "十五", "个"], "start": [0.0, 1.0, 2.0], "end": [1.0, 2.0, 3.0]})
    result = score("25个", numbers, normalise=normalise, unit="mixed")
    assert result.errors == 0
    assert result.alignment["end"].tolist()[-1] == 3.0


def test_two_lists_are_scored_sentence_by_sentence() -> None:
    result = score(["a b", "c d"], ["a", "b c d"])
    assert (result.deletions, result.insertions, result.hits) == (1, 1, 3)
    assert result.alignment["part"].tolist() == [1, 1, 2, 2, 2]
    with pytest.raises(ParameterError, match="2 sentences and the hypothesis 1"):
        score(["a", "b"], ["a b"])
    assert score(["a b", "c"], "a b c").alignment["sentence_id"].tolist() == [1, 1, 2]
    assert math.isnan(score([], []).rate)
    columns = pd.DataFrame({"said": ["a b", "c d"], "got": ["a", "b c d"]})
    assert str(score(columns["said"], columns["got"])) == str(result)
    assert str(score(tuple(columns["said"]), columns["got"].to_numpy())) == str(result)
    with pytest.raises(ParameterError, match="sentence 1 of the list"):
        score(columns["said"], pd.Series(["a", None]))


def test_scores_add_up() -> None:
    scores = [score("a b c d", "a b c"), score("", "x"), score("e", "e")]
    total = sum(scores[1:], scores[0])
    assert str(sum(scores)) == str(total)
    assert (total.errors, total.reference_length, total.hits) == (2, 5, 4)
    assert total.rate == pytest.approx(2 / 5)
    assert total.alignment["part"].tolist() == [1, 1, 1, 1, 2, 3]
    assert total.reference == "a b c d\n\ne"


def test_scores_of_different_units_or_steps_do_not_add_up() -> None:
    with pytest.raises(ParameterError, match="words and characters"):
        score("a b", "a b") + score("今天", "今天")
    with pytest.raises(ParameterError, match="different steps"):
        score("a", "a") + score("a", "a", normalise=None)
    assert str(sum([score("今天", "今"), score("", "")])).startswith("CER 50.0 %")
    with pytest.raises(TypeError):
        score("a", "a") + 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "rate", "counts"),
    [
        ("", "a b", math.nan, (0, 2)),
        ("a b", "", 1.0, (2, 0)),
        ("", "", math.nan, (0, 0)),
        ("...", "a", math.nan, (0, 1)),
    ],
)
def test_empty_sides(reference: str, hypothesis: str, rate: float, counts: tuple[int, int]) -> None:
    result = score(reference, hypothesis)
    assert result.rate == pytest.approx(rate, nan_ok=True)
    assert (result.deletions, result.insertions) == counts
    assert ("undefined (no words in the reference" in str(result)) == math.isnan(rate)
    assert len(result.alignment) == sum(counts)
    assert result.confusions["count"].sum() == sum(counts)


def test_an_empty_table_is_an_empty_text() -> None:
    assert score("a b", WORDS[:0]).rate == 1.0
    assert math.isnan(score(WORDS[:0], WORDS).rate)


def test_a_reference_of_another_language_is_warned_of() -> None:
    english, chinese = "one two three four five " * 4, "今天天气很好" * 4
    with pytest.warns(UserWarning, match="nothing matches"):
        score(english, chinese)
    with pytest.warns(UserWarning, match="nothing matches"):
        score(chinese, english)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score("one two", "三四")  # too short to be sure


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t: t.rename(columns={"text": "word"}), r"lacks text.*rename\(columns=\{'word': 'text'\}\)"),
        (lambda t: t.drop(columns="end"), "lacks end"),
        (lambda t: t.assign(start=t["start"] * 1000, end=t["end"] * 100_000), "milliseconds"),
        (lambda t: t.assign(start=[0.0, math.nan, 1.0, 1.4, 1.8]), "row 1 .*start is nan"),
        (lambda t: t.assign(start=t["start"].astype(str)), "row 0 .*to_numeric"),
        (lambda t: t.assign(start=[0.0, 2.0, 1.0, 1.4, 1.8]), "row 1 .*ends before it starts"),
        (lambda t: t.assign(start=[-1.0, 0.4, 1.0, 1.4, 1.8]), "row 0 .*starts before 0"),
        (lambda t: t.assign(text=["a", None, "b", "c", "d"]), "row 1 .*text is (None|nan)"),
        (lambda t: t.assign(text=[1, 2, 3, 4, 5]), "row 0 .*text is 1.* So are 4 more"),
        (lambda t: pd.concat([t, t]), "is there twice"),
        (lambda t: pd.concat([t.assign(file="a"), t.assign(file="b")]), "several clips"),
        (lambda t: 5, "type int cannot be compared"),
        (lambda t: ["a", 2], "sentence 1 of the list .* is 2, not a text"),
        (lambda t: None, "type NoneType cannot be compared"),
        (lambda t: b"a", "type bytes cannot be compared"),
        (lambda t: {"a": 1}, "type dict cannot be compared"),
    ],
)
def test_bad_tables_are_refused_with_the_row(change: Any, problem: str) -> None:
    for sides in ((change(WORDS), "a"), ("a", change(WORDS))):
        with pytest.raises(ParameterError) as caught:
            score(*sides)
        assert re.search(problem, str(caught.value)), caught.value


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"unit": "sentence"}, "unit"),
        ({"normalise": "lower"}, "normalise"),
        ({"tokenise": lambda text: [1]}, "tokenise returned 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        score("a", "a", **options)


def test_a_token_that_is_not_in_the_text_has_no_row() -> None:
    table = score("x", WORDS, tokenise=lambda text: ["good", "(pause)", "好"]).alignment
    rows = table.dropna(subset="hypothesis")["hypothesis_word"].tolist()
    assert rows == [0, pd.NA, 4]


texts = st.text(alphabet="ab 今天。'-+5.", max_size=30)


@settings(deadline=None)
@given(texts, texts)
def test_the_counts_are_those_of_the_table_whatever_the_texts(reference: str, hypothesis: str) -> None:
    result = score(reference, hypothesis)
    ops = result.alignment["op"].value_counts()
    assert ops["equal"] == result.hits
    assert ops["substitute"] + ops["delete"] + ops["insert"] == result.errors
    assert result.errors >= abs(result.reference_length - result.hypothesis_length)
    assert score(reference, reference).errors == 0
    assert str(result)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc今天。' 二十", min_size=1, max_size=6), max_size=12))
def test_a_table_and_its_joined_text_score_the_same(rows: list[str]) -> None:
    from paraformer_nb.text import join

    stripped = [row.strip() for row in rows]
    times = [float(index) for index in range(len(rows))]
    table = pd.DataFrame({"text": rows, "start": times, "end": [time + 1 for time in times]}).astype({"text": object})
    result = score(join(stripped), table, normalise=Normaliser(numbers="digits"))
    assert result.errors == 0
    words = result.alignment["hypothesis_word"].dropna().tolist()
    assert words == sorted(words)
    assert (result.alignment["start"] <= result.alignment["end"]).all()
