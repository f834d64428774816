"""A run against services that misbehave: it ends, says what happened and what to do, and keeps what was settled."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from servers import Cloud, Talk, assert_says, ended, event, eventually, failure, result, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.client import attempt as conversation
from paraformer_nb.client import handshake, session

pytestmark = pytest.mark.usefixtures("nothing_left", "no_waiting")


def transcribe(cloud: Any, seconds: float = 1.0, **options: Any) -> pnb.Run:
    """A run with one attempt more than those that settle something."""
    return pnb.transcribe(tone(seconds), service=cloud.service(), **{"pace": None, "max_attempts": 1} | options)


def fails(behave: Any, kind: type[BaseException], *what: str, seconds: float = 1.0) -> pnb.Run:
    """A run against a service that behaves so fails with this."""
    with Cloud(behave) as cloud:
        run = transcribe(cloud, seconds)
        error = failure(run)
    assert type(error) is kind, repr(error)
    assert_says(error, *what)
    return run


# ------------------------------------------------------------------------------------------------ drops and silences


async def _hello(talk: Talk) -> None:
    """Settle two words, open a third, of a clip that is not over."""
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    await talk.say("my", number=2, final=False)


def test_task_started_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_START_TIMEOUT", 0.3)

    async def deaf(talk: Talk) -> None:
        await talk.command()
        await talk.forever()

    fails(deaf, errors.ConnectionLost, "did not answer run-task", "Run it again")


def test_task_started_that_never_comes_amid_other_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_START_TIMEOUT", 0.5)

    async def chatter(talk: Talk) -> None:
        await talk.command()
        while True:
            await talk.send(event("weather-report", talk.task))
            await asyncio.sleep(0.05)

    fails(chatter, errors.ConnectionLost, "did not answer run-task")


@pytest.mark.parametrize("is_silent", [True, False])
def test_task_finished_that_never_comes(is_silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_TAIL_TIMEOUT", 0.3)

    async def endless(talk: Talk) -> None:
        await _hello(talk)
        await talk.command()
        if not is_silent:
            await talk.say("my", "dear", number=2, final=False)
        await talk.forever()

    run = fails(endless, errors.ConnectionLost, "did not answer finish-task", "settled is kept", "Run it again")
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]


def test_a_service_that_says_nothing_at_all_after_task_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_TAIL_TIMEOUT", 0.3)

    async def mute(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.forever()

    fails(mute, errors.ConnectionLost, "did not answer finish-task", "Run it again")


async def _close(talk: Talk) -> None:
    await talk.connection.close()


async def _crash(talk: Talk) -> None:
    await talk.connection.close(1011, "out of memory")


async def _reset(talk: Talk) -> None:
    talk.reset()


@pytest.mark.parametrize(
    ("drop", "what"),
    [(_close, ("code 1000",)), (_crash, ("code 1011", "out of memory")), (_reset, ("no closing word",))],
)
@pytest.mark.parametrize("is_sending", [True, False], ids=["while sending", "after finish-task"])
def test_a_connection_that_drops(drop: Any, what: tuple[str, ...], is_sending: bool) -> None:
    is_told = threading.Event()

    async def dropping(talk: Talk) -> None:
        await _hello(talk)
        if not is_sending:
            await talk.command()
        await asyncio.to_thread(is_told.wait, 20)
        await drop(talk)

    with Cloud(dropping) as cloud:
        run = transcribe(cloud, seconds=60 if is_sending else 1)
        assert eventually(lambda: len(run.words) == 3)
        is_told.set()
        error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    assert_says(error, "ended before the task did", "settled is kept", "Run it again", *what)
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]
    assert run.text.startswith("hello there")


def test_a_task_that_is_finished_before_its_clip_was_heard_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 0.3)

    async def hasty(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.finish()
        await talk.forever()

    with Cloud(hasty) as cloud:
        run = transcribe(cloud, seconds=60)
        failure(run)
    assert texts(run) == ["hello"]
    assert list(run.gaps["start"]) == [0.1], "what was sent and never settled is no silent hole"


def test_what_has_failed_ends_at_once_whatever_the_service_still_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closing handshake would wait for an answer that lies behind all that nobody reads any more."""
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 60.0)
    monkeypatch.setattr(handshake, "CLOSE_TIMEOUT", 60.0)

    async def talkative(talk: Talk) -> None:
        await talk.begin()
        await talk.send(event("task-started", talk.task))  # it cannot begin twice
        while True:
            await talk.say("hello")

    with Cloud(talkative) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(link_timeout=300.0), pace=None)
        assert isinstance(failure(run, 30), errors.RemoteProtocolError)


