"""What no other attempt can help ends the run, says so, and tells what is missing; all else is shown and goes on."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from lessons import happened, losses, scripted, whole
from losing import lost_after, settled
from servers import (
    KEY,
    Cloud,
    Talk,
    assert_says,
    ended,
    event,
    eventually,
    failure,
    texts,
    tone,
)

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope import messages

pytestmark = pytest.mark.usefixtures("no_waiting", "nothing_left_in_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


# ------------------------------------------------------------------------------------------------------- giving up


@pytest.mark.parametrize("attempts", [1, 3])
def test_attempts_that_settle_nothing_end_the_run_and_what_is_missing_is_a_gap(attempts: int) -> None:
    behave = lost_after(lambda task: settled(task, "hello", 1.0, 2.0), rest=lambda _: "", losses=99)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(6), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=attempts))
        error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    assert_says(error, "settled is kept", "Run it again", "pnb.resume")
    assert len(cloud.headers) == 1 + attempts, "the first one has settled something"
    assert texts(run) == ["hello"]
    (gap,) = run.gaps.itertuples()
    assert gap.start == pytest.approx(2.0)
    assert gap.end >= 4.0
    assert "settled" in gap.reason


def test_a_service_that_cannot_be_reached_any_more() -> None:
    behave = lost_after(lambda task: settled(task, "hello", 1.0, 2.0), rest=lambda _: "", losses=99)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(6), service=cloud.service(), pace=1.0, retry=pnb.Retry(attempts=2))
        assert eventually(lambda: run.transcript.sent_until >= 1)
    error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    assert_says(error, "cannot be made again", "settled is kept", "pnb.resume")


@tidy
def test_a_key_that_is_refused_the_second_time_ends_the_run_at_once(chinese: Path) -> None:
    embedded = scripted(chinese, ["drop:events=15,times=1"])
    endpoint = asyncio.run(embedded.endpoint())
    right = endpoint.headers["Authorization"].removeprefix("Bearer ")
    keys = iter([right, "expired-" + KEY, right])
    service = pnb.DashScope(lambda: next(keys), url=endpoint.url)
    run = pnb.transcribe(chinese, service=service, pace=None)
    error = failure(run)
    embedded.close()
    assert isinstance(error, errors.AuthenticationError)
    assert next(keys) == right, "it was not tried a third time"
    assert list(run.sentences.loc[run.sentences["is_final"], "text"]) == ["今天天气很好。"]
    assert len(run.gaps) == 1


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_key_is_asked_for_anew_for_each_connection(is_broken: bool) -> None:
    asked: list[str] = []

    def key() -> str:
        asked.append(f"token-{len(asked)}")
        if is_broken and len(asked) > 1:
            raise LookupError("the vault is closed")
        return asked[-1]

    behave = lost_after(lambda t: settled(t, "hello", 1, 2), rest=lambda t: settled(t, "there", 1, 2))
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(6), service=cloud.service(key), pace=None)
        error = failure(run) if is_broken else ended(run).error
    assert asked == ["token-0", "token-1"]
    assert [headers["authorization"] for headers in cloud.headers] == [
        f"Bearer {token}" for token in (asked[:1] if is_broken else asked)
    ]
    assert isinstance(error, errors.AuthenticationError) if is_broken else error is None
    assert "token-" not in run.journal.path.read_text()


def test_waits_grow_and_are_not_the_same_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their lengths, as a share of the times that are the same for all."""
    shares: list[tuple[float, float]] = []
    monkeypatch.setattr("random.uniform", lambda *share: shares.append(share) or 0.1)

    async def refusing(talk: Talk) -> None:
        await talk.connection.close(1013)

    with Cloud(refusing) as cloud:
        run = pnb.transcribe(tone(1), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=6))
        failure(run)
    times = run.events.set_index("event")["t"]
    waits = [after - before for before, after in zip(times["lost"], times["resumed"], strict=False)]
    least = [0.05 * 0.1 * seconds for seconds in (1, 2, 4, 8, 8)]  # on loopback, where nobody shares the network
    assert len(waits) == 5
    assert all(wait >= shortest - 0.002 for wait, shortest in zip(waits, least, strict=True)), waits
    assert set(shares) == {(0.5, 1.0)}


# ------------------------------------------------------------------------------------------------- what a run shows


def test_a_loss_is_in_the_events_and_the_partial_is_withdrawn_while_it_is_sought() -> None:
    is_seen = threading.Event()

    def behave(talk: Talk) -> Any:
        return first(talk) if not told else second(talk)

    told: list[str] = []

    async def first(talk: Talk) -> None:
        told.append("first")
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.say("th", number=2, final=False)
        await talk.connection.close(1001, "going away")

    async def second(talk: Talk) -> None:
        await talk.command()
        await asyncio.to_thread(is_seen.wait, 20)
        await talk.send(event("task-started", talk.task))
        await talk.command()
        await talk.say("hello")
        await talk.say("there", number=2)
        await talk.finish()

    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=None)
        try:
            assert eventually(lambda: "resumed" in list(run.events["event"]))
            assert eventually(lambda: run.state == "reconnecting" and texts(run) == ["hello"])
        finally:
            is_seen.set()
        ended(run)
    assert texts(run) == ["hello", "there"]
    shown = run.events[~run.events["event"].isin(["connected", "run-task", "result-generated"])]
    assert list(shown["event"]) == [
        "task-started",
        "lost",
        "resumed",
        "task-started",
        "finish-task",
        "task-finished",
        "finished",
    ]
    assert happened(run, "connected", "run-task") == ["connected", "run-task"] * 2
    assert "code 1001, 'going away'" in losses(run)[0]


@tidy
def test_events_of_a_stream_go_on_counting_and_keep_the_clip_s_time(chinese: Path) -> None:
    async def finals() -> list[messages.SentenceResult]:
        service = scripted(chinese, ["drop:events=20,times=2"])
        stream = pnb.stream(str(chinese), service=service)
        found = [
            e.sentence async for e in stream if isinstance(e, messages.ResultGeneratedEvent) and e.sentence.is_final
        ]
        await asyncio.to_thread(service.close)
        return found

    sentences = asyncio.run(finals())
    assert [sentence.text for sentence in sentences] == list(whole(chinese).sentences["text"])
    ids = [sentence.sentence_id or 0 for sentence in sentences]
    assert ids == sorted(set(ids))
    begins = [(sentence.begin_time or 0) / 1000 for sentence in sentences]
    assert begins == pytest.approx(list(whole(chinese).sentences["start"]), abs=0.001)
