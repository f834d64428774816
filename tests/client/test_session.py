"""Services that misbehave: the run ends, reports what happened and what to do, and keeps final sentences."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from disconnecting import AT_ONCE, final_word
from servers import RATE, Cloud, Talk, assert_says, ended, event, eventually, failure, result, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def transcribe(cloud: Any, seconds: float = 1.0, **options: Any) -> pnb.Run:
    """A run with one attempt more than those that bring a final sentence."""
    given = {"pace": None, "retry": pnb.Retry(attempts=1, first_wait=0.0)} | options
    return pnb.transcribe(tone(seconds), service=cloud.service(), **given)


def assert_fails(
    behave: Any, kind: type[BaseException], *what: str, seconds: float = 1.0, timeouts: pnb.Timeouts | None = None
) -> pnb.Run:
    """Assert that a run with this service fails with an error of this kind, and return the run."""
    with Cloud(behave) as cloud:
        run = transcribe(cloud, seconds, timeouts=timeouts)
        error = failure(run)
    assert type(error) is kind, repr(error)
    assert_says(error, *what)
    return run


# --------------------------------------------------------------------------------------------- timeouts and disconnects


async def _hello(talk: Talk) -> None:
    """Send two final words and a partial one, of a clip that is not over."""
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    await talk.say("my", number=2, final=False)


def test_run_task_that_is_never_answered() -> None:
    async def silent(talk: Talk) -> None:
        await talk.command()
        await talk.forever()

    timeouts = pnb.Timeouts(start=0.3)
    assert_fails(silent, errors.ConnectionLost, "did not answer run-task", "Run it again", timeouts=timeouts)


def test_run_task_that_is_answered_with_other_events_only() -> None:
    async def chatter(talk: Talk) -> None:
        await talk.command()
        while True:
            await talk.send(event("weather-report", talk.task))
            await asyncio.sleep(0.05)

    assert_fails(chatter, errors.ConnectionLost, "did not answer run-task", timeouts=pnb.Timeouts(start=0.5))


@pytest.mark.parametrize("is_silent", [True, False])
def test_finish_task_that_is_never_answered(is_silent: bool) -> None:
    async def endless(talk: Talk) -> None:
        await _hello(talk)
        await talk.command()
        if not is_silent:
            await talk.say("my", "dear", number=2, final=False)
        await talk.forever()

    what = "did not answer finish-task", "Final sentences are kept", "Run it again"
    run = assert_fails(endless, errors.ConnectionLost, *what, timeouts=pnb.Timeouts(finish=0.3))
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]


def test_a_service_that_sends_nothing_after_task_started() -> None:
    async def mute(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.forever()

    timeouts = pnb.Timeouts(finish=0.3)
    assert_fails(mute, errors.ConnectionLost, "did not answer finish-task", "Run it again", timeouts=timeouts)


async def _close(talk: Talk) -> None:
    await talk.connection.close()


async def _crash(talk: Talk) -> None:
    await talk.connection.close(1011, "out of memory")


async def _reset(talk: Talk) -> None:
    talk.reset()


@pytest.mark.parametrize(
    ("drop", "what"),
    [(_close, ("code 1000",)), (_crash, ("code 1011", "out of memory")), (_reset, ("without a close frame",))],
)
@pytest.mark.parametrize("is_sending", [True, False], ids=["while sending", "after finish-task"])
def test_a_connection_that_ends_early(drop: Any, what: tuple[str, ...], is_sending: bool) -> None:
    may_drop = threading.Event()

    async def dropping(talk: Talk) -> None:
        await _hello(talk)
        if not is_sending:
            await talk.command()
        await asyncio.to_thread(may_drop.wait, 20)
        await drop(talk)

    with Cloud(dropping) as cloud:
        run = transcribe(cloud, seconds=60 if is_sending else 1)
        assert eventually(lambda: len(run.words) == 3)
        may_drop.set()
        error = failure(run)
    assert isinstance(error, errors.ConnectionLost)
    closed = "closed the connection before the task ended"
    assert_says(error, closed, "Final sentences are kept", "Run it again", *what)
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]
    assert run.text.startswith("hello there")


def test_a_task_that_finishes_before_the_clip_was_sent_is_a_failure() -> None:
    async def hasty(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.finish()
        await talk.forever()

    with Cloud(hasty) as cloud:
        run = transcribe(cloud, seconds=60, timeouts=pnb.Timeouts(close=0.3))
        failure(run)
    assert texts(run) == ["hello"]
    assert list(run.gaps["start"]) == [0.1], "audio that was sent and did not become final is a gap"


def test_a_failed_run_ends_at_once_whatever_the_service_still_sends() -> None:
    """A closing handshake would wait for an answer behind all the events that are not read any more."""

    async def talkative(talk: Talk) -> None:
        await talk.begin()
        await talk.send(event("task-finished", talk.task))  # before finish-task
        while True:
            await talk.say("hello")

    with Cloud(talkative) as cloud:
        timeouts = pnb.Timeouts(close=60.0, keepalive=300.0)
        retry = pnb.Retry(attempts=1)
        run = pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, timeouts=timeouts, retry=retry)
        assert isinstance(failure(run, 30), errors.RemoteProtocolError)


def test_a_message_that_is_too_long() -> None:
    async def shouting(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello", number=1)
        await talk.send("x" * 2**21)
        await talk.forever()

    closed = "closed the connection before the task ended"
    run = assert_fails(shouting, errors.ConnectionLost, closed, "1009", seconds=1)
    assert texts(run) == ["hello"]


def test_a_server_that_stops_reading_and_cancel() -> None:
    with Cloud(_stop_reading) as cloud:
        run = _stuck(cloud)
        run.cancel()
        ended(run, 15)
    assert run.state == "stopped"
    assert texts(run) == ["hello", "there"]


def test_a_server_that_stops_reading_and_stop() -> None:
    with Cloud(_stop_reading) as cloud:
        run = _stuck(cloud, timeouts=pnb.Timeouts(finish=0.5, close=0.5))
        run.stop()
        try:
            run.wait(15)
        except pnb.ParaformerError as error:
            assert_says(error, "kept")
        finally:
            run.cancel()
    assert run.state in ("stopped", "failed")
    assert texts(run) == ["hello", "there"]


async def _stop_reading(talk: Talk) -> None:
    await talk.begin()
    await talk.say("hello", "there")
    await talk.forever()


def _stuck(cloud: Cloud, timeouts: pnb.Timeouts | None = None) -> pnb.Run:
    """A run whose service has read nothing for a while: no more is sent, though most of the clip is left."""
    run = transcribe(cloud, seconds=120, timeouts=timeouts)
    assert eventually(lambda: len(run.words) == 2)
    sent: list[float] = []

    def is_stuck() -> bool:
        sent.append(run.transcript.sent_until)
        return len(sent) > 30 and sent[-30] == sent[-1]

    assert eventually(is_stuck)
    assert 0 < run.transcript.sent_until < 60  # seconds of audio that wait in sockets and queues, of 120
    return run


# ---------------------------------------------------------------------------------------------------- unreadable events


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
        '{"header":{"event":"result-generated"},"payload":{"output":{"sentence":{"text":[7]}}}}',
        result("", "no", "sound", number=0, final=False, heartbeat=True, sentence_end=False),
    ],
)
def test_unreadable_messages_are_ignored(junk: str | bytes) -> None:
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


def test_a_result_that_cannot_be_read_is_a_gap_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def mumbling(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.say("one", number=1)
        for number in (3, 4):
            words = [{"text": ["two"], "begin_time": number * 1000, "confidence": "high"}]
            await talk.send(result(talk.task, "", sentence_end=True, text={}, words=words))
        await talk.say("three", number=6)
        await talk.finish()

    with Cloud(mumbling) as cloud:
        run = ended(transcribe(cloud, seconds=8.0))
    assert (run.state, run.error, texts(run)) == ("finished", None, ["one", "three"])
    assert run.gaps[["start", "end"]].values.tolist() == [[0.1, 5.0]]
    assert "cannot be read" in run.gaps["reason"][0]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1 and "run.gaps says where words may be missing" in warnings[0]
    assert pnb.load(run.journal.path).gaps.equals(run.gaps)


def test_fields_that_cannot_be_read_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def odd(talk: Talk) -> None:
        await talk.begin()
        words = [{"text": "hello", "begin_time": 0, "end_time": 900, "confidence": "high"}]
        await talk.send(result(talk.task, "hello", sentence_id="b1f0c3", words=words))
        await talk.command()
        await talk.finish()

    with Cloud(odd) as cloud:
        run = ended(transcribe(cloud))
    assert (run.state, texts(run), len(run.gaps)) == ("finished", ["hello"], 0)
    assert run.words["confidence"].isna().all()
    assert "words[0].confidence" in run.events["text"].str.cat(sep=" ")
    assert "words[0].confidence" in caplog.text


def test_events_of_another_task_are_ignored() -> None:
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


@pytest.mark.parametrize("when", ["at once", "while streaming", "after finish-task", "many times"])
def test_a_task_started_that_is_repeated_changes_nothing(when: str) -> None:
    """The vendor's SDKs ignore it as well."""

    async def repeating(talk: Talk) -> None:
        await talk.begin()
        again = event("task-started", talk.task)
        if when == "at once":
            await talk.send(again)
        await talk.say("hello", "there")
        for _ in range({"while streaming": 1, "many times": 50}.get(when, 0)):
            await talk.send(again)
        await talk.say("good", number=2, final=False)
        await talk.command()
        if when == "after finish-task":
            await talk.send(again)
        await talk.say("goodbye", number=2)
        await talk.finish()

    with Cloud(repeating) as cloud:
        run = ended(transcribe(cloud))
        assert sum(map(len, cloud.blocks)) == 2 * RATE, "the audio is sent once"
    assert (run.state, texts(run), len(run.gaps)) == ("finished", ["hello", "there", "goodbye"], 0)
    assert texts(pnb.load(run.journal.path)) == texts(run)


