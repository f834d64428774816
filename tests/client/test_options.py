"""`Retry` and `Timeouts`: which values are valid, and what each does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from disconnecting import disconnect_after, final_word
from servers import Cloud, RawServer, Talk, ended, event, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.client.timeouts import CompleteTimeouts

# ------------------------------------------------------------------------------------------------------- valid values


@pytest.mark.parametrize("name", ["connect", "start", "keepalive", "finish", "close", "pause"])
@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), True, "10", 1j])
def test_a_timeout_must_be_a_finite_number_above_zero(name: str, wrong: Any) -> None:
    with pytest.raises(errors.ParameterError, match=rf"Timeouts\({name}=.*is not a number of seconds above 0"):
        pnb.Timeouts(**{name: wrong})


@pytest.mark.parametrize("name", ["first_wait", "longest_wait", "overlap", "live_buffer"])
@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf"), True, "1", None])
def test_a_time_of_retry_must_be_a_finite_number_from_zero_on(name: str, wrong: Any) -> None:
    with pytest.raises(errors.ParameterError, match=rf"Retry\({name}=.*is not a number of seconds from 0"):
        pnb.Retry(**{name: wrong})
    assert getattr(pnb.Retry(**{name: 0}), name) == 0


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "3", None])
def test_attempts_must_be_a_whole_number_from_one_on(wrong: Any) -> None:
    with pytest.raises(errors.ParameterError, match=r"Retry\(attempts=.*integer of at least 1"):
        pnb.Retry(attempts=wrong)


@pytest.mark.parametrize("options", [{"retry": 3}, {"timeouts": 20.0}, {"timeouts": {"close": 1}}], ids=str)
def test_numbers_are_not_taken_for_options(options: dict[str, Any]) -> None:
    with Cloud(well) as cloud:
        with pytest.raises(errors.ParameterError, match=r"give pnb\.(Retry|Timeouts)\(\.\.\.\)"):
            pnb.transcribe(tone(0.2), service=cloud.service(), **options)
        with pytest.raises(errors.ParameterError, match=r"give pnb\.(Retry|Timeouts)\(\.\.\.\)"):
            asyncio.run(anext(pnb.stream(tone(0.2), service=cloud.service(), **options)))
    assert cloud.headers == []


def test_options_are_values() -> None:
    assert pnb.Retry(attempts=2) == pnb.Retry(attempts=2) != pnb.Retry()
    assert pnb.Timeouts(close=2) == pnb.Timeouts(close=2) != pnb.Timeouts()
    with pytest.raises(AttributeError):
        pnb.Retry().attempts = 3  # type: ignore[misc]


# ---------------------------------------------------------------------------------------------------------------- waits


def test_waits_double_up_to_the_longest_and_are_shortened_at_random() -> None:
    retry = pnb.Retry(first_wait=1.0, longest_wait=8.0)
    for attempt, longest in enumerate((1, 2, 4, 8, 8, 8), 1):
        waits = [retry.delay(attempt, is_loopback=False) for _ in range(200)]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) > 100, "clients that were disconnected together do not connect together"


def test_waits_on_loopback_are_a_twentieth() -> None:
    waits = [pnb.Retry(first_wait=4.0).delay(1, is_loopback=True) for _ in range(100)]
    assert all(0.1 <= wait <= 0.2 for wait in waits)


def test_waits_are_finite_after_any_number_of_attempts() -> None:
    assert pnb.Retry(longest_wait=8.0).delay(10**6, is_loopback=False) <= 8.0
    assert pnb.Retry(first_wait=0.0).delay(10**6, is_loopback=False) == 0.0


def test_a_wait_is_as_long_as_was_asked_for() -> None:
    behave = disconnect_after(lambda t: final_word(t, "hello", 1, 2), rest=lambda t: final_word(t, "there", 1, 2))
    with Cloud(behave) as cloud:
        retry = pnb.Retry(first_wait=40.0, longest_wait=20.0)  # on loopback a twentieth, shortened by up to half
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None, retry=retry))
    times = run.events.set_index("event")["t"]
    assert times["resumed"] - times["disconnected"] >= 0.5 - 0.002
    assert texts(run) == ["hello", "there"]


# ------------------------------------------------------------------------------------------------------------- timeouts


async def _never_answers(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _never_starts(talk: Talk) -> None:
    await talk.command()
    await talk.forever()


async def _never_finishes(talk: Talk) -> None:
    await talk.begin()
    await talk.command()
    await talk.forever()


async def _stops_answering(talk: Talk) -> None:
    await talk.begin()
    talk.connection.transport.pause_reading()  # pings are not read any more
    await talk.forever()


@pytest.mark.parametrize(
    ("server", "timeouts", "what"),
    [
        (lambda: RawServer(_never_answers), pnb.Timeouts(connect=0.3), "no answer within 0.3 s"),
        (lambda: Cloud(_never_starts), pnb.Timeouts(start=0.3), "did not answer run-task in time"),
        (lambda: Cloud(_never_finishes), pnb.Timeouts(finish=0.3), "did not answer finish-task in time"),
        (lambda: Cloud(_stops_answering), pnb.Timeouts(keepalive=0.5), "did not answer a ping in time"),
    ],
    ids=["connect", "start", "finish", "keepalive"],
)
def test_each_timeout_ends_its_wait(server: Any, timeouts: pnb.Timeouts, what: str) -> None:
    with server() as listening:
        run = pnb.transcribe(
            tone(0.2), service=listening.service(), pace=None, retry=pnb.Retry(attempts=1), timeouts=timeouts
        )
        assert what in str(failure(run))


def test_a_stream_has_the_same_timeouts() -> None:
    async def read(service: pnb.DashScope) -> None:
        options: dict[str, Any] = {"timeouts": pnb.Timeouts(start=0.3), "retry": pnb.Retry(attempts=1)}
        async for _ in pnb.stream(tone(0.2), service=service, pace=None, **options):
            pass

    with Cloud(_never_starts) as cloud, pytest.raises(errors.ConnectionLost, match="did not answer run-task"):
        asyncio.run(read(cloud.service()))


def test_a_late_task_started_is_accepted_within_a_longer_timeout() -> None:
    async def slow(talk: Talk) -> None:
        await talk.command()
        await asyncio.sleep(0.5)
        await talk.send(event("task-started", talk.task))
        await talk.command()
        await talk.say("hello")
        await talk.finish()

    with Cloud(slow) as cloud:
        timeouts = pnb.Timeouts(start=30.0)
        assert texts(ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, timeouts=timeouts))) == [
            "hello"
        ]
    assert len(cloud.headers) == 1


def test_the_embedded_service_has_longer_timeouts_of_its_own() -> None:
    cloud, embedded = CompleteTimeouts.of(pnb.DashScope.timeouts), CompleteTimeouts.of(pnb.Embedded.timeouts)
    assert cloud == CompleteTimeouts()
    assert (embedded.start, embedded.keepalive) == (86_400.0, 60.0)
    assert embedded.start > cloud.start
    assert embedded.keepalive > cloud.keepalive


def test_a_timeout_that_is_not_given_stays_the_services_own() -> None:
    given = CompleteTimeouts.of(pnb.Embedded.timeouts, pnb.Timeouts(keepalive=5))
    assert (given.start, given.keepalive, given.finish) == (86_400.0, 5, 60.0)

    async def starts_late(talk: Talk) -> None:
        await talk.command()
        await asyncio.sleep(0.6)
        await talk.send(event("task-started", talk.task))
        await talk.command()
        await talk.finish()

    class Slow(pnb.DashScope):
        timeouts = pnb.Timeouts(start=0.3)

    with Cloud(starts_late) as cloud:
        options: dict[str, Any] = {"pace": None, "retry": pnb.Retry(attempts=1)}
        service = Slow("a-key", url=cloud.url)
        run = pnb.transcribe(tone(0.2), service=service, timeouts=pnb.Timeouts(keepalive=5), **options)
        assert "did not answer run-task in time" in str(failure(run)), "the service's own start still counts"
        ended(pnb.transcribe(tone(0.2), service=service, timeouts=pnb.Timeouts(start=10), **options))
