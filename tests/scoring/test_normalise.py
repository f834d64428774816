"""Normalising: each step by itself, all of them, and what they keep."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.errors import MissingDependency, ParameterError
from paraformer_nb.scoring.normalise import Normaliser

OFF: dict[str, Any] = {"width": False, "case": False, "marks": False, "spaces": False}


def test_the_default_steps_are_these_in_this_order() -> None:
    assert Normaliser().steps == ("width", "case", "marks", "spaces")
    everything = Normaliser(script="simplified", fillers="en", numbers="digits", variants={"a": "b"})
    assert everything.steps == ("width", "case", "script", "fillers", "numbers", "marks", "spaces", "variants")
    assert Normaliser(**OFF).steps == ()
    assert Normaliser(**OFF)(" Ａ, b ") == " Ａ, b "


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("％ＡＢＣ", "%ABC"),
        ("ﾊﾟﾋﾟ", "パピ"),
        ("㎏①", "kg1"),
        ("don’t donʼt", "don't don't"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("\ufeffa\u200bb\u00adc\u202ed", "abcd"),
        ("a\u0000b", "ab"),
        ("a\tb\u3000c", "a\tb c"),
    ],
)
def test_width_makes_forms_the_usual_ones(text: str, wanted: str) -> None:
    assert Normaliser(**OFF | {"width": True})(text) == wanted


@settings(deadline=None)
@given(st.text())
def test_width_is_nfkc_whatever_the_text(text: str) -> None:
    def visible(text: str) -> str:
        kept = [each for each in text if each.isspace() or unicodedata.category(each) not in ("Cf", "Cc")]
        return "".join(kept).replace("’", "'")

    plain = "".join(each for each in text if each not in "’ʼ‘`´＇‐‑")
    assert visible(Normaliser(**OFF | {"width": True})(plain)) == visible(unicodedata.normalize("NFKC", plain))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3.14, 25%, C++ and C#!", "3.14 25% c++ and c#"),
        ("a + b", "a b"),
        ("$5 and ¥100 or €20", "$5 and ¥100 or €20"),
        ("at 10:30, 1,000.", "at 10:30 1,000"),
        ("well-known don't 'quoted' rock 'n' roll", "well-known don't quoted rock n roll"),
        ("GPT-4", "gpt 4"),
        ("snake_case e-mail@example.org", "snake case e-mail example org"),
        ("今天，天气 好！", "今天天气好"),
        ("我用 Python 写。", "我用python写"),
        ("你好 😀 world", "你好world"),
        ("Straße", "strasse"),
        ("…—「」", ""),
    ],
)
def test_marks_go_but_for_those_of_words_and_numbers(text: str, wanted: str) -> None:
    assert Normaliser()(text) == wanted


def test_marks_between_letters_are_a_setting() -> None:
    assert Normaliser(inner_marks="'")("a well-known don't") == "a well known don't"
    assert Normaliser(inner_marks="")("don't") == "don t"


NOT_NUMBERS = (
    *("一心一意", "十分", "万一", "千万", "一起", "三十而立", "一一列举", "三四个", "三五成群", "两三"),
    *(
        "不管三七二十一",
        "七七八八",
        "三点五",
        "三点零五分",
        "三点一刻",
        "三分之二",
        "二十分之一",
        "五百分之三",
        "万分之五",
    ),
    *("百分之五六十", "十五六岁", "一两百", "百分点", "第三"),
)


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_not_a_number_stays(text: str) -> None:
    assert Normaliser(numbers="digits")(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("二十五", "25"),
        ("二零二六年十一月二十八日", "2026年11月28日"),
        ("零八二", "082"),
        ("一一零", "110"),
        ("五四三", "543"),
        ("十五", "15"),
        ("一百零五", "105"),
        ("一百二", "120"),
        ("三万五", "35000"),
        ("一万两千零三", "12003"),
        ("一亿三千万", "130000000"),
        ("一萬兩千", "12000"),
        ("三点一四", "3.14"),
        ("三点十五", "三点15"),
        ("三点二十五分", "三点25分"),
        ("百分之二十五", "25%"),
        ("百分之五", "5%"),
        ("百分之百", "100%"),
        ("百分之三点五", "3.5%"),
        ("百分之零点五", "0.5%"),
        ("百分之一百二十", "120%"),
        ("千分之三", "3‰"),
        ("二十五点五", "25.5"),
        ("二点零", "2.0"),
        ("三点五亿", "3.5亿"),
        ("三点一四亿", "3.14亿"),
        ("二○二六年", "2026年"),
        ("第一百零五", "第105"),
        ("两百", "200"),
        ("两千五", "2500"),
        ("三亿五千万", "350000000"),
        ("一千零一夜", "1001夜"),
        ("一心一意的二十个", "一心一意的20个"),
    ],
)
def test_chinese_numbers_become_digits(text: str, wanted: str) -> None:
    assert Normaliser(numbers="digits")(text) == wanted


def in_chinese(number: int) -> str:
    """A number below 100,000,000 in Chinese numerals, written here by the rule for writing, not for reading."""
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千")

    def section(value: int) -> str:
        text = ""
        for power in (3, 2, 1, 0):
            digit = value // 10**power % 10
            text += digits[digit] + units[power] if digit else "零"
        while "零零" in text:
            text = text.replace("零零", "零")
        return text.rstrip("零")

    high, low = divmod(number, 10_000)
    text = (section(high).lstrip("零") + "万" if high else "") + section(low)
    text = text.strip("零") if not high else text
    return text.removeprefix("一") if text.startswith("一十") else text


@settings(deadline=None)
@given(st.integers(min_value=10, max_value=99_999_999))
def test_every_number_is_read_as_it_is_written(number: int) -> None:
    written = in_chinese(number)
    sayings = ("十万八千里", "三百六十行")
    if len(written) > 1 and written not in sayings:
        assert Normaliser(numbers="digits")(written) == str(number), written


def test_traditional_and_simplified_can_count_as_one() -> None:
    pytest.importorskip("opencc")
    assert Normaliser(script="simplified")("頭髮發現，乾隆皇帝") == "头发发现乾隆皇帝"
    assert Normaliser(script="traditional")("头发发现") == "頭髮發現"
    assert Normaliser(script="simplified")("漢\ud800字") == "汉\ud800字"


def test_without_opencc_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from paraformer_nb.scoring import steps

    monkeypatch.setitem(sys.modules, "opencc", None)
    steps.opencc_converter.cache_clear()
    with pytest.raises(MissingDependency, match=r"paraformer-nb\[zh\]"):
        Normaliser(script="simplified")("漢字")


@pytest.mark.parametrize(
    ("fillers", "text", "wanted"),
    [
        ("en", "Um, I uh think umbrella's, er, fine", "i think umbrella's fine"),
        ("zh", "嗯，今天呃天气", "今天天气"),
        (["You Know"], "it is, you know, late", "it is late"),
    ],
)
def test_fillers_can_be_left_out(fillers: Any, text: str, wanted: str) -> None:
    assert Normaliser(fillers=fillers)(text) == wanted


def test_variants_count_as_one() -> None:
    variants = {"GPT-4": "GPT4", "colour": "color", "天儿": "天气"}
    normalise = Normaliser(variants=variants)
    assert normalise("GPT-4, colour, colourful 今天天儿好") == "gpt4 color colourful今天天气好"
    assert hash(normalise) == hash(Normaliser(variants=dict(variants)))


def test_explain_has_a_row_for_each_step() -> None:
    table = Normaliser().explain("Ｗell, OK!")
    assert table["step"].tolist() == ["width", "case", "marks", "spaces"]
    assert table["before"].tolist()[0] == "Ｗell, OK!"
    assert table["after"].tolist() == ["Well, OK!", "well, ok!", "well  ok ", "well ok"]
    assert table["before"].tolist()[1:] == table["after"].tolist()[:-1]
    assert len(Normaliser(**OFF).explain("x")) == 0


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_it_is_traced_where_each_character_came_from(text: str, is_numbers: bool) -> None:
    traced = Normaliser(numbers="digits" if is_numbers else None).trace(text)
    assert len(traced.origins) == len(traced.text)
    assert all(0 <= origin < len(text) for origin in traced.origins)
    assert traced.origins == sorted(traced.origins)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"script": "both"}, "script"),
        ({"numbers": "words"}, "numbers"),
        ({"fillers": "xx"}, "fillers"),
        ({"fillers": [1]}, "fillers"),
        ({"variants": {"a": 1}}, "variants"),
        ({"inner_marks": None}, "inner_marks"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        Normaliser(**options)


def test_what_is_not_a_text_is_refused() -> None:
    with pytest.raises(ParameterError, match="not a text"):
        Normaliser()(25)  # type: ignore[arg-type]
