"""The command line, as processes of their own: what they print, and how they end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import KEY, Cloud, Talk, assert_says, ended, eventually, is_running, texts, tone, well, workers
from websockets.sync.client import connect
from wire import run_task

import paraformer_nb as pnb
from paraformer_nb.tables.words import WORD_COLUMNS

pytestmark = pytest.mark.usefixtures("nothing_left")

COMMAND = [sys.executable, "-m", "paraformer_nb.cli"]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DASHSCOPE", "PARAFORMER"))}
    return kept | {"PYTHONIOENCODING": "utf-8"} | more


def command(*arguments: Any, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=environment(**variables),
    )


@contextmanager
def started(*arguments: Any, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(**variables),
    )
    try:
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
    finally:
        assert process.returncode is not None


@contextmanager
def serving(*arguments: Any, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `serve`, and its URL."""
    with started("serve", "--port", 0, *arguments, **variables) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on ws://127.0.0.1:"), line + (process.stderr or sys.stderr).read()
        yield process, line.removeprefix("listening on ").strip()


@pytest.fixture
def part(chinese: Path, tmp_path: Path) -> Path:
    """The Chinese clip's first sentence, 3 s, as a WAV: real time is short for it."""
    import av

    with av.open(str(chinese)) as container:
        pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]).astype(np.int16)
    path = tmp_path / "part.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(pcm[: 3 * 16000].tobytes())
    return path


# ------------------------------------------------------------------------------------------------------- transcribe


def test_transcribe_prints_each_sentence_with_its_time(english: Path) -> None:
    done = command("transcribe", english)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].split() == ["0:00.76", "good", "morning", "and", "welcome", "to", "the", "first", "lesson"]
    assert len(lines) == 8
    assert "English only" in done.stderr
    assert "Traceback" not in done.stderr


