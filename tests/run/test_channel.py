"""`channel=` and `speaker=` of a run: kept in the journal, used by a resume, written beside the words."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import ended

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.records import Noticed, RunStarted


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """A stereo clip of 3 s: silence on channel 0, noise on channel 1, and a script of one sentence."""
    path = tmp_path / "call.wav"
    noise = np.random.default_rng(1).normal(0, 6000, 3 * 16_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.stack([np.zeros_like(noise), noise], axis=1).tobytes())
    words = [{"text": "hello", "begin_ms": 500, "end_ms": 900}]
    sentence = {"begin_ms": 500, "end_ms": 900, "text": "hello", "words": words}
    path.with_suffix(".json").write_text(json.dumps({"sentences": [sentence]}), encoding="utf-8")
    return path


@pytest.fixture
def service(call: Path) -> Any:
    service = pnb.Embedded("scripted", script=call.with_suffix(".json"))
    yield service
    service.close()


def test_only_the_chosen_channel_is_sent_and_the_journal_has_it(call: Path, service: Any, tmp_path: Path) -> None:
    loud = {}
    for channel, name in enumerate(["agent", "customer"]):
        path = tmp_path / f"{channel}.jsonl"
        run = ended(pnb.transcribe(call, service=service, channel=channel, speaker=name, save=path))
        loud[channel] = max(map(abs, np.frombuffer(bytes(run.transcript.waveform.data), np.int8).astype(int)))
        assert run.words["speaker"].tolist() == [name] * len(run.words)
        first = next(iter(Journal(path)))
        assert isinstance(first, RunStarted)
        assert (first.channel, first.speaker) == (channel, name)
        assert pnb.load(path).words.equals(run.words)
        assert not [each for each in Journal(path) if isinstance(each, Noticed)]
    assert loud[0] <= 1 < 50 < loud[1]


def test_a_resume_reads_the_same_channel(call: Path, service: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run = pnb.transcribe(call, service=service, channel=1, speaker="customer", save=path)
    run.cancel()
    ended(run)
    resumed = ended(pnb.resume(path, service=service))
    assert resumed.transcript.sent_until == pytest.approx(3.0)
    peaks = np.frombuffer(bytes(resumed.transcript.waveform.data), np.int8).reshape(-1, 2)
    assert (peaks.max(axis=1) > 5).mean() > 0.9
    assert set(resumed.words["speaker"]) == {"customer"}


@pytest.mark.parametrize("speaker", ["", "  ", "a\nb", 5, "x" * 501])
def test_a_speaker_is_a_short_name(speaker: Any, call: Path, service: Any) -> None:
    with pytest.raises(ParameterError, match="speaker="):
        pnb.transcribe(call, service=service, speaker=speaker)


def test_a_channel_that_does_not_exist_is_refused_at_the_call(call: Path, service: Any) -> None:
    with pytest.raises(ParameterError, match=r"channel=2: 'call\.wav' has 2 channels"):
        pnb.transcribe(call, service=service, channel=2)


def test_the_command_line_has_both(call: Path) -> None:
    command = [sys.executable, "-m", "paraformer_nb.cli", "transcribe", str(call), "--engine", "scripted"]
    options = ["--engine-option", f"script={call.with_suffix('.json')}", "--channel", "1", "--speaker", "B", "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True, timeout=60)
    assert {json.loads(line)["speaker"] for line in done.stdout.splitlines()} == {"B"}
