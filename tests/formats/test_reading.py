"""Reading words: encodings, the JSON of other recognisers, tables, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nasty import NASTY, shown

import paraformer_nb as pnb
from paraformer_nb.errors import ExportError, MissingDependency, ParameterError, ReadError
from paraformer_nb.formats.base import Package
from paraformer_nb.formats.export import write_words

TWO = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n2\n00:00:03,000 --> 00:00:04,000\n{}\n"
CHINESE = TWO.format("今天天气很好，我们去公园散步。", "好的，明天见。")
TAIWAN = TWO.format("今天天氣很好，我們去公園散步。", "好的，明天見。")
FRENCH = "1\n00:00:01,000 --> 00:00:02,000\nVoilà une belle journée d'été, n'est-ce pas ? Où êtes-vous né ?\n"


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-16-be", "utf-16-be"),
        (CHINESE, "gb18030", "gb18030"),
        (TAIWAN, "big5", "big5"),
        (FRENCH, "latin-1", None),
    ],
)
def test_an_encoding_is_guessed_and_named(text: str, encoding: str, named: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    words = pnb.read_words(path)
    assert "".join(shown(words)) == "".join("".join(text.split("\n")[2::4]).split())
    assert words.attrs["encoding"] == named or named is None
    if named not in ("utf-8-sig", "utf-16"):
        assert pnb.read_words(path, encoding=encoding)["text"].tolist() == words["text"].tolist()


SHORT = [
    ("好", "gb18030"),
    ("天气", "gb18030"),
    ("Hello 世界", "gb18030"),
    ("今天天气很好。", "gb18030"),
    ("天氣很好，我們去公園", "big5"),
    ("今日は", "shift_jis"),
    ("今日は天気がいい", "euc_jp"),
    ("안녕하세요 여러분", "euc_kr"),
    ("naïve", "cp1252"),
    ("“Hello”", "cp1252"),
    ("Fußgänger überqueren die Straße", "mac_roman"),
    ("Привет, как дела?", "cp1251"),
]


@pytest.mark.parametrize(("text", "encoding"), SHORT)
def test_short_texts_are_guessed_as_well(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode(encoding))
    assert pnb.read_words(path).speech.text == text


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(CHINESE.encode("gb18030"))
    with pytest.raises(ReadError, match="a.srt.*the file is not ascii"):
        pnb.read_words(path, encoding="ascii")
    with pytest.raises(ReadError, match="encoding='klingon' is not known"):
        pnb.read_words(path, encoding="klingon")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00")
    with pytest.raises(ReadError, match="a.srt.*not a text"):
        pnb.read_words(path)


def test_the_scripts_of_the_embedded_service_are_read() -> None:
    lesson = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en"
    words = pnb.read_words(lesson.with_suffix(".json"))
    script = json.loads(lesson.with_suffix(".json").read_text(encoding="utf-8"))
    expected = [word for sentence in script["sentences"] for word in sentence["words"]]
    assert words["text"].tolist() == [word["text"] for word in expected]
    assert words["start"].tolist() == pytest.approx([word["begin_ms"] / 1000 for word in expected])
    assert words["sentence_id"].nunique() == len(script["sentences"])
    assert pnb.load(lesson.with_suffix(".json")).duration == pytest.approx(script["duration_ms"] / 1000)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ctm", "b 1 0.0 1.0 x\na 1 0.5 1.0 y\na 1 2.0 1.0 z\n"),
        ("a.stm", "b 1 ann 0 1 x\na 1 ann 0.5 1.5 y\na 1 ann 2 3 z\n"),
    ],
)
def test_words_of_several_clips_are_not_mixed(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    words = pnb.read_words(path)
    assert words[["clip", "text", "start"]].to_numpy().tolist() == [["a", "y", 0.5], ["a", "z", 2.0], ["b", "x", 0.0]]
    with pytest.raises(ParameterError, match="several clips"):
        words.speech.pauses()
    with pytest.raises(ReadError, match=r"words of 2 clips \(a, b\)"):
        pnb.load(path)
    run = pnb.load(words[words["clip"] == "a"])
    assert run.transcript.run.clip.name == "a"


def test_turns_of_several_clips_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    path.write_text("".join(f"SPEAKER {clip} 1 0 1 <NA> <NA> ann <NA> <NA>\n" for clip in "ba"))
    assert pnb.read_words(path)["clip"].tolist() == ["a", "b"]


def test_channels_of_a_ctm_are_speakers(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text("call A 0.0 1.0 hello\ncall B 0.5 1.0 hi\n")
    words = pnb.read_words(path)
    assert words["speaker"].tolist() == ["A", "B"]
    assert words.attrs["clip"] == "call"


WHISPER_WORDS = [
    {"word": " Hello", "start": 0.0, "end": 0.5, "probability": 0.9},
    {"word": " there.", "start": 0.5, "end": 1.25, "probability": 0.8},
]
SEGMENT = {"id": 0, "seek": 0, "start": 0.0, "end": 1.25, "text": " Hello there.", "tokens": [1]}
TOOLS: dict[str, Any] = {
    "whisper": {"text": " Hello there.", "segments": [SEGMENT | {"words": WHISPER_WORDS}], "language": "en"},
    "faster-whisper": [SEGMENT | {"words": WHISPER_WORDS}],
    "whisperX": {
        "segments": [
            {
                "start": 0.0,
                "end": 1.25,
                "text": "Hello there.",
                "words": [
                    {"word": "Hello", "start": 0.0, "end": 0.5, "score": 0.9, "speaker": "SPEAKER_00"},
                    {"word": "there.", "start": 0.5, "end": 1.25, "score": 0.8, "speaker": "SPEAKER_00"},
                ],
            }
        ],
        "word_segments": [],
    },
    "stable-ts": {"text": "", "segments": [SEGMENT | {"words": WHISPER_WORDS}], "ori_dict": {}},
    "AssemblyAI": {
        "id": "x",
        "audio_url": "https://cdn.example/upload/call%201.wav",
        "audio_duration": 2,
        "words": [
            {"text": "Hello", "start": 0, "end": 500, "confidence": 0.9, "speaker": "A"},
            {"text": "there.", "start": 500, "end": 1250, "confidence": 0.8, "speaker": "A"},
        ],
        "utterances": None,
    },
    "DashScope": {
        "file_url": "https://oss.example/a/talk.wav?x=1",
        "properties": {"original_duration_in_milliseconds": 2000},
        "transcripts": [
            {
                "channel_id": 0,
                "sentences": [
                    {
                        "begin_time": 0,
                        "end_time": 1250,
                        "text": "Hello there.",
                        "sentence_id": 1,
                        "speaker_id": 0,
                        "words": [
                            {"begin_time": 0, "end_time": 500, "text": "Hello ", "punctuation": ""},
                            {"begin_time": 500, "end_time": 1250, "text": "there", "punctuation": "."},
                        ],
                    }
                ],
            }
        ],
    },
    "FunASR": [{"key": "talk", "text": "Hello there.", "timestamp": [[0, 500], [500, 1250]]}],
    "JSON": [{"text": "Hello", "start": 0, "end": 0.5}, {"text": "there.", "start": 0.5, "end": 1.25}],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_json_of_other_recognisers_is_known_by_its_keys(tool: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(TOOLS[tool]), encoding="utf-8")
    words = pnb.read_words(path)
    assert words["text"].tolist() == ["Hello", "there"]
    assert words["punctuation"].tolist() == ["", "."]
    assert words[["start", "end"]].to_numpy().tolist() == [[0.0, 0.5], [0.5, 1.25]]
    assert words["is_timed"].all()
    assert words.attrs["service"].startswith(f"file: {tool}")
    if tool in ("whisper", "whisperX", "AssemblyAI"):
        assert words["confidence"].tolist() == [0.9, 0.8]
    assert words.attrs["clip"] == {"AssemblyAI": "call 1.wav", "DashScope": "talk.wav", "FunASR": "talk"}.get(tool)
    run = pnb.load(path)
    assert (run.state, run.text, run.service.host) == ("finished", "Hello there.", words.attrs["service"])


def test_words_without_times_have_a_share_of_their_segment(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"text": "", "segments": [SEGMENT], "language": "en"}))
    words = pnb.read_words(path)
    assert shown(words) == ["Hello", "there."]
    assert words["end"].tolist() == [pytest.approx(1.25 * 5 / 11), 1.25]
    assert not words["is_timed"].any()
    numbers = {
        "segments": [
            {
                "start": 1.0,
                "end": 4.0,
                "text": "in 1984 x",
                "words": [
                    {"word": "in", "start": 1.0, "end": 1.5, "score": 1.0},
                    {"word": "1984"},
                    {"word": "x", "start": 3.0, "end": 4.0, "score": 1.0},
                ],
            }
        ],
        "word_segments": [],
    }  # as whisperX leaves numbers
    path.write_text(json.dumps(numbers))
    words = pnb.read_words(path)
    assert words[["start", "end"]].to_numpy().tolist() == [[1.0, 1.5], [1.5, 3.0], [3.0, 4.0]]
    assert words["is_timed"].tolist() == [True, False, True]


def test_chinese_of_funasr_has_a_time_for_each_character(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    result = {"key": "a", "text": "今天GPT好。", "timestamp": [[0, 200], [200, 400], [400, 900], [900, 1000]]}
    path.write_text(json.dumps([result], ensure_ascii=False), encoding="utf-8")
    assert shown(pnb.read_words(path)) == ["今", "天", "GPT", "好。"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.json", b"{", "this is not JSON"),
        ("a.json", b'{"foo": 1}', "of no tool that is known .it has foo"),
        ("a.json", b"3", "of no tool that is known"),
        ("a.csv", b"a,b\n1,2\n", "lacks text, start, end"),
        ("a.csv", b"text,start,end\nx,1,zero\n", "row 0 .*end is"),
        ("a.txt", b"Just a text.\n", "a text without times"),
        ("a.parquet", b"PAR1", "not a table of words"),
        ("a.docx", b"", r"the format '.docx' is not known. Nothing was read. Known: .*\.srt, .*\.csv"),
        ("a.html", b"", "the format '.html' is not known"),
        ("missing.srt", None, "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, data: bytes | None, problem: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ReadError, match=problem):
        pnb.read_words(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.srt")
    with pytest.raises(ReadError, match="a pipe or a device"):
        pnb.read_words(tmp_path / "a.srt")


def test_lines_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.ctm").write_text("a 1 0.0 0.5 hello 0.9\na 1 x 0.5 lost\n;; note\na 1 0.5 0.5 there\n")
    with pytest.warns(UserWarning, match="'a.ctm' is damaged.*line 2 is not one of a CTM file"):
        words = pnb.read_words(tmp_path / "a.ctm")
    assert (shown(words), words.attrs["clip"]) == (["hello", "there"], "a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "999999999:00:00,000 --> 999999999:00:01,000\nlost\n\n00:00:01,000 --> 00:00:02,000\nkept\n"),
        ("a.ctm", "a 1 -5 1 lost\na 1 1 1 kept\n"),
        ("a.json", '[{"text": "lost", "start": -1, "end": 1}, {"text": "kept", "start": 1, "end": 2}]'),
        ("a.jsonl", '{"text": "lost", "start": 1e300, "end": 1e300}\n{"text": "kept", "start": 1, "end": 2}\n'),
        ("a.txt", "nan\t1\tlost\n1\t2\tkept\n"),
    ],
)
def test_times_that_no_clip_has_are_left_out(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.warns(UserWarning, match="1 word without valid times"):
        words = pnb.read_words(tmp_path / name)
    assert words[["text", "start", "end"]].to_numpy().tolist() == [["kept", 1.0, 2.0]]


def test_other_dtypes_of_a_table_are_read(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "text": ["a", "b"],
            "start": pd.to_timedelta([0, 1], unit="s"),
            "end": [1, 2],
            "speaker": [0, 1],
            "confidence": ["0.5", ""],
            "sentence_id": ["x", "y"],
        },
        index=[5, 5],
    )
    for name in ("a.ctm", "a.TextGrid", "a.eaf", "a.vtt", "a.json", "a.csv"):
        words = pnb.read_words(write_words(tmp_path / name, table))
        assert words["text"].tolist() == ["a", "b"], name
    assert pnb.load(table).words["speaker"].tolist() == ["0", "1"]
    (tmp_path / "ids.jsonl").write_text('{"text": "a", "start": 0, "end": 1, "sentence_id": ' + "9" * 30 + "}\n")
    assert pnb.read_words(tmp_path / "ids.jsonl")["sentence_id"].tolist() == [1]


def test_words_that_look_like_missing_values_stay(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ["null", "NA", "007", "1e5"], "start": [0.0, 1, 2, 3], "end": [1.0, 2, 3, 4]})
    for name in ("a.csv", "a.tsv", "a.json", "a.ctm"):
        assert pnb.read_words(write_words(tmp_path / name, table))["text"].tolist() == table["text"].tolist()
    (tmp_path / "excel.csv").write_text("start,end,text\n0,1,null\n1,2,NA\n", encoding="utf-8-sig")
    assert pnb.read_words(tmp_path / "excel.csv")["text"].tolist() == ["null", "NA"]


# ------------------------------------------------------------------------------------------------------------ writing


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (NASTY.drop(columns="start"), "lacks start"),
        (NASTY.assign(start="0.5"), "start is '0.5'"),
        (NASTY.assign(end=float("nan")), "end is nan"),
        (NASTY.assign(end=-1.0), "ends before it starts"),
        (NASTY.assign(text=1), "text is 1, not a string"),
        (NASTY.assign(start=NASTY["start"] * 1000, end=NASTY["end"] * 1000 + 30_000), "milliseconds"),
        (NASTY.assign(file=["a"] * 4 + ["b"] * 4), "several clips"),
        ("no table", "is not a table"),
    ],
)
def test_a_table_that_is_not_one_of_words_is_refused(table: Any, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=problem):
        write_words(tmp_path / "a.srt", table)
    with pytest.raises(ParameterError, match=problem):
        pnb.load(table if not isinstance(table, str) else [table])
    assert list(tmp_path.iterdir()) == []


def test_targets_that_are_refused(tmp_path: Path) -> None:
    clip = tmp_path / "talk.txt"
    clip.write_bytes(b"sound")
    with pytest.raises(ParameterError, match="would overwrite the clip itself"):
        write_words(clip, NASTY, clip=clip)
    assert clip.read_bytes() == b"sound"
    with pytest.raises(ExportError, match="exists, and was not replaced"):
        write_words(clip, NASTY, overwrite=False)
    with pytest.raises(ExportError, match=r"the folder '.*missing' does not exist"):
        write_words(tmp_path / "missing" / "a.srt", NASTY)
    with pytest.raises(ExportError, match="format='odt' is not known.*Known: html, srt,"):
        write_words(tmp_path / "a.srt", NASTY, format="odt")
    assert write_words(tmp_path / "words", NASTY, format=".CTM").format == "ctm"


def test_a_package_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(MissingDependency, match=r"the format .x needs the package y: pip install 'paraformer-nb\[z\]'"):
        Package("there_is_no_such_module", "y", "z", "the format .x").load()
