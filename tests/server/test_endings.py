"""How the embedded service and its connections end, whatever they wait for, and that faults leave nothing behind."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from pathlib import Path

import fake_pocketsphinx_worker as fake
import pytest
from servers import ended, needs_pocketsphinx, texts, workers
from wire import (
    LESSON,
    lesson_engine,
    run_task,
    run_with_server,
    send_lesson,
    socket_to,
    wait_closed,
    wait_until,
)

import paraformer_nb as pnb
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.pocketsphinx.engine import PocketSphinx
from paraformer_nb.server.faults import parse_fault
from paraformer_nb.server.limits import Limits

QUICK = Limits(close=0.1)


@pytest.mark.parametrize(
    "fault",
    ["drop:events=3,how=silence", "stall:events=3,lasting=3600", "delay:lasting=3600", "mute", "drop:how=silence"],
)
def test_a_service_closes_whatever_its_connections_wait_for(fault: str) -> None:
    async def client(service: EmbeddedServer) -> None:
        async with socket_to(service) as socket:
            await send_lesson(socket, run_task())
            if "events" in fault:
                for _ in range(3):
                    await socket.recv()
            async with asyncio.timeout(5):
                await service.close()

    run_with_server(lesson_engine(), client, faults=[parse_fault(fault)], limits=QUICK)


@pytest.mark.parametrize("fault", ["delay:lasting=3600", "stall:lasting=3600", "stall:events=1,lasting=3600"])
def test_a_fault_does_not_wait_for_a_client_that_has_disconnected(fault: str) -> None:
    async def client(service: EmbeddedServer) -> None:
        async with socket_to(service) as socket:
            await socket.send(run_task())
            await wait_until(lambda: service.connection_count > 0)
            socket.transport.abort()
        await wait_until(lambda: service.connection_count == 0)

    run_with_server(lesson_engine(), client, faults=[parse_fault(fault)])


WORKER = f"import sys; sys.path.append({str(Path(fake.__file__).parent)!r}); import fake_pocketsphinx_worker as fake; "


@needs_pocketsphinx
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("fault", ["drop:events=1,how=silence", "fail:bytes=9000", "delay:lasting=3600"])
def test_no_worker_outlives_its_service(fault: str) -> None:
    engine = PocketSphinx(command=(sys.executable, "-ISc", f"{WORKER}next(fake.read_blocks()); fake.works()"))

    async def client(service: EmbeddedServer) -> None:
        async with socket_to(service) as socket:
            await socket.send(run_task())
            for _ in range(3):
                await socket.send(bytes(3200))
            await wait_until(lambda: service.task_count == 1)
            assert workers()
            if "fail" in fault:
                await wait_closed(socket)
            await service.close()
            socket.transport.abort()

    run_with_server(engine, client, "pocketsphinx", faults=[parse_fault(fault)], limits=QUICK)
    assert workers() == []


@pytest.mark.usefixtures("nothing_left")
def test_a_run_succeeds_in_spite_of_several_faults() -> None:
    script = LESSON.with_suffix(".json")
    faults = ["refuse:times=1", "drop:events=5,how=reset,times=1", "fail:events=20,times=2", "duplicate"]
    with closing(pnb.Embedded("scripted", script=script, faults=faults)) as service:
        run = ended(pnb.transcribe(LESSON, service=service), 30)
    assert "".join(texts(run)) == "今天天气很好我们一起去公园散步语音识别把声音变成文字"
