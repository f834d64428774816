"""What a scorer reads in CTM, STM and RTTM, and Python's own csv module in CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from nasty import NASTY

from paraformer_nb.formats.export import write_words

TABLE = NASTY.copy()
TABLE.attrs["clip"] = "my talk.wav"


def test_meeteval_reads_ctm_stm_and_rttm(tmp_path: Path) -> None:
    reason = "meeteval has no wheels and needs a compiler: pip install meeteval"
    io = pytest.importorskip("meeteval.io", reason=reason)
    ctm = io.CTM.load(write_words(tmp_path / "a.ctm", TABLE).path)
    assert [line.word for line in ctm.lines][:4] == ["Hello,", "say", "a<b>&c", "-->"]
    assert [float(line.begin_time) for line in ctm.lines] == TABLE["start"].tolist()
    assert [round(float(line.begin_time + line.duration), 3) for line in ctm.lines] == TABLE["end"].tolist()
    assert {line.filename for line in ctm.lines} == {"my_talk"}
    stm = io.STM.load(write_words(tmp_path / "a.stm", TABLE).path)
    assert [(line.speaker_id, line.transcript) for line in stm.lines] == [
        ("ann", "Hello, say a<b>&c"),
        ("bo_b", "--> {\\i1}"),
        ("unknown", '今天 "天气"。 tab_here.'),
    ]
    rttm = io.RTTM.load(write_words(tmp_path / "a.rttm", TABLE).path)
    assert [line.speaker_id for line in rttm.lines] == ["ann", "bo_b", "unknown"]


def test_the_csv_module_reads_the_same_table(tmp_path: Path) -> None:
    for name, separator, encoding in (("a.csv", ",", "utf-8-sig"), ("a.tsv", "\t", "utf-8")):
        with write_words(tmp_path / name, TABLE).path.open(encoding=encoding, newline="") as file:
            rows = list(csv.DictReader(file, delimiter=separator))
        assert [row["text"] for row in rows] == TABLE["text"].tolist()
        assert [float(row["start"]) for row in rows] == TABLE["start"].tolist()


def test_labels_are_three_fields(tmp_path: Path) -> None:
    text = write_words(tmp_path / "a.txt", TABLE, format="audacity").path.read_text(encoding="utf-8")
    assert [len(line.split("\t")) for line in text.splitlines()] == [3] * len(TABLE)
