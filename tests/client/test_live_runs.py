"""Runs of live sources: pauses are not part of the clip's time, and audio that cannot be sent again is a gap."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from disconnecting import disconnect_at_finish, final_word
from lessons import Microphone, assert_same, disconnects, faultless_run, live_blocks, run_with_faults, scripted
from servers import RATE, Cloud, Talk, ended, eventually, failure, texts, tone
from websockets.exceptions import ConnectionClosedError

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left_at_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


@tidy
@pytest.mark.parametrize("pace", [None, 100.0])
def test_disconnects_cost_a_live_source_nothing(pace: float | None, english: Path) -> None:
    run = run_with_faults(
        english, "drop:events=30,how=reset,times=3", "fail:events=40,times=4", source=Microphone(english), pace=pace
    )
    assert_same(run, faultless_run(english))
    assert len(disconnects(run)) == 4


async def recognise_sounds(talk: Talk) -> None:
    """A service to which each sound between silences is a word, at its time in what was received."""
    await talk.begin()
    number = received = 0
    begin: float | None = None
    while isinstance(message := await talk.connection.recv(), bytes):
        is_sound = any(message)
        if is_sound and begin is None:
            begin = received / 2 / RATE
        if begin is not None and not is_sound:
            number += 1
            await talk.send(final_word(talk.task, f"sound{number}", begin, received / 2 / RATE, number))
            begin = None
        received += len(message)
    if begin is not None:
        await talk.send(final_word(talk.task, f"sound{number + 1}", begin, received / 2 / RATE, number + 1))
    await talk.finish()


def test_a_pause_of_a_live_source_is_not_part_of_its_time() -> None:
    pauses = {10: threading.Event(), 30: threading.Event()}

    async def source() -> AsyncIterator[bytes]:
        for number in range(40):
            if number in pauses:
                await asyncio.to_thread(pauses[number].wait, 20)
            yield tone(0.1)[0].tobytes()

    with Cloud(recognise_sounds) as cloud:
        timeouts = pnb.Timeouts(pause=0.05)
        run = pnb.transcribe((source(), RATE), service=cloud.service(), pace=100.0, timeouts=timeouts)
        for pause in pauses.values():
            before = run.transcript.usage.silence
            assert eventually(lambda least=before + 0.3: run.transcript.usage.silence > least)
            pause.set()
        ended(run)
    assert texts(run) == ["sound1", "sound2", "sound3"]
    assert list(run.words["start"]) == pytest.approx([0.0, 1.0, 3.0], abs=0.002)
    assert list(run.words["end"]) == pytest.approx([1.0, 3.0, 4.0], abs=0.002)
    assert cloud.commands[0]["payload"]["parameters"]["heartbeat"] is True
    usage = run.transcript.usage
    assert (usage.recognised, usage.sent - usage.silence) == (pytest.approx(4.0), pytest.approx(4.0))


@tidy
@pytest.mark.parametrize("where", ["before its first block", "between blocks", "while it is closed"])
def test_a_source_that_blocks_its_thread_halts_no_other_run(where: str, english: Path) -> None:
    """As `yield microphone.read(1600)` in an async generator does."""
    goes_on = threading.Event()

    async def source() -> AsyncIterator[bytes]:
        if where == "before its first block":
            goes_on.wait(60)
        try:
            for _ in range(10):
                yield tone(0.1)[0].tobytes()
            if where == "between blocks":
                goes_on.wait(60)
            yield bytes(2 * RATE // 10)
        finally:
            if where == "while it is closed":
                goes_on.wait(60)

    with Cloud(recognise_sounds) as cloud:
        blocked = pnb.transcribe((source(), RATE), service=cloud.service(), pace=100.0)
        other = pnb.transcribe(english, service=scripted(english), pace=None)
        assert_same(ended(other), faultless_run(english))
        assert not goes_on.is_set()
        goes_on.set()
        ended(blocked)
    assert texts(blocked) == ["sound1"]


def test_a_disconnect_after_a_pause_resumes_at_the_right_position() -> None:
    go = threading.Event()
    sounds: list[bytes] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        sounds.append(b"")
        received = 0
        while isinstance(message := await talk.connection.recv(), bytes):
            received += len(message)
            sounds[-1] += message if any(message) else b""
            if len(sounds[-1]) < received:
                go.set()
            if len(sounds) == 1 and len(sounds[0]) >= 1.9 * 2 * RATE:
                now = received / 2 / RATE
                await talk.send(final_word(talk.task, "hello", now - 0.5, now - 0.1))
                await talk.connection.close(1011)
                return
        await talk.finish()

    async def source() -> AsyncIterator[bytes]:
        async for block in live_blocks(samples[: 2 * RATE]):
            yield block
        await asyncio.to_thread(go.wait, 20)
        async for block in live_blocks(samples[2 * RATE :]):
            yield block

    samples = tone(4)[0].tobytes()
    with Cloud(behave) as cloud:
        timeouts = pnb.Timeouts(pause=0.02)
        run = ended(pnb.transcribe((source(), RATE), service=cloud.service(), pace=100.0, timeouts=timeouts))
    assert run.transcript.resumes[0].position == pytest.approx(1.5)
    assert sounds[1] == samples[2 * round(1.5 * RATE) :]
    assert list(run.words["end"]) == pytest.approx([1.8])


def test_what_a_live_sources_buffer_no_longer_holds_is_a_gap_once() -> None:
    """Nothing becomes final for 9 s, of which 2 s are kept; two connections end at the same position."""
    received: list[float] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        number = len(received)
        received.append(0.0)
        while isinstance(message := await talk.connection.recv(), bytes):
            received[number] += len(message) / 2 / RATE
            if number < 2 and received[number] >= (9.0, 1.0)[number]:
                talk.reset()
                return
        await talk.send(final_word(talk.task, "hello", 0.5, 1.0))
        await talk.finish()

    samples = tone(12)[0].tobytes()
    with Cloud(behave) as cloud:
        retry = pnb.Retry(first_wait=0.0, live_buffer=2.0)
        run = ended(pnb.transcribe((live_blocks(samples), RATE), service=cloud.service(), pace=None, retry=retry))
    resumed = run.transcript.resumes[-1].position
    assert resumed >= 7.0 - 0.11
    gaps = run.gaps
    assert gaps["start"].iloc[0] == 0.0
    assert gaps["end"].iloc[-1] == pytest.approx(resumed)
    assert list(gaps["start"].iloc[1:]) == list(gaps["end"].iloc[:-1]), "they neither overlap nor leave anything out"
    assert "not kept any more" in gaps["reason"].iloc[0]
    assert list(run.words["start"]) == pytest.approx([resumed + 0.5])
    assert run.transcript.usage.recognised == pytest.approx(12 - resumed, abs=0.01)


@tidy
@pytest.mark.parametrize("then", [OSError("unplugged"), ConnectionClosedError(None, None)], ids=["error", "a socket's"])
def test_a_live_source_that_fails_keeps_its_last_words_also_after_a_disconnect(then: Exception) -> None:
    """A live source may be a socket itself, and raise the errors of one."""

    async def source() -> AsyncIterator[bytes]:
        async for block in live_blocks(tone(2)[0].tobytes()):
            yield block
        raise then

    behave, received = disconnect_at_finish(disconnects=1)
    with Cloud(behave) as cloud:
        run = pnb.transcribe((source(), RATE), service=cloud.service(), pace=None)
        assert failure(run) is then
    assert texts(run) == ["hello", "goodbye"]
    assert received == pytest.approx([2.0, 2.0])


@tidy
def test_a_live_source_is_closed_when_the_run_fails(chinese: Path) -> None:
    is_closed = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(3200)
                await asyncio.sleep(0)
        finally:
            is_closed.set()

    service = scripted(chinese, ["drop:bytes=9000"])
    error = failure(pnb.transcribe((endless(), RATE), service=service, retry=pnb.Retry(attempts=2)))
    service.close()
    assert isinstance(error, errors.ConnectionLost)
    assert is_closed.wait(5)