def test_a_message_that_is_too_long() -> None:
    async def shouting(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello", number=1)
        await talk.send("x" * 2**21)
        await talk.forever()

    run = fails(shouting, errors.ConnectionLost, "ended before the task did", "1009", seconds=1)
    assert texts(run) == ["hello"]


def test_a_server_that_stops_reading_and_cancel() -> None:
    with Cloud(_deaf) as cloud:
        run = _stuck(cloud)
        run.cancel()
        ended(run, 15)
    assert run.state == "stopped"
    assert texts(run) == ["hello", "there"]


def test_a_server_that_stops_reading_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_TAIL_TIMEOUT", 0.5)
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 0.5)
    with Cloud(_deaf) as cloud:
        run = _stuck(cloud)
        run.stop()
        try:
            run.wait(15)
        except pnb.ParaformerError as error:
            assert_says(error, "kept")
        finally:
            run.cancel()
    assert run.state in ("stopped", "failed")
    assert texts(run) == ["hello", "there"]


async def _deaf(talk: Talk) -> None:
    await talk.begin()
    await talk.say("hello", "there")
    await talk.forever()


def _stuck(cloud: Cloud) -> pnb.Run:
    """A run whose service has read nothing for a while: what it was sent has stopped growing, far below the clip."""
    run = transcribe(cloud, seconds=120)
    assert eventually(lambda: len(run.words) == 2)
    sent: list[float] = []

    def is_stuck() -> bool:
        sent.append(run.transcript.sent_until)
        return len(sent) > 30 and sent[-30] == sent[-1]

    assert eventually(is_stuck)
    assert 0 < run.transcript.sent_until < 60  # seconds of audio that wait in sockets and queues, of 120
    return run


# ------------------------------------------------------------------------------------------------------------ nonsense


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "not json",
        "null",
        "[]",
        "{}",
        '{"header":1}',
        '{"header":{"event":5}}',
        "[" * 5000,
        "\ud7ff" * 9,
        b"",
        b"\x00\xff\xfe",
        b"RIFF",
        event("weather-report", ""),
        event("result-generated", ""),
        '{"header":{"event":"result-generated"},"payload":{"output":{"sentence":{"text":7}}}}',
        result("", "no", "sound", number=0, final=False, heartbeat=True, sentence_end=False),
    ],
)
def test_nonsense_between_events_is_passed_over(junk: str | bytes) -> None:
    async def mumbling(talk: Talk) -> None:
        await talk.command()
        if b"sentence" not in (junk if isinstance(junk, bytes) else junk.encode()):
            await talk.send(junk)
        await talk.send(event("task-started", talk.task))
        await talk.send(junk)
        await talk.say("hello", "there")
        await talk.send(junk)
        await talk.command()
        await talk.finish()

    with Cloud(mumbling) as cloud:
        run = ended(transcribe(cloud))
    assert (run.state, run.error, texts(run)) == ("finished", None, ["hello", "there"])
    assert pnb.load(run.journal.path).words.equals(run.words)
    assert len(run.events) > 5


def test_events_for_another_task_are_passed_over() -> None:
    async def confused(talk: Talk) -> None:
        await talk.command()
        await talk.send(event("task-started", "f" * 32))
        await talk.send(event("task-started", talk.task))
        await talk.say("not", "mine", number=2, task="f" * 32)
        await talk.say("hello", "there")
        await talk.send(event("task-finished", "f" * 32))
        await talk.command()
        await talk.finish()

    with Cloud(confused) as cloud:
        run = ended(transcribe(cloud))
    assert texts(run) == ["hello", "there"]
    assert texts(pnb.load(run.journal.path)) == ["hello", "there"]


def test_results_before_task_started() -> None:
    async def eager(talk: Talk) -> None:
        await talk.command()
        await talk.say("hello")
        await talk.forever()

    fails(eager, errors.RemoteProtocolError, "ResultGenerated", "STARTING")


# ---------------------------------------------------------------------------------------------------------- task-failed

