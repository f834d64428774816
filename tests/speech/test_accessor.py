"""The accessor ``df.speech``: where it is, which tables it takes and refuses, and its results on small ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from records import timed_final, write_journal

import paraformer_nb.speech  # noqa: F401
from paraformer_nb.errors import NotWords, ParameterError

WORDS = pd.DataFrame(
    {
        "text": ["今", "天气", "很好", "Hello", "world", "again"],
        "punctuation": ["", "", "。", ",", ".", ""],
        "start": [0.0, 0.3, 0.6, 2.0, 2.4, 4.0],
        "end": [0.3, 0.6, 1.0, 2.4, 3.0, 4.5],
        "speaker": pd.array(["a", "a", "a", "b", "b", None], dtype="string"),
        "sentence_id": [1, 1, 1, 2, 2, 3],
    }
)


def test_a_run_s_tables_have_it_without_an_import(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, timed_final(("Good", 0, 400), ("morning.", 400, 900)))
    code = f"import paraformer_nb as pnb; print(pnb.load({str(path)!r}).words.speech.text)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "Good morning."


def test_a_table_of_something_else_keeps_working() -> None:
    table = pd.DataFrame({"word": ["a"], "onset": [0.0], "end": [1.0]})
    assert not hasattr(table, "speech")
    assert "word" in dir(table)
    with pytest.raises(NotWords, match=r"rename\(columns=\{'word': 'text', 'onset': 'start'\}\)"):
        table.speech.pauses()
    assert issubclass(NotWords, AttributeError) and issubclass(NotWords, ParameterError)
    with pytest.raises(NotWords):
        pd.concat([WORDS, WORDS[["text"]]], axis=1).speech.at(1)


def test_an_empty_table_gives_empty_tables_of_the_same_dtypes() -> None:
    empty = WORDS[:0].speech
    full = WORDS.speech
    for name in ("pauses", "rate", "speakers", "turns", "overlaps", "sentences", "cues", "regroup"):
        table = getattr(empty, name)()
        assert len(table) == 0, name
        assert table.dtypes.astype(str).tolist() == getattr(full, name)().dtypes.astype(str).tolist(), name
    assert empty.text == ""
    assert len(empty.find("x")) == 0
    assert len(empty.between(0, 1)) == len(empty.at(0)) == len(empty.shift(1)) == len(empty.repair().words) == 0


def test_order_index_and_kind_of_table_do_not_matter() -> None:
    variants = [
        WORDS.sample(frac=1, random_state=2),
        WORDS.set_axis([5] * 6),
        WORDS.astype({"text": "category", "speaker": "category"}),
        WORDS.assign(start=pd.to_timedelta(WORDS["start"], unit="s"), end=pd.to_timedelta(WORDS["end"], unit="s")),
        WORDS.astype({"text": object, "start": "Float64", "speaker": object}),
        WORDS.assign(extra=[[1]] * 6),
    ]
    calls = [
        lambda speech: speech.text,
        lambda speech: speech.pauses().to_dict("records"),
        lambda speech: speech.rate("1s", by="speaker").to_dict("records"),
        lambda speech: speech.turns().to_dict("records"),
        lambda speech: speech.speakers().to_dict("records"),
        lambda speech: speech.sentences().to_dict("records"),
        lambda speech: speech.cues().to_dict("records"),
        lambda speech: speech.find("天气很好")[["text", "start", "end", "line"]].to_dict("records"),
        lambda speech: sorted(speech.between(0.5, 2.1)["text"]),
    ]
    for call in calls:
        expected = str(call(WORDS.speech))
        for table in variants:
            assert str(call(table.speech)) == expected


def test_words_keep_their_columns_index_and_attrs() -> None:
    table = WORDS.assign(note=range(6)).set_axis(list("uvwxyz"))
    table.attrs["clip"] = "a.wav"
    speech = table.speech
    for words in (speech.between(0.5, 2.1), speech.shift(1), speech.scale(2), speech.clip(0.5, 2.1), speech.regroup()):
        assert words.attrs == {"clip": "a.wav"}
        assert words.columns.tolist() == table.columns.tolist()
        assert words.index.tolist() == [label for label in table.index if label in words.index]
        assert words["note"].tolist() == table.loc[words.index, "note"].tolist()
    assert speech.join(pd.DataFrame({"start": [0], "slide": [1]})).attrs == {"clip": "a.wav"}
    assert speech.pauses().attrs == {"clip": "a.wav"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0, 0.3, None, 2, 2.4, 4]}, "row 2.*dropna"),
        ({"start": ["0", "1", "2", "3", "4", "5"]}, "to_numeric"),
        ({"end": [0.3, 0.1, 1, 2.4, 3, 4.5]}, "row 1.*ends before"),
        ({"start": [-1, 0.3, 0.6, 2, 2.4, 4]}, "before 0"),
        ({"start": [n * 30_000 for n in range(6)], "end": [n * 30_000 + 25_000 for n in range(6)]}, "milliseconds"),
        ({"clip": ["a", "a", "a", "b", "b", "b"]}, "several clips"),
        ({"speaker": ["a", "a", ["a", "b"], "b", "b", "b"]}, r"row 2 .*speaker is \['a', 'b'\]"),
    ],
)
def test_wrong_times_are_named(change: dict[str, Any], message: str) -> None:
    table = WORDS.assign(**change)
    for name in ("pauses", "rate", "turns", "sentences", "cues"):
        with pytest.raises(ParameterError, match=message):
            getattr(table.speech, name)()


def test_a_word_that_is_there_twice_is_named_but_not_one_of_two_speakers(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"row 6 .*'今' is there twice.* 5 more"):
        pd.concat([WORDS, WORDS]).speech.rate()
    nearly = pd.concat([WORDS, WORDS.assign(start=WORDS["start"] + 1e-6, confidence=0.5)[2:3]])
    uses = {
        "pauses": lambda words: words.pauses(),
        "text": lambda words: words.text,
        "cues": lambda words: words.cues(),
        "score": lambda words: words.score("x"),
        "export": lambda words: words.export(tmp_path / "a.csv"),
        "timeline": lambda words: words.timeline(),
    }
    for use in uses.values():
        with pytest.raises(ParameterError, match=r"row 6 .*is there twice.*speech\.repair\(\)"):
            use(nearly.speech)
    assert not list(tmp_path.iterdir())
    both = pd.concat([WORDS[:1], WORDS[:1].assign(speaker="b")])
    assert both.speech.rate("1s")["count"].tolist() == [2]


def test_words_that_a_service_sent_twice_are_kept(tmp_path: Path) -> None:
    """Some give two words of a sentence, or two sentences, the same times. Two readings repeat the numbers as well."""
    sent = WORDS.iloc[[0, 1, 1, 2, 3, 4, 5]].assign(sentence_id=1, word=range(7))
    other = pd.concat([sent, sent.assign(sentence_id=2)])
    for words in (sent, other):
        assert words.speech.rate("100s")["count"].sum() == len(words)
        words.speech.export(tmp_path / "a.srt")
    with pytest.raises(ParameterError, match="is there twice"):
        pd.concat([sent, sent]).sort_values("start").speech.rate()


# ------------------------------------------------------------------------------------------------------------- find


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("天气", ["天气"]),
        ("今天", ["今天气"]),
        ("气很", ["天气很好"]),
        ("天气，很 好", ["天气很好"]),
        ("HELLO world", ["Hello, world"]),
        ("helloworld", []),
        ("ello", ["Hello"]),
        ("world again", ["world. again"]),
        ("好hello", ["很好。Hello"]),
        ("。", ["很好。"]),
        ("xyz", []),
    ],
)
def test_find_reads_over_rows_case_marks_and_width(what: str, found: list[str]) -> None:
    table = WORDS.speech.find(what)
    assert [text.replace(" Hello", "Hello") if "好" in text else text for text in table["text"]] == found


def test_find_gives_times_row_labels_and_what_is_said_around() -> None:
    table = WORDS.set_axis(list("uvwxyz")).speech.find("天气很", context=1.2)
    assert table.to_dict("records") == [
        {"text": "天气很好", "start": 0.3, "end": 1.0, "first": "v", "last": "w", "line": "今天气很好。 Hello,"}
    ]


@pytest.mark.parametrize("odd", ["a\x00b", "\x00", None, 7, "天"])
def test_find_names_the_right_rows_beside_any_text(odd: Any) -> None:
    table = pd.DataFrame({"text": [odd, "good", "day"], "start": [0.0, 1, 2], "end": [1.0, 2, 3]})
    found = table.speech.find("good day")
    assert found[["first", "last", "start"]].to_numpy().tolist() == [[1, 2, 1.0]]
    assert found["text"].tolist() == ["good day"]


def test_find_by_regular_expression_and_by_sentence() -> None:
    assert WORDS.speech.find(r"[Hh]ello, w\w+", regex=True)["text"].tolist() == ["Hello, world."]
    assert WORDS.speech.find("world", by="sentence")["text"].tolist() == ["Hello, world"]
    with pytest.raises(ParameterError, match="regular expression"):
        WORDS.speech.find("(", regex=True)
    with pytest.raises(ParameterError, match="give a text"):
        WORDS.speech.find(" ")


# --------------------------------------------------------------------------------------------------------- the others


def test_pauses_know_their_kind_and_whether_they_were_recognised() -> None:
    gaps = pd.DataFrame({"start": [1.5], "end": [1.6]})
    table = WORDS.speech.pauses(start=0, end=6, gaps=gaps)
    assert table[["start", "end", "kind", "is_heard"]].to_numpy().tolist() == [
        [1.0, 2.0, "turn", False],
        [3.0, 4.0, "between", True],
        [4.5, 6.0, "edge", True],
    ]
    assert table["speaker_before"].tolist()[:2] == ["a", "b"]


def test_a_table_without_words_is_one_pause_between_the_clip_s_edges() -> None:
    table = WORDS[:0].speech.pauses(start=1, end=6)
    assert table[["start", "end", "kind"]].to_numpy().tolist() == [[1.0, 6.0, "edge"]]
    assert table[["before", "after", "speaker_before", "speaker_after"]].isna().all(axis=None)


@pytest.mark.parametrize("speakers", [["", None], [None, ""], ["", ""], [None, None]])
def test_a_sentence_of_unknown_speakers_is_one(speakers: list[str | None]) -> None:
    """A CSV does not distinguish an empty text from a missing one."""
    table = WORDS.iloc[3:5].assign(end=[2.1, 3.0], speaker=speakers)
    assert table.speech.pauses()["kind"].tolist() == ["within"]


def test_the_pause_after_overlapping_words_follows_the_one_that_ends_last() -> None:
    table = WORDS.assign(end=[1.5, 0.4, 1.0, 2.4, 3.0, 4.5])
    assert table.speech.pauses()[["start", "before", "after"]].to_numpy().tolist() == [
        [1.5, "今", "Hello"],
        [3.0, "world", "again"],
    ]


def test_the_last_short_window_has_its_own_length() -> None:
    """10 words in 12 s: two of them in the last two seconds are 60 a minute, not 12."""
    starts = [0.5, 1, 2, 3, 4, 5, 6, 9.5, 10.5, 11.5]
    table = pd.DataFrame({"text": "a", "start": starts, "end": [start + 0.5 for start in starts]})
    assert table.speech.rate()["rate"].tolist() == [48.0, 60.0]
    assert table.speech.rate(pd.Timedelta("6s"), end=18)["count"].tolist() == [6, 4, 0]
    assert table.speech.rate("10s")["articulation_rate"][1] == pytest.approx(2 * 60 / 1.0)


def test_times_can_be_shifted_scaled_and_cut() -> None:
    assert WORDS.speech.shift(1.5)["start"].tolist()[0] == 1.5
    with pytest.raises(ParameterError, match="before 0 s"):
        WORDS.speech.shift(-1)
    ms = WORDS.assign(start=WORDS["start"] * 1000, end=WORDS["end"] * 1000)
    assert ms.speech.scale(0.001)["end"].tolist() == pytest.approx(WORDS["end"].tolist())
    cut = WORDS.speech.clip(0.4, 2.2)
    assert (cut["start"].min(), cut["end"].max()) == (0.4, 2.2)


def test_repair_says_what_it_changed() -> None:
    table = pd.DataFrame(
        {
            "text": ["b", "a", "lost", "swapped", "point"],
            "start": [1.0, 0.0, None, 3.0, 5.0],
            "end": [2.0, 1.5, 1.0, 2.5, 5.0],
        }
    )
    words, changes = table.speech.repair()
    assert words[["text", "start", "end"]].to_numpy().tolist() == [
        ["a", 0.0, 1.0],
        ["b", 1.0, 2.0],
        ["swapped", 2.5, 3.0],
        ["point", 5.0, 5.01],
    ]
    assert changes[["row", "text", "what"]].to_numpy().tolist() == [
        [1, "a", "trimmed"],
        [2, "lost", "dropped"],
        [3, "swapped", "swapped"],
        [4, "point", "widened"],
    ]
    assert changes["before"][0] == "0.000-1.500"


def test_repair_leaves_out_words_that_are_there_twice() -> None:
    twice = pd.concat([WORDS, WORDS[3:5].assign(confidence=0.5)])
    words, changes = twice.speech.repair()
    assert words["text"].tolist() == WORDS["text"].tolist()
    assert changes[["row", "text", "what", "after"]].to_numpy().tolist() == [
        [row, WORDS["text"].iloc[row - 3], "repeated", ""] for row in (6, 7)
    ]


def test_repair_refuses_times_of_another_unit_or_before_the_clip() -> None:
    ms = pd.DataFrame({"text": ["a", "b"], "start": [0, 900], "end": [500, 1500]})
    with pytest.raises(ParameterError, match="look like milliseconds"):
        ms.speech.repair()
    early = WORDS.assign(start=WORDS["start"] - 1, end=WORDS["end"] - 1)
    with pytest.raises(ParameterError, match=r"row 0 .*-1 s, before 0 s.*speech\.shift"):
        early.speech.repair()
    moved = early.speech.shift(1)
    assert moved["end"].tolist() == pytest.approx(WORDS["end"].tolist())
    with pytest.raises(ParameterError, match="would start before 0 s"):
        early.speech.shift(0.5)


def test_regroup_by_marks_speakers_and_functions() -> None:
    speech = WORDS.speech
    assert speech.regroup()["sentence_id"].tolist() == [1, 1, 1, 2, 2, 3]
    assert speech.regroup("punctuation")["sentence_id"].tolist() == [1, 1, 1, 2, 2, 3]
    assert speech.regroup("speaker")["sentence_id"].tolist() == [1, 1, 1, 2, 2, 3]
    assert speech.regroup("speaker", merge_gap=1.5)["sentence_id"].tolist() == [1, 1, 1, 2, 2, 3]  # never two speakers
    assert speech.regroup(lambda before, after: after.text == "world")["sentence_id"].tolist() == [1, 1, 1, 1, 2, 2]
    assert speech.regroup("length", max_chars=5)["sentence_id"].tolist() == [1, 1, 2, 3, 4, 5]
    with pytest.raises(ParameterError, match="max_word"):
        speech.regroup("pause", max_word=3)
    with pytest.raises(ParameterError, match="needs max_words"):
        speech.regroup("length")
    with pytest.raises(ParameterError, match="'pause'"):
        speech.regroup("silence")


def test_sentences_are_joined_right_for_chinese() -> None:
    assert WORDS.speech.sentences()["text"].tolist() == ["今天气很好。", "Hello, world.", "again"]
    assert WORDS.speech.sentences()["speaker"].tolist()[:2] == ["a", "b"]
    no_ids = WORDS.drop(columns="sentence_id").speech.sentences()
    assert no_ids["text"].tolist() == ["今天气很好。", "Hello, world.", "again"]


def test_join_takes_durations_whole_numbers_and_any_order() -> None:
    slides = pd.DataFrame({"start": [4, 0, 2], "slide": ["c", "a", "b"]})
    expected = ["a", "a", "a", "b", "b", "c"]
    assert WORDS.speech.join(slides)["slide"].tolist() == expected
    slides["start"] = pd.to_timedelta(slides["start"], unit="s")
    assert WORDS.speech.join(slides, on="middle")["slide"].tolist() == expected
    with_ends = pd.DataFrame({"start": [0.0, 2.3], "end": [0.5, 2.6], "text": ["x", "y"]})
    with pytest.raises(ParameterError, match="prefix"):
        WORDS.speech.join(with_ends)
    joined = WORDS.speech.join(with_ends, on="overlap", prefix="scene_")
    assert joined["scene_text"].fillna("").tolist() == ["x", "x", "", "y", "y", ""]
    assert joined["scene_start"].tolist()[3] == 2.3


def test_overlaps_name_both_speakers() -> None:
    table = pd.DataFrame({"text": ["a", "b"], "start": [0.0, 0.6], "end": [1.0, 2.0], "speaker": ["x", "y"]})
    assert table.speech.overlaps().to_numpy().tolist() == [[0.6, 1.0, "x", "y"]]


def test_words_of_several_clips_are_measured_one_by_one() -> None:
    table = pd.concat([WORDS.assign(file="b.wav"), WORDS.assign(file="a.wav", start=WORDS["start"] + 0.05)])
    for name in ("pauses", "rate", "speakers", "turns", "overlaps", "sentences"):
        with pytest.raises(ParameterError, match="several clips"):
            getattr(table.speech, name)()
        found = getattr(table.speech, name)(by="file")
        for file, own in table.groupby("file"):
            part = found[found["file"] == file].drop(columns="file").reset_index(drop=True)
            expected = getattr(own.speech, name)(**({"end": table["end"].max()} if name == "rate" else {}))
            pd.testing.assert_frame_equal(part, expected, obj=name, check_dtype=len(expected) > 0)
    assert table.speech.speakers(by="file")["file"].drop_duplicates().tolist() == ["b.wav", "a.wav"]
    for call in (lambda: table.speech.text, table.speech.repair):
        with pytest.raises(ParameterError, match="several clips"):
            call()
    with pytest.raises(ParameterError, match="by='start'"):
        table.speech.turns(by="start")
    assert WORDS[:0].assign(file="").speech.pauses(by="file").columns[0] == "file"
