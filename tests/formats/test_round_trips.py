"""What is exported and imported again has the same words at the same times, to the format's grain."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from nasty import NASTY, shown

import paraformer_nb as pnb
from paraformer_nb.formats.export import write_words
from paraformer_nb.formats.registry import FORMATS

LETTERS = string.ascii_letters + string.digits + "<>&{}\\\"'|=+@;#%$éß今天气ñ한"
# With a letter each: subtitles show a word of closing marks alone as part of the word before.
WORDS = st.text(LETTERS, min_size=1, max_size=6).filter(lambda text: any(map(str.isalnum, text)))
MARKS = st.sampled_from(["", "", "", ",", ".", "。", "?!"])
QUICK = (Phase.explicit, Phase.generate)  # no shrinking, which takes minutes: the tables are small
STEPS = st.integers(0, 3000)


@st.composite
def tables(draw: Any, *, least: int = 0, pause: int = 0) -> pd.DataFrame:
    """Words in whole milliseconds; those of no length and overlaps only where `least` is 0."""
    rows = draw(st.lists(st.tuples(WORDS, MARKS, STEPS, STEPS, st.sampled_from([None, "ann", "bo b"])), max_size=12))
    position, columns = 0, []
    for number, (text, mark, gap, length, speaker) in enumerate(rows):
        start = position + gap % 900 + pause
        end = start + max(least, length)
        columns.append((number // 4 + 1, text, mark, start / 1000, end / 1000, speaker))
        position = end if least else start
    table = pd.DataFrame(columns, columns=["sentence_id", "text", "punctuation", "start", "end", "speaker"])
    return table.astype({"start": float, "end": float, "speaker": object, "text": object, "punctuation": object})


def again(table: pd.DataFrame, name: str, **options: Any) -> pd.DataFrame:
    """The table as it comes back from a file."""
    with tempfile.TemporaryDirectory() as folder:
        return pnb.read_words(write_words(Path(folder) / name, table, **options), format=options.get("format"))


def speakers(table: pd.DataFrame) -> list[str | None]:
    """The speaker of each word, None where it is missing."""
    return [None if pd.isna(each) else each for each in table["speaker"]]


def same(read: pd.DataFrame, table: pd.DataFrame, grain: float, texts: list[str] | None = None) -> None:
    """Assert that words and times are the same, in the order of the starts."""
    assert shown(read) == (shown(table) if texts is None else texts)
    for name in ("start", "end"):
        difference = (read[name] - table[name]).abs().max() if len(table) else 0.0
        assert difference <= grain + 1e-9, (name, read[name].tolist(), table[name].tolist())


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables())
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.tsv", "a.parquet", "a.feather"])
def test_tables_come_back_with_their_columns(name: str, table: pd.DataFrame) -> None:
    read = again(table, name)
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)
    assert (read["text"].tolist(), read["punctuation"].tolist()) == (
        table["text"].tolist(),
        table["punctuation"].tolist(),
    )
    assert read["sentence_id"].tolist() == table["sentence_id"].tolist()


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables())
@pytest.mark.parametrize("name", ["a.ctm", "a.txt"])
def test_lists_of_words_come_back(name: str, table: pd.DataFrame) -> None:
    texts = [word.replace(";;", "；；", 1) if word.startswith(";;") else word for word in shown(table)]
    if name == "a.txt":
        same(again(table, name, format="audacity"), table, 0.0)
    else:
        same(again(table, name), table, 0.001, texts)


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables(least=20))
@pytest.mark.parametrize("name", ["a.TextGrid", "a.eaf"])
def test_tiers_come_back_with_speakers(name: str, table: pd.DataFrame) -> None:
    read = again(table, name)
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables(least=20))
def test_karaoke_of_vtt_comes_back(table: pd.DataFrame) -> None:
    read = again(table, "a.vtt", level="word", columns=200)
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)
    assert read["is_timed"].all()


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables(least=20))
def test_karaoke_of_ass_comes_back(table: pd.DataFrame) -> None:
    texts = [word.translate(str.maketrans("{}\\", "｛｝＼")) for word in shown(table)]
    same(again(table, "a.ass", columns=200), table, 0.0051, texts)


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables(least=20))
@pytest.mark.parametrize("name", ["a.srt", "a.vtt"])
def test_the_text_of_subtitles_comes_back(name: str, table: pd.DataFrame) -> None:
    text = "".join(shown(table))
    if name == "a.srt":
        text = text.replace("<", "＜").replace("{", "｛")
    read = again(table, name)
    assert "".join(shown(read)) == text
    assert not read["is_timed"].any()
    if len(table):
        assert read["start"].min() == pytest.approx(table["start"].min(), abs=0.001)
        assert read["end"].max() >= table["end"].max() - 0.001


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(tables(least=20))
def test_sentences_of_stm_come_back(table: pd.DataFrame) -> None:
    read = again(table, "a.stm")
    for name in (None, "ann", "bo b"):  # those of one speaker are in order
        of_speaker = [
            word.replace(";;", "；；", 1) if word.startswith(";;") else word
            for word, speaker in zip(shown(table), speakers(table), strict=True)
            if speaker == name
        ]
        written = None if name is None else name.replace(" ", "_")
        own = [word for word, speaker in zip(shown(read), speakers(read), strict=True) if speaker == written]
        assert own == of_speaker


def test_parquet_comes_back_equal_with_attrs(tmp_path: Path) -> None:
    table = NASTY.astype({"text": "string", "punctuation": "string", "speaker": "string"})
    table.attrs.update(clip="a.wav", service="scripted", model="m")
    for name in ("a.parquet", "a.feather"):
        read = pnb.read_words(write_words(tmp_path / name, table))
        pd.testing.assert_frame_equal(read, table)
        assert read.attrs == table.attrs
    parquet = pytest.importorskip("pyarrow.parquet", reason="of the extra parquet")
    assert parquet.read_table(tmp_path / "a.parquet").column("text").to_pylist() == table["text"].tolist()


def test_nothing_is_a_valid_file_in_every_format(tmp_path: Path) -> None:
    empty = NASTY[:0]
    for name, each in FORMATS.items():
        if each.render is None:
            continue
        path = tmp_path / f"{name}{each.suffixes[0] if each.suffixes else '.txt'}"
        written = write_words(path, empty, format=name, **({"audio": None} if name == "html" else {}))
        assert (written.words, written.summary) == (0, "no words")
        assert repr(written) == f"Written({path.name!r}, no words: the file is empty)"
        assert path.exists()
        if each.can_read:
            assert len(pnb.read_words(path, format=name)) == 0, name
