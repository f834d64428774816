"""What a hand-written client of the protocol is made of, and the embedded service that it talks to."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Emit, Engine, Settings, Stream
from paraformer_nb.server.engines.registry import make_engine

KEY = "a-key-of-this-test"
RATE = 16_000
LESSON = Path(__file__).parents[1] / "notebooks" / "data" / "lesson_zh.flac"
LESSON_TEXTS = ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]
LAST = ("task-finished", "task-failed")

T = TypeVar("T")

# ------------------------------------------------------------------------------------------------------------ the audio


def pcm_of(clip: Path) -> bytes:
    """A clip's samples: 16 bit, mono, 16 kHz."""
    opened = open_clip(clip, sample_rate=RATE)
    assert isinstance(opened, Clip)
    try:
        return b"".join(opened.blocks(RATE))
    finally:
        opened.close()


def wav_at(path: Path, pcm: bytes) -> Path:
    """Write such samples as a WAV file; returns its path."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


# ------------------------------------------------------------------------------------------------------------ the texts


def run_task(task: str = "task-1", *, model: str = "paraformer-realtime-v2", **parameters: Any) -> str:
    """A run-task for 16 kHz PCM; `parameters` are added, or stand instead."""
    given = {"format": "pcm", "sample_rate": RATE} | parameters
    payload = {
        "task_group": "audio",
        "task": "asr",
        "function": "recognition",
        "model": model,
        "parameters": given,
        "input": {},
    }
    return json.dumps({"header": {"action": "run-task", "task_id": task, "streaming": "duplex"}, "payload": payload})


def finish_task(task: str = "task-1") -> str:
    """A finish-task."""
    header = {"action": "finish-task", "task_id": task, "streaming": "duplex"}
    return json.dumps({"header": header, "payload": {"input": {}}})


def finals(found: list[dict[str, Any]]) -> list[str]:
    """The texts of the settled sentences among these events."""
    sentences = [
        event["payload"]["output"]["sentence"] for event in found if event["header"]["event"] == "result-generated"
    ]
    return [sentence["text"] for sentence in sentences if sentence["sentence_end"]]


# ------------------------------------------------------------------------------------------------------------ the talk


@asynccontextmanager
async def socket_to(service: EmbeddedServer, **headers: str) -> AsyncIterator[ClientConnection]:
    """A connection to a service; with its key, if no headers are given."""
    given = headers or {"Authorization": f"bearer {service.api_key}"}
    async with connect(service.url, additional_headers=given, proxy=None, compression=None) as socket:
        yield socket


async def events(socket: ClientConnection) -> list[dict[str, Any]]:
    """All events up to the task's last one."""
    found = []
    while True:
        message = await socket.recv()
        assert isinstance(message, str), "clients take binary frames for output"
        found.append(json.loads(message))
        if found[-1]["header"]["event"] in LAST:
            return found


async def hear(socket: ClientConnection, run: str, audio: bytes, finish: str, size: int = 3200) -> list[dict[str, Any]]:
    """One task, its audio in frames of `size` bytes while its events are read; all of them, from task-started on."""
    await socket.send(run)
    first = json.loads(await socket.recv())
    assert first["header"]["event"] == "task-started", first

    async def send() -> None:
        for at in range(0, len(audio), size):
            await socket.send(audio[at : at + size])
        await socket.send(finish)

    found, _ = await asyncio.gather(events(socket), send())
    return [first, *found]


async def begin(socket: ClientConnection, **parameters: Any) -> None:
    """A task, up to task-started."""
    await socket.send(run_task(**parameters))
    first = json.loads(await socket.recv())
    assert first["header"]["event"] == "task-started", first


async def until_closed(socket: ClientConnection) -> int | None:
    """Read until the connection ends; its code."""
    with suppress(ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what no event tells of; `talk_to` bounds it."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


# --------------------------------------------------------------------------------------------------------- the service


@cache
def lesson() -> Engine:
    """The scripted engine with the Chinese clip: it is the same for every service, because it holds nothing of any."""
    return make_engine("scripted", {"script": LESSON.with_suffix(".json")})


@cache
def lesson_pcm() -> bytes:
    """The Chinese clip's samples, 10.2 s."""
    return pcm_of(LESSON)


async def speak(socket: ClientConnection, run: str) -> None:
    """A task with the lesson's first 3 s, up to finish-task or the connection's end; nothing is read."""
    with suppress(ConnectionClosed):
        await socket.send(run)
        for at in range(0, 96_000, 3200):
            await socket.send(lesson_pcm()[at : at + 3200])
        await socket.send(finish_task())


async def is_well(service: EmbeddedServer) -> bool:
    """Whether a task of the lesson, on a connection of its own, is heard as always."""
    async with socket_to(service) as socket:
        return finals(await hear(socket, run_task(), lesson_pcm(), finish_task(), 2000)) == LESSON_TEXTS


class Counted:
    """Another engine, its streams counted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.opened = self.closed = 0
        self.heard = 0  # bytes, of the last stream
        self.open, self.close = engine.open, engine.close

    def stream(self, settings: Settings, emit: Emit) -> Stream:
        """One of its streams."""
        stream: Any = self._engine.stream(settings, emit)
        self.opened, self.heard = self.opened + 1, 0
        accept, close = stream.accept, stream.close

        async def accepting(pcm: bytes) -> None:
            self.heard += len(pcm)
            await accept(pcm)

        async def closing() -> None:
            self.closed += 1
            await close()

        stream.accept, stream.close = accepting, closing
        return cast("Stream", stream)


def talk_to(
    engine: Engine, talk: Callable[[EmbeddedServer], Awaitable[T]], name: str = "scripted", **options: Any
) -> T:
    """Start a service on this thread, talk to it, close it; bounded. `options` are the service's faults and limits.

    Nothing of it may be left when it is closed, and it may have made no mistake.
    """

    async def main() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        counted = Counted(engine)
        service = EmbeddedServer(name, counted, KEY, **options)
        await service.start()
        try:
            async with asyncio.timeout(30):
                return await talk(service)
        finally:
            async with asyncio.timeout(10):
                await service.close()
            left = [*(asyncio.all_tasks() - {asyncio.current_task()}), *service._serving]
            assert (service._tasks, counted.opened - counted.closed, left) == (0, 0, []), left

    with errors_logged() as errors:
        answer = asyncio.run(main())
    assert not errors, errors
    return answer


@contextmanager
def errors_logged() -> Iterator[list[Any]]:
    """What the service's log tells meanwhile of its own mistakes."""
    errors: list[Any] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(handler.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("paraformer_nb.server")
    logger.addHandler(handler)
    try:
        yield errors
    finally:
        logger.removeHandler(handler)


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[str]:
    """The URL of a service in a process of its own, as the command line starts it; its key and its log are in `folder`.

    It has to end well, with nothing unexpected in the log.
    """
    key, log = folder / "key", folder / "log"
    key.write_text(KEY)
    command = [
        sys.executable,
        "-m",
        "paraformer_nb.cli",
        "serve",
        "--port",
        "0",
        "--api-key-file",
        str(key),
        "--verbose",
        *arguments,
    ]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=clean_environment())
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on ws://127.0.0.1:"), line + log.read_text()
            yield line.removeprefix("listening on ").strip()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0, log.read_text()
        finally:
            process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what would steer a client or a service: keys, addresses, proxies, other packages."""
    steering = ("DASHSCOPE", "PARAFORMER", "PYTHONPATH")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(steering) and not name.lower().endswith("_proxy")
    }
    return kept | {"PYTHONIOENCODING": "utf-8"} | more