def test_a_service_that_ends_a_task_early_gets_the_rest_in_a_new_one() -> None:
    """As one with a limit to a task's length, or to its sentences."""
    ends = iter([1.0, 2.0])

    async def short(talk: Talk) -> None:
        await talk.begin()
        end = next(ends, None)
        if end is None:
            await talk.command()
            await talk.send(final_word(talk.task, "last", 0.4, 0.8))
        else:
            await talk.block()
            await talk.send(final_word(talk.task, f"word{end:g}", 0.4, 0.9))
        await talk.finish()
        if end is not None:
            await talk.forever()

    with Cloud(short) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=20.0, retry=AT_ONCE))
        assert len(cloud.headers) == 3
    assert run.state == "finished"
    assert texts(run) == ["word1", "word2", "last"]
    assert "before it had all audio" in run.events["text"].str.cat(sep=" ")


def test_results_before_task_started() -> None:
    async def eager(talk: Talk) -> None:
        await talk.command()
        await talk.say("hello")
        await talk.forever()

    assert_fails(eager, errors.RemoteProtocolError, "ResultGenerated", "STARTING")


# ---------------------------------------------------------------------------------------------------------- task-failed

CODES = [
    ("InvalidApiKey", "Invalid API-key provided.", False, "API key"),
    ("Workspace.AccessDenied", "Workspace access denied.", False, "workspace"),
    ("Model.AccessDenied", "Model access denied.", False, "model"),
    ("AccessDenied.Unpurchased", "Access denied.", False, "model"),
    ("ModelNotFound", "Model can not be found.", False, "model="),
    ("InvalidParameter", "Missing required parameter 'payload.input'! Please follow the protocol!", False, "parameter"),
    ("InvalidParameter", "url error, please check url！", False, "url"),
    ("CLIENT_ERROR", "request timeout after 23 seconds.", True, "received no audio"),
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
    assert len(cloud.commands) == (2 if retryable else 1), "what is not retryable is not retried"
    assert error.task_id == cloud.commands[-1]["header"]["task_id"]
    for part in (code, message.rstrip("."), advice):
        assert part.lower() in str(error).lower()
    assert list(run.words[run.words["is_final"]]["text"]) == ["hello", "there"]


def test_the_error_of_a_failed_task_says_what_was_kept() -> None:
    async def failing(talk: Talk) -> None:
        await _hello(talk)
        await talk.fail("InternalError", "Internal server error!")

    assert_fails(failing, errors.TaskFailed, "kept", "again")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NO_VALID_AUDIO_ERROR", "NO_VALID_AUDIO_ERROR"),
        ("CLIENT_ERROR", "NO_VALID_AUDIO_ERROR"),
        ("NO_INPUT_AUDIO_ERROR", "no audio"),
    ],
)
def test_no_speech_gives_an_empty_table_and_no_error(code: str, message: str) -> None:
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
        "word": "Int64",
    }


def test_no_speech_in_the_middle_of_a_clip_is_an_error() -> None:
    """Before finish-task it is not an answer: the rest of the clip would be left out without a word."""

    async def impatient(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.fail("NO_VALID_AUDIO_ERROR", "NO_VALID_AUDIO_ERROR")

    run = assert_fails(impatient, errors.TaskFailed, "NO_VALID_AUDIO_ERROR", seconds=60)
    assert list(run.gaps["start"]) == [0.0]


def test_everything_sent_and_received_is_in_the_events_in_order() -> None:
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
