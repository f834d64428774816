"""WebSocket servers on loopback that a test makes behave or misbehave; processes and tasks; ended runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb.loop import get_loop
from paraformer_nb.server.engines.pocketsphinx.kind import POCKETSPHINX

needs_pocketsphinx = pytest.mark.skipif(
    not POCKETSPHINX.is_installed, reason="PocketSphinx, which also aligns words, has no wheel for this Python"
)
KEY = "never-shown-key"
RATE = 16_000
_KEPT_THREADS = ("asyncio_", "paraformer_nb", "tqdm_monitor")  # one for each process, which stays

Behaviour = Callable[["Talk"], Awaitable[None]]


class ThreadedServer:
    """A server on a thread and a loop of its own."""

    def __init__(self, host: str = "127.0.0.1", enter: Callable[[], None] | None = None) -> None:
        """`enter`: called on the thread before it listens, to move it into a network namespace."""
        self._host = host
        self._enter = enter
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event
        self._thread = threading.Thread(target=self._run, name="test-server")
        self.port = 0

    def _run(self) -> None:
        if self._enter is not None:
            self._enter()
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        await self._listen()

    async def _listen(self) -> None:
        raise NotImplementedError

    async def _until_end(self, port: int) -> None:
        self.port = port
        self._ready.set()
        await self._end.wait()

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ws://{host}:{self.port}/api-ws/v1/inference"

    def service(self, key: Any = KEY, **options: Any) -> pnb.DashScope:
        """The service that a user would pass as service= to use it."""
        return pnb.DashScope(key, url=self.url, **options)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)
        assert not self._thread.is_alive()


class Cloud(ThreadedServer):
    """A service that runs `behave` for each connection, and keeps what it received."""

    def __init__(
        self,
        behave: Behaviour,
        *,
        status: int = 101,
        body: str = "",
        location: str = "",
        has_large_buffers: bool = False,
        ssl: Any = None,
        **options: Any,
    ) -> None:
        """`has_large_buffers`: accept megabytes that the behaviour has not received yet, as a cloud does."""
        super().__init__(**options)
        self._behave = behave
        self._status = status
        self._body = body
        self._location = location
        self._has_large_buffers = has_large_buffers
        self._ssl = ssl
        self.headers: list[dict[str, str]] = []  # of each handshake, names in lower case
        self.commands: list[dict[str, Any]] = []
        self.blocks: list[bytes] = []
        self.closed = threading.Event()  # a connection's behaviour has ended
        self._tasks: set[asyncio.Task[Any]] = set()

    async def _listen(self) -> None:
        listener = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        size = 4 * 1024 * 1024 if self._has_large_buffers else 32 * 1024
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        listener.bind((self._host, 0))
        async with serve(
            self._serve,
            sock=listener,
            process_request=self.answer_handshake,
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
            max_queue=2,
            ssl=self._ssl,
        ):
            await self._until_end(listener.getsockname()[1])
            for task in self._tasks:
                task.cancel()

    def answer_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        """Record the handshake's headers. None: accept it."""
        self.headers.append({name.lower(): value for name, value in request.headers.raw_items()})
        if self._status == 101:
            return None
        response = connection.respond(HTTPStatus(self._status), self._body)
        if self._location:
            response.headers["Location"] = self._location
        return response

    async def _serve(self, connection: ServerConnection) -> None:
        # In a task of its own: in a task that was cancelled, Python 3.11.2's asyncio.timeout raises CancelledError
        # instead of TimeoutError, and websockets would never abort a connection that is not closed in time.
        behaving = asyncio.create_task(self._behave(Talk(self, connection)))
        self._tasks.add(behaving)
        try:
            await asyncio.wait({behaving})
            if not behaving.cancelled():
                behaving.result()
        except ConnectionClosed:
            pass
        finally:
            behaving.cancel()
            self._tasks.discard(behaving)
            self.closed.set()


class Talk:
    """One connection of a `Cloud`, for its behaviour to receive and send on."""

    def __init__(self, cloud: Cloud, connection: ServerConnection) -> None:
        self._cloud = cloud
        self.connection = connection
        self.task = ""

    async def command(self) -> dict[str, Any]:
        """Receive up to the next command; audio before it is kept."""
        while isinstance(message := await self.connection.recv(), bytes):
            self._cloud.blocks.append(message)
        command: dict[str, Any] = json.loads(message)
        self._cloud.commands.append(command)
        self.task = command["header"]["task_id"]
        return command

    async def begin(self) -> None:
        """Receive run-task, and send task-started."""
        await self.command()
        await self.send(event("task-started", self.task))

    async def block(self) -> bytes:
        """Receive the next block of audio."""
        message = await self.connection.recv()
        assert isinstance(message, bytes)
        self._cloud.blocks.append(message)
        return message

    async def say(self, *words: str, number: int = 1, final: bool = True, task: str = "") -> None:
        """Send a sentence of words of 100 ms each; sentence 1 begins at 0 s, sentence 2 at 1 s and so on."""
        await self.send(result(task or self.task, *words, number=number, final=final))

    async def send(self, message: str | bytes) -> None:
        """Send a message as it is."""
        await self.connection.send(message)

    async def finish(self) -> None:
        """Send task-finished."""
        await self.send(event("task-finished", self.task, {"output": {}, "usage": None}))

    async def fail(self, code: str, message: str) -> None:
        """Send task-failed."""
        header = {"task_id": self.task, "event": "task-failed", "error_code": code, "error_message": message}
        await self.send(json.dumps({"header": header | {"attributes": {}}, "payload": {}}))

    def reset(self) -> None:
        """Reset the TCP connection, as a dying router does."""
        transport = self.connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def forever(self) -> None:
        """Wait until the client or the test ends the connection."""
        await asyncio.Event().wait()


