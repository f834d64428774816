"""Runs of live sources: nothing is asked for twice, pauses take no time, and what cannot be sent again is a gap."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lessons import Microphone, assert_same, befallen, losses, pieces, scripted, whole
from losing import in_the_tail, settled
from servers import (
    RATE,
    Cloud,
    Talk,
    ended,
    eventually,
    failure,
    texts,
    tone,
)
from websockets.exceptions import ConnectionClosedError

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.client import coalescer as stretch
from paraformer_nb.client import live

pytestmark = pytest.mark.usefixtures("no_waiting", "nothing_left_in_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


@tidy
@pytest.mark.parametrize("pace", [None, 100.0])
def test_a_live_source_loses_nothing(pace: float | None, english: Path) -> None:
    run = befallen(
        english, "drop:events=30,how=reset,times=3", "fail:events=40,times=4", source=Microphone(english), pace=pace
    )
    assert_same(run, whole(english))
    assert len(losses(run)) == 4


async def sounds(talk: Talk) -> None:
    """A service to which each stretch of sound is a word, at the time that it has in what it was sent."""
    await talk.begin()
    number = heard = 0
    begin: float | None = None
    while isinstance(message := await talk.connection.recv(), bytes):
        is_sound = any(message)
        if is_sound and begin is None:
            begin = heard / 2 / RATE
        if begin is not None and not is_sound:
            number += 1
            await talk.send(settled(talk.task, f"sound{number}", begin, heard / 2 / RATE, number))
            begin = None
        heard += len(message)
    if begin is not None:
        await talk.send(settled(talk.task, f"sound{number + 1}", begin, heard / 2 / RATE, number + 1))
    await talk.finish()


def test_a_pause_of_a_live_source_is_no_part_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_PAUSE", 0.05)
    monkeypatch.setattr(stretch, "_PAUSE", 0.2)
    pauses = {10: threading.Event(), 30: threading.Event()}

    async def source() -> AsyncIterator[bytes]:
        for number in range(40):
            if number in pauses:
                await asyncio.to_thread(pauses[number].wait, 20)
            yield tone(0.1)[0].tobytes()

    with Cloud(sounds) as cloud:
        run = pnb.transcribe((source(), RATE), service=cloud.service(), pace=100.0)
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


def test_a_loss_after_a_pause_goes_on_at_the_right_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_PAUSE", 0.02)
    go = threading.Event()
    heard: list[bytes] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        heard.append(b"")
        all_of_it = sound = 0
        while isinstance(message := await talk.connection.recv(), bytes):
            all_of_it, sound = all_of_it + len(message), sound + (len(message) if any(message) else 0)
            heard[-1] += message if any(message) else b""
            if sound < all_of_it:
                go.set()
            if len(heard) == 1 and sound >= 1.9 * 2 * RATE:
                now = all_of_it / 2 / RATE
                await talk.send(settled(talk.task, "hello", now - 0.5, now - 0.1))
                await talk.connection.close(1011)
                return
        await talk.finish()

    async def source() -> AsyncIterator[bytes]:
        async for piece in pieces(samples[: 2 * RATE]):
            yield piece
        await asyncio.to_thread(go.wait, 20)
        async for piece in pieces(samples[2 * RATE :]):
            yield piece

    samples = tone(4)[0].tobytes()
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe((source(), RATE), service=cloud.service(), pace=100.0))
    assert run.transcript.resumes[0].position == pytest.approx(1.5)
    assert heard[1] == samples[2 * round(1.5 * RATE) :]
    assert list(run.words["end"]) == pytest.approx([1.8])


def test_what_a_live_source_s_buffer_holds_no_more_is_a_gap_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing settles for 9 s, of which 2 s are kept; the connection is lost twice at the same place."""
    monkeypatch.setattr(live, "_KEPT", 2.0)
    heard: list[float] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        number = len(heard)
        heard.append(0.0)
        while isinstance(message := await talk.connection.recv(), bytes):
            heard[number] += len(message) / 2 / RATE
            if number < 2 and heard[number] >= (9.0, 1.0)[number]:
                talk.reset()
                return
        await talk.send(settled(talk.task, "hello", 0.5, 1.0))
        await talk.finish()

    samples = tone(12)[0].tobytes()
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe((pieces(samples, 0.1), RATE), service=cloud.service(), pace=None))
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
def test_a_live_source_that_fails_keeps_its_tail_also_when_it_is_lost(then: Exception) -> None:
    """A live source may be a socket itself, with errors such as our own one's."""

    async def source() -> AsyncIterator[bytes]:
        async for piece in pieces(tone(2)[0].tobytes(), 0.1):
            yield piece
        raise then

    behave, heard = in_the_tail(losses=1)
    with Cloud(behave) as cloud:
        run = pnb.transcribe((source(), RATE), service=cloud.service(), pace=None)
        assert failure(run) is then
    assert texts(run) == ["hello", "goodbye"]
    assert heard == pytest.approx([2.0, 2.0])


@tidy
def test_a_live_source_is_let_go_when_the_run_cannot_go_on(chinese: Path) -> None:
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
