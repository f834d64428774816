"""Whatever a service sends: it is kept, and passed over or an error of ours; tables, pictures and views stay whole."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paraformer_nb.client.progress import Progress
from servers import Cloud, Talk, event, result, tone

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope.client_task import ClientTask
from paraformer_nb.dashscope.messages import RunTask
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import Audio, ClipSource, KnownRecord, Received, Resumed, RunStarted, ServiceSource
from paraformer_nb.plots.layout import part
from paraformer_nb.tables.events import events_table
from paraformer_nb.tables.sentences import sentences_table
from paraformer_nb.tables.words import words_table
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.messages import encode
from paraformer_nb.widgets.run_state import describe_run
from paraformer_nb.widgets.view_state import ViewState

# ------------------------------------------------------------------------------------------------- what a service sends

_VALUES = [
    json.dumps(value)
    for value in (
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        100,
        1e300,
        -0.0,
        0.5,
        1234.5678,
        2**31,
        2**63,
        2**64,
        10**13,
        10**400,
        -(10**400),
        "",
        " ",
        "0",
        "12.5",
        "nan",
        "true",
        "a",
        "\0",
        "\n",
        "\u2028",
        "\u202e",
        "\U0001f600",
        "今天",
        "x" * 5000,
        [],
        {},
        [[]],
        [None],
        [{}],
        ["a"],
        {"": None},
        {"text": "a"},
        [{"text": "a", "begin_time": 5, "end_time": 1}],
    )
] + ["1e999", '"\\ud800"', '"\\udfff\\ud800"', "NaN", "-Infinity", "1" * 5000, "[" * 60 + "]" * 60]
_NAMES = (
    "header",
    "payload",
    "output",
    "sentence",
    "words",
    "text",
    "begin_time",
    "end_time",
    "sentence_id",
    "sentence_end",
    "heartbeat",
    "usage",
    "duration",
    "event",
    "task_id",
    "speaker_id",
    "confidence",
    "punctuation",
    "stash",
    "error",
)


class Service:
    """One that sends what it should, what it should not, and what nobody can read."""

    def __init__(self, luck: random.Random) -> None:
        self._luck = luck

    def messages(self, task: str) -> Iterator[str | bytes]:
        """Its messages, without end."""
        while True:
            yield self._message(task)

    def _message(self, task: str) -> str | bytes:
        luck = self._luck
        proper = self._proper(task)
        kinds: list[Callable[[], str | bytes]] = [
            lambda: proper,
            lambda: proper,
            lambda: self._changed(proper),
            lambda: self._changed(proper),
            lambda: self._changed(proper),
            lambda: self._damaged(proper),
            lambda: luck.choice(_VALUES),
            lambda: luck.randbytes(luck.randint(0, 40)),
            lambda: self._changed(event("task-failed", "another")),
            lambda: self._changed(event(luck.choice(["task-started", "task-finished", "task-failed"]), "another")),
        ]
        return luck.choice(kinds)()

    def _proper(self, task: str) -> str:
        luck = self._luck
        words = [luck.choice(["good", "morning", "今天", "天气", "d'accord"]) for _ in range(luck.randint(0, 4))]
        number = luck.randint(0, 6)
        return result(task, *words, number=number, final=luck.random() < 0.5, heartbeat=luck.random() < 0.1)

    def _changed(self, text: str) -> str:
        """Some of its fields gone, doubled under another name, or of another value, wherever they lie."""
        luck, message = self._luck, json.loads(text)
        put: list[str] = []
        for _ in range(luck.randint(1, 3)):
            place = message
            while (inner := [each for each in _inside(place) if each]) and luck.random() < 0.8:
                place = luck.choice(inner)
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = luck.choice(keys) if keys else "header"
            match luck.randint(0, 3) if isinstance(place, dict) else 3:
                case 0:
                    place.pop(key, None)
                case 1:
                    place[luck.choice(_NAMES)] = place.get(key)
                case _:
                    put.append(luck.choice(_VALUES))
                    place[key] = f"@{len(put) - 1}@"
        text = json.dumps(message, ensure_ascii=luck.random() < 0.5)
        for number, value in enumerate(put):
            text = text.replace(f'"@{number}@"', value)
        return text

    def _damaged(self, text: str) -> bytes:
        """Some of its bytes gone, doubled, or others."""
        luck, data = self._luck, text.encode()
        for _ in range(luck.randint(1, 4)):
            at = luck.randint(0, len(data))
            end = at + luck.randint(0, 8)
            put = luck.choice([b"", data[at:end], b'"', b"}", b"[", b"\\u", b",", b"\0", b"\n", b"\xff", b"9" * 400])
            data = data[:at] + put + data[end:]
        return data


def _inside(place: Any) -> list[Any]:
    values = place.values() if isinstance(place, dict) else place
    return [value for value in values if isinstance(value, (dict, list))]


# --------------------------------------------------------------------------------------- a client without its sockets


class Client:
    """What a session does with each message, in a run of several tasks, with a pause in each."""

    def __init__(self) -> None:
        service = ServiceSource("embedded", "127.0.0.1", "scripted")
        self.transcript, self.file = Transcript(RUN), io.BytesIO()
        self._writer = Appender(self.file)
        self._progress = Progress(3.0)
        self._number = 0
        self._keep(
            RunStarted(0.0, 1, "now", ClipSource("clip"), 16000, 3.0, 40.0, service, "paraformer-realtime-v2", {})
        )
        self.connect()

    def connect(self) -> None:
        """Another task, with 8 s of audio, and a pause in it."""
        self._number += 1
        task = f"task{self._number}"
        self._task = ClientTask(RunTask(task, "paraformer-realtime-v2"))
        self._task.run()
        position = self._progress.resume_at
        self._progress.attempt_anew()
        if self._number > 1:
            self._keep(Resumed(1.0, task, position, self._number))
        self._clock = self._progress.begin(position)
        self.take(event("task-started", task))
        self._clock.hear(8.0)
        self._progress.sent = max(self._progress.sent, position + 8)
        self._keep(Audio(1.0, task, position, 8.0))

    @property
    def task(self) -> str:
        return self._task.task_id

    def _keep(self, record: KnownRecord) -> None:
        self._writer.append(record)
        self.transcript.apply(record)

    def take(self, message: str | bytes) -> None:
        """As `Conversation` takes it."""
        data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        record = Received.of(2.0, self.task, data)
        self._keep(record)
        self._progress.take(self._task.receive(record.event), self._clock)
        assert 3.0 <= self._progress.resume_at <= self._progress.sent


def look(transcript: Transcript) -> None:
    """Everything that a person may see of it."""
    words = words_table(transcript.sentences, transcript.run)
    sentences = sentences_table(transcript.sentences, transcript.run)
    assert len(words) == sentences["words"].sum()
    assert not words[["start", "end"]].isna().any().any()
    start, end = part(transcript, None, None)
    assert start < end < 1e10
    run = describe_run(transcript, can_stop=True, can_correct=True)
    updates = [encode(update) for update, _ in ViewState().updates(transcript, run, [])]
    assert json.dumps(updates, allow_nan=False).encode()
    assert transcript.text.encode() is not None
    words.to_csv(), sentences.to_csv()  # somebody writes them to a file


def check(luck: random.Random, events: int, tasks: int = 2) -> int:
    """Send so many messages in each task of a run. Returns how many were taken."""
    client = Client()
    taken = 0
    for number in range(tasks):
        if number:
            client.connect()
        for message in islice(Service(luck).messages(client.task), events):
            taken += 1
            try:
                client.take(message)
            except errors.RemoteProtocolError:
                break  # it ends the run; here the next task goes on with it
    look(client.transcript)
    client.file.seek(0)
    loaded, records = Transcript(RUN), list(read(client.file))
    for record in records:
        loaded.apply(record)
    assert loaded.sentences == client.transcript.sentences
    received = sum(isinstance(record, Received) for record in records)
    assert received == taken + tasks, "each is kept, whatever it is"
    assert len(events_table(records)) >= received
    return taken


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_a_few_messages_that_nobody_expects(luck: random.Random) -> None:
    check(luck, events=3)


def test_hundreds_of_messages_that_nobody_expects() -> None:
    luck = random.Random(1)
    assert sum(check(luck, events=10) for _ in range(30)) > 400


# ------------------------------------------------------------------------------------------------------- over a socket


def hostile(seed: int, events: int) -> Any:
    """A service that sends so many such messages between task-started and the end."""

    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        for message in islice(Service(random.Random(seed)).messages(talk.task), events):
            if isinstance(message, str):
                message = message.encode("utf-8", "surrogatepass")
            await talk.connection.send(message, text=_is_text(message))
        await talk.finish()

    return behave


def _is_text(message: bytes) -> bool:
    """What is no UTF-8 can only go in a binary frame."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_run(seed: int, events: int) -> str:
    """A run against such a service ends, of itself. Returns how."""
    with Cloud(hostile(seed, events)) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=1))
        try:
            run.wait(30)
        except errors.ParaformerError:
            assert isinstance(run.error, (errors.RemoteProtocolError, errors.TaskFailed)), (seed, run.error)
        finally:
            run.cancel()
    assert run.state in ("finished", "failed"), seed
    look(run.transcript)
    assert repr(run).startswith("Run('array'")
    if run.state == "finished":
        assert run.events["event"].iloc[-2] in ("task-finished", "task-failed"), "it may say so before it should"
        assert len(run.events) <= 4 + events + 2
    assert pnb.load(run.journal.path).words.equals(run.words)
    return run.state


@pytest.mark.usefixtures("nothing_left")
def test_runs_against_such_services_end_of_themselves() -> None:
    states = [check_run(seed, events=40) for seed in range(8)]
    assert set(states) == {"finished", "failed"}


# ------------------------------------------------------------------------------------------------------- the campaign


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_messages_that_nobody_expects() -> None:
    luck, taken = random.Random(2), 0
    while taken < 100_000:
        taken += check(luck, events=luck.choice([5, 20, 100]), tasks=luck.randint(1, 4))
    print(f"\n{taken} messages")  # noqa: T201 - a campaign's total


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_hundreds_of_runs_against_such_services() -> None:
    states = [check_run(1000 + seed, events=40) for seed in range(300)]
    print(f"\n{states.count('finished')} runs finished, {states.count('failed')} failed as they should")  # noqa: T201
