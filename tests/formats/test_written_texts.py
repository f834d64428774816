"""The whole files that the formats of text write for the nasty table, and what they report as changed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from nasty import NASTY, shown, whole

import paraformer_nb as pnb
from paraformer_nb.formats.export import write_words

TABLE = NASTY.copy()
TABLE.attrs["clip"] = "my talk.wav"

CTM = """\
my_talk 1 0.000 0.500 Hello, 0.900
my_talk 1 0.500 0.000 say 0.250
my_talk 1 0.500 0.600 a<b>&c
my_talk 1 1.000 0.200 -->
my_talk 1 1.200 0.300 {\\i1}
my_talk 1 2.000 0.500 今天
my_talk 1 2.500 0.400 "天气"。
my_talk 1 3.000 0.400 tab_here.
"""
STM = """\
my_talk 1 ann 0.000 1.100 Hello, say a<b>&c
my_talk 1 bo_b 1.000 1.500 --> {\\i1}
my_talk 1 unknown 2.000 3.400 今天 "天气"。 tab_here.
"""
RTTM = """\
SPEAKER my_talk 1 0.000 1.100 <NA> <NA> ann <NA> <NA>
SPEAKER my_talk 1 1.000 0.500 <NA> <NA> bo_b <NA> <NA>
SPEAKER my_talk 1 2.000 1.400 <NA> <NA> unknown <NA> <NA>
"""
LABELS = """\
0.000000	0.500000	Hello,
0.500000	0.500000	say
0.500000	1.100000	a<b>&c
1.000000	1.200000	-->
1.200000	1.500000	{\\i1}
2.000000	2.500000	今天
2.500000	2.900000	"天气"。
3.000000	3.400000	tab here.
"""
CSV = """\
\ufeffsentence_id,text,punctuation,start,end,confidence,speaker
1,Hello,",",0.000,0.500,0.900,ann
1,say,,0.500,0.500,0.250,ann
1,a<b>&c,,0.500,1.100,,ann
2,-->,,1.000,1.200,,bo b
2,{\\i1},,1.200,1.500,,bo b
3,今天,,2.000,2.500,,
3,\"\"\"天气\"\"\",。,2.500,2.900,,
3,tab	here,.,3.000,3.400,,
"""
TSV = """\
sentence_id	text	punctuation	start	end	confidence	speaker
1	Hello	,	0.000	0.500	0.900	ann
1	say		0.500	0.500	0.250	ann
1	a<b>&c		0.500	1.100		ann
2	-->		1.000	1.200		bo b
2	{\\i1}		1.200	1.500		bo b
3	今天		2.000	2.500\t\t
3	\"\"\"天气\"\"\"	。	2.500	2.900\t\t
3	"tab	here"	.	3.000	3.400\t\t
"""
TXT = """\
Hello, say a<b>&c
--> {\\i1}
今天 "天气"。 tab here.
"""


@pytest.mark.parametrize(
    ("name", "format", "text", "summary"),
    [
        (
            "a.ctm",
            None,
            CTM,
            "1 name written as one field, 1 line break or control character replaced, 1 word written as one field",
        ),
        (
            "a.stm",
            None,
            STM,
            "1 name written as one field, 1 line break or control character replaced, "
            "1 speaker's name written as one field, "
            "1 word written as one field, 1 missing speaker named",
        ),
        (
            "a.rttm",
            None,
            RTTM,
            "1 name written as one field, 1 line break or control character replaced, "
            "1 speaker's name written as one field, 1 missing speaker named",
        ),
        ("a.txt", "audacity", LABELS, "1 line break or control character replaced"),
        ("a.txt", None, TXT, "1 line break or control character replaced"),
        ("a.csv", None, CSV, ""),
        ("a.tsv", None, TSV, ""),
    ],
    ids=["ctm", "stm", "rttm", "audacity", "txt", "csv", "tsv"],
)
def test_the_whole_file(name: str, format: str | None, text: str, summary: str, tmp_path: Path) -> None:
    written = write_words(tmp_path / name, TABLE, format=format)
    assert whole(written.path) == text
    assert (written.words, written.summary) == (8, summary)


def test_changes_are_a_table_with_what_was_before_and_after(tmp_path: Path) -> None:
    written = write_words(tmp_path / "a.ctm", TABLE)
    assert list(written.changes.columns) == ["row", "text", "what", "before", "after"]
    assert written.changes.iloc[0].tolist()[1:] == [
        "my talk",
        "name written as one field",
        "my talk",
        "my_talk",
    ]
    assert written.changes["row"].tolist()[1:] == [7, 7]
    assert pd.isna(written.changes["row"][0])
    assert repr(written).startswith("Written('a.ctm', 8 words; 1 name written")


def test_a_row_is_that_of_the_table_as_it_was_given(tmp_path: Path) -> None:
    backwards = TABLE.iloc[::-1]
    assert write_words(tmp_path / "a.ctm", backwards).changes["row"].tolist()[1:] == [0, 0]


def test_json_is_by_the_published_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="it comes with JupyterLab")
    schema = json.loads((Path(pnb.__file__).parents[1] / "docs" / "transcript.schema.json").read_text())
    document = json.loads(whole(write_words(tmp_path / "a.json", TABLE).path))
    jsonschema.validate(document, schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert document["clip"] == "my talk.wav"
    assert [len(sentence["words"]) for sentence in document["sentences"]] == [3, 2, 3]
    assert document["sentences"][1]["words"][1] == {
        "text": "{\\i1}",
        "punctuation": "",
        "start": 1.2,
        "end": 1.5,
        "confidence": None,
        "speaker": "bo b",
    }
    del document["sentences"][0]["words"][0]["start"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@x"])
def test_formulas_are_escaped_on_request(text: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"text": [text, "word"], "start": [0.0, 1.0], "end": [1.0, 2.0]})
    assert f"\n{text},0.000" in whole(write_words(tmp_path / "a.csv", table).path)
    written = write_words(tmp_path / "a.csv", table, escape_formulas=True)
    assert f"\n'{text},0.000" in whole(written.path)
    assert written.summary == "1 formula quoted"


def test_a_comment_sign_is_not_written(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": [";;", ";;a", "b;;"], "start": [0.0, 1.0, 2.0], "end": [1.0, 2.0, 3.0]})
    written = write_words(tmp_path / ";;x.ctm", table)
    assert [line.split()[0] for line in whole(written.path).splitlines()] == ["；；x"] * 3
    assert [line.split()[4] for line in whole(written.path).splitlines()] == ["；；", "；；a", "b;;"]
    assert shown(pnb.read_words(written)) == ["；；", "；；a", "b;;"]


def test_turns_are_merged_up_to_a_gap(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": list("abc"), "start": [0.0, 1.5, 4.0], "end": [1.0, 2.0, 5.0], "speaker": ["x"] * 3})
    assert len(whole(write_words(tmp_path / "a.rttm", table).path).splitlines()) == 2
    assert len(whole(write_words(tmp_path / "a.rttm", table, gap=0.1).path).splitlines()) == 3
    assert len(whole(write_words(tmp_path / "a.rttm", table, gap=9).path).splitlines()) == 1
    with pytest.raises(pnb.errors.ParameterError, match="gap=-1"):
        write_words(tmp_path / "b.rttm", table, gap=-1)
    assert not (tmp_path / "b.rttm").exists()


def test_a_word_that_looks_like_a_label_of_stm_comes_back(tmp_path: Path) -> None:
    words = ["<o>", "b", '<D{"<', "x"]
    starts = [0.0, 1.0, 2.0, 3.0]
    table = pd.DataFrame({"text": words, "start": starts, "end": [each + 0.5 for each in starts]})
    written = write_words(tmp_path / "a.stm", table.assign(sentence_id=[1, 1, 2, 2]))
    assert pnb.read_words(written.path)["text"].tolist() == words


def test_json_reports_what_does_not_fit_a_line(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ["a", "b\tc"], "start": [0.0, 1.0], "end": [1.0, 2.0]})
    for name in ("a.json", "a.jsonl"):
        written = write_words(tmp_path / name, table)
        assert written.changes[["row", "before", "after"]].to_numpy().tolist() == [[1, "b\tc", "b c"]]
        assert pnb.read_words(written.path)["text"].tolist() == ["a", "b c"]
