"""Long clips with known words, made by repeating the English lesson, and a service scripted with them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

from paraformer_nb.audio.clip import Clip, open_clip

DATA = Path(__file__).parents[2] / "notebooks" / "data"
RATE = 16_000
KEY = "benchmark"


def make_clip(folder: Path, name: str, seconds: int) -> Path:
    """Write a WAV of `seconds` and the script beside it; return the WAV's path."""
    opened = open_clip(DATA / "lesson_en.flac", sample_rate=RATE)
    assert isinstance(opened, Clip)
    pcm = b"".join(opened.blocks(RATE))
    opened.close()
    lesson = json.loads((DATA / "lesson_en.json").read_text())
    length_ms = len(pcm) // 2 * 1000 / RATE
    sentences = []
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for repeat in range(-(-seconds * 1000 // int(length_ms))):
            file.writeframes(pcm[: max(0, seconds * RATE * 2 - repeat * len(pcm))])
            sentences += [_shifted(sentence, round(repeat * length_ms)) for sentence in lesson["sentences"]]
    inside = [sentence for sentence in sentences if sentence["end_ms"] < seconds * 1000]
    (folder / f"{name}.json").write_text(json.dumps({"sentences": inside}))
    return folder / f"{name}.wav"


def _shifted(sentence: dict, by: int) -> dict:
    words = [{**word, "begin_ms": word["begin_ms"] + by, "end_ms": word["end_ms"] + by} for word in sentence["words"]]
    return {**sentence, "begin_ms": sentence["begin_ms"] + by, "end_ms": sentence["end_ms"] + by, "words": words}


@contextlib.contextmanager
def serving(script: Path, *faults: str) -> Iterator[str]:
    """Run a scripted service with these faults in a process of its own, with KEY as its key; yield its URL."""
    serve = [sys.executable, "-m", "paraformer_nb.cli", "serve", "--port", "0"]
    command = [*serve, "--limit", "speed=1e9", "--engine", "scripted"]  # so that it does not slow down the client
    command += [part for fault in faults for part in ("--fault", fault)]
    process = subprocess.Popen(
        [*command, "--script", str(script), "--api-key", KEY],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)
