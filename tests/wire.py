"""A hand-written client of the protocol, piece by piece, and the embedded service that it connects to."""

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
from paraformer_nb.server.engines.registry import ENGINES, make_engine

KEY = "a-key-of-this-test"
RATE = 16_000
LESSON = Path(__file__).parents[1] / "notebooks" / "data" / "lesson_zh.flac"
LESSON_TEXTS = ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]
LAST = ("task-finished", "task-failed")

T = TypeVar("T")

# ---------------------------------------------------------------------------------------------------------------- audio


def read_pcm(clip: Path) -> bytes:
    """Return a clip's samples: 16 bit, mono, 16 kHz."""
    opened = open_clip(clip, sample_rate=RATE)
    assert isinstance(opened, Clip)
    try:
        return b"".join(opened.blocks(RATE))
    finally:
        opened.close()


def write_wav(path: Path, pcm: bytes) -> Path:
    """Write such samples as a WAV file and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


# ------------------------------------------------------------------------------------------------------------- commands


def run_task(task: str = "task-1", *, model: str = "paraformer-realtime-v2", **parameters: Any) -> str:
    """Return a run-task for 16 kHz PCM; `parameters` are added, or replace the defaults."""
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
    """Return a finish-task."""
    header = {"action": "finish-task", "task_id": task, "streaming": "duplex"}
    return json.dumps({"header": header, "payload": {"input": {}}})


# ----------------------------------------------------------------------------------------------------------- the client


@asynccontextmanager
async def socket_to(service: EmbeddedServer, **headers: str) -> AsyncIterator[ClientConnection]:
    """Connect to a service; with its key, if no headers are given."""
    given = headers or {"Authorization": f"bearer {service.api_key}"}
    async with connect(service.url, additional_headers=given, proxy=None, compression=None) as socket:
        yield socket


async def start_task(socket: ClientConnection, **parameters: Any) -> None:
    """Send run-task and receive task-started."""
    await socket.send(run_task(**parameters))
    first = json.loads(await socket.recv())
    assert first["header"]["event"] == "task-started", first


async def receive_events(socket: ClientConnection) -> list[dict[str, Any]]:
    """Receive all events up to the task's last one."""
    found = []
    while True:
        message = await socket.recv()
        assert isinstance(message, str), "clients treat binary frames as audio output"
        found.append(json.loads(message))
        if found[-1]["header"]["event"] in LAST:
            return found


async def stream_task(
    socket: ClientConnection, run: str, audio: bytes, finish: str, size: int = 3200
) -> list[dict[str, Any]]:
    """Run a task, sending its audio in frames of `size` bytes while receiving; return all events."""
    await socket.send(run)
    first = json.loads(await socket.recv())
    assert first["header"]["event"] == "task-started", first

    async def send() -> None:
        for offset in range(0, len(audio), size):
            await socket.send(audio[offset : offset + size])
        await socket.send(finish)

    found, _ = await asyncio.gather(receive_events(socket), send())
    return [first, *found]


def finals(found: list[dict[str, Any]]) -> list[str]:
    """Return the texts of the final sentences among these events."""
    sentences = [
        event["payload"]["output"]["sentence"] for event in found if event["header"]["event"] == "result-generated"
    ]
    return [sentence["text"] for sentence in sentences if sentence["sentence_end"]]


async def wait_closed(socket: ClientConnection) -> int | None:
    """Receive until the connection is closed; return its close code."""
    with suppress(ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that no event reports; `run_with_server` limits the time."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


# ---------------------------------------------------------------------------------------------------------- the service


@cache
def lesson_engine() -> Engine:
    """The scripted engine with the Chinese clip. All services share it: it keeps no state of any of them."""
    return make_engine("scripted", {"script": LESSON.with_suffix(".json")})


@cache
def lesson_pcm() -> bytes:
    """The Chinese clip's samples, 10.2 s."""
    return read_pcm(LESSON)


async def send_lesson(socket: ClientConnection, run: str) -> None:
    """Send a task with the lesson's first 3 s, up to finish-task or the connection's end; receive nothing."""
    with suppress(ConnectionClosed):
        await socket.send(run)
        for offset in range(0, 96_000, 3200):
            await socket.send(lesson_pcm()[offset : offset + 3200])
        await socket.send(finish_task())


async def can_serve(service: EmbeddedServer) -> bool:
    """Whether a task with the lesson, on a connection of its own, gets the usual results."""
    async with socket_to(service) as socket:
        return finals(await stream_task(socket, run_task(), lesson_pcm(), finish_task(), 2000)) == LESSON_TEXTS


class CountingEngine:
    """Another engine, whose streams are counted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.opened = 0
        self.closed = 0
        self.received = 0  # bytes, of the last stream
        self.open = engine.open
        self.close = engine.close

    def stream(self, settings: Settings, emit: Emit) -> Stream:
        """Create a stream."""
        stream: Any = self._engine.stream(settings, emit)
        self.opened += 1
        self.received = 0
        accept = stream.accept
        close = stream.close

        async def counting_accept(pcm: bytes) -> None:
            self.received += len(pcm)
            await accept(pcm)

        async def counting_close() -> None:
            self.closed += 1
            await close()

        stream.accept = counting_accept
        stream.close = counting_close
        return cast("Stream", stream)


def run_with_server(
    engine: Engine, client: Callable[[EmbeddedServer], Awaitable[T]], name: str = "scripted", **options: Any
) -> T:
    """Start a service, run a client against it, and close it, all within a time limit.

    `options` are the service's faults and limits. Afterwards no task, connection or stream of it may be left, and its
    log may not contain an error.
    """

    async def main() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        counted = CountingEngine(engine)
        service = EmbeddedServer(ENGINES[name], counted, KEY, **options)
        await service.start()
        try:
            async with asyncio.timeout(30):
                return await client(service)
        finally:
            async with asyncio.timeout(10):
                await service.close()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert left == set(), left
            assert (service.connection_count, service.task_count, counted.opened - counted.closed) == (0, 0, 0)

    with errors_logged() as errors:
        answer = asyncio.run(main())
    assert not errors, errors
    return answer


@contextmanager
def errors_logged() -> Iterator[list[Any]]:
    """Collect the errors that the service logs."""
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
def serve_in_subprocess(folder: Path, *arguments: str) -> Iterator[str]:
    """Start a service with the command line, with its key and log in `folder`; yield its URL.

    It must exit successfully, without a traceback in its log.
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
    """Return this environment without variables that configure a client or a service: keys, addresses, proxies."""
    prefixes = ("DASHSCOPE", "PARAFORMER", "PYTHONPATH")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(prefixes) and not name.lower().endswith("_proxy")
    }
    return kept | {"PYTHONIOENCODING": "utf-8"} | more
