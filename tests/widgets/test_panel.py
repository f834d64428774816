"""The form: the chosen clip is transcribed with the chosen service and language."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from fake_front_end import FakeComm

import paraformer_nb as pnb
from paraformer_nb.dashscope.parameters import Language

DATA = Path(__file__).parents[2] / "notebooks" / "data"


def test_pressing_transcribe_starts_a_run_and_shows_it() -> None:
    panel = pnb.panel(DATA)
    assert [name for name, _ in panel.clip.options] == ["lesson_en.flac", "lesson_zh.flac"]
    panel.transcribe.click()
    assert len(panel.view.children) == 1
    assert "Good morning" in panel.run.wait(60).text


def test_an_uploaded_file_becomes_the_clip() -> None:
    panel = pnb.panel(DATA)
    content = (DATA / "lesson_en.flac").read_bytes()
    comm = FakeComm()
    panel.upload.comm = comm
    comm.deliver({"method": "custom", "content": {"kind": "begin", "name": "mine.flac", "size": len(content)}})
    half = len(content) // 2
    for offset, block in ((0, content[:half]), (half, content[half:])):
        assert panel.clip.label == "lesson_en.flac", "it has not arrived"
        comm.deliver({"method": "custom", "content": {"kind": "block", "offset": offset}}, block)
    assert panel.clip.label == "mine.flac"
    assert panel.clip.value == content
    assert len(str(panel.upload.get_state())) < 10_000, "an upload left in the widget would be saved with the notebook"
    panel.transcribe.click()
    panel.run.cancel()
    panel.run.wait(60)


def test_errors_are_shown_in_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    panel = pnb.panel(tmp_path)
    panel.transcribe.click()
    assert "No clip to transcribe" in panel.message.value
    panel = pnb.panel(DATA)
    panel.service.value = True
    panel.transcribe.click()
    assert "DASHSCOPE_API_KEY" in panel.message.value
    assert panel.run is None


def test_the_language_follows_the_service() -> None:
    panel = pnb.panel(DATA)
    assert panel.language.label == "English"
    panel.service.value = True
    assert "中文" in dict(panel.language.options)
    assert set(dict(panel.language.options).values()) == {"", *get_args(Language)}
