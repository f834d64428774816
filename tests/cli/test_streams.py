"""The command line on every kind of stdin, stdout and stderr: other encodings, closed, full, read no further."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, command, environment, serving
from servers import KEY, Cloud, Talk

pytestmark = [
    pytest.mark.system,
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="this system has no bash"),
]
SENTENCES = ["naïve 中文 😀", "second"]


async def recognise(talk: Talk) -> None:
    """Two sentences, the first of characters that few encodings have."""
    await talk.begin()
    await talk.command()
    for number, text in enumerate(SENTENCES, 1):
        await talk.say(text, number=number)
    await talk.finish()


def shell(line: str, *arguments: Any, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a shell line, where `COMMAND` stands for it with these arguments."""
    run = shlex.join([*COMMAND, *map(str, arguments)])
    code = "set -o pipefail; " + line.replace("COMMAND", run)
    env = environment(**variables)
    return subprocess.run(["bash", "-c", code], capture_output=True, timeout=60, check=False, env=env)


def transcribe(
    line: str, part: Path, *arguments: Any, behave: Any = recognise, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Transcribe a clip in a shell line. Checks that there is no traceback."""
    with Cloud(behave) as cloud:
        options = ["transcribe", part, "--url", cloud.url, "--pace", 50, *arguments]
        done = shell(line, *options, DASHSCOPE_API_KEY=KEY, **variables)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Exception ignored" not in done.stderr, done.stderr.decode()
    return done


# ----------------------------------------------------------------------------------------------------------- encodings

NO_UTF8_MODE = {"PYTHONIOENCODING": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("variables", "encoding", "expected"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "utf-8", "naïve 中文 😀"),
        ({"PYTHONIOENCODING": "cp1252"}, "cp1252", r"naïve \u4e2d\u6587 \ud83d\ude00"),
        ({"PYTHONIOENCODING": "ascii:strict"}, "ascii", r"na\u00efve \u4e2d\u6587 \ud83d\ude00"),
        ({"PYTHONIOENCODING": "ascii:replace"}, "ascii", "na?ve ?? ?"),
        ({"PYTHONIOENCODING": "gbk"}, "gbk", r"na\u00efve 中文 \ud83d\ude00"),
        (NO_UTF8_MODE, "ascii", r"na\u00efve \u4e2d\u6587 \ud83d\ude00"),
    ],
    ids=["utf-8", "cp1252", "ascii", "ascii replace", "gbk", "C"],
)
def test_every_line_is_printed_whatever_the_encoding(
    variables: dict[str, str], encoding: str, expected: str, part: Path
) -> None:
    done = transcribe("COMMAND", part, **variables)
    assert done.returncode == 0, done.stderr
    assert [line.partition("  ")[2] for line in done.stdout.decode(encoding).splitlines()] == [expected, "second"]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_json_stays_json_in_any_encoding(encoding: str, part: Path) -> None:
    done = transcribe("COMMAND", part, "--json", PYTHONIOENCODING=encoding)
    assert [json.loads(line)["text"] for line in done.stdout.decode(encoding).splitlines()] == SENTENCES


def test_help_and_messages_are_printed_in_any_encoding(tmp_path: Path) -> None:
    done = shell("COMMAND", "transcribe", "--help", PYTHONIOENCODING="ascii")
    assert (done.returncode, rb"\u00d7 real time" in done.stdout) == (0, True)
    done = shell("COMMAND", "transcribe", tmp_path / "没有.wav", PYTHONIOENCODING="ascii")
    assert (done.returncode, rb"\u6ca1\u6709.wav" in done.stderr) == (1, True)
    assert b"Traceback" not in done.stderr


def test_a_file_s_name_need_not_be_text(part: Path) -> None:
    odd = os.fsencode(part.parent) + b"/\xff\xe4.wav"
    os.rename(part, odd)  # noqa: PTH104 - a path of bytes
    done = transcribe("COMMAND", os.fsdecode(odd), "--output", part.parent / "{name}.txt")  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    assert rb"\udcff\udce4.txt" in done.stderr
    assert Path(os.fsdecode(os.fsencode(part.parent) + b"/\xff\xe4.txt")).exists()


# -------------------------------------------------------------------------------------------- stdout that goes nowhere


def test_a_stdout_that_is_closed_ends_it_before_anything_is_sent(part: Path) -> None:
    done = transcribe("COMMAND >&-", part)
    assert done.returncode == 1
    assert b"stdout is closed, so the words cannot be printed. Nothing was sent." in done.stderr
    assert transcribe("COMMAND >&- 2>&- <&-", part).returncode == 1


@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "json"])
def test_a_stdout_that_fails_stops_the_run(json: list[str], part: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = transcribe("COMMAND >/dev/full", part, *json)
    assert done.returncode == 1
    assert b"stdout cannot be written: No space left on device. The run was stopped." in done.stderr


async def recognise_for_long(talk: Talk) -> None:
    """A first sentence, and no end."""
    await talk.begin()
    for number in range(1, 1000):
        await talk.say("word", number=number)
    await talk.forever()


@pytest.mark.parametrize("line", ["COMMAND | head -n 1", "COMMAND 2>&1 | head -n 3"])
def test_a_reader_that_reads_no_further_stops_the_run(line: str, part: Path) -> None:
    done = transcribe(line, part, behave=recognise_for_long)
    assert done.returncode == 1
    if "2>&1" not in line:
        assert done.stdout.split() == [b"0:00.00", b"word"]
        assert b"stdout was closed by its reader. The run was stopped." in done.stderr


@pytest.mark.parametrize("line", ["COMMAND >&-", "COMMAND >/dev/full", "COMMAND | true"])
def test_where_words_have_outputs_they_are_written_whatever_stdout_is(line: str, part: Path, tmp_path: Path) -> None:
    done = transcribe(line, part, "--output", tmp_path / "words.txt")
    assert done.returncode == 0, done.stderr
    assert b"The words are written to --output only." in done.stderr
    assert (tmp_path / "words.txt").read_text().splitlines() == SENTENCES


@pytest.mark.parametrize("line", ["COMMAND 2>&-", "COMMAND 2>/dev/full", "COMMAND 2> >(true)"])
def test_a_stderr_that_fails_costs_nothing(line: str, part: Path, tmp_path: Path) -> None:
    done = transcribe(line, part, "--json", "--output", tmp_path / "words.txt")
    assert done.returncode == 0
    assert [json.loads(row)["text"] for row in done.stdout.splitlines()] == SENTENCES, "and no message between"


@pytest.mark.parametrize("arguments", [["--help"], ["completion", "bash"]], ids=" ".join)
def test_other_commands_end_without_a_traceback(arguments: list[str]) -> None:
    for line in ("COMMAND >/dev/full", "COMMAND >&-"):
        done = shell(line, *arguments)
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr
        assert done.returncode in (0, 1)


def test_serve_needs_no_stdout_where_nothing_is_to_be_printed() -> None:
    with serving("--api-key", KEY) as (_, url):
        port = url.partition("127.0.0.1:")[2].partition("/")[0]
    line = "COMMAND >&- & pid=$!; sleep 0.01; for _ in {1..200}; do (: < /dev/tcp/127.0.0.1/PORT) 2>/dev/null && "
    line += "kill -TERM $pid && break; sleep 0.1; done; wait $pid"
    done = shell(line.replace("PORT", port), "serve", "--port", port, "--api-key", KEY)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    done = shell("COMMAND >&-", "serve")
    assert (done.returncode, b"stdout is closed" in done.stderr) == (1, True)


# --------------------------------------------------------------------------------------------------------------- stdin


@pytest.mark.parametrize(
    ("line", "clip", "name"),
    [
        ("cat CLIP | COMMAND", "-", "stdin"),
        ("COMMAND < CLIP", "-", "stdin"),
        ("cat CLIP | COMMAND", "/dev/stdin", "stdin"),
        ("COMMAND < CLIP", "/dev/stdin", "stdin"),
        ("COMMAND 7< <(cat CLIP)", "/dev/fd/7", "7"),
        ("exec 7< <(cat CLIP); COMMAND", "/proc/self/fd/7", "7"),
    ],
)
def test_a_clip_comes_from_stdin_or_a_pipe(line: str, clip: str, name: str, part: Path, tmp_path: Path) -> None:
    if sys.platform != "linux" and "proc" in clip:
        pytest.skip("this system has no /proc")
    options = [part for suffix in ("txt", "html") for part in ("--output", tmp_path / f"{{name}}.{suffix}")]
    done = transcribe(line.replace("CLIP", shlex.quote(str(part))), clip, *options)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert (tmp_path / f"{name}.txt").read_text().splitlines() == SENTENCES
    assert (tmp_path / f"{name}.html").exists()


def test_a_socket_as_stdin_is_a_clip(part: Path) -> None:
    import socket

    own, theirs = socket.socketpair()
    with Cloud(recognise) as cloud, own, theirs:
        theirs.sendall(part.read_bytes()[:50_000])
        theirs.shutdown(socket.SHUT_WR)
        done = subprocess.run(
            [*COMMAND, "transcribe", "/dev/stdin", "--url", cloud.url, "--pace", "50"],
            stdin=own,
            capture_output=True,
            timeout=60,
            check=False,
            env=environment(DASHSCOPE_API_KEY=KEY),
        )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("line", "code", "what"),
    [
        ("COMMAND <&-", 2, b"stdin is closed"),
        (": | COMMAND", 1, b"'stdin' is empty: it ended after 0 bytes"),
        ("echo no sound | COMMAND", 1, b"'stdin' is not audio"),
    ],
)
def test_a_stdin_without_a_clip(line: str, code: int, what: bytes) -> None:
    done = transcribe(line, "-")  # type: ignore[arg-type]
    assert done.returncode == code
    assert what in done.stderr


def test_resume_continues_with_a_file_as_stdin_and_refuses_a_pipe(part: Path, tmp_path: Path) -> None:
    async def fail(talk: Talk) -> None:
        await talk.begin()
        await talk.fail("Arrearage", "The account is overdue.")

    journal = tmp_path / "run.jsonl"
    transcribe("COMMAND", part, "--save", journal, behave=fail)
    with Cloud(recognise) as cloud:
        options = ["resume", journal, "--clip", "-", "--url", cloud.url, "--pace", 50]
        piped = shell(f"cat {part} | COMMAND", *options, DASHSCOPE_API_KEY=KEY)
        done = shell(f"COMMAND < {part}", *options, DASHSCOPE_API_KEY=KEY)
    assert (piped.returncode, b"'stdin' is a pipe" in piped.stderr) == (2, True)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr


def test_only_a_bare_dash_is_stdin(part: Path) -> None:
    done = command("transcribe", part.with_name("-"))
    assert (done.returncode, "there is no file" in done.stderr) == (1, True)
