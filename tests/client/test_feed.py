"""The audio that a service receives: the clip's own samples, in blocks of the size that the vendor asks for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import Cloud, Talk, ended, eventually, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def transcribed(clip: Any, **options: Any) -> Cloud:
    """The service that received a clip to its end."""
    with Cloud(well) as cloud:
        ended(pnb.transcribe(clip, service=cloud.service(), **{"pace": None} | options), 30)
    return cloud


# ------------------------------------------------------------------------------------------------------ size and pace


@pytest.mark.parametrize("seconds", [0.05, 0.1, 1.0, 1.05, 16.0])
def test_paced_blocks_are_100_ms(seconds: float) -> None:
    clip = tone(seconds)
    blocks = transcribed(clip, pace=200).blocks
    assert {len(block) for block in blocks[:-1]} <= {3200}
    assert len(blocks) == -(-round(seconds * 1000) // 100)
    assert b"".join(blocks) == clip[0].tobytes()


@pytest.mark.parametrize(
    ("rate", "options"),
    [(8000, {"model": "paraformer-realtime-8k-v2"}), (48000, {"sample_rate": 48000}), (44100, {"sample_rate": 44100})],
)
def test_paced_blocks_are_100_ms_at_any_rate(rate: int, options: dict[str, Any]) -> None:
    cloud = transcribed(tone(1.0, rate), pace=100, **options)
    assert [len(block) for block in cloud.blocks] == [rate // 10 * 2] * 10
    assert cloud.commands[0]["payload"]["parameters"]["sample_rate"] == rate


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_unpaced_blocks_have_at_most_16_kb(rate: int) -> None:
    clip = tone(4.3, rate)
    blocks = transcribed(clip, sample_rate=rate).blocks
    assert all(1000 <= len(block) <= 16 * 1024 for block in blocks[:-1])
    assert b"".join(blocks) == clip[0].tobytes()


def test_the_default_pace_of_dashscope_is_real_time() -> None:
    with Cloud(well) as cloud:
        ended(pnb.transcribe(tone(0.45), service=cloud.service()))
    assert [len(block) for block in cloud.blocks] == [3200] * 4 + [1600]


async def _answer_at_the_end(talk: Talk) -> None:
    await talk.begin()
    await talk.block()
    await talk.say("hello")
    await talk.command()
    await talk.say("there", number=2)
    await talk.finish()


def test_a_stop_ends_the_wait_between_paced_blocks() -> None:
    with Cloud(_answer_at_the_end) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=0.01)  # a block every 10 s
        assert eventually(lambda: len(run.words) == 1)
        run.stop()
        ended(run, 8)
    assert run.state == "stopped"
    assert len(cloud.blocks) == 1
    assert texts(run)[-1] == "there"


def test_a_part_of_a_clip_is_sent_sample_by_sample(english: Path) -> None:
    whole = b"".join(transcribed(english).blocks)
    part = b"".join(transcribed(english, start=10.2, end=12.7).blocks)
    assert part == whole[2 * round(10.2 * 16000) : 2 * round(12.7 * 16000)]


# -------------------------------------------------------------------------------------------------------- live sources


class Live:
    """A microphone: gives these blocks, then raises an error, waits forever, or ends."""

    def __init__(
        self,
        blocks: list[Any],
        *,
        sample_rate: int = 16000,
        then: BaseException | None = None,
        is_endless: bool = False,
    ) -> None:
        self.sample_rate = sample_rate
        self.closed = threading.Event()
        self.more = asyncio.Event()  # a sound card's callback would set it
        self._blocks = blocks
        self._then = then
        self._is_endless = is_endless

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[Any]:
        try:
            for block in self._blocks:
                yield block
            if self._then:
                raise self._then
            if self._is_endless:
                await self.more.wait()
        finally:
            self.closed.set()


def _cut(pcm: bytes, sizes: list[int]) -> list[bytes]:
    blocks, start = [], 0
    while start < len(pcm):
        for size in sizes:
            blocks.append(pcm[start : start + size])
            start += size
    return [block for block in blocks if block]


@pytest.mark.parametrize("pace", [None, 100.0])
@pytest.mark.parametrize("sizes", [[2], [666, 2, 0, 40], [32_000], [100_000]], ids=str)
def test_a_live_source_may_give_blocks_of_any_size(sizes: list[int], pace: float | None) -> None:
    pcm = tone(2.5 if sizes != [2] else 0.3)[0].tobytes()
    blocks = transcribed(Live(_cut(pcm, sizes)), pace=pace).blocks
    assert b"".join(blocks) == pcm
    assert max(len(block) for block in blocks) <= (16 * 1024 if pace is None else 3200)


def test_a_live_source_may_give_arrays_of_another_sample_rate() -> None:
    array = tone(2.0, 48000)[0]
    blocks = transcribed((Live(list(array.reshape(-1, 4800))), 48000)).blocks
    assert abs(len(b"".join(blocks)) / 2 - 32000) < 100


def test_a_stop_ends_a_live_source_that_never_ends() -> None:
    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello", final=False)
        await talk.command()
        await talk.say("hello", "there")
        await talk.finish()

    source = Live([tone(0.5)[0].tobytes()], is_endless=True)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(source, service=cloud.service())
        assert eventually(lambda: len(run.words) == 1)
        run.stop()
        ended(run)
    assert (run.state, texts(run)) == ("stopped", ["hello", "there"])
    assert source.closed.wait(5)


def test_a_live_sources_audio_is_sent_without_delay() -> None:
    """It is sent while the source waits for more, up to the last whole block."""

    async def behave(talk: Talk) -> None:
        await talk.begin()
        for _ in range(4):
            await talk.block()
        await talk.say("hello")
        await talk.forever()

    source = Live([tone(0.1)[0].tobytes() for _ in range(4)], is_endless=True)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(source, service=cloud.service())
        assert eventually(lambda: texts(run) == ["hello"])
        run.cancel()


def test_cancelling_closes_a_live_source() -> None:
    async def behave(talk: Talk) -> None:
        await talk.begin()
        for _ in range(5):  # all of them: the client is waiting for the source now
            await talk.block()
        await talk.say("hello")
        await talk.forever()

    source = Live([tone(0.5)[0].tobytes()], is_endless=True)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(source, service=cloud.service())
        assert eventually(lambda: len(run.words) == 1)
        run.cancel()
        assert eventually(lambda: run.state == "stopped")
    assert source.closed.wait(5), "the microphone is still open"


def test_a_failed_task_closes_a_live_source() -> None:
    async def failing(talk: Talk) -> None:
        await talk.begin()
        for _ in range(5):  # all of them: the client is waiting for the source now
            await talk.block()
        await talk.fail("InternalError", "Internal server error!")

    source = Live([tone(0.5)[0].tobytes()], is_endless=True)
    with Cloud(failing) as cloud:
        failure(pnb.transcribe(source, service=cloud.service(), retry=pnb.Retry(attempts=1)))
    assert source.closed.wait(5), "the microphone is still open"


@pytest.mark.parametrize("wrong", [np.zeros(10), np.zeros((10, 2), np.int16), "text", None], ids=repr)
def test_a_live_source_that_gives_something_else_than_pcm(wrong: Any) -> None:
    source = Live([tone(0.5)[0].tobytes(), wrong])
    with Cloud(_answer_at_the_end) as cloud:
        run = pnb.transcribe(source, service=cloud.service(), pace=None)
        error = failure(run)
    assert isinstance(error, errors.AudioError)
    assert "live source" in str(error)
    assert "int16" in str(error)
    assert texts(run) == ["hello", "there"]  # what was sent before is recognised
    assert source.closed.wait(5)


def test_a_live_source_that_raises() -> None:
    source = Live([tone(0.5)[0].tobytes()], then=OSError("the microphone was unplugged"))
    with Cloud(_answer_at_the_end) as cloud:
        run = pnb.transcribe(source, service=cloud.service(), pace=None)
        error = failure(run)
    assert "unplugged" in str(error)
    assert texts(run) == ["hello", "there"]  # as with every clip that fails half-way
