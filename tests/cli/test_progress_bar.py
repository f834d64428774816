"""The progress bar: on a terminal that it has for itself, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest
from command_line import COMMAND, command, environment

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's"),
]


def arguments(part: Path, script: Path) -> list[str]:
    return ["transcribe", str(part), "--engine", "scripted", "--engine-option", f"script={script}", "--pace", "6"]


def on_a_terminal(command_line: list[str], stdout: IO[bytes] | int) -> bytes:
    """What a command writes to stderr, which is a terminal of 80 columns."""
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written = b""
    with subprocess.Popen([*COMMAND, *command_line], stdout=stdout, stderr=theirs, env=environment()) as process:
        os.close(theirs)
        with suppress(OSError):  # Linux: the other end was closed
            while block := os.read(ours, 65536):
                written += block
        process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0, written
    return written


def test_the_bar_fills_on_a_terminal_while_words_go_to_a_file(part: Path, chinese: Path, tmp_path: Path) -> None:
    with (tmp_path / "words.txt").open("wb") as file:
        written = on_a_terminal(arguments(part, chinese.with_suffix(".json")), file)
    assert f"3.0/3.0 s |{'█' * 20}|" in written.decode()
    assert "今天天气很好" in (tmp_path / "words.txt").read_text(encoding="utf-8")


def test_words_that_go_through_a_pipe_are_not_printed_into_the_bar(part: Path, chinese: Path) -> None:
    written = on_a_terminal(arguments(part, chinese.with_suffix(".json")), subprocess.PIPE)
    assert b"|" not in written


def test_a_log_holds_no_bar(part: Path, chinese: Path) -> None:
    done = command(*arguments(part, chinese.with_suffix(".json")))
    assert done.returncode == 0, done.stderr
    assert "Scripted" in done.stderr
    assert "|" not in done.stderr
    assert "\r" not in done.stderr
