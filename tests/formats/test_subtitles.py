"""Subtitles: the whole files of the nasty table, as other programs read them, and files that are not quite right."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import pandas as pd
import pytest
from nasty import NASTY, shown, whole

import paraformer_nb as pnb
from paraformer_nb.formats.export import write_words

TABLE = NASTY.copy()
TABLE.attrs.update(clip="my talk.wav", service="scripted")

SRT = """\
1
00:00:00,000 --> 00:00:01,100
Hello, say a＜b>&c

2
00:00:01,000 --> 00:00:01,917
→ ｛\\i1}

3
00:00:02,000 --> 00:00:02,917
今天 "天气"。

4
00:00:03,000 --> 00:00:03,833
tab here.
"""
VTT = """\
WEBVTT

NOTE my talk.wav, scripted

00:00:00.000 --> 00:00:01.100
<v ann>Hello, say a&lt;b&gt;&amp;c

00:00:01.000 --> 00:00:01.917
<v bo b>--&gt; {\\i1}

00:00:02.000 --> 00:00:02.917
今天 "天气"。

00:00:03.000 --> 00:00:03.833
tab here.
"""
KARAOKE = """\
WEBVTT

NOTE my talk.wav, scripted

00:00:00.000 --> 00:00:01.100
<v ann><c>Hello,</c><00:00:00.500> <c>say</c> <c>a&lt;b&gt;&amp;c</c>

00:00:01.000 --> 00:00:01.917
<v bo b><c>--&gt;</c><00:00:01.200> <c>{\\i1}</c><00:00:01.500>

00:00:02.000 --> 00:00:02.917
<c>今天</c><00:00:02.500> <c>"天气"。</c><00:00:02.900>

00:00:03.000 --> 00:00:03.833
<c>tab here.</c><00:00:03.400>
"""
ASS = """\
Dialogue: 0,0:00:00.00,0:00:01.10,Default,ann,0,0,0,,{\\kf50}Hello, {\\kf0}say {\\kf60}a<b>&c
Dialogue: 0,0:00:01.00,0:00:01.92,Default,bo b,0,0,0,,{\\kf20}--> {\\kf30}｛＼i1｝
Dialogue: 0,0:00:02.00,0:00:02.92,Default,,0,0,0,,{\\kf50}今天 {\\kf40}"天气"。
Dialogue: 0,0:00:03.00,0:00:03.83,Default,,0,0,0,,{\\kf40}tab here.
"""
LINES = ["Hello, say a<b>&c", "--> {\\i1}", '今天 "天气"。', "tab here."]
TIMES = [(0.0, 1.1), (1.0, 1.917), (2.0, 2.917), (3.0, 3.833)]


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [("a.srt", {}, SRT), ("a.vtt", {}, VTT), ("a.vtt", {"level": "word"}, KARAOKE)],
    ids=["srt", "vtt", "karaoke"],
)
def test_the_whole_file(name: str, options: dict[str, Any], text: str, tmp_path: Path) -> None:
    assert whole(write_words(tmp_path / name, TABLE, **options).path) == text


def test_the_events_of_ass(tmp_path: Path) -> None:
    text = whole(write_words(tmp_path / "a.ass", TABLE).path)
    assert text[text.index("Dialogue:") :] == ASS
    assert "Title: my talk.wav\n" in text
    plain = whole(write_words(tmp_path / "a.ass", TABLE, level="cue").path)
    assert ",,Hello, say a<b>&c\n" in plain


def test_what_a_format_cannot_hold_is_among_its_changes(tmp_path: Path) -> None:
    srt = write_words(tmp_path / "a.srt", TABLE)
    replaced = srt.changes.query("what == 'character replaced'")
    assert replaced["before"].tolist() == ["<", "-->", "{"]
    assert replaced["after"].tolist() == ["＜", "→", "｛"]
    assert replaced["row"].tolist() == [0, 3, 3]
    assert "cue (overlap)" in srt.changes["what"].tolist()
    ass = write_words(tmp_path / "a.ass", TABLE)
    assert ass.changes.query("what == 'character replaced'")["before"].tolist() == ["{", "\\", "}"]


def test_rules_and_their_values_are_options(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ["one", "two", "three"], "start": [0.0, 1.0, 2.0], "end": [1.0, 2.0, 3.0]})
    assert "one\ntwo\nthree" in whole(write_words(tmp_path / "a.srt", table, columns=5, lines=3).path)
    assert "one two three" in whole(write_words(tmp_path / "a.srt", table, rules="bbc").path)
    with pytest.raises(pnb.errors.ParameterError, match="rules='other'"):
        write_words(tmp_path / "b.srt", table, rules="other")
    with pytest.raises(pnb.errors.ParameterError, match="level='letter'"):
        write_words(tmp_path / "b.vtt", table, level="letter")
    assert not list(tmp_path.glob("b.*"))


def test_roundings_of_ass_do_not_add_up(tmp_path: Path) -> None:
    starts = [number * 0.2444 for number in range(20)]
    table = pd.DataFrame({"text": ["a"] * 20, "start": starts, "end": [start + 0.2444 for start in starts]})
    words = pnb.read_words(write_words(tmp_path / "a.ass", table))
    assert (words["start"] - table["start"]).abs().max() <= 0.0051


# ------------------------------------------------------------------------------------------------------- other readers


def _ffmpeg(path: Path) -> list[tuple[float, float, str]]:
    """The cues of a file as FFmpeg decodes them: start, end, and the text as an ASS event's."""
    cues = []
    with av.open(str(path)) as file:
        for packet in file.demux(file.streams.subtitles[0]):
            if packet.pts is None or packet.duration is None:
                continue
            start = float(packet.pts * packet.time_base)
            end = start + float(packet.duration * packet.time_base)
            cues += [(round(start, 3), round(end, 3), _text(subtitle)) for subtitle in packet.decode()]
    return cues


