"""`paraformer-nb serve`: its address and key, its options, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import command, serving
from servers import KEY, Cloud, ended, eventually, is_running, texts, tone, well, workers
from websockets.sync.client import connect
from wire import run_task

import paraformer_nb as pnb

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_address_and_a_new_key_and_ends_at_a_signal(number: int, chinese: Path) -> None:
    with serving("--engine", "scripted", "--script", chinese.with_suffix(".json")) as (process, url):
        assert process.stdout is not None
        name, _, key = process.stdout.readline().strip().rpartition(" ")
        assert (name, len(key)) == ("API key:", 32)
        run = ended(pnb.transcribe(chinese, service=pnb.DashScope(key, url=url), pace=None))
        assert run.text.startswith("今天天气很好。")
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert key not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_task_closes_its_connection(number: int, english: Path) -> None:
    with serving("--api-key", KEY) as (process, url):
        run = pnb.transcribe(
            english, service=pnb.DashScope(KEY, url=url), start=0.5, pace=2, retry=pnb.Retry(attempts=2)
        )
        assert eventually(lambda: len(run.words) > 0, 60)
        pids = workers(process.pid)
        assert pids  # a spare one may be there, too
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        with pytest.raises(pnb.errors.ConnectionLost, match="connecting again failed"):
            run.wait(20)
    assert "code 1001" in run.events.loc[run.events["event"] == "disconnected", "text"].iloc[0]
    assert process.returncode == 0
    assert "Traceback" not in err
    assert eventually(lambda: not any(map(is_running, pids)))


def test_where_the_key_comes_from(chinese: Path, tmp_path: Path) -> None:
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
        assert out == ""  # a key that was given is not printed
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


def test_a_port_in_use_is_refused_and_without_a_port_each_service_has_its_own() -> None:
    with Cloud(well) as cloud:
        done = command("serve", "--port", cloud.port)
    assert (done.returncode, done.stdout) == (1, "")
    assert "in use" in done.stderr
    assert "leave --port out for a free one" in done.stderr
    assert "Traceback" not in done.stderr
    with serving("--api-key", KEY) as (_, url), serving("--api-key", KEY) as (_, other):
        assert url != other


def test_nothing_listens_after_the_end(chinese: Path) -> None:
    with serving("--engine", "scripted", "--script", chinese.with_suffix(".json"), "--api-key", KEY) as (process, url):
        process.terminate()
        process.wait(20)
    with pytest.raises(pnb.errors.ConnectionFailed):
        asyncio.run(_await(pnb.transcribe(tone(0.1), service=pnb.DashScope(KEY, url=url))))


async def _await(run: pnb.Run) -> None:
    await run


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_key_file_may_begin_with_a_byte_order_mark(encoding: str, chinese: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\r\n", encoding=encoding)
    script = chinese.with_suffix(".json")
    with serving("--engine", "scripted", "--script", script, "--api-key-file", file) as (_, url):
        run = ended(pnb.transcribe(tone(0.3), service=pnb.DashScope(KEY, url=url), pace=None))
    assert run.state == "finished"


def test_a_key_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("key", encoding="utf-16")
    done = command("serve", "--api-key-file", file)
    assert done.returncode == 2
    assert "not a text in UTF-8" in done.stderr
    assert "Traceback" not in done.stderr
