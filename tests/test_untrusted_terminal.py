"""A service's text never controls a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from hostile_texts import SHOWN, assert_plain, hostile_result
from servers import KEY, Cloud, Talk, tone


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    with wave.open(str(tmp_path / "clip.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(tone(0.3)[0].tobytes())
    return tmp_path / "clip.wav"


def _on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    shown = b""
    try:
        while data := _read(parent):
            shown += data
    finally:
        process.kill()
        process.wait(10)
        os.close(parent)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux reports so that the other side is closed
        return b""


def test_a_terminal_is_not_controlled(clip: Path) -> None:
    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.send(hostile_result(talk.task, 1, list(SHOWN), final=False))
        await talk.command()
        await talk.send(hostile_result(talk.task, 1, list(SHOWN)))
        await talk.send(hostile_result(talk.task, 2, list(SHOWN), final=False))
        await talk.fail("\x1b[2J\n\x9b31m", "\x1b]0;owned\x07\u202e\n\u2028")

    command = [sys.executable, "-m", "paraformer_nb.cli", "transcribe", str(clip)]
    environment = os.environ | {
        "DASHSCOPE_API_KEY": KEY,
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm",
        "COLUMNS": "100",
    }
    with Cloud(behave) as cloud:
        shown = _on_a_terminal([*command, "--url", cloud.url], environment)
        piped = subprocess.run(
            [*command, "--url", cloud.url, "--json"], env=environment, capture_output=True, timeout=60, check=False
        )
    assert "]0;owned" in shown
    assert "the service ended the task" in shown
    assert_plain(re.split("\r\n|\r|\x1b\\[A", shown))  # the bar itself needs these
    rows = [json.loads(line) for line in piped.stdout.decode().splitlines()]
    expected = [text.strip() for text in SHOWN.values()]
    assert [row["text"] for row in rows if row["is_final"]] == expected
    assert [row["text"] for row in rows if not row["is_final"]] == expected
    assert_plain(piped.stdout.decode().split("\n"))
    assert_plain(re.split("[\r\n]", piped.stderr.decode()))
