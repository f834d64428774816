"""Files of other tools that are not quite right: read as they are meant, or refused; what is left out is a warning."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nasty import shown

import paraformer_nb as pnb
from paraformer_nb.errors import ReadError

CUES = "1\n00:00:01,000 --> 00:00:02,000\n今天天气很好\n\n2\n00:00:03,000 --> 00:00:04,500\n我们去公园散步。\n"
CUE = "1\n00:00:01{0} --> 00:00:02{0}{1}\n{2}\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:04.000\n"


def read(path: Path, data: str | bytes) -> pd.DataFrame:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return pnb.read_words(path)


def spans(words: pd.DataFrame) -> list[Any]:
    """Each word with its speaker, where it has one, and its times."""
    names = [f"{speaker}: " if isinstance(speaker, str) else "" for speaker in words["speaker"]]
    texts = [name + text for name, text in zip(names, shown(words), strict=True)]
    return list(zip(texts, words["start"].round(3), words["end"].round(3), strict=True))


# ------------------------------------------------------------------------------------------------- torn and damaged


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_that_ends_within_a_character_keeps_its_encoding(encoding: str, tmp_path: Path) -> None:
    data = CUES.removesuffix("。\n").encode(encoding)[:-1]
    with pytest.warns(UserWarning, match="'a.srt' is damaged.*it ends within a character"):
        words = read(tmp_path / "a.srt", data)
    assert "".join(shown(words)) == "今天天气很好我们去公园散"


def test_a_damaged_character_is_marked_and_the_rest_stays_utf8(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="1 character is damaged"):
        words = read(tmp_path / "a.srt", CUES.encode().replace("今".encode(), b"\xe4\xbb"))
    assert "".join(shown(words)) == "\ufffd天天气很好我们去公园散步。"
    assert words.attrs["encoding"] == "utf-8"


def test_a_long_file_is_guessed_wherever_its_sample_ends(tmp_path: Path) -> None:
    for shift in ("", "x"):
        text = shift + "今天天气很好" * 20_000
        words = read(tmp_path / "a.ctm", f"a 1 0 1 {text}\n".encode("gb18030"))
        assert (words["text"][0], words.attrs["encoding"]) == (text, "gb18030")


def test_latin_text_that_looks_torn_is_none(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(tmp_path / "a.ctm", b"a 1 0 1 le_grand_caf\xe9")["text"].tolist() == ["le_grand_café"]


# ------------------------------------------------------------------------------------------------------- subtitles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CUE.format(".123456", "", "Hello."), [("Hello.", 1.123, 2.123)]),
        (CUE.format(",000", " Hello there.", ""), [("Hello", 1.0, 1.455), ("there.", 1.455, 2.0)]),
        (CUE.format(",000", " X1:100 X2:200", "Hello."), [("Hello.", 1.0, 2.0)]),
        (CUE.format(",000", "", "\ufeffHello."), [("Hello.", 1.0, 2.0)]),
        (CUE.format(",000", "", "Hello.").replace("\n", "\r\r\n"), [("Hello.", 1.0, 2.0)]),
    ],
    ids=["microseconds", "text behind the times", "settings", "mark within", "line ends converted twice"],
)
def test_srt_of_other_tools(text: str, expected: list[Any], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spans(read(tmp_path / "a.srt", text)) == expected


def test_a_cue_before_the_clip_is_named_by_the_line_of_its_times(tmp_path: Path) -> None:
    text = CUE.format(",000", "", "early").replace("00:00:01", "-00:00:01") + "\n" + CUES
    with pytest.warns(UserWarning, match="line 2 is not a cue: '-00:00:01,000"):
        assert "".join(shown(read(tmp_path / "a.srt", text)))[:2] == "今天"


@pytest.mark.parametrize(
    ("cue", "expected"),
    [
        (
            "<v Ann>Hi you.</v>\n<v Bob>Yes",
            [("Ann: Hi", 1.0, 1.667), ("Ann: you.", 1.667, 3.0), ("Bob: Yes", 3.0, 4.0)],
        ),
        ("<v Ann>Hi <00:02.000><v Bob>Yes", [("Ann: Hi", 1.0, 2.0), ("Bob: Yes", 2.0, 4.0)]),
        ("a <00:03.000>b <00:02.000>c", [("a", 1.0, 3.0), ("b", 3.0, 3.5), ("c", 3.5, 4.0)]),
        ("a <00:09.000>b", [("a", 1.0, 2.5), ("b", 2.5, 4.0)]),
        ("so <c>big</c> <00:02.500>dog", [("so", 1.0, 1.6), ("big", 1.6, 2.5), ("dog", 2.5, 4.0)]),
        (
            "so <c.red>big bad</c> dog",
            [("so", 1.0, 1.545), ("big", 1.545, 2.364), ("bad", 2.364, 3.182), ("dog", 3.182, 4.0)],
        ),
    ],
    ids=["two voices", "a voice at a time", "a time that goes back", "a time outside", "text beside words", "colours"],
)
def test_vtt_of_other_tools(cue: str, expected: list[Any], tmp_path: Path) -> None:
    assert spans(read(tmp_path / "a.vtt", f"{VTT}{cue}\n")) == expected


# ---------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "text;start;end\nhi;1,5;2\nthere;2,0;3,25\n"),
        ("a.csv", "sep=;\ntext;start;end\nhi;1,5;2\nthere;2,0;3,25\n"),
        ("a.csv", "text\tstart\tend\nhi\t1.5\t2\nthere\t2\t3.25\n"),
        ("a.csv", 'text,start,end\nhi,"1,5",2\nthere,2,"3,25"\n'),
        ("a.csv", "text,start,end\nhi,0:00:01.5,0:02\nthere,00:02,00:00:03.250\n"),
        ("a.tsv", "text\tstart\tend\nhi\t1,5\t2\nthere\t2\t3,25\n"),
        ("a.txt", "1,5\t2,0\thi\n2.0\t3.25\tthere\n"),
        (
            "a.rttm",
            "SPEAKER a 1 0 9 <NA> <NA> x <NA>\nLEXEME a 1 1.5 0.5 hi lex x 0.9\nLEXEME a 1 2 1.25 there lex x 0.9\n",
        ),
    ],
    ids=["semicolons", "sep=", "tabs", "decimal commas", "clocks", "tsv", "labels", "lexemes"],
)
def test_tables_of_other_tools(name: str, text: str, tmp_path: Path) -> None:
    words = read(tmp_path / name, text)
    assert words[["text", "start", "end"]].to_numpy().tolist() == [["hi", 1.5, 2.0], ["there", 2.0, 3.25]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("text,start,end\nhi,soon,2\n", "row 0 .*start is 'soon'"),
        ('text,start,end\nhi,"1,234.5",2\n', "start is '1,234.5'"),
        ("text,start,end\nhi, there,1,2\n", "more fields than the first line.*needs quotes"),
        ("text,start,end\nhi,1\n", "row 0 .*end is nan"),
    ],
)
def test_a_table_with_other_values_is_refused_with_the_value(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=problem):
        read(tmp_path / "a.csv", text)


def test_python_s_json_may_have_nan(tmp_path: Path) -> None:
    word = '{"word": "hi", "start": 0.5, "end": 1.0, "score": NaN}'
    read_again = read(
        tmp_path / "a.json", f'{{"segments": [{{"start": 0, "end": 1, "text": "hi", "words": [{word}]}}]}}'
    )
    assert spans(read_again) == [("hi", 0.5, 1.0)]
    assert read_again["confidence"].isna().all()
    assert spans(read(tmp_path / "a.jsonl", word)) == [("hi", 0.5, 1.0)]


def test_a_segment_that_is_not_scored_has_no_words(tmp_path: Path) -> None:
    text = "a 1 inter_segment_gap 0 0.5 IGNORE_TIME_SEGMENT_IN_SCORING\na 1 ann 0.5 2.0 hi\n"
    assert spans(read(tmp_path / "a.stm", text)) == [("ann: hi", 0.5, 2.0)]


# ----------------------------------------------------------------------------------------------------------- tiers

EAF = (
    '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="t2"{0}/>'
    '<TIME_SLOT TIME_SLOT_ID="t3"/><TIME_SLOT TIME_SLOT_ID="t4" TIME_VALUE="4000"/></TIME_ORDER><TIER TIER_ID="words">'
    + "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{text}" TIME_SLOT_REF1="t{n}" TIME_SLOT_REF2="t{n + 1}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for n, text in enumerate("abc", start=1)
    )
    + "</TIER></ANNOTATION_DOCUMENT>"
)


def test_annotations_that_are_not_aligned_share_the_time_between_those_that_are(tmp_path: Path) -> None:
    """As ELAN shows what subdivides another annotation."""
    words = read(tmp_path / "a.eaf", EAF.format(""))
    assert spans(words) == [("a", 1.0, 2.0), ("b", 2.0, 3.0), ("c", 3.0, 4.0)]
    assert not words["is_timed"].any()
    assert read(tmp_path / "a.eaf", EAF.format(' TIME_VALUE="2000"'))["is_timed"].tolist() == [True, False, False]


def test_an_annotation_whose_times_go_back_is_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="1 word without valid times"):
        words = read(tmp_path / "a.eaf", EAF.format(' TIME_VALUE="500"'))
    assert shown(words) == ["b", "c"]
    with pytest.raises(ReadError, match="time slot that is not a number"):
        read(tmp_path / "a.eaf", EAF.format(' TIME_VALUE="soon"'))


def test_a_textgrid_with_times_before_0_is_refused(tmp_path: Path) -> None:
    """The package that reads it leaves out the sign."""
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = -1\nxmax = 3\ntiers? <exists>\nsize = 1\n'
        "item []:\n"
        '    item [1]:\n        class = "IntervalTier"\n        name = "words"\n        xmin = -1\n        xmax = 3\n'
        "        intervals: size = 1\n        intervals [1]:\n            xmin = -1\n            xmax = 1\n"
        '            text = "early"\n'
    )
    with pytest.raises(ReadError, match="times before 0 s"):
        read(tmp_path / "a.TextGrid", text)
