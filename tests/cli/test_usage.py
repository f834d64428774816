"""Wrong usage of the command line: exit code 2 and a message, and nothing was sent."""

from __future__ import annotations

import pytest
from command_line import command
from servers import KEY

import paraformer_nb as pnb


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        ([], 2, "COMMAND"),
        (["transcribe"], 2, "FILE"),
        (["dance"], 2, "dance"),
        (["transcribe", "nowhere.wav"], 1, "there is no file 'nowhere.wav'"),
        (["transcribe", "/"], 1, "is a directory"),
        (["transcribe", "x.wav", "--url", "ws://example.com/"], 2, "wss://"),
        (["transcribe", "x.wav", "--model", ""], 2, "model=''"),
        (["serve"], 2, "--port"),
        (["serve", "--port", "http"], 2, "http"),
        (["serve", "--port", "99999"], 2, "99999"),
        (["serve", "--port", "-1"], 2, "-1"),
        (["serve", "--port", "0", "--engine", "whisper"], 2, "engine 'whisper'. Known: "),
        (["serve", "--port", "0", "--engine", "scripted"], 2, "script=FILE.json"),
        (["serve", "--port", "0", "--engine", "replay"], 2, "journal=FILE"),
        (["serve", "--port", "0", "--fault", "mute", "--fault", "crash"], 2, "fault 'crash'"),
        (["serve", "--port", "0", "--limit", "patience=1"], 2, "limit 'patience'"),
        (["serve", "--port", "0", "--api-key", ""], 2, "the key is empty"),
        (["serve", "--port", "0", "--api-key", "a", "--api-key-file", "b"], 2, "not both"),
        (["serve", "--port", "0", "--api-key-file", "/no/such/file"], 2, "/no/such/file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments: list[str], code: int, what: str) -> None:
    done = command(*arguments, DASHSCOPE_API_KEY=KEY)
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (code, "")
    assert KEY not in done.stderr


def test_the_version() -> None:
    assert command("--version").stdout.strip() == pnb.__version__
