"""`pnb.stream`: a service's events as an async iterator, in plain asyncio."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from servers import Cloud, Talk, alive, left_behind, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope import messages

pytestmark = pytest.mark.usefixtures("nothing_left")

QUICK_CLOSE = pnb.Timeouts(close=0.5)


async def _all(clip: Any, **options: Any) -> list[messages.Event]:
    return [event async for event in pnb.stream(clip, **{"timeouts": QUICK_CLOSE} | options)]


def test_events_are_typed_and_in_order() -> None:
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


def test_a_clip_with_the_embedded_service(chinese: Path) -> None:
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
        async for event in pnb.stream(tone(600), service=cloud.service(), pace=None, timeouts=QUICK_CLOSE):
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
        async for event in pnb.stream(tone(600), service=cloud.service(), pace=None, timeouts=QUICK_CLOSE):
            if isinstance(event, messages.ResultGeneratedEvent):
                raise LookupError("mine")

    with Cloud(_talkative) as cloud:
        with pytest.raises(LookupError, match="mine"):
            asyncio.run(first(cloud))
        assert cloud.closed.wait(10)


def test_a_cancelled_loop_ends_the_task() -> None:
    async def first(cloud: Cloud) -> None:
        async def read() -> None:
            async for event in pnb.stream(tone(600), service=cloud.service(), pace=None, timeouts=QUICK_CLOSE):
                if isinstance(event, messages.ResultGeneratedEvent):
                    is_read.set()

        is_read = asyncio.Event()
        task = asyncio.create_task(read())
        await asyncio.wait_for(is_read.wait(), 10)
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


def test_wrong_arguments_raise_before_anything_is_sent() -> None:
    with Cloud(well) as cloud:
        with pytest.raises(errors.ParameterError, match="max_sentence_silence"):
            asyncio.run(_all(tone(0.5), service=cloud.service(), max_sentence_silence=7))
        with pytest.raises(errors.AudioError, match="no file"):
            asyncio.run(_all("nowhere.wav", service=cloud.service()))
    assert cloud.headers == []


async def _failing_once(talk: Talk, tasks: list[str]) -> None:
    """Send two sentences and fail; on the next connection, send what follows and finish."""
    await talk.begin()
    tasks.append(talk.task)
    await talk.block()
    if len(tasks) == 1:
        await talk.say("one", number=1)
        await talk.say("two", number=2, final=False)
        await talk.fail("InternalError", "Internal server error!")
        return
    await talk.command()
    await talk.say("three", number=4, final=False)
    await talk.say("three", "four", number=4)
    await talk.finish()


def test_sentences_are_numbered_over_all_tasks_and_a_retried_failure_is_not_an_event() -> None:
    """The service's own numbers start again with each task; the withdrawn partial's number is used again."""
    tasks: list[str] = []
    with Cloud(lambda talk: _failing_once(talk, tasks)) as cloud:
        retry = pnb.Retry(first_wait=0.0)
        events = asyncio.run(_all(tone(8), service=cloud.service(), pace=None, retry=retry))
    assert len(tasks) == 2
    results = [event.sentence for event in events if isinstance(event, messages.ResultGeneratedEvent)]
    assert [(each.text, each.sentence_id, each.is_final) for each in results] == [
        ("one", 1, True),
        ("two", 2, False),
        ("three", 2, False),
        ("three four", 2, True),
    ]
    assert not [event for event in events if isinstance(event, messages.TaskFailedEvent)]


def test_a_clip_without_speech_ends_with_its_event_and_no_error() -> None:
    async def silent(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.fail("NO_VALID_AUDIO_ERROR", "NO_VALID_AUDIO_ERROR")

    with Cloud(silent) as cloud:
        events = asyncio.run(_all(tone(0.5), service=cloud.service(), pace=None))
    assert isinstance(events[-1], messages.TaskFailedEvent)


def test_a_busy_consumer_holds_the_service_back() -> None:
    """Back-pressure: while the consumer is busy nothing is received, until the service can send no more."""
    sent: list[int] = []

    async def chatty(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        for number in range(1, 3001):
            await talk.say("x" * 2000, number=number)  # 9 MB, far more than the sockets hold
            sent.append(number)
        await talk.finish()
        await talk.connection.wait_closed()  # closing at once could drop what the client has not read in 0.2 s

    async def is_stuck() -> bool:
        before = len(sent)
        await asyncio.sleep(0.5)
        return before == len(sent)

    async def read(cloud: Cloud) -> int:
        count = 0
        async for event in pnb.stream(tone(0.2), service=cloud.service(), pace=None, timeouts=QUICK_CLOSE):
            count += isinstance(event, messages.ResultGeneratedEvent)
            if count == 1:
                while not await is_stuck():
                    pass
                assert len(sent) < 3000
        return count

    with Cloud(chatty) as cloud:
        assert asyncio.run(read(cloud)) == 3000
