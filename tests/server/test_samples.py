"""Clients that behave like the vendor's samples in four languages; only the URL differs.

None of them is careful, and the service must serve them all.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.client import ClientConnection, connect
from wire import KEY, LAST, RATE, finals, finish_task, read_pcm, run_with_server, write_wav

from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.registry import make_engine

pytestmark = pytest.mark.usefixtures("nothing_left")

TEXTS = ["我们一起去公园散步。", "语音识别把声音变成文字。"]  # the sentences after `START`
START = 3  # seconds: audio from within the clip is recognised only if the WAV header before it is not treated as sound
MODEL = "paraformer-realtime-v2"
PHRASES = [{"resource_id": "phrases-of-1", "resource_type": "asr_phrase"}]


class Sample(NamedTuple):
    """The behaviour of one sample."""

    run: dict[str, Any]
    finish: dict[str, Any]
    frame: int  # bytes of audio in a message
    authorization: str = f"bearer {KEY}"
    buffer: int | None = None  # bytes: it treats the result of one receive call as a whole message
    leave: Callable[[ClientConnection], Awaitable[None]] = ClientConnection.close


async def _drop(socket: ClientConnection) -> None:
    """Close the TCP connection without a closing handshake, as Go does."""
    socket.transport.abort()


def _command(action: str, task: str, payload: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {"header": {"action": action, "task_id": task, "streaming": "duplex"} | header, "payload": payload}


def _run(task: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    payload = {"task_group": "audio", "task": "asr", "function": "recognition", "model": MODEL, "input": {}}
    return _command("run-task", task, payload | {"parameters": parameters} | more)


def go() -> Sample:
    """Go sends structs whole, unset fields included."""
    task = "9a3f0b6c-52d1-4e7a-8f60-1c2d3e4f5a6b"
    nothing = {"sentence": {"begin_time": 0, "end_time": None, "text": "", "words": None}, "usage": None}
    unset = {"event": "", "error_code": "", "error_message": "", "attributes": None}
    parameters = {
        "format": "pcm",
        "sample_rate": RATE,
        "vocabulary_id": "",
        "disfluency_removal_enabled": False,
        "language_hints": None,
    }
    run = _run(task, parameters, resources=None, output=nothing)
    empty = {
        "format": "",
        "sample_rate": 0,
        "vocabulary_id": "",
        "disfluency_removal_enabled": False,
        "language_hints": None,
    }
    payload = {
        "task_group": "",
        "task": "",
        "function": "",
        "model": "",
        "parameters": empty,
        "resources": None,
        "input": {},
        "output": nothing,
    }
    run["header"] |= unset
    return Sample(run, _command("finish-task", task, payload, **unset), 1024, leave=_drop)


def csharp() -> Sample:
    """C# sends the bare key, and has a buffer of 4,096 bytes: a longer message is cut, and no longer valid JSON."""
    task = "5b0e1f2a3c4d5e6f708192a3b4c5d6e7"
    parameters = {"format": "pcm", "sample_rate": RATE, "disfluency_removal_enabled": False}
    finish = json.loads(finish_task(task))
    return Sample(_run(task, parameters, resources=PHRASES), finish, 1024, authorization=KEY, buffer=4096)


def php() -> Sample:
    """PHP sends an empty object as [], and finish-task with an id of its own."""
    parameters = {"format": "pcm", "sample_rate": RATE}
    run = _run("c1d2e3f4a5b60718293a4b5c6d7e8f90", parameters, input=[], resources=PHRASES)
    return Sample(run, _command("finish-task", "00112233445566778899aabbccddeeff", {"input": []}), 1024)


def node() -> Sample:
    """Node sends no parameters, and a WAV file in chunks as the file system returns them."""
    task = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    return Sample(_run(task, {}), json.loads(finish_task(task)), 64 * 1024)


async def _message(socket: ClientConnection, buffer: int | None) -> dict[str, Any]:
    """Receive one message as the sample does."""
    frames = [frame async for frame in socket.recv_streaming(decode=False)]
    message: dict[str, Any] = json.loads(frames[0][:buffer] if buffer else b"".join(frames))
    return message


async def _use(service: EmbeddedServer, sample: Sample, audio: bytes) -> list[dict[str, Any]]:
    """Behave like the sample, without its pauses; return the events."""
    headers = {"Authorization": sample.authorization, "X-DashScope-DataInspection": "enable"}
    found = []
    async with connect(service.url + "/", additional_headers=headers, proxy=None, compression=None) as socket:
        await socket.send(json.dumps(sample.run))
        found.append(await _message(socket, sample.buffer))
        assert found[0]["header"]["event"] == "task-started", found

        async def receive() -> None:
            while found[-1]["header"]["event"] not in LAST:
                found.append(await _message(socket, sample.buffer))

        async def send() -> None:
            for offset in range(0, len(audio), sample.frame):
                await socket.send(audio[offset : offset + sample.frame])
            await socket.send(json.dumps(sample.finish))

        await asyncio.gather(receive(), send())
        await sample.leave(socket)
    return found


def _recognise(sample: Sample, script: Path, wav: Path) -> list[dict[str, Any]]:
    """Send a WAV file as the sample does to a service with this script; return the events."""
    engine = make_engine("scripted", {"script": script})
    return run_with_server(engine, lambda service: _use(service, sample, wav.read_bytes()))


@pytest.mark.parametrize("sample", [go(), csharp(), php(), node()], ids=["go", "csharp", "php", "node"])
def test_a_sample_of_the_vendor_s_is_served(
    sample: Sample, chinese: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wav = write_wav(tmp_path / "lesson.wav", read_pcm(chinese)[START * RATE * 2 :])
    with caplog.at_level(logging.WARNING, logger="paraformer_nb.server"):
        found = _recognise(sample, chinese.with_suffix(".json"), wav)
    assert found[-1]["header"]["event"] == "task-finished", found[-1]
    assert {event["header"]["task_id"] for event in found} == {sample.run["header"]["task_id"]}
    assert finals(found) == TEXTS
    assert found[1]["payload"]["output"]["sentence"]["begin_time"] == 256
    assert found[-1]["payload"]["usage"] == {"duration": 8}
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []
    assert caplog.text.count("RIFF") == 1  # the audio is declared as PCM, or not at all


def test_a_finish_task_with_another_id_is_logged(
    chinese: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="paraformer_nb.server"):
        _recognise(php(), chinese.with_suffix(".json"), write_wav(tmp_path / "lesson.wav", read_pcm(chinese)))
    assert "finish-task had another task_id" in caplog.text


def test_a_long_sentence_fits_the_buffer_of_csharp(chinese: Path, tmp_path: Path) -> None:
    """Forty words in nine seconds, without a pause; the buffer holds about 45."""
    wav = write_wav(tmp_path / "lesson.wav", read_pcm(chinese))
    words = [{"text": "说", "begin_ms": ms, "end_ms": ms + 200} for ms in range(600, 9400, 220)][:40]
    sentence = {"text": "说" * 40 + "。", "begin_ms": 600, "end_ms": words[-1]["end_ms"], "words": words}
    script = tmp_path / "lesson.json"
    script.write_text(json.dumps({"sentences": [sentence]}))
    assert finals(_recognise(csharp(), script, wav)) == [sentence["text"]]
