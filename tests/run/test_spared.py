"""What must not cost a run its words: a listener that fails, a damaged clip, a slow reader, a strange request."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import websockets
from servers import Cloud, Talk, ended, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.dashscope.messages import TaskFinishedEvent
from paraformer_nb.journal.records import Gap

pytestmark = pytest.mark.usefixtures("nothing_left")


class BrokenListener:
    def __init__(self) -> None:
        self.calls = 0

    def refresh(self) -> None:
        self.calls += 1
        raise RuntimeError("no comm")


def test_a_listener_that_fails_does_not_cost_the_run(caplog: pytest.LogCaptureFixture) -> None:
    listener = BrokenListener()
    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(1.0), service=cloud.service(), pace=None)
        run.add_listener(listener)
        ended(run)
    assert run.state == "finished"
    assert run.error is None
    assert texts(run) == ["hello", "there"]
    assert listener.calls > 1, "it is notified again"
    assert "could not be updated" in caplog.text


def test_a_clip_that_is_cut_off_leaves_a_gap(english: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.flac"
    cut.write_bytes(english.read_bytes()[:200_000])
    run = ended(pnb.transcribe(cut, service=pnb.Embedded("scripted", script=english.with_suffix(".json"))))
    (gap,) = [record for record in run.journal if isinstance(record, Gap)]
    assert 5 < gap.start < 30
    assert gap.end == pytest.approx(39.67, abs=0.1)
    assert "cut off" in gap.reason
    assert "cut off" in run.events["text"].str.cat()


def test_a_whole_clip_leaves_no_gap(english: Path) -> None:
    service = pnb.Embedded("scripted", script=english.with_suffix(".json"))
    run = ended(pnb.transcribe(english, end=5.0, service=service))
    assert [record for record in run.journal if isinstance(record, Gap)] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_read_as_far_as_it_is_needed(english: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.flac"
    os.mkfifo(pipe)

    def write() -> None:
        with suppress(BrokenPipeError):  # the run reads no more than it needs
            pipe.write_bytes(english.read_bytes())

    writer = threading.Thread(target=write)
    writer.start()
    run = ended(pnb.transcribe(pipe, end=4.0))
    writer.join(20)
    assert "good morning" in run.text.lower()


def test_a_slow_reader_misses_no_event() -> None:
    """The service's timeouts are paused while the reader is busy with an event."""

    async def two(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.say("hello")
        await talk.say("there", number=2)
        await talk.finish()

    async def read(service: pnb.DashScope) -> list[type]:
        kinds = []
        async for event in pnb.stream(tone(0.2), service=service, pace=None, timeouts=pnb.Timeouts(finish=0.5)):
            kinds.append(type(event))
            time.sleep(0.7)  # noqa: ASYNC251 - a busy loop body: nothing else runs meanwhile
            await asyncio.sleep(0)
        return kinds

    with Cloud(two) as cloud:
        assert asyncio.run(read(cloud.service()))[-1] is TaskFinishedEvent


@pytest.mark.parametrize("hints", [5, [["en"]], "en"])
def test_a_strange_request_is_refused_and_the_service_goes_on(hints: object) -> None:
    async def ask(service: pnb.Embedded) -> dict[str, str]:
        endpoint = await service.endpoint()
        async with websockets.connect(endpoint.url, additional_headers=endpoint.headers) as socket:
            header = {"action": "run-task", "task_id": "a" * 32, "streaming": "duplex"}
            payload = {"model": "paraformer-realtime-v2", "parameters": {"language_hints": hints}, "input": {}}
            await socket.send(json.dumps({"header": header, "payload": payload}))
            answer: dict[str, str] = json.loads(await socket.recv())["header"]
            return answer

    answer = asyncio.run(ask(pnb.Embedded()))
    assert answer["event"] == "task-failed"
    assert answer["error_code"] == "InvalidParameter"
    assert "language_hints" in answer["error_message"]
