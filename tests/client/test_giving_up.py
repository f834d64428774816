"""A run ends where a further attempt cannot help, and reports what is missing; other disconnects are shown."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from disconnecting import AT_ONCE, disconnect_after, final_word
from lessons import disconnects, events_among, faultless_run, scripted
from servers import KEY, Cloud, Talk, assert_says, ended, event, eventually, failure, texts, tone

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope import messages

pytestmark = pytest.mark.usefixtures("nothing_left_at_the_end")
tidy = pytest.mark.usefixtures("nothing_left")


# ------------------------------------------------------------------------------------------------------- giving up


@pytest.mark.parametrize("attempts", [1, 3])
def test_attempts_without_a_new_final_end_the_run_and_what_is_missing_is_a_gap(attempts: int) -> None:
    behave = disconnect_after(lambda task: final_word(task, "hello", 1.0, 2.0), rest=lambda _: "", disconnects=99)
    with Cloud(behave) as cloud:
        retry = pnb.Retry(attempts=attempts, first_wait=0.0)
        run = pnb.transcribe(tone(6), service=cloud.service(), pace=None, retry=retry)
        error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    assert_says(error, "Final sentences are kept", "Run it again", "pnb.resume")
    assert len(cloud.headers) == 1 + attempts, "the first one does not count: it brought a final sentence"
    assert texts(run) == ["hello"]
    (gap,) = run.gaps.itertuples()
    assert gap.start == pytest.approx(2.0)
    assert gap.end >= 4.0
    assert "final" in gap.reason


def test_a_service_that_can_no_longer_be_reached() -> None:
    behave = disconnect_after(lambda task: final_word(task, "hello", 1.0, 2.0), rest=lambda _: "", disconnects=99)
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(6), service=cloud.service(), pace=1.0, retry=pnb.Retry(attempts=2))
        assert eventually(lambda: run.transcript.sent_until >= 1)
    error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    assert_says(error, "connecting again failed", "Final sentences are kept", "pnb.resume")


@tidy
def test_a_key_that_is_refused_later_ends_the_run_at_once(chinese: Path) -> None:
    embedded = scripted(chinese, ["drop:events=15,times=1"])
    endpoint = asyncio.run(embedded.endpoint())
    right = endpoint.headers["Authorization"].removeprefix("Bearer ")
    keys = iter([right, "expired-" + KEY, right])
    service = pnb.DashScope(lambda: next(keys), url=endpoint.url)
    run = pnb.transcribe(chinese, service=service, pace=None)
    error = failure(run)
    embedded.close()
    assert isinstance(error, errors.AuthenticationError)
    assert next(keys) == right, "a third connection was not tried"
    assert list(run.sentences.loc[run.sentences["is_final"], "text"]) == ["今天天气很好。"]
    assert len(run.gaps) == 1


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_callable_key_is_called_for_each_connection(is_broken: bool) -> None:
    tokens: list[str] = []

    def key() -> str:
        tokens.append(f"token-{len(tokens)}")
        if is_broken and len(tokens) > 1:
            raise LookupError("the vault is closed")
        return tokens[-1]

    behave = disconnect_after(lambda t: final_word(t, "hello", 1, 2), rest=lambda t: final_word(t, "there", 1, 2))
    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(6), service=cloud.service(key), pace=None, retry=AT_ONCE)
        error = failure(run) if is_broken else ended(run).error
    assert tokens == ["token-0", "token-1"]
    assert [headers["authorization"] for headers in cloud.headers] == [
        f"Bearer {token}" for token in (tokens[:1] if is_broken else tokens)
    ]
    assert isinstance(error, errors.AuthenticationError) if is_broken else error is None
    assert "token-" not in run.journal.path.read_text()


def test_waits_between_attempts_grow() -> None:
    async def refusing(talk: Talk) -> None:
        await talk.connection.close(1013)

    with Cloud(refusing) as cloud:
        run = pnb.transcribe(tone(1), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=6))
        failure(run)
    times = run.events.set_index("event")["t"]
    waits = [after - before for before, after in zip(times["disconnected"], times["resumed"], strict=False)]
    least = [0.05 * 0.5 * seconds for seconds in (1, 2, 4, 8, 8)]  # a loopback network is not shared with others
    assert len(waits) == 5
    assert all(wait >= shortest - 0.002 for wait, shortest in zip(waits, least, strict=True)), waits


# ------------------------------------------------------------------------------------------------- what a run shows


def test_a_disconnect_is_in_the_events_and_the_partial_is_withdrawn_while_reconnecting() -> None:
    is_checked = threading.Event()
    connections: list[str] = []

    def behave(talk: Talk) -> Any:
        return second(talk) if connections else first(talk)

    async def first(talk: Talk) -> None:
        connections.append("first")
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.say("th", number=2, final=False)
        await talk.connection.close(1001, "going away")

    async def second(talk: Talk) -> None:
        await talk.command()
        await asyncio.to_thread(is_checked.wait, 20)
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
            is_checked.set()
        ended(run)
    assert texts(run) == ["hello", "there"]
    shown = run.events[~run.events["event"].isin(["connected", "run-task", "result-generated"])]
    assert list(shown["event"]) == [
        "task-started",
        "disconnected",
        "resumed",
        "task-started",
        "finish-task",
        "task-finished",
        "finished",
    ]
    assert events_among(run, "connected", "run-task") == ["connected", "run-task"] * 2
    assert "code 1001, 'going away'" in disconnects(run)[0]


@tidy
def test_a_streams_events_are_numbered_and_timed_over_all_tasks(chinese: Path) -> None:
    async def finals() -> list[messages.SentenceResult]:
        service = scripted(chinese, ["drop:events=20,times=2"])
        stream = pnb.stream(str(chinese), service=service, retry=AT_ONCE)
        found = [
            e.sentence async for e in stream if isinstance(e, messages.ResultGeneratedEvent) and e.sentence.is_final
        ]
        await asyncio.to_thread(service.close)
        return found

    sentences = asyncio.run(finals())
    assert [sentence.text for sentence in sentences] == list(faultless_run(chinese).sentences["text"])
    ids = [sentence.sentence_id or 0 for sentence in sentences]
    assert ids == sorted(set(ids))
    begins = [(sentence.begin_time or 0) / 1000 for sentence in sentences]
    assert begins == pytest.approx(list(faultless_run(chinese).sentences["start"]), abs=0.001)
