"""What is exported and imported again has the same words at the same times, to the format's grain.

A few examples by default, the same ones each time; the campaign has 500 random ones for each format:

    pytest -m campaign -n 0 tests/formats/test_round_trips.py
"""

from __future__ import annotations

import string
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from nasty import NASTY, shown

import paraformer_nb as pnb
from paraformer_nb.formats.export import write_words
from paraformer_nb.formats.registry import FORMATS

LETTERS = string.ascii_letters + string.digits + "<>&{}\\\"'|=+@;#%$éß今天气ñ한"
# With a letter each: subtitles show a word of closing marks alone as part of the word before.
WORDS = st.text(LETTERS, min_size=1, max_size=6).filter(lambda text: any(map(str.isalnum, text)))
MARKS = st.sampled_from(["", "", "", ",", ".", "。", "?!"])
# No shrinking, which takes minutes: the tables are small.
BRIEF = settings(
    max_examples=10, deadline=None, phases=(Phase.explicit, Phase.generate), derandomize=True, database=None
)
LONG = settings(BRIEF, max_examples=500, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
STEPS = st.integers(0, 3000)


@st.composite
def tables(draw: Any, *, least: int = 0, pause: int = 0) -> pd.DataFrame:
    """Words in whole milliseconds, none twice; those of no length and overlaps only where `least` is 0."""
    rows = draw(st.lists(st.tuples(WORDS, MARKS, STEPS, STEPS, st.sampled_from([None, "ann", "bo b"])), max_size=12))
    position, columns = 0, []
    seen: set[tuple[str, int, str | None]] = set()
    for number, (text, mark, gap, length, speaker) in enumerate(rows):
        start = position + gap % 900 + pause
        while (text, start, speaker) in seen:  # a word that is there twice is refused
            start += 1
        seen.add((text, start, speaker))
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


def tables_come_back_with_their_columns(name: str, table: pd.DataFrame) -> None:
    read = again(table, name)
    sentences = pd.factorize(pd.Series(zip(table["sentence_id"], map(str, table["speaker"]), strict=True)))[0] + 1
    if name in ("a.json", "a.jsonl"):  # which have the words sentence by sentence, also those that start together
        order = np.lexsort((sentences, table["start"]))
        table, sentences = table.take(order).reset_index(drop=True), sentences[order]
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)
    assert (read["text"].tolist(), read["punctuation"].tolist()) == (
        table["text"].tolist(),
        table["punctuation"].tolist(),
    )
    assert read["sentence_id"].tolist() == sentences.tolist(), "a sentence is one speaker's"


def lists_of_words_come_back(name: str, table: pd.DataFrame) -> None:
    texts = [word.replace(";;", "；；", 1) if word.startswith(";;") else word for word in shown(table)]
    if name == "a.txt":
        same(again(table, name, format="audacity"), table, 0.0)
    else:
        same(again(table, name), table, 0.001, texts)


def tiers_come_back_with_speakers(name: str, table: pd.DataFrame) -> None:
    read = again(table, name)
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)


def karaoke_of_vtt_comes_back(name: str, table: pd.DataFrame) -> None:
    read = again(table, name, level="word", columns=200)
    same(read, table, 0.0005)
    assert speakers(read) == speakers(table)
    assert read["is_timed"].all()


def karaoke_of_ass_comes_back(name: str, table: pd.DataFrame) -> None:
    texts = [word.translate(str.maketrans("{}\\", "｛｝＼")) for word in shown(table)]
    same(again(table, name, columns=200), table, 0.0051, texts)


def the_text_of_subtitles_comes_back(name: str, table: pd.DataFrame) -> None:
    text = "".join(shown(table))
    if name == "a.srt":
        text = text.replace("-->", "→").replace("<", "＜").replace("{", "｛")
    read = again(table, name)
    assert "".join(shown(read)) == text
    assert not read["is_timed"].any()
    if len(table):
        assert read["start"].min() == pytest.approx(table["start"].min(), abs=0.001)
        assert read["end"].max() >= table["end"].max() - 0.001


def sentences_of_stm_come_back(name: str, table: pd.DataFrame) -> None:
    read = again(table, name)
    for each in (None, "ann", "bo b"):  # those of one speaker are in order
        of_speaker = [
            word.replace(";;", "；；", 1) if word.startswith(";;") else word
            for word, speaker in zip(shown(table), speakers(table), strict=True)
            if speaker == each
        ]
        written = None if each is None else each.replace(" ", "_")
        own = [word for word, speaker in zip(shown(read), speakers(read), strict=True) if speaker == written]
        assert own == of_speaker


