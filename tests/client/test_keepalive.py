"""What is a dead link, and what only looks like one. (`test_resume` and `test_cuts` have those that are dead.)"""

from __future__ import annotations

import asyncio

import pytest
from lessons import losses
from servers import (
    Cloud,
    Talk,
    ended,
    texts,
    tone,
)

import paraformer_nb as pnb
from paraformer_nb.dashscope import messages

pytestmark = pytest.mark.usefixtures("no_waiting", "nothing_left_in_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


@tidy
def test_a_consumer_that_is_slow_is_not_taken_for_a_dead_link() -> None:
    """Pings are answered all the time; their answers lie behind what the consumer has not looked at yet."""

    async def talkative(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        for number in range(1, 601):  # more than is read in one go
            await talk.say("again", number=number)
        await talk.finish()

    async def slowly(cloud: Cloud) -> int:
        count = 0
        async for each in pnb.stream(tone(1), service=cloud.service(link_timeout=0.5), pace=None):
            count += isinstance(each, messages.ResultGeneratedEvent)
            if count == 1:
                await asyncio.sleep(1.2)  # more than the link may be silent
        return count

    with Cloud(talkative) as cloud:
        assert asyncio.run(slowly(cloud)) == 600
    assert len(cloud.headers) == 1


def test_a_link_that_carries_little_is_not_taken_for_a_dead_one() -> None:
    """A clip goes as fast as the link takes it; a ping behind megabytes of it would be answered far too late."""

    async def slow(talk: Talk) -> None:
        await talk.begin()
        heard = 0
        while isinstance(message := await talk.connection.recv(), bytes):
            heard += len(message)
            await asyncio.sleep(len(message) / 1_000_000)  # bytes a second
        await talk.say("hello")
        await talk.finish()

    with Cloud(slow) as cloud:
        run = ended(pnb.transcribe(tone(60), service=cloud.service(link_timeout=2.0), pace=None))
    assert texts(run) == ["hello"]
    assert losses(run) == []
