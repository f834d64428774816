"""`run.resume()`: the same run goes on, in Python and from its view; what it waits for is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_front_end import FrontEnd
from pandas.testing import assert_frame_equal
from servers import Cloud, Talk, ended, eventually, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import ConnectionLost, ParameterError


@pytest.fixture
def lesson(english: Path) -> pnb.Embedded:
    """Sends the lesson's words from its script."""
    return pnb.Embedded("scripted", script=english.with_suffix(".json"))


def test_a_stopped_run_goes_on_to_the_same_words(english: Path, lesson: pnb.Embedded, tmp_path: Path) -> None:
    whole = ended(pnb.transcribe(english, service=lesson, end=12))
    run = pnb.transcribe(english, service=lesson, end=12, pace=8, save=tmp_path / "run.jsonl")
    assert eventually(lambda: run.words["is_final"].sum() > 3)
    run.stop()
    run.wait(20)
    assert run.state == "stopped"
    assert len(run.words) < len(whole.words)
    assert run.resume() is run
    ended(run)
    assert run.state == "finished"
    assert_frame_equal(run.words, whole.words)
    assert_frame_equal(pnb.load(tmp_path / "run.jsonl", clip=english).words, whole.words)


def test_a_failed_run_is_tried_again_with_the_same_service() -> None:
    talks = []

    async def behave(talk: Talk) -> None:
        talks.append(talk)
        if len(talks) > 1:
            await well(talk)

    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(1), service=cloud.service(), retry=pnb.Retry(attempts=1))
        with pytest.raises(ConnectionLost):
            run.wait(20)
        run.resume().wait(20)
        assert run.error is None
        assert run.text == "hello there"


def test_a_run_that_cannot_be_continued_refuses(english: Path, lesson: pnb.Embedded, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run = pnb.transcribe(english, service=lesson, end=2, save=path)
    with pytest.raises(ParameterError, match="goes on already"):
        run.resume()
    ended(run)
    with pytest.raises(ParameterError, match="recognised to its end"):
        run.resume()
    stopped = pnb.transcribe(english, service=lesson, end=20, pace=1, save=tmp_path / "stopped.jsonl")
    stopped.cancel()
    stopped.wait(20)
    with pytest.raises(ParameterError, match=r"pnb\.resume"):
        pnb.load(tmp_path / "stopped.jsonl").resume()


def test_a_live_source_cannot_be_read_again(lesson: pnb.Embedded) -> None:
    async def blocks():  # type: ignore[no-untyped-def]
        for _ in range(1000):
            yield np.zeros(1600, np.int16)

    run = pnb.transcribe((blocks(), 16_000), service=lesson, pace=1)
    run.cancel()
    run.wait(20)
    with pytest.raises(ParameterError, match="live source"):
        run.resume()


def test_the_view_continues_a_stopped_run_and_shows_how_much_is_missing(english: Path, lesson: pnb.Embedded) -> None:
    run = pnb.transcribe(english, service=lesson, end=12, pace=8)
    front_end = FrontEnd(run.transcript, run.timeline())
    front_end.send("sync")
    assert eventually(lambda: front_end.run.sent_until > 1)
    front_end.send("stop")
    assert eventually(lambda: front_end.run.state == "stopped")
    assert front_end.run.can_resume
    assert 0 < front_end.run.missing < front_end.run.whole == 12.0
    front_end.send("resume")
    assert eventually(lambda: front_end.run.state == "finished")
    assert not front_end.run.can_resume
    assert (front_end.run.message, front_end.run.missing) == ("", 0)
    assert run.state == "finished"
    front_end.send("resume")
    assert run.state == "finished", "there is nothing to continue"


def test_a_view_of_a_run_that_python_continues_can_stop_it_again(english: Path, lesson: pnb.Embedded) -> None:
    run = pnb.transcribe(english, service=lesson, end=30, pace=4)
    front_end = FrontEnd(run.transcript, run.timeline())
    front_end.send("sync")
    for _ in range(2):
        reached = front_end.run.sent_until
        assert eventually(lambda: front_end.run.can_stop and front_end.run.sent_until > reached + 0.5)  # noqa: B023
        front_end.send("stop")
        assert eventually(lambda: front_end.run.state == "stopped")
        run.resume()
    run.cancel()
    run.wait(20)


def test_a_view_is_notified_of_the_attempt_that_is_waited_for() -> None:
    async def disconnect(talk: Talk) -> None:
        await talk.begin()

    with Cloud(disconnect) as cloud:
        retry = pnb.Retry(attempts=3, first_wait=40.0, longest_wait=80.0)
        run = pnb.transcribe(tone(1), service=cloud.service(), retry=retry)
        front_end = FrontEnd(run.transcript, run.timeline())
        front_end.send("sync")
        assert eventually(lambda: front_end.run.retry is not None)
        state = front_end.run.retry
        assert state
        assert (front_end.run.state, state.attempt, state.attempts) == ("reconnecting", 2, 3)
        assert 0 < state.delay <= 40
        assert "connection" in state.reason
        run.cancel()
        run.wait(20)
        assert eventually(lambda: front_end.run.retry is None)


def test_a_clip_that_was_replaced_is_not_sent(
    english: Path, chinese: Path, lesson: pnb.Embedded, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.flac"
    clip.write_bytes(english.read_bytes())
    run = pnb.transcribe(clip, service=lesson, pace=1)
    front_end = FrontEnd(run.transcript, run.timeline())
    front_end.send("sync")
    assert eventually(lambda: run.transcript.sent_until > 0.2)
    run.cancel()
    run.wait(20)
    clip.write_bytes(chinese.read_bytes())
    front_end.send("resume")
    assert eventually(lambda: front_end.contents("refused"))
    assert "another clip" in front_end.contents("refused")[0]["text"]
    assert run.state == "stopped"
