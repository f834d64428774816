"""`pnb.stream`: a service's events as an async iterator, under plain asyncio."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from servers import Cloud, Talk, alive, left_behind, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.client import session
from paraformer_nb.dashscope import messages

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def _hasty_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 0.5)


async def _all(clip: Any, **options: Any) -> list[messages.Event]:
    return [event async for event in pnb.stream(clip, **options)]


def test_events_come_typed_and_in_order() -> None:
    with Cloud(well) as cloud:
        events = asyncio.run(_all(tone(0.5), service=cloud.service(), pace=None))
    assert [type(event).__name__ for event in events] == [
        "TaskStartedEvent",
        "ResultGeneratedEvent",
        "TaskFinishedEvent",
    ]
    final = events[1]
    assert isinstance(final, messages.ResultGeneratedEvent)
    assert (final.sentence.text, final.sentence.is_final) == ("hello there", True)


def test_a_clip_against_the_embedded_service(chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    events = asyncio.run(_all(str(chinese), service=service))
    finals = [e.sentence.text for e in events if isinstance(e, messages.ResultGeneratedEvent) and e.sentence.is_final]
    assert finals == ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]


async def _talkative(talk: Talk) -> None:
    await talk.begin()
    number = 0
    while True:
        number += 1
        await talk.block()
        await talk.say("again", number=number)


def test_leaving_the_loop_ends_the_task_and_leaves_nothing_behind() -> None:
    before = alive()

    async def first(cloud: Cloud) -> None:
        async for event in pnb.stream(tone(600), service=cloud.service(), pace=None):
            if isinstance(event, messages.ResultGeneratedEvent):
                break
        assert await asyncio.to_thread(cloud.closed.wait, 10)
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=5)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Cloud(_talkative) as cloud:
        asyncio.run(first(cloud))
    assert left_behind(before, 5) == []


def test_an_error_in_the_loop_ends_the_task() -> None:
    async def first(cloud: Cloud) -> None:
        async for event in pnb.stream(tone(600), service=cloud.service(), pace=None):
            if isinstance(event, messages.ResultGeneratedEvent):
                raise LookupError("mine")

    with Cloud(_talkative) as cloud:
        with pytest.raises(LookupError, match="mine"):
            asyncio.run(first(cloud))
        assert cloud.closed.wait(10)


def test_a_cancelled_loop_ends_the_task() -> None:
    async def first(cloud: Cloud) -> None:
        async def hear() -> None:
            async for event in pnb.stream(tone(600), service=cloud.service(), pace=None):
                if isinstance(event, messages.ResultGeneratedEvent):
                    told.set()

        told = asyncio.Event()
        task = asyncio.create_task(hear())
        await asyncio.wait_for(told.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(cloud.closed.wait, 10)

    with Cloud(_talkative) as cloud:
        asyncio.run(first(cloud))


def test_two_clips_at_once() -> None:
    async def both(cloud: Cloud) -> list[list[messages.Event]]:
        service = cloud.service()
        return await asyncio.gather(*(_all(tone(1.0), service=service, pace=None) for _ in range(2)))

    with Cloud(well) as cloud:
        results = asyncio.run(both(cloud))
    assert [len(events) for events in results] == [3, 3]
    assert len({command["header"]["task_id"] for command in cloud.commands}) == 2


def test_errors_are_raised_from_the_loop() -> None:
    async def failing(talk: Talk) -> None:
        await talk.begin()
        await talk.fail("InternalError", "Internal server error!")

    with Cloud(failing) as cloud, pytest.raises(errors.TaskFailed, match="Internal server error"):
        asyncio.run(_all(tone(0.5), service=cloud.service(), pace=None))
    with Cloud(well, status=401) as cloud, pytest.raises(errors.AuthenticationError):
        asyncio.run(_all(tone(0.5), service=cloud.service()))


def test_wrong_arguments_are_raised_before_anything_is_sent() -> None:
    with Cloud(well) as cloud:
        with pytest.raises(errors.ParameterError, match="max_sentence_silence"):
            asyncio.run(_all(tone(0.5), service=cloud.service(), max_sentence_silence=7))
        with pytest.raises(errors.AudioError, match="no file"):
            asyncio.run(_all("nowhere.wav", service=cloud.service()))
    assert cloud.headers == []
