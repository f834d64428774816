"""Files and sound that a front end requests: each request has one answer, with the data or the reason."""

from __future__ import annotations

import io
import json
import re
import wave
from pathlib import Path

import numpy as np
import pytest
from fake_front_end import FrontEnd, recognised, run_started

import paraformer_nb as pnb
from paraformer_nb.errors import ExportError
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.tables.schema import WORDS_RAW
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.files import Files
from paraformer_nb.widgets.run_data import FileFormat
from paraformer_nb.widgets.typedefs import FILE


def _make(suffix: str) -> bytes:
    if suffix == ".bad":
        raise ExportError("the disk is full")
    return b"made" + suffix.encode()


FILES = Files((FileFormat(".txt", "plain text"), FileFormat(".bad", "x")), _make, lambda _: None)


@pytest.fixture
def transcript() -> Transcript:
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    return transcript


def test_formats_are_sent_once_with_everything_else(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript, files=FILES)
    front_end.send("sync")
    assert front_end.updates[-1].files == list(FILES.formats)
    front_end.apply(recognised(2, ["more"], is_final=True))
    assert front_end.updates[-1].files is None


def test_a_file_is_made_and_errors_are_sentences(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript, files=FILES)
    reply, buffers = front_end.request("file", id=1, suffix=".txt")
    assert (reply.error, buffers) == ("", [b"made.txt"])
    reply, buffers = front_end.request("file", id=2, suffix=".bad")
    assert (reply.error, buffers) == ("The file was not made: the disk is full", [])
    for number, suffix in enumerate(["../../etc/passwd", ".exe", ""], 3):
        reply, _ = front_end.request("file", id=number, suffix=suffix)
        assert "cannot be made here" in reply.error
    reply, _ = FrontEnd(transcript).request("file", id=9, suffix=".txt")
    assert "cannot be made here" in reply.error


def test_a_selection_s_sound_is_a_wav_file(transcript: Transcript) -> None:
    rate = 16_000
    tone = np.sin(2 * np.pi * 440 * np.arange(4 * rate) / rate).astype(np.float32)
    clip = PlayableClip((tone, rate))
    front_end = FrontEnd(transcript, open_audio=lambda: clip)
    reply, buffers = front_end.request("sound", id=1, start=1.0, end=2.5)
    assert reply.mime == "audio/wav"
    with wave.open(io.BytesIO(buffers[0])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == 72_000
    strongest = np.argmax(np.abs(np.fft.rfft(samples))) * 48_000 / len(samples)
    assert abs(strongest - 440) < 2
    for number, (start, end) in enumerate([(2.0, 2.0), (3.0, 1.0), (0.0, 5000.0), (9.0, 10.0)], 2):
        reply, buffers = front_end.request("sound", id=number, start=start, end=end)
        assert reply.error
        assert buffers == []


def test_a_run_offers_every_format_that_it_exports(english: Path) -> None:
    run = pnb.transcribe(english, service=pnb.Embedded("scripted", script=english.with_suffix(".json")), end=4).wait()
    front_end = FrontEnd(run.transcript, run.timeline())
    front_end.send("sync")
    formats = front_end.updates[0].files
    assert formats
    assert {".txt", ".html", ".jsonl"} <= {each.suffix for each in formats}
    reply, buffers = front_end.request("file", id=1, suffix=".txt")
    assert reply.error == ""
    assert bytes(buffers[0]).decode().startswith("Good morning")


def test_a_table_made_in_the_page_has_the_columns_of_words_raw() -> None:
    code = (FILE.parent / "model" / "formats.js").read_text(encoding="utf-8")
    match = re.search(r"^const COLUMNS = (\[.*\]);$", code, re.MULTILINE)
    assert match is not None
    columns = json.loads(match[1])
    assert columns == [column.name for column in WORDS_RAW]
