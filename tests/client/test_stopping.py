"""A stop keeps the tail, also of a connection that is lost; what ends a run while none is there."""

from __future__ import annotations

import asyncio
import threading

import pytest
from lessons import losses
from losing import in_the_tail
from servers import (
    RATE,
    Cloud,
    Talk,
    ended,
    eventually,
    texts,
    tone,
)

import paraformer_nb as pnb
from paraformer_nb.client import attempt as conversation

pytestmark = pytest.mark.usefixtures("no_waiting", "nothing_left_in_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


@tidy
@pytest.mark.parametrize(("losses", "is_silent"), [(0, False), (2, False), (1, True)])
def test_a_stop_keeps_the_tail_also_when_it_is_lost(
    losses: int, is_silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_TAIL_TIMEOUT", 0.4 if is_silent else 20)
    behave, heard = in_the_tail(losses, is_silent=is_silent)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0)
        assert eventually(lambda: texts(run) == ["hello"])
        run.stop()
        ended(run)
    assert (run.state, texts(run)) == ("stopped", ["hello", "goodbye"])
    assert len(heard) == 1 + losses
    assert all(seconds == pytest.approx(heard[0], abs=0.11) for seconds in heard), "what was sent, and not much more"
    assert len(run.gaps) == 0


class _Unreachable:
    """A service that settles a word and drops its connection; on the next one it waits until it may answer."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.connections = 0

    async def __call__(self, talk: Talk) -> None:
        self.connections += 1
        if self.connections > 1:
            await asyncio.to_thread(self.may_answer.wait, 20)
        await talk.begin()
        if self.connections > 1:
            await talk.command()
            await talk.say("there", number=2)
            await talk.finish()
            return
        for _ in range(15):
            await talk.block()
        await talk.say("hello")
        await talk.connection.close(1011)


def _reconnecting(cloud: Cloud) -> pnb.Run:
    run = pnb.transcribe(tone(60), service=cloud.service(), pace=5.0)
    assert eventually(lambda: run.state == "reconnecting" and texts(run) == ["hello"])
    return run


@tidy
def test_a_stop_while_the_connection_is_sought_finishes_the_tail() -> None:
    behave = _Unreachable()
    with Cloud(behave) as cloud:
        run = _reconnecting(cloud)
        run.stop()
        assert run.state == "reconnecting"
        behave.may_answer.set()
        ended(run)
    assert (run.state, texts(run)) == ("stopped", ["hello", "there"])
    sent = sum(len(block) for block in cloud.blocks) / 2 / RATE
    assert sent < 20, "what was sent before, and no more of the clip"


@tidy
@pytest.mark.parametrize("ends", ["stop twice", "cancel"])
def test_what_ends_a_run_while_the_connection_is_sought(ends: str) -> None:
    behave = _Unreachable()
    with Cloud(behave) as cloud:
        run = _reconnecting(cloud)
        for end in (run.stop, run.stop) if ends == "stop twice" else (run.cancel,):
            end()
        ended(run)
        behave.may_answer.set()
    assert (run.state, texts(run), run.error) == ("stopped", ["hello"], None)


def test_a_stop_does_not_make_a_start_that_never_comes_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_START_TIMEOUT", 0.6)
    behave = _Unreachable()
    with Cloud(behave) as cloud:
        run = _reconnecting(cloud)
        run.stop()
        assert eventually(lambda: "did not answer run-task in time" in losses(run))
        behave.may_answer.set()
        ended(run)
    assert texts(run) == ["hello", "there"]