def _text(subtitle: Any) -> str:
    event = subtitle.ass if isinstance(subtitle.ass, str) else subtitle.ass.decode()
    return str(event.split(",", 8)[8])


@pytest.mark.parametrize("name", ["a.srt", "a.vtt", "a.ass"])
def test_ffmpeg_reads_every_cue_at_its_time(name: str, tmp_path: Path) -> None:
    cues = _ffmpeg(write_words(tmp_path / name, TABLE, **({"level": "cue"} if name == "a.ass" else {})).path)
    digits = 2 if name == "a.ass" else 3
    assert [cue[:2] for cue in cues] == [(round(a, digits), round(b, digits)) for a, b in TIMES]
    expected = {
        "a.srt": ["Hello, say a＜b>&c", "→ ｛\\i1}", '今天 "天气"。', "tab here."],
        "a.ass": ["Hello, say a<b>&c", "--> ｛＼i1｝", '今天 "天气"。', "tab here."],
    }.get(name, LINES)
    got = [text.replace("\\{{}", "{").replace("\\\u2060", "\\") for _, _, text in cues]
    assert got == expected


def test_pysubs2_and_webvtt_py_read_the_same(tmp_path: Path) -> None:
    pysubs2 = pytest.importorskip("pysubs2", reason="an oracle of the test extra")
    webvtt = pytest.importorskip("webvtt", reason="an oracle of the test extra")
    srt = pysubs2.load(str(write_words(tmp_path / "a.srt", TABLE).path))
    assert [(event.start / 1000, event.end / 1000) for event in srt] == TIMES
    assert [event.plaintext for event in srt] == ["Hello, say a＜b>&c", "→ ｛\\i1}", '今天 "天气"。', "tab here."]
    vtt = webvtt.from_string(whole(write_words(tmp_path / "a.vtt", TABLE, level="word").path))
    assert [caption.voice for caption in vtt.captions] == ["ann", "bo b", None, None]
    assert [caption.text for caption in vtt.captions][2:] == LINES[2:]
    assert [caption.start for caption in vtt.captions][1] == "00:00:01.000"


def test_what_other_tools_write_is_read(tmp_path: Path) -> None:
    webvtt = pytest.importorskip("webvtt", reason="an oracle of the test extra")
    file = webvtt.WebVTT()
    file.captions.append(webvtt.Caption("00:00:01.000", "00:00:02.000", "<v Ann>Fish &amp; chips", identifier="one"))
    out = io.StringIO()
    file.write(out)
    (tmp_path / "a.vtt").write_text(out.getvalue(), encoding="utf-8")
    words = pnb.read_words(tmp_path / "a.vtt")
    assert (shown(words), words["speaker"].tolist()) == (["Fish", "&", "chips"], ["Ann"] * 3)


