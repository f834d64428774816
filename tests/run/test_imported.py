"""Words from elsewhere as a whole run: everything that works with a run works with them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from saved_journals import write_journal

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.formats.registry import SUFFIXES

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:03,000 --> 00:00:04,500\n今天好。\n"


@pytest.fixture
def srt(tmp_path: Path) -> Path:
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")
    return path


def test_a_file_of_subtitles_is_a_finished_run(srt: Path) -> None:
    run = pnb.load(srt)
    assert (run.state, run.error, run.service.kind, run.service.host) == ("finished", None, "file", "file: SRT")
    assert run.text == "Hello there. 今天好。"
    assert run.words["text"].tolist() == ["Hello", "there", "今", "天", "好"]
    assert run.words["punctuation"].tolist() == ["", ".", "", "", "。"]
    assert run.sentences[["start", "end"]].to_numpy().tolist() == [[1.0, 2.0], [3.0, 4.5]]
    assert run.words.attrs["service"] == "file: SRT"
    assert run.wait() is run
    assert not len(run.gaps)
    assert srt.read_text(encoding="utf-8") == SRT


def test_the_columns_are_those_of_a_run_and_is_timed(srt: Path) -> None:
    words = pnb.read_words(srt)
    assert words.attrs == {"clip": None, "service": "file: SRT", "encoding": "utf-8"}
    loaded = pnb.load(srt).words
    shared = [name for name in words.columns if name in loaded.columns]
    assert [name for name in words.columns if name not in shared] == ["is_timed"]
    pd.testing.assert_frame_equal(words[shared], loaded[shared], check_like=True, atol=1e-6)


def test_its_words_are_corrected_exported_and_kept(srt: Path, tmp_path: Path) -> None:
    run = pnb.load(srt)
    table = run.words
    table.loc[0, "text"] = "Goodbye"
    assert run.correct(table) == 1
    assert run.undo()
    assert run.redo()
    assert run.export(tmp_path / "a.txt").path.read_text(encoding="utf-8") == "Goodbye there.\n今天好。\n"
    page = run.export(tmp_path / "a.html", audio=None).path.read_text(encoding="utf-8")
    assert "Goodbye" in page
    assert "file: SRT" in page
    run.save(tmp_path / "kept.jsonl")
    kept = pnb.load(tmp_path / "kept.jsonl")
    assert (kept.text, kept.service, kept.state) == (run.text, run.service, "finished")
    with pytest.raises(errors.JournalError, match="nothing to continue"):
        pnb.resume(tmp_path / "kept.jsonl")


def test_with_its_clip_it_has_a_waveform_a_length_and_sound(srt: Path, english: Path, tmp_path: Path) -> None:
    run = pnb.load(srt, audio=english)
    transcript = run.transcript
    assert (run.clip.name, run.clip.path) == (english.name, str(english.resolve()))
    assert transcript.run.end == pytest.approx(40, abs=1.5)
    assert not transcript.waveform.is_near_silent
    assert transcript.clip_sha256 is not None
    view = run.timeline()
    view.close()
    assert run.plot() is not None
    assert run.export(tmp_path / "a.html").path.stat().st_size > 100_000
    run.save(tmp_path / "kept.jsonl")
    kept = pnb.load(tmp_path / "kept.jsonl")  # which finds the clip by its digest
    assert b'class="pnb-sound"' in kept.export(tmp_path / "b.html").path.read_bytes()
    with pytest.raises(errors.ParameterError, match="not both"):
        pnb.load(srt, audio=english, clip=english)
    with pytest.raises(errors.AudioError):
        pnb.load(srt, audio=tmp_path / "missing.wav")


def test_a_table_is_a_run_with_its_speakers_and_overlaps() -> None:
    table = pd.DataFrame(
        {
            "text": ["no", "yes", "zero"],
            "start": [0.5, 0.25, 2.0],
            "end": [1.0, 0.75, 2.0],
            "speaker": ["b", "a", None],
            "sentence_id": [7, 3, 9],
        }
    )
    table.attrs["clip"] = "call.wav"
    run = pnb.load(table)
    words = run.words
    assert (run.clip.name, run.service.host) == ("call.wav", "file: table")
    assert words["text"].tolist() == ["yes", "no", "zero"]
    assert words[["start", "end"]].to_numpy().tolist() == [[0.25, 0.75], [0.5, 1.0], [2.0, 2.0]]
    assert words["speaker"].tolist()[:2] == ["a", "b"]
    assert pd.isna(words["speaker"][2])
    assert words["sentence_id"].tolist() == [1, 2, 3]
    assert len(pnb.load(table[:0]).words) == 0
    title = " ".join(text.get_text() for text in run.plot().texts)
    assert "file: table · 3 words" in title, "there is no model to name"


def test_run_words_make_the_same_run(srt: Path) -> None:
    run = pnb.load(srt)
    again = pnb.load(run.words)
    names = ["text", "punctuation", "start", "end", "sentence_id"]
    pd.testing.assert_frame_equal(again.words[names], run.words[names])
    assert again.text == run.text


def test_a_journal_is_loaded_as_one_whatever_its_name(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl")
    for name in ("run.json", "run.txt", "run.srt", "run"):
        copy = path.rename(tmp_path / name)
        assert pnb.load(copy).service.kind != "file"
        path = copy


def test_words_as_json_lines_are_not_taken_for_a_journal(tmp_path: Path) -> None:
    run = pnb.load(write_journal(tmp_path / "run.jsonl"))
    words = pnb.load(run.export(tmp_path / "words.jsonl"))
    assert words.service.host == "file: JSON Lines"
    assert words.words["text"].tolist() == run.words["text"].tolist()


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    (tmp_path / "a.odt").write_text("hello")
    for name in ("a.jsonl", "a.odt", "missing.jsonl"):
        with pytest.raises(errors.JournalError):
            pnb.load(tmp_path / name)
    with pytest.raises(errors.ReadError, match="missing.srt"):
        pnb.load(tmp_path / "missing.srt")


@pytest.mark.parametrize("suffix", [suffix for suffix, each in SUFFIXES.items() if each.can_read and each.render])
def test_every_format_that_is_written_and_read_makes_a_run(suffix: str, srt: Path, tmp_path: Path) -> None:
    run = pnb.load(srt)
    options = {"format": "audacity"} if suffix == ".txt" else {}
    again = pnb.load(run.export(tmp_path / f"a{suffix}", **options))
    assert again.state == "finished"
    if suffix != ".rttm":
        assert "".join(again.text.split()) == "".join(run.text.split())


def test_a_part_is_exported_with_words(srt: Path, tmp_path: Path) -> None:
    run = pnb.load(srt)
    written = run.export(tmp_path / "a.ctm", words=run.words.query("sentence_id == 2"))
    assert written.words == 3
    assert written.path.read_text(encoding="utf-8").split()[4::5] == ["今", "天", "好。"]
    assert json.loads(run.export(tmp_path / "a.json", words=run.words[:1]).path.read_bytes())["sentences"][0]["id"] == 1
    with pytest.raises(errors.ExportError, match="was not replaced"):
        run.export(tmp_path / "a.ctm", overwrite=False)
    with pytest.raises(errors.ParameterError, match="lacks start"):
        run.export(tmp_path / "a.ctm", words=run.words.drop(columns="start"))
