"""The embedded service's log: events with connection and task, one line each, never with a key or audio."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wire import (
    KEY,
    finish_task,
    lesson_engine,
    lesson_pcm,
    run_task,
    run_with_server,
    socket_to,
    stream_task,
    wait_until,
)

from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.faults import parse_fault
from paraformer_nb.server.limits import Limits
from paraformer_nb.server.log import log


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Capture all levels of all loggers, except of the client's library, which logs its own headers."""
    with caplog.at_level(logging.WARNING, logger="websockets.client"), caplog.at_level(logging.DEBUG):
        yield


async def send(service: EmbeddedServer, *messages: str | bytes) -> None:
    """Send these messages, then receive to the connection's end."""
    with suppress(ConnectionClosed):
        async with socket_to(service) as socket:
            for message in messages:
                await socket.send(message)
            while True:
                await socket.recv()


async def use_in_every_way(service: EmbeddedServer) -> None:
    """Make valid and invalid handshakes and tasks, with the key in every position where a client may put it."""
    for path, header in [
        ("", f"Bearer {KEY}"),
        (f"?api_key={KEY}", ""),
        ("", KEY),
        ("", f"{KEY} {KEY}"),
        ("", f"Bearer {KEY}x"),
        (f"?api_key={KEY}x", ""),
        (f"/x?api_key={KEY}", ""),
        ("", ""),
    ]:
        with suppress(InvalidStatus, ConnectionClosed):
            given = {"Authorization": header} if header else {}
            async with connect(service.url + path, additional_headers=given, proxy=None) as socket:
                await stream_task(socket, run_task(vocabulary_id=KEY, api_key=KEY), lesson_pcm()[:96000], finish_task())
    await send(service)
    await send(service, "not json")
    await send(service, run_task(model="whisper"))
    await send(service, run_task(), finish_task())
    await send(service, run_task(), bytes(70_000))
    await send(service, run_task(format="mp3"), lesson_pcm()[32000:64000], finish_task())


FAULTS = ["refuse:times=1", "drop:events=3,how=reset,times=2", "fail:events=9"]


def test_neither_the_key_nor_audio_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(no_data=0.1, idle=0.1, frame=64 * 1024)
    run_with_server(lesson_engine(), use_in_every_way, limits=limits)
    run_with_server(lesson_engine(), use_in_every_way, limits=limits, faults=[parse_fault(text) for text in FAULTS])
    audio = lesson_pcm()[38400:38440]
    leaks = [KEY, audio.hex(), str(audio)[2:-1], base64.b64encode(audio).decode()]
    for record in caplog.records:
        text = f"{record.getMessage()} {vars(record)}"
        assert not [leak for leak in leaks if leak in text], text
    assert {record.event for record in caplog.records if hasattr(record, "event")} == {
        "connected",
        "started",
        "parameters-ignored",
        "finished",
        "failed",
        "idle",
        "client-disconnected",
        "disconnected",
        "wrong-key",
        "no-key",
        "refused-by-fault",
    }


def test_records_have_attributes_for_programs(caplog: pytest.LogCaptureFixture) -> None:
    async def client(service: EmbeddedServer) -> None:
        async with socket_to(service) as socket:
            await stream_task(socket, run_task("a-task"), lesson_pcm(), finish_task("a-task"))
        await wait_until(lambda: service.connection_count == 0)

    run_with_server(lesson_engine(), client)
    ours = [record for record in caplog.records if hasattr(record, "event")]
    assert [record.event for record in ours] == [
        "connected",
        "started",
        "finished",
        "client-disconnected",
        "disconnected",
    ]
    assert {record.name for record in ours} == {"paraformer_nb.server"}
    number = ours[0].fields["connection"]
    assert ours[0].fields == {"connection": number, "task": None}
    finished = {"connection": number, "task": "a-task", "seconds": 10.2}
    assert ours[2].fields == finished | {"seconds": pytest.approx(10.2, abs=0.1)}
    assert ours[2].getMessage().startswith(f"finished connection={number} task=a-task seconds=10.")
    assert ours[3].fields["code"] == 1000


HOSTILE = "a\nERROR:root:all is lost\r\x1b[2J\u2028\u202e"


@pytest.mark.parametrize(
    "messages",
    [
        [run_task(HOSTILE)],
        [run_task(model=HOSTILE)],
        [run_task(format=HOSTILE)],
        [run_task(**{HOSTILE: 1})],
        [run_task(language_hints=[HOSTILE])],
        [f'{{"header":{{"action":"{"x" * 10_000}","task_id":"a"}}}}'],
    ],
)
def test_a_client_cannot_forge_log_lines(messages: list[str], caplog: pytest.LogCaptureFixture) -> None:
    run_with_server(lesson_engine(), lambda service: send(service, *messages), limits=Limits(no_data=0.02))
    ours = [record.getMessage() for record in caplog.records if record.name == "paraformer_nb.server"]
    assert ours[0].startswith("connected ")
    assert len(ours) >= 3
    assert all(message.isprintable() and len(message) < 500 for message in ours), ours


def test_an_internal_error_is_logged_without_the_client_s_text(caplog: pytest.LogCaptureFixture) -> None:
    """It fails only that task, and the log contains the exception."""

    class BrokenEngine:
        async def open(self) -> None: ...
        async def close(self) -> None: ...
        def stream(self, *_: Any) -> Any:
            raise ZeroDivisionError("of the engine")

    with pytest.raises(AssertionError, match="failed unexpectedly"):  # run_with_server finds it, as it must
        run_with_server(BrokenEngine(), lambda service: send(service, run_task(HOSTILE)))
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage().isprintable()
    assert record.exc_info[0] is ZeroDivisionError


def test_values_are_formatted_on_one_line() -> None:
    lines: list[str] = []
    logger = logging.getLogger("paraformer_nb.server")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        log(logging.INFO, "event", number=1, none=None, text="two words", empty="", long="x" * 300, quote="it's")
    finally:
        logger.removeHandler(handler)
    assert lines == [f"event number=1 none=None text='two words' empty='' long={'x' * 200}… quote=it's"]