# ------------------------------------------------------------------------------------------------------ odd subtitles


def _read(tmp_path: Path, text: str, suffix: str = ".srt") -> pd.DataFrame:
    path = tmp_path / f"odd{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    return pnb.read_words(path)


@pytest.mark.parametrize(
    "text",
    [
        "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n",
        "1\r\n00:00:01,000 --> 00:00:02,000\r\nHello there.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nBye.\r\n",
        "1\r00:00:01,000 --> 00:00:02,000\rHello there.\r\r2\r00:00:03,000 --> 00:00:04,000\rBye.\r",
        "1\n00:00:01.000 --> 00:00:02.000\nHello there.\n\n2\n00:00:03.0 --> 00:00:04.0\nBye.",
        "00:00:01,000 --> 00:00:02,000\nHello\nthere.\n\n00:00:03,000 --> 00:00:04,000\nBye.\n",
        "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n",
        "\n\n\n1\n0:0:1,000 --> 0:0:2,000 X1:100\n<i>Hello</i> {\\an8}<font color='red'>there.</font>\n\n\n\n"
        "2\n00:00:03,000-->00:00:04,000\nBye.\n\n",
        "1\n00:00:01,000 --> 00:00:02,000\nHello\n\nthere.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n",
    ],
    ids=["plain", "crlf", "cr", "dots", "no numbers", "no blank lines", "markup", "blank line within"],
)
def test_srt_of_any_kind_is_read(text: str, tmp_path: Path) -> None:
    words = _read(tmp_path, text)
    assert shown(words) == ["Hello", "there.", "Bye."]
    assert words["start"].tolist()[0::2] == [1.0, 3.0]
    assert (words["end"].iloc[1], words["end"].iloc[2]) == (2.0, 4.0)
    assert not words["is_timed"].any()
    assert words["sentence_id"].tolist() == [1, 1, 2]


def test_hours_may_have_three_digits(tmp_path: Path) -> None:
    words = _read(tmp_path, "1\n100:00:01,000 --> 100:00:02,500\nLate.\n")
    assert (words["start"][0], words["end"][0]) == (360001.0, 360002.5)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n00:00:03,0", "line 5"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n00:00:03,000 --> 00:0", "line 6"),
        ("1\n00:00:0x,000 --> 00:00:02,000\nLost.\n\n2\n00:00:01,000 --> 00:00:02,000\nHello.\n", "line 2"),
    ],
    ids=["cut in a time", "cut behind the arrow", "not a time"],
)
def test_of_a_torn_file_what_is_whole_is_read_and_the_line_is_named(text: str, line: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=f"'odd.srt' is damaged.*{line} is not a cue"):
        words = _read(tmp_path, text)
    assert shown(words) == ["Hello."]


def test_vtt_with_styles_comments_and_names_is_read(tmp_path: Path) -> None:
    text = (
        "WEBVTT - talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\na --> b\n\n"
        "first\n00:01.000 --> 00:02.000 align:start\n<v.loud Ann><b>Hello</b> &lt;there&gt;\n\nNOTE end\n\n"
        "00:03.000 --> 00:05.000\nOne <00:04.000><c>two</c><00:04.500> <c>three</c>\n"
    )
    words = _read(tmp_path, text, ".vtt")
    assert shown(words) == ["Hello", "<there>", "One", "two", "three"]
    assert words["start"].tolist()[2:] == [3.0, 4.0, 4.5]
    assert words["is_timed"].tolist() == [False, False, True, True, True]
    assert words["speaker"].tolist()[:2] == ["Ann", "Ann"]


def test_chinese_is_read_by_the_character(tmp_path: Path) -> None:
    words = _read(tmp_path, "1\n00:00:00,000 --> 00:00:04,000\n用GPT写诗。\n")
    assert shown(words) == ["用", "GPT", "写", "诗。"]
    assert words["end"].is_monotonic_increasing