CODES = [
    ("InvalidApiKey", "Invalid API-key provided.", False, "API key"),
    ("Workspace.AccessDenied", "Workspace access denied.", False, "workspace"),
    ("Model.AccessDenied", "Model access denied.", False, "model"),
    ("AccessDenied.Unpurchased", "Access denied.", False, "model"),
    ("ModelNotFound", "Model can not be found.", False, "model="),
    ("InvalidParameter", "Missing required parameter 'payload.input'! Please follow the protocol!", False, "parameter"),
    ("InvalidParameter", "url error, please check url！", False, "url"),
    ("CLIENT_ERROR", "request timeout after 23 seconds.", True, "heartbeat=True"),
    ("RequestTimeOut", "Response timeout!", True, "heartbeat=True"),
    ("UNSUPPORTED_FORMAT", "Failed to decode audio", False, "decode"),
    ("Throttling", "Requests throttling triggered.", True, "Wait a moment"),
    ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", True, "Wait a moment"),
    ("Throttling.AllocationQuota", "Allocated quota exceeded.", False, "quota"),
    ("AllocationQuota.FreeTierOnly", "The free tier has been exhausted.", False, "billing"),
    ("Arrearage", "Access denied, please make sure your account is in good standing.", False, "billing"),
    ("InternalError", "Internal server error!", True, "try again later"),
    ("SystemError", "An system error has occurred.", True, "try again later"),
    ("ModelServiceFailed", "Failed to request model service.", True, "try again later"),
    ("ServiceUnavailable", "Too many requests. Your requests are being throttled.", True, "again"),
    ("Something.New", "the moon is full", False, ""),
]


@pytest.mark.parametrize(("code", "message", "retryable", "advice"), CODES)
def test_task_failed(code: str, message: str, retryable: bool, advice: str) -> None:
    async def failing(talk: Talk) -> None:
        await _hello(talk)
        await talk.fail(code, message)
        await talk.connection.close()

    with Cloud(failing) as cloud:
        run = transcribe(cloud)
        error = failure(run)
    assert isinstance(error, errors.TaskFailed)
    assert (error.code, error.message, error.retryable) == (code, message, retryable)
    assert len(cloud.commands) == (2 if retryable else 1), "what no other attempt can help is not tried again"
    assert error.task_id == cloud.commands[-1]["header"]["task_id"]
    for part in (code, message.rstrip("."), advice):
        assert part.lower() in str(error).lower()
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]


def test_a_failed_task_says_what_was_kept() -> None:
    async def failing(talk: Talk) -> None:
        await _hello(talk)
        await talk.fail("InternalError", "Internal server error!")

    fails(failing, errors.TaskFailed, "kept", "again")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NO_VALID_AUDIO_ERROR", "NO_VALID_AUDIO_ERROR"),
        ("CLIENT_ERROR", "NO_VALID_AUDIO_ERROR"),
        ("NO_INPUT_AUDIO_ERROR", "no audio"),
    ],
)
def test_no_speech_is_an_empty_table_and_no_error(code: str, message: str) -> None:
    async def bored(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.fail(code, message)
        await talk.connection.close()

    with Cloud(bored) as cloud:
        run = ended(transcribe(cloud))
    assert (run.state, run.error, run.text, len(run.words)) == ("finished", None, "", 0)
    assert {name: str(dtype) for name, dtype in run.words.dtypes.items()} == {
        "sentence_id": "int64",
        "text": "string",
        "punctuation": "string",
        "start": "float64",
        "end": "float64",
        "confidence": "float64",
        "speaker": "string",
        "is_final": "bool",
    }


def test_no_speech_amid_a_clip_is_no_end_of_it() -> None:
    """Before finish-task it is no answer to anything: the rest of the clip would be left out with no word."""

    async def impatient(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.fail("NO_VALID_AUDIO_ERROR", "NO_VALID_AUDIO_ERROR")

    run = fails(impatient, errors.TaskFailed, "NO_VALID_AUDIO_ERROR", seconds=60)
    assert list(run.gaps["start"]) == [0.0]


def test_what_crossed_is_in_the_events_in_order() -> None:
    with Cloud(well) as cloud:
        run = ended(transcribe(cloud))
    happened = list(run.events["event"])
    assert happened == [
        "connected",
        "run-task",
        "task-started",
        "finish-task",
        "result-generated",
        "task-finished",
        "finished",
    ]
    assert json.loads(run.events["body"].iloc[1]) == cloud.commands[0]
