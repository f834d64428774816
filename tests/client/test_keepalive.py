"""Connections that only look dead. (`test_resume` and `test_cuts` have dead ones.)"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import pytest
from counting import counting
from lessons import disconnects
from servers import Cloud, Talk, ended, eventually, texts, tone
from wire import clean_environment

import paraformer_nb as pnb
from paraformer_nb.dashscope import messages

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("nothing_left_at_the_end")]


@pytest.mark.usefixtures("nothing_left")
def test_a_slow_consumer_is_not_mistaken_for_a_dead_connection() -> None:
    """Pings are answered all the time; their answers are behind events that the consumer has not read yet."""

    async def talkative(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        for number in range(1, 601):  # more than is read at once
            await talk.say("again", number=number)
        await talk.finish()

    async def read_slowly(cloud: Cloud) -> int:
        count = 0
        timeouts = pnb.Timeouts(keepalive=0.5)
        async for each in pnb.stream(tone(1), service=cloud.service(), timeouts=timeouts, pace=None):
            count += isinstance(each, messages.ResultGeneratedEvent)
            if count == 1:
                await asyncio.sleep(1.2)  # longer than the keepalive's timeout
        return count

    with Cloud(talkative) as cloud:
        assert asyncio.run(read_slowly(cloud)) == 600
    assert len(cloud.headers) == 1


def test_a_slow_connection_is_not_mistaken_for_a_dead_one() -> None:
    """A clip is sent as fast as the connection allows; a ping behind megabytes of it would be answered too late."""

    async def slow(talk: Talk) -> None:
        await talk.begin()
        while isinstance(message := await talk.connection.recv(), bytes):  # noqa: ASYNC110 - it is to be slow
            await asyncio.sleep(len(message) / 1_000_000)  # bytes a second
        await talk.say("hello")
        await talk.finish()

    with Cloud(slow) as cloud:
        timeouts = pnb.Timeouts(keepalive=2.0)
        run = ended(pnb.transcribe(tone(60), service=cloud.service(), timeouts=timeouts, pace=None))
    assert texts(run) == ["hello"]
    assert disconnects(run) == []


@pytest.mark.parametrize(
    ("speed", "seconds", "pace", "keepalive"),
    [(2.0, 12.0, None, 2.0), (0.5, 1.6, 2.0, 1.5)],
)
def test_a_service_that_reads_late_is_not_mistaken_for_a_dead_one(
    speed: float, seconds: float, pace: float | None, keepalive: float
) -> None:
    """It accepts all audio and all pings at once. Nothing arrives while it works them off: no answers to pings, no
    acknowledgements.

    It answers pings up to five blocks ahead of what it has worked off (without a pace, 16 KB each: 1.25 s here). The
    timeout is longer than that, and shorter than the whole clip takes.
    """

    async def busy(talk: Talk) -> None:
        await talk.begin()
        while isinstance(message := await talk.connection.recv(), bytes):  # noqa: ASYNC110 - it is to be slow
            await asyncio.sleep(len(message) / 2 / 16_000 / speed)
        await talk.say("hello")
        await talk.finish()

    with Cloud(busy, has_large_buffers=True) as cloud:
        retry = pnb.Retry(attempts=1)
        timeouts = pnb.Timeouts(keepalive=keepalive)
        clip = tone(seconds)
        run = ended(pnb.transcribe(clip, service=cloud.service(), timeouts=timeouts, pace=pace, retry=retry), 30)
    assert texts(run) == ["hello"]
    assert disconnects(run) == []


_TRANSCRIBE = """
import sys
import numpy as np
import paraformer_nb as pnb
clip = np.full(16_000 * 6, 50, np.int16), 16_000
service = pnb.DashScope("a-key-of-this-test", url=sys.argv[1])
run = pnb.transcribe(clip, service=service, pace=2.0, timeouts=pnb.Timeouts(keepalive=1.0)).wait(30)
print(run.state, "disconnected" in set(run.events["event"]))
"""


def test_a_process_that_was_stopped_does_not_blame_the_connection() -> None:
    with Cloud(counting()) as cloud:
        command = [sys.executable, "-c", _TRANSCRIBE, cloud.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
            assert eventually(lambda: cloud.commands)
            process.send_signal(signal.SIGSTOP)
            time.sleep(2.5)  # longer than the keepalive's timeout
            process.send_signal(signal.SIGCONT)
            output, _ = process.communicate(timeout=60)
    assert output.split() == ["finished", "False"]
    assert len(cloud.headers) == 1
