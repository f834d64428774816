"""A stop keeps the last words, also of a connection that ends early; what ends a run while it reconnects."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
import wave

import pytest
from disconnecting import disconnect_at_finish
from lessons import disconnects
from servers import RATE, Cloud, Talk, ended, eventually, recognise_last_word_late, texts, tone

import paraformer_nb as pnb

pytestmark = pytest.mark.usefixtures("nothing_left_at_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


@tidy
@pytest.mark.parametrize(("disconnect_count", "is_silent"), [(0, False), (2, False), (1, True)])
def test_a_stop_keeps_the_last_words_also_after_disconnects(disconnect_count: int, is_silent: bool) -> None:
    timeouts = pnb.Timeouts(finish=0.4 if is_silent else 20)
    behave, received = disconnect_at_finish(disconnect_count, is_silent=is_silent)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, timeouts=timeouts)
        assert eventually(lambda: texts(run) == ["hello"])
        run.stop()
        ended(run)
    assert (run.state, texts(run)) == ("stopped", ["hello", "goodbye"])
    assert len(received) == 1 + disconnect_count
    assert all(seconds == pytest.approx(received[0], abs=0.11) for seconds in received), "not much more was sent again"
    assert len(run.gaps) == 0


class _Stalled(io.BytesIO):
    """A file on a drive that is gone half-way."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.is_gone = threading.Event()
        self.is_read = threading.Event()
        self.is_back = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        if self.is_gone.is_set():
            self.is_read.set()
            self.is_back.wait(60)
        return super().read(size)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("is_interrupted", [False, True])
def test_a_stop_does_not_wait_for_a_file_that_cannot_be_read_any_more(is_interrupted: bool) -> None:
    """Nor does the first interrupt, which is a stop."""
    samples, rate = tone(60)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    clip = _Stalled(file.getvalue())
    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(clip, service=cloud.service(), pace=20.0)
        assert eventually(lambda: len(run.words) == 3)
        clip.is_gone.set()
        assert clip.is_read.wait(20)
        if is_interrupted:
            threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        else:
            run.stop()
        ended(run, 30)
        clip.is_back.set()
    assert (run.state, texts(run)) == ("stopped", ["hello", "there", "goodbye"])


class _Unreachable:
    """A service that sends a final word and closes its connection; on the next one it waits until it may answer."""

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


def _reconnecting(cloud: Cloud, timeouts: pnb.Timeouts | None = None) -> pnb.Run:
    run = pnb.transcribe(tone(60), service=cloud.service(), pace=5.0, timeouts=timeouts)
    assert eventually(lambda: run.state == "reconnecting" and texts(run) == ["hello"])
    return run


@tidy
def test_a_stop_while_reconnecting_still_receives_the_last_words() -> None:
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
@pytest.mark.parametrize("how", ["stop twice", "cancel"])
def test_a_second_stop_or_a_cancel_ends_a_run_while_it_reconnects(how: str) -> None:
    behave = _Unreachable()
    with Cloud(behave) as cloud:
        run = _reconnecting(cloud)
        for end in (run.stop, run.stop) if how == "stop twice" else (run.cancel,):
            end()
        ended(run)
        behave.may_answer.set()
    assert (run.state, texts(run), run.error) == ("stopped", ["hello"], None)


def test_a_stop_does_not_prolong_the_wait_for_task_started() -> None:
    behave = _Unreachable()
    with Cloud(behave) as cloud:
        run = _reconnecting(cloud, pnb.Timeouts(start=0.6))
        run.stop()
        assert eventually(lambda: "did not answer run-task in time" in disconnects(run))
        behave.may_answer.set()
        ended(run)
    assert texts(run) == ["hello", "there"]