def test_transcribe_json_gives_the_words_table_line_by_line(part: Path, chinese: Path) -> None:
    script = chinese.with_suffix(".json")
    with serving("--engine", "scripted", "--script", script, "--api-key", KEY) as (_, url):
        done = command("transcribe", part, "--url", url, "--json", DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [tuple(row) for row in rows] == [WORD_COLUMNS] * 6
    run = ended(pnb.transcribe(part, service=pnb.Embedded("scripted", script=script)))
    assert "".join(row["text"] for row in rows) == "今天天气很好" == "".join(texts(run))
    assert [(row["start"], row["end"]) for row in rows] == list(zip(run.words["start"], run.words["end"], strict=True))
    assert {(row["sentence_id"], row["is_final"], row["confidence"], row["speaker"]) for row in rows} == {
        (1, True, None, None)
    }
    assert "Scripted" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_transcribe_says_where_there_is_no_speech(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(32000))
    done = command("transcribe", path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no speech was found" in done.stderr


def test_text_cannot_steer_the_terminal(tmp_path: Path, part: Path) -> None:
    async def evil(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.say("\x1b[2J\x07bad\r\n")
        await talk.finish()

    with Cloud(evil) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 1


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
        (["serve", "--port", "0", "--engine", "whisper"], 2, "unknown engine 'whisper'"),
        (["serve", "--port", "0", "--engine", "scripted"], 2, "script=FILE.json"),
        (["serve", "--port", "0", "--engine", "replay"], 2, "journal=FILE"),
        (["serve", "--port", "0", "--fault", "mute", "--fault", "crash"], 2, "unknown fault 'crash'"),
        (["serve", "--port", "0", "--limit", "patience=1"], 2, "unknown limit 'patience'"),
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


def test_a_service_without_a_key_for_it(part: Path) -> None:
    done = command("transcribe", part, "--url", "wss://dashscope.aliyuncs.com/")
    assert done.returncode == 2
    assert "DASHSCOPE_API_KEY" in done.stderr


def test_a_service_that_says_no(part: Path) -> None:
    with Cloud(well, status=401) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (1, "")
    assert_says(RuntimeError(done.stderr.strip()), "does not accept the API key", "DASHSCOPE_API_KEY")


def test_what_was_settled_before_a_failure_is_printed(part: Path) -> None:
    failures = [("InternalError", "Internal server error!"), ("Arrearage", "The account is overdue.")]

    async def failing(talk: Talk) -> None:
        await talk.begin()
        for _ in range(3):
            await talk.block()
        await talk.say("hello", "there")
        await talk.fail(*failures.pop(0))

    with Cloud(failing) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert failures == [], "the first was worth another attempt, the second one was not"
    assert (done.returncode, done.stdout.split()) == (1, ["0:00.00", "hello", "there"])
    assert "The account is overdue" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_keeps_the_tail(english: Path) -> None:
    async def hearing(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello")
        await talk.command()
        await talk.say("goodbye", number=2)
        await talk.finish()

    with (
        Cloud(hearing) as cloud,
        started("transcribe", english, "--url", cloud.url, "--json", DASHSCOPE_API_KEY=KEY) as process,
    ):
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["text"] == "hello"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert json.loads(out)["text"] == "goodbye"
    assert "Traceback" not in err
    assert process.returncode == 130


def test_a_killed_transcribe_leaves_no_worker(english: Path) -> None:
    with started("transcribe", english) as process:
        assert eventually(lambda: workers(process.pid), 30)
        pids = workers(process.pid)
        process.kill()
    assert eventually(lambda: not any(is_running(pid) for pid in pids))


# ------------------------------------------------------------------------------------------------------------ serve


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_address_and_a_new_key_and_ends_when_told(number: int, chinese: Path) -> None:
    with serving("--engine", "scripted", "--script", chinese.with_suffix(".json")) as (process, url):
        assert process.stdout is not None
        key = process.stdout.readline().strip()
        assert len(key) == 32
        run = ended(pnb.transcribe(chinese, service=pnb.DashScope(key, url=url), pace=None))
        assert run.text.startswith("今天天气很好。")
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert key not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_amid_a_task_and_tells_its_client(number: int, english: Path) -> None:
    with serving("--api-key", KEY) as (process, url):
        run = pnb.transcribe(
            english, service=pnb.DashScope(KEY, url=url), start=0.5, pace=2, retry=pnb.Retry(attempts=2)
        )
        assert eventually(lambda: len(run.words) > 0, 60)
        pids = workers(process.pid)
        assert len(pids) == 1
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        with pytest.raises(pnb.errors.ConnectionLost, match="cannot be made again"):
            run.wait(20)
    assert "code 1001" in run.events.loc[run.events["event"] == "lost", "text"].iloc[0]
    assert process.returncode == 0
    assert "Traceback" not in err
    assert eventually(lambda: not is_running(pids[0]))


def test_where_serve_s_key_comes_from(chinese: Path, tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.write_text(f"{KEY}-file\n")
    script = ("--engine", "scripted", "--script", chinese.with_suffix(".json"))
    ways: list[tuple[str, list[Any], dict[str, str]]] = [
        (f"{KEY}-argument", ["--api-key", f"{KEY}-argument"], {"PARAFORMER_NB_API_KEY": "another"}),
        (f"{KEY}-file", ["--api-key-file", file], {"PARAFORMER_NB_API_KEY": "another"}),
        (f"{KEY}-variable", [], {"PARAFORMER_NB_API_KEY": f"{KEY}-variable"}),
    ]
    for key, arguments, variables in ways:
        with serving(*script, *arguments, **variables) as (process, url):
            silence = (np.zeros(1600, np.int16), 16000)
            right = ended(pnb.transcribe(silence, service=pnb.DashScope(key, url=url)))
            assert right.error is None
            wrong = pnb.transcribe(silence, service=pnb.DashScope("another", url=url))
            with pytest.raises(pnb.errors.AuthenticationError):
                wrong.wait(10)
            process.terminate()
            out, err = process.communicate(timeout=20)
        assert out == ""  # a key that was given is not shown
        assert KEY not in err


def test_serve_replays_with_faults_and_limits(chinese: Path, tmp_path: Path) -> None:
    saved, service = tmp_path / "run.jsonl", pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    first = ended(pnb.transcribe(chinese, service=service, save=saved))
    service.close()
    options = [
        "--journal",
        saved,
        "--speed",
        1e6,
        "--fault",
        "refuse:times=1",
        "--fault",
        "drop:events=5,times=1",
        "--limit",
        "no_data=0.5",
        "--api-key",
        KEY,
        "--verbose",
    ]
    with serving("--engine", "replay", *options) as (process, url):
        again = ended(pnb.transcribe(chinese, service=pnb.DashScope(KEY, url=url), pace=None))
        assert texts(again) == texts(first)
        with connect(f"{url}?api_key={KEY}", proxy=None) as socket:
            socket.send(run_task())
            assert "task-started" in str(socket.recv(20))
            assert "request timeout after 0.5 seconds." in str(socket.recv(20))
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert "refused-by-fault status=503" in err
    assert "failed connection=" in err
    assert KEY not in err


def test_a_port_that_is_taken() -> None:
    with Cloud(well) as cloud:
        done = command("serve", "--port", cloud.port)
    assert (done.returncode, done.stdout) == (1, "")
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version() -> None:
    assert command("--version").stdout.strip() == pnb.__version__


def test_serve_stops_listening_when_it_ends(chinese: Path) -> None:
    with serving("--engine", "scripted", "--script", chinese.with_suffix(".json"), "--api-key", KEY) as (process, url):
        process.terminate()
        process.wait(20)
    with pytest.raises(pnb.errors.ConnectionFailed):
        asyncio.run(_await(pnb.transcribe(tone(0.1), service=pnb.DashScope(KEY, url=url))))


async def _await(run: pnb.Run) -> None:
    await run