def turns_of_rttm_come_back(name: str, table: pd.DataFrame) -> None:
    turns = table.speech.turns()
    read = again(table, name)
    assert speakers(read) == [None if each is None else each.replace(" ", "_") for each in speakers(turns)]
    for column in ("start", "end"):
        assert read[column].tolist() == pytest.approx(turns[column].tolist(), abs=0.001)


@pytest.mark.parametrize("name", ["a.srt", "a.vtt"])
def test_subtitles_keep_the_order_where_speakers_take_turns_within_a_sentence(name: str) -> None:
    table = pd.DataFrame(
        [
            (1, "Ich", 0.4, 1.2, "ann"),
            (1, "und", 1.4, 1.8, "bo b"),
            (2, "wir", 3.4, 4.8, "bo b"),
            (2, "ja", 4.9, 5.5, "ann"),
            (2, "gehen", 5.8, 6.1, "bo b"),
            (2, "dann", 6.9, 7.4, "ann"),
        ],
        columns=["sentence_id", "text", "start", "end", "speaker"],
    ).assign(punctuation="")
    the_text_of_subtitles_comes_back(name, table)


Check = Callable[[str, pd.DataFrame], None]
CASES: list[tuple[Check, str, int]] = [  # the check, the file, and the least length of a word in ms
    *((tables_come_back_with_their_columns, f"a.{name}", 0) for name in ("json", "jsonl", "csv", "tsv")),
    *((tables_come_back_with_their_columns, f"a.{name}", 0) for name in ("parquet", "feather")),
    *((lists_of_words_come_back, f"a.{name}", 0) for name in ("ctm", "txt")),
    *((tiers_come_back_with_speakers, f"a.{name}", 20) for name in ("TextGrid", "eaf")),
    *((the_text_of_subtitles_comes_back, f"a.{name}", 20) for name in ("srt", "vtt")),
    (karaoke_of_vtt_comes_back, "a.vtt", 20),
    (karaoke_of_ass_comes_back, "a.ass", 20),
    (sentences_of_stm_come_back, "a.stm", 20),
    (turns_of_rttm_come_back, "a.rttm", 20),
]
each_case = pytest.mark.parametrize(
    ("check", "name", "least"), CASES, ids=[f"{check.__name__}-{name}" for check, name, _ in CASES]
)


def run(limits: settings, check: Check, name: str, least: int) -> None:
    """Check as many random tables as the limits say."""

    @limits
    @given(tables(least=least))
    def hold(table: pd.DataFrame) -> None:
        check(name, table)

    hold()


@each_case
def test_what_is_written_comes_back(check: Check, name: str, least: int) -> None:
    if name in ("a.parquet", "a.feather"):
        pytest.importorskip("pyarrow", reason="of the extra parquet")
    run(BRIEF, check, name, least)


@each_case
def test_the_nasty_table_comes_back(check: Check, name: str, least: int) -> None:
    """Without the tab where a word is on a line, and repaired where a format has no overlaps: the whole files of the
    other tests have both."""
    if name in ("a.parquet", "a.feather"):
        pytest.importorskip("pyarrow", reason="of the extra parquet")
    holds_tabs = name in ("a.csv", "a.tsv", "a.parquet", "a.feather")
    table = NASTY if holds_tabs else NASTY.replace({"text": {"tab\there": "tabthere"}})
    check(name, table if not least else table.speech.repair().words.reset_index(drop=True))


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@each_case
def test_what_is_written_comes_back_500_times(check: Check, name: str, least: int) -> None:
    run(LONG, check, name, least)


def test_parquet_comes_back_equal_with_attrs(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="of the extra parquet")
    table = NASTY.astype({"text": "string", "punctuation": "string", "speaker": "string"})
    table.attrs.update(clip="a.wav", service="scripted", model="m")
    for name in ("a.parquet", "a.feather"):
        read = pnb.read_words(write_words(tmp_path / name, table))
        pd.testing.assert_frame_equal(read, table)
        assert read.attrs == table.attrs
    assert parquet.read_table(tmp_path / "a.parquet").column("text").to_pylist() == table["text"].tolist()


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if each.render is not None])
def test_nothing_is_a_valid_file_in_every_format(name: str, tmp_path: Path) -> None:
    if name in ("parquet", "feather"):
        pytest.importorskip("pyarrow", reason="of the extra parquet")
    form = FORMATS[name]
    path = tmp_path / f"{name}{form.suffixes[0] if form.suffixes else '.txt'}"
    written = write_words(path, NASTY[:0], format=name, **({"audio": None} if name == "html" else {}))
    assert (written.words, written.summary) == (0, "no words")
    assert repr(written) == f"Written({path.name!r}, no words: the file is empty)"
    assert path.exists()
    if form.can_read:
        assert len(pnb.read_words(path, format=name)) == 0
