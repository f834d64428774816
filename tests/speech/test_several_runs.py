"""Tables of two speakers, channels or clips put together with `pd.concat`: their sentences stay apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from records import timed_final, write_journal

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.formats.export import write_words

AGENT = (("Good", 0, 400), ("morning.", 400, 900)), (("Any", 3000, 3300), ("trouble?", 3300, 3900))
CUSTOMER = (("Well,", 700, 1200), ("hello.", 1200, 1800)), (("No,", 3700, 4000), ("none.", 4000, 4400))
SENTENCES = ["Good morning.", "Well, hello.", "Any trouble?", "No, none."]


def words_of(path: Path, sentences: Any, speaker: str | None) -> pd.DataFrame:
    run = pnb.load(write_journal(path, *(timed_final(*words, number=n) for n, words in enumerate(sentences, 1))))
    return run.words if speaker is None else run.words.assign(speaker=speaker)


@pytest.fixture(params=["agent customer", "agent", "none"])
def call(request: pytest.FixtureRequest, tmp_path: Path) -> pd.DataFrame:
    """The words of two runs: both with a speaker, one only, none."""
    names = {"agent customer": ("agent", "customer"), "agent": ("agent", None), "none": (None, None)}[request.param]
    parts = zip(("a.jsonl", "b.jsonl"), (AGENT, CUSTOMER), names, strict=True)
    return pd.concat([words_of(tmp_path / path, sentences, speaker) for path, sentences, speaker in parts])


def test_each_sentence_is_of_one_run(call: pd.DataFrame, tmp_path: Path) -> None:
    assert call.speech.sentences()["text"].tolist() == SENTENCES
    assert [text.replace("\n", " ") for text in call.speech.cues()["text"]] == SENTENCES
    assert call.speech.find("morning", by="sentence")["text"].tolist() == ["Good morning."]
    assert pnb.load(call).sentences["text"].tolist() == SENTENCES
    write_words(tmp_path / "call.json", call)
    assert pnb.load(tmp_path / "call.json").sentences["text"].tolist() == SENTENCES
    write_words(tmp_path / "call.csv", call)
    back = pnb.read_words(tmp_path / "call.csv")
    assert back.speech.sentences()["text"].tolist() == SENTENCES
    assert back["sentence_id"].nunique() == 4
    text = write_words(tmp_path / "call.txt", call).path.read_text(encoding="utf-8")
    assert text.splitlines() == SENTENCES


def test_once_sorted_a_speaker_tells_them_apart(call: pd.DataFrame) -> None:
    mixed = call.sort_values("start", ignore_index=True)
    if mixed["speaker"].notna().any():
        assert mixed.speech.sentences()["text"].tolist() == SENTENCES
    else:
        with pytest.raises(ParameterError, match=r"several runs.*assign\(speaker='left'\)"):
            mixed.speech.sentences()


def test_a_column_of_clips_or_channels_does_as_well(tmp_path: Path) -> None:
    left, right = (words_of(tmp_path / "a.jsonl", AGENT, None), words_of(tmp_path / "b.jsonl", CUSTOMER, None))
    table = pd.concat([left.assign(channel=0), right.assign(channel=1)]).sort_values("start")
    assert table.speech.sentences()["text"].tolist() == SENTENCES
    assert table.speech.pauses(min=0.05)["kind"].tolist() == ["between"]


@pytest.mark.parametrize("call", ["agent customer", "agent"], indirect=True)
def test_capitals_are_those_of_the_own_sentence(call: pd.DataFrame) -> None:
    """Without speakers a table of sentences cannot say which run they are of."""
    plain = call.assign(text=call["text"].str.lower())
    sentences = pd.concat([call.query("speaker == 'agent'"), call.query("speaker != 'agent'")]).speech.sentences()
    texts = plain.speech.cues(sentences=sentences)["text"]
    assert [text.replace("\n", " ") for text in texts] == SENTENCES


def test_a_run_s_own_sentence_of_two_speakers_stays_one(tmp_path: Path) -> None:
    words = words_of(tmp_path / "a.jsonl", AGENT, None)
    words["speaker"] = pd.array(["a", "b", "a", "b"], dtype="string")
    assert words.speech.sentences()["text"].tolist() == ["Good morning.", "Any trouble?"]


def test_a_word_that_a_person_has_split_stays_in_its_sentence(tmp_path: Path) -> None:
    words = words_of(tmp_path / "a.jsonl", AGENT, None)
    split = pd.concat([words[:1].assign(text="Go", end=0.2), words[:1].assign(text="od", start=0.2), words[1:]])
    assert split.speech.sentences()["text"].tolist() == ["Go od morning.", "Any trouble?"]


def test_a_turn_is_not_parted_by_what_is_said_over_it(tmp_path: Path) -> None:
    """The table and the file have the same turns."""
    rows = [
        *(("a", n * 0.5, n * 0.5 + 0.45) for n in range(6)),
        ("b", 1.2, 1.6),  # over a's words
        ("b", 3.2, 3.4),  # while a is silent
        ("a", 3.6, 4.0),
        ("a", 5.2, 5.5),  # after more than a second
    ]
    table = pd.DataFrame([(f"w{n}", *row) for n, row in enumerate(rows)], columns=["text", "speaker", "start", "end"])
    turns = [("a", 0.0, 2.95), ("b", 1.2, 1.6), ("b", 3.2, 3.4), ("a", 3.6, 4.0), ("a", 5.2, 5.5)]
    found = table.speech.turns()
    assert list(found[["speaker", "start", "end"]].itertuples(index=False, name=None)) == turns
    assert table.speech.speakers()["turns"].tolist() == [3, 2]
    lines = write_words(tmp_path / "call.rttm", table).path.read_text().splitlines()
    assert [
        (name, float(start), round(float(start) + float(length), 3))
        for *_, start, length, name in ((line.split()[3], line.split()[4], line.split()[7]) for line in lines)
    ] == turns
