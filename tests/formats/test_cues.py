"""Subtitle cues: all rules on random words, by an independent checker, and literals."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from cue_checker import check
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.errors import ParameterError
from paraformer_nb.formats.cues import cues
from paraformer_nb.formats.subtitle_rules import PRESETS, SubtitleRules

ENGLISH = " a an the pressure of air many thousand and people, work. because it is necessary: know? New-York 3.14"
CHINESE = " 今天 天气 很好 我们 一起 去 公园 散步， 好。 你知道吗？ 但是 （真的） 「是」 ， 。 （ Python 3 A股"
LONG = [
    "supercalifragilisticexpialidociously" * 2,
    "今天天气很好我们一起去公园散步，但是下午可能会下雨所以要带上雨伞。" * 2,
]
LONG += ["a whole sentence as one word, which is longer than any line of any subtitle may be"]


@st.composite
def spoken(draw: st.DrawFn, texts: list[str]) -> pd.DataFrame:
    """Words one after the other: zero-length ones, pauses, speakers, sentences."""
    rows = []
    now, speaker, sentence = 0.0, None, 1
    for _ in range(draw(st.integers(0, 40))):
        now = round(now + draw(st.sampled_from([0.0, 0.0, 0.0, 0.05, 0.35, 0.6, 1.0, 1.4])), 3)
        end = round(now + draw(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 1.1])), 3)
        if draw(st.integers(0, 9)) == 0:
            sentence += 1
        if draw(st.integers(0, 14)) == 0:
            speaker = draw(st.sampled_from([None, "a", "b"]))
        mark = draw(st.sampled_from(["", "", "", "", ",", ".", "。", "！"]))
        text = draw(st.sampled_from(texts))
        rows.append((text, mark, now, end, speaker, sentence))
        now = end
    return pd.DataFrame(rows, columns=["text", "punctuation", "start", "end", "speaker", "sentence_id"]).astype(
        {"start": float, "end": float}
    )


RULES = [
    (SubtitleRules(), "en"),
    (SubtitleRules(columns=20, lines=3, cps=12, longest=4, linger=1.0), "en"),
    (SubtitleRules(columns=30, lines=1, shortest=1.5, gap=0.0, chain=1.0), "en"),
    (SubtitleRules.preset("netflix", "zh"), "zh"),
    (SubtitleRules(columns=8, lines=2, is_full_width=True, cps=6), "zh"),
]


@pytest.mark.parametrize(("rules", "language"), RULES, ids=range(len(RULES)))
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_random_words_obey_all_rules(rules: SubtitleRules, language: str, data: st.DataObject) -> None:
    texts = (ENGLISH + CHINESE if rules.is_full_width else ENGLISH).split()
    words = data.draw(spoken(data.draw(st.sampled_from([texts, texts + LONG]))))
    check(words, cues(words, rules, language=language), rules)


@settings(max_examples=15, deadline=None)
@given(
    spoken([*(ENGLISH + CHINESE).split(), *LONG]), st.randoms(use_true_random=False), st.sampled_from(sorted(PRESETS))
)
def test_no_text_is_ever_dropped(words: pd.DataFrame, chance: random.Random, preset: str) -> None:
    """Whatever the rules and however the words overlap: all letters are there, once."""
    words = words.assign(start=[chance.uniform(0, 20) for _ in range(len(words))])
    words["end"] = [start + chance.choice([0, 0.2, 3]) for start in words["start"]]
    table = cues(words, preset, columns=chance.choice([1, 5, 30]), longest=chance.choice([1.0, 9.0]))
    shown = sorted("".join("".join(table["text"]).split()))
    assert shown == sorted("".join((words["text"] + words["punctuation"]).sum().split()) if len(words) else "")


def timed(texts: list[str], each: float = 0.3, **columns: Any) -> pd.DataFrame:
    starts = [each * number for number in range(len(texts))]
    return pd.DataFrame({"text": texts, "start": starts, "end": [start + each for start in starts], **columns})


def shown(words: pd.DataFrame, *args: Any, **options: Any) -> list[str]:
    return cues(words, *args, **options)["text"].tolist()


def test_a_sentence_is_one_cue_of_two_even_lines() -> None:
    words = timed(["Many", "thousand", "people", "know", "that", "the", "air", "has", "a", "weight."])
    assert shown(words) == ["Many thousand people\nknow that the air has a weight."] or shown(words) == [
        "Many thousand people know\nthat the air has a weight."
    ]


def test_the_columns_of_the_table() -> None:
    table = cues(timed(["Good", "morning."]))
    assert table.to_dict("records") == [
        {"start": 0.0, "end": 14 / 17, "text": "Good morning.", "lines": 1, "columns": 13, "cps": 17.0, "finding": ""}
    ] or table.to_dict("records") == [
        {
            "start": 0.0,
            "end": 5 / 6,
            "text": "Good morning.",
            "lines": 1,
            "columns": 13,
            "cps": pytest.approx(15.6),
            "finding": "",
        }
    ]
    dtypes = ", ".join(map(str, table.dtypes))
    assert dtypes == "float64, float64, string, int64, int64, float64, string"


def test_chinese_words_are_lines_of_16_without_spaces() -> None:
    """A peer writes such words as one line of hundreds of characters with spaces between (whisperX, issue 597)."""
    text = "我们今天要讲的是语音识别的历史，它从上个世纪五十年代开始，到现在已经有七十多年了。"
    words = timed([*text.replace("，", "").replace("。", "")], 0.25)
    words["punctuation"] = ""
    for sign, mark in (("史", "，"), ("始", "，"), ("了", "。")):
        words.loc[words["text"] == sign, "punctuation"] = mark
    table = cues(words)
    assert table["text"].tolist() == [
        "我们今天要讲的是语音识别的历史，",
        "它从上个世纪五十年代开始，\n到现在已经有七十多年了。",
    ]
    assert (table["columns"] <= 16).all()
    assert (table["finding"] == "").all()


def test_a_word_longer_than_a_line_is_parted_at_marks_and_its_times_are_shared() -> None:
    words = pd.DataFrame({"text": ["今天天气很好，我们一起去公园散步，但是下午可能会下雨。"], "start": 0.0, "end": 8.0})
    table = cues(words)
    assert table["text"].tolist() == ["今天天气很好，\n我们一起去公园散步，", "但是下午可能会下雨。"]
    assert table["start"].tolist() == [0.0, pytest.approx(8 * 17 / 27)]


def test_a_line_never_begins_with_a_closing_mark_nor_ends_with_an_opening_one() -> None:
    words = timed([*"他说「好的」。（真的）！"], 0.5)
    for columns in range(2, 8):
        for line in "\n".join(shown(words, "netflix", language="zh", columns=columns)).split("\n"):
            assert line[0] not in "。，！？）」"
            assert line[-1] not in "（「"


def test_a_pause_and_a_speaker_end_a_cue() -> None:
    words = timed(["one", "two", "three", "four"], speaker=["a", "a", "b", "b"])
    words.loc[3, ["start", "end"]] = [2.5, 2.8]
    assert shown(words) == ["one two", "three", "four"]


def test_a_missing_speaker_is_one_speaker_of_its_own() -> None:
    assert shown(timed(["one", "two", "three"], speaker=pd.array(["a", None, None], "string"))) == ["one", "two three"]


def test_capitals_come_out_of_the_sentences() -> None:
    words = timed(["dr", "smith", "went", "to", "new", "york", "with", "2", "friends"], sentence_id=[7] * 9)
    sentences = pd.DataFrame({"sentence_id": [7], "text": ["Dr. Smith went to New York with two friends."]})
    assert "".join(shown(words, sentences=sentences)).replace("\n", " ") == "Dr Smith went to New York with 2 friends"


def test_a_cue_lingers_to_be_read_but_not_into_the_next() -> None:
    words = pd.DataFrame({"text": ["Incomprehensible.", "Yes."], "start": [0.0, 2.5], "end": [0.5, 3.0]})
    table = cues(words)
    assert table["end"].tolist() == [pytest.approx(1.0), pytest.approx(3 + 1 / 3)]
    words.loc[1, ["start", "end"]] = [0.95, 1.8]
    table = cues(words)
    assert table["end"][0] == pytest.approx(0.95 - 2 / 24), "two frames before the next"
    assert table["finding"][0] == "too fast"


def test_a_small_gap_is_closed_to_two_frames() -> None:
    words = pd.DataFrame({"text": ["One sentence here.", "And another one."], "start": [0.0, 2.4], "end": [2.0, 5.0]})
    assert cues(words)["end"][0] == pytest.approx(2.4 - 2 / 24)
    assert cues(words, "bbc")["end"][0] == pytest.approx(2.4)


def test_what_cannot_be_met_is_a_finding() -> None:
    fast = cues(timed(["incomprehensibility", "notwithstanding"], 0.5))
    assert fast["finding"].tolist() == ["too fast"]
    long = cues(timed(["x" * 50], 5.0))
    assert (long["finding"].tolist(), long["columns"].tolist()) == (["line too long"], [50])
    slow = cues(timed(["Hmm."], 9.0))
    assert slow["finding"].tolist() == ["too long"]
    both = pd.DataFrame({"text": ["yes", "no"], "start": [0.0, 0.5], "end": [2.0, 2.5], "speaker": ["a", "b"]})
    assert cues(both)["finding"].tolist() == ["overlap", ""]


def test_sentences_that_overlap_are_not_mixed() -> None:
    words = pd.DataFrame(
        {
            "text": ["so", "I", "right", "think", "sure"],
            "start": [0.0, 0.5, 0.6, 1.0, 1.1],
            "end": [0.4, 0.8, 1.0, 1.5, 1.6],
            "sentence_id": [1, 1, 2, 1, 2],
            "speaker": ["a", "a", "b", "a", "b"],
        }
    )
    assert shown(words) == ["so I think", "right sure"]
    assert shown(words.sample(frac=1, random_state=3)) == ["so I think", "right sure"]


def test_a_preset_is_chosen_by_the_language_of_the_words() -> None:
    assert cues(timed([*"今天天气很好我们一起去公园散步好不好"], 0.5))["columns"].max() <= 16
    assert cues(timed([*"今天天气很好我们一起去公园散步好不好"], 0.5), language="en")["columns"].max() > 16
    assert SubtitleRules.preset("netflix", "ja-JP").columns == 13


def test_values_of_a_preset_can_be_overridden() -> None:
    assert cues(timed(["word"] * 20), "netflix", columns=10, lines=1)["columns"].max() <= 10


def test_tiktok_has_three_words_at_most() -> None:
    texts = shown(timed("one two three four five six seven".split()), "tiktok")  # noqa: SIM905
    assert max(len(text.split()) for text in texts) <= 3


def test_a_table_without_words_gives_an_empty_table_of_the_same_dtypes() -> None:
    empty = cues(timed([]))
    assert len(empty) == 0
    assert empty.dtypes.tolist() == cues(timed(["word"])).dtypes.tolist()
    assert len(cues(timed(["", " "]))) == 0


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (pd.DataFrame({"word": ["a"], "start": [0.0], "end": [1.0]}), {}, "rename"),
        (timed(["a"]).assign(start=float("nan")), {}, "row 0"),
        (timed(["a"]).assign(start=5.0), {}, "ends before it starts"),
        (timed(["a"]), {"rules": "hbo"}, "netflix, bbc"),
        (timed(["a"]), {"rules": 3}, "SubtitleRules"),
        (timed(["a"]), {"colums": 3}, "colums"),
        (timed(["a"]), {"columns": 0}, "columns=0"),
        (timed(["a"]), {"cps": 0}, "cps"),
        (timed(["a"]), {"shortest": 9}, "shortest"),
        (timed(["a"]), {"gap": -1}, "gap=-1"),
    ],
)
def test_invalid_input_is_named(words: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        cues(words, **options)