class RawServer(ThreadedServer):
    """A TCP server; `handle` sends and receives the bytes."""

    def __init__(
        self, handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
    ) -> None:
        super().__init__()
        self._handle = handle

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        await self._until_end(server.sockets[0].getsockname()[1])
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._handle(reader, writer)
        finally:
            writer.transport.abort()


def event(name: str, task: str, payload: dict[str, Any] | None = None) -> str:
    """An event's JSON."""
    return json.dumps({"header": {"task_id": task, "event": name, "attributes": {}}, "payload": payload or {}})


def result(task: str, *words: str, number: int = 1, final: bool = True, **more: Any) -> str:
    """A result-generated of words of 100 ms each; sentence 1 begins at 0 s, sentence 2 at 1 s and so on."""
    begin = 1000 * (number - 1)
    timed = [
        {"begin_time": begin + 100 * index, "end_time": begin + 100 * (index + 1), "text": word, "punctuation": ""}
        for index, word in enumerate(words)
    ]
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": begin + 100 * len(words) if final else None,
        "text": " ".join(words),
        "sentence_end": final,
        "heartbeat": False,
        "words": timed,
        **more,
    }
    return event("result-generated", task, {"output": {"sentence": sentence}, "usage": None})


async def well(talk: Talk) -> None:
    """Behave correctly: two words for any clip."""
    await talk.begin()
    await talk.command()
    await talk.say("hello", "there")
    await talk.finish()


async def recognise_last_word_late(talk: Talk) -> None:
    """Send two final words and a partial while the clip is sent, and one more final after finish-task."""
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    await talk.say("g", number=2, final=False)
    await talk.command()
    await talk.say("goodbye", number=2)
    await talk.finish()


def tone(seconds: float, rate: int = RATE) -> tuple[np.ndarray[Any, Any], int]:
    """A tone as a clip: an array and its sample rate."""
    wave = np.sin(np.arange(round(seconds * rate)) * (2 * np.pi * 220 / rate)) * 8000
    return wave.astype(np.int16), rate


# --------------------------------------------------------------------------------------------- processes and tasks


def eventually(condition: Callable[[], Any], timeout: float = 20.0) -> Any:
    """Wait for a condition, no longer than `timeout` seconds; returns its last value."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(parent: int) -> list[int]:
    """Pids of a process's children, zombies too."""
    found: list[int] = []
    for thread in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += map(int, thread.read_text().split())
    return found


def workers(parent: int | None = None) -> list[int]:
    """Pids of a process's recogniser processes, zombies too, the oldest first; `parent` None: this process's."""
    found = []
    for pid in _children(parent or os.getpid()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if re.search(rb"server\.engines\.\w+\.worker|pocketsphinx_worker", command) or not command:
            found.append(pid)
    return sorted(found, key=lambda pid: (int((_status(pid) or ["0"] * 20)[19]), pid))  # by their start


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    return _status(pid)[:1] not in ([], ["Z"])


def alive() -> tuple[set[Any], set[Any], set[Any]]:
    """Tasks of the background loop, threads and worker processes that exist now."""
    tasks = asyncio.all_tasks(get_loop())
    threads = {thread for thread in threading.enumerate() if not thread.name.startswith(_KEPT_THREADS)}
    return tasks, threads, set(workers())


def left_behind(before: tuple[set[Any], set[Any], set[Any]], timeout: float) -> list[str]:
    """What exists now and did not before; waits up to `timeout` seconds for it to end."""
    new: list[str] = []

    def is_clean() -> bool:
        new[:] = [str(each) for old, now in zip(before, alive(), strict=True) for each in now - old]
        return not new

    eventually(is_clean, timeout)
    return new


# ------------------------------------------------------------------------------------------------------- ended runs


def ended(run: pnb.Run, timeout: float = 15.0) -> pnb.Run:
    """Wait for a run that must end without an error, and return it."""
    try:
        return run.wait(timeout)
    finally:
        run.cancel()  # where it hangs: the next test must not wait for it


def failure(run: pnb.Run, timeout: float = 15.0) -> BaseException:
    """Wait for a run that must fail, check that it and its journal report the same error, and return that."""
    try:
        run.wait(timeout)
    except TimeoutError as error:
        if run.error is not error:
            raise AssertionError(f"the run hangs: {run!r}") from error
    except Exception:  # noqa: BLE001 - whatever it is, it is checked below
        pass
    finally:
        run.cancel()
    ending = run.error
    assert ending is not None
    assert run.state == "failed"
    for again in (lambda: run.wait(5), lambda: asyncio.run(_awaited(run))):
        try:
            again()
        except BaseException as caught:  # noqa: BLE001
            assert caught is ending
        else:
            raise AssertionError("the error was raised once only")
    loaded = pnb.load(run.journal.path)
    assert loaded.state == "failed"
    assert str(ending) in str(loaded.error)
    assert loaded.words.equals(run.words)
    return ending


async def _awaited(run: pnb.Run) -> pnb.Run:
    return await run


def texts(run: pnb.Run) -> list[str]:
    """The words of a run, as a list."""
    return list(run.words["text"])


def assert_says(error: BaseException, *what: str) -> None:
    """Assert that the message contains each of these, ends as a sentence does, and does not contain the key."""
    message = str(error)
    missing = [part for part in what if part.lower() not in message.lower()]
    assert not missing, f"{missing} not in {message!r}"
    assert message.rstrip()[-1] in ".。?", message
    assert KEY not in message
