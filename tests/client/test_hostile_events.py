"""Whatever a service sends is kept, and ignored or one of our errors; tables, plots and views stay usable."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import Cloud, Talk, event, result, tone

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope.client_task import ClientTask
from paraformer_nb.dashscope.messages import RunTask
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import (
    VERSION,
    Audio,
    ClipSource,
    KnownRecord,
    Received,
    Resumed,
    RunStarted,
    ServiceSource,
    Silence,
)
from paraformer_nb.plots.time_range import time_range
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
    """Sends correct, wrong and unreadable messages."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def messages(self, task: str) -> Iterator[str | bytes]:
        """Messages without end."""
        while True:
            yield self._message(task)

    def _message(self, task: str) -> str | bytes:
        random = self._random
        correct = self._correct(task)
        kinds: list[Callable[[], str | bytes]] = [
            lambda: correct,
            lambda: correct,
            lambda: self._changed(correct),
            lambda: self._changed(correct),
            lambda: self._changed(correct),
            lambda: self._damaged(correct),
            lambda: random.choice(_VALUES),
            lambda: random.randbytes(random.randint(0, 40)),
            lambda: self._changed(event("task-failed", "another")),
            lambda: self._changed(event(random.choice(["task-started", "task-finished", "task-failed"]), "another")),
        ]
        return random.choice(kinds)()

    def _correct(self, task: str) -> str:
        random = self._random
        words = [random.choice(["good", "morning", "今天", "天气", "d'accord"]) for _ in range(random.randint(0, 4))]
        number = random.randint(0, 6)
        return result(task, *words, number=number, final=random.random() < 0.5, heartbeat=random.random() < 0.1)

    def _changed(self, text: str) -> str:
        """A message with some fields dropped, copied to another name, or of another value, at any depth."""
        random, message = self._random, json.loads(text)
        put: list[str] = []
        for _ in range(random.randint(1, 3)):
            parent = message
            while (inner := [each for each in _children(parent) if each]) and random.random() < 0.8:
                parent = random.choice(inner)
            keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
            key = random.choice(keys) if keys else "header"
            match random.randint(0, 3) if isinstance(parent, dict) else 3:
                case 0:
                    parent.pop(key, None)
                case 1:
                    parent[random.choice(_NAMES)] = parent.get(key)
                case _:
                    put.append(random.choice(_VALUES))
                    parent[key] = f"@{len(put) - 1}@"
        text = json.dumps(message, ensure_ascii=random.random() < 0.5)
        for number, value in enumerate(put):
            text = text.replace(f'"@{number}@"', value)
        return text

    def _damaged(self, text: str) -> bytes:
        """A message with some bytes dropped, doubled, or replaced."""
        random, data = self._random, text.encode()
        for _ in range(random.randint(1, 4)):
            start = random.randint(0, len(data))
            end = start + random.randint(0, 8)
            others = [b'"', b"}", b"[", b"\\u", b",", b"\0", b"\n", b"\xff", b"9" * 400]
            data = data[:start] + random.choice([b"", data[start:end], *others]) + data[end:]
        return data


def _children(parent: Any) -> list[Any]:
    values = parent.values() if isinstance(parent, dict) else parent
    return [value for value in values if isinstance(value, (dict, list))]


# ------------------------------------------------------------------------------------------- a client without sockets

SERVICE = ServiceSource("embedded", "127.0.0.1", "scripted")
RUN = RunStarted(0.0, VERSION, "now", ClipSource("clip"), 16000, 3.0, 40.0, SERVICE, "paraformer-realtime-v2", {})


class Client:
    """Does with each message what a session does, in a run of several tasks, each with a pause."""

    def __init__(self) -> None:
        self.transcript = Transcript(RUN)
        self.file = io.BytesIO()
        self._appender = Appender(self.file)
        self._appender.append(RUN)
        self._number = 0
        self.connect()

    def connect(self) -> None:
        """Start another task, with 8 s of audio and 2 s of silence in it."""
        self._number += 1
        task = f"task{self._number}"
        self._task = ClientTask(RunTask(task, "paraformer-realtime-v2"))
        self._task.run()
        position = self._position
        if self._number > 1:
            self._append(Resumed(1.0, task, position, self._number))
        self.receive(event("task-started", task))
        self._append(Audio(1.0, task, position, 4.0))
        self._append(Silence(1.0, task, position + 4, 2.0))
        self._append(Audio(1.0, task, position + 4, 4.0))

    @property
    def _position(self) -> float:
        """Where the next task starts."""
        return max(3.0, min(self.transcript.final_until - 0.3, self.transcript.sent_until))

    @property
    def task(self) -> str:
        return self._task.task_id

    def _append(self, record: KnownRecord) -> None:
        self._appender.append(record)
        self.transcript.apply(record)

    def receive(self, message: str | bytes) -> None:
        """Receive a message as `Attempt` does."""
        data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        record = Received.of(2.0, self.task, data)
        self._append(record)
        self._task.receive(record.event)
        assert 3.0 <= self._position <= self.transcript.sent_until


def show(transcript: Transcript) -> None:
    """Make everything that a person may see of a transcript."""
    words = words_table(transcript.sentences, transcript)
    sentences = sentences_table(transcript.sentences, transcript)
    assert len(words) == sentences["words"].sum()
    assert not words[["start", "end"]].isna().any().any()
    start, end = time_range(transcript, None, None)
    assert start < end < 1e10
    run = describe_run(transcript, can_stop=True, can_correct=True)
    updates = [encode(update) for update, _ in ViewState().updates(transcript, run, [])]
    assert json.dumps(updates, allow_nan=False).encode()
    assert transcript.text.encode() is not None
    words.to_csv(), sentences.to_csv()  # a user writes them to a file


def check(random: Random, events: int, tasks: int = 2) -> int:
    """Send up to so many messages in each task of a run. Returns how many were received."""
    client = Client()
    received = 0
    for number in range(tasks):
        if number:
            client.connect()
        for message in islice(Service(random).messages(client.task), events):
            received += 1
            try:
                client.receive(message)
            except errors.RemoteProtocolError:
                break  # it ends a run; here the next task continues it
    show(client.transcript)
    client.file.seek(0)
    records = list(read(client.file))
    assert Transcript.from_records(records).sentences == client.transcript.sentences
    kept = sum(isinstance(record, Received) for record in records)
    assert kept == received + tasks, "each message is kept, whatever it is"
    assert len(events_table(records)) >= kept
    return received


@settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_a_few_unexpected_messages(random: Random) -> None:
    check(random, events=3)


def test_hundreds_of_unexpected_messages() -> None:
    random = Random(1)
    assert sum(check(random, events=10) for _ in range(30)) > 400


# ------------------------------------------------------------------------------------------------------- over a socket


def hostile(seed: int, events: int) -> Any:
    """A service that sends so many of these messages between task-started and the end."""

    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        for message in islice(Service(Random(seed)).messages(talk.task), events):
            if isinstance(message, str):
                message = message.encode("utf-8", "surrogatepass")
            await talk.connection.send(message, text=_is_text(message))
        await talk.finish()

    return behave


def _is_text(message: bytes) -> bool:
    """Whether a message is UTF-8; others can only be sent in binary frames."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_run(seed: int, events: int) -> str:
    """Assert that a run with this service ends by itself. Returns its final state."""
    with Cloud(hostile(seed, events)) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=1))
        try:
            run.wait(30)
        except errors.ParaformerError:
            assert isinstance(run.error, (errors.RemoteProtocolError, errors.TaskFailed)), (seed, run.error)
        finally:
            run.cancel()
    assert run.state in ("finished", "failed"), seed
    show(run.transcript)
    assert repr(run).startswith("Run('array'")
    if run.state == "finished":
        assert run.events["event"].iloc[-2] in ("task-finished", "task-failed"), "it may send that too early"
        assert len(run.events) <= 4 + events + 2
    assert pnb.load(run.journal.path).words.equals(run.words)
    return run.state


@pytest.mark.usefixtures("nothing_left")
def test_runs_with_hostile_services_end_by_themselves() -> None:
    states = [check_run(seed, events=40) for seed in range(8)]
    assert set(states) == {"finished", "failed"}


# ------------------------------------------------------------------------------------------------------- the campaign


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_unexpected_messages() -> None:
    random, received = Random(2), 0
    while received < 100_000:
        received += check(random, events=random.choice([5, 20, 100]), tasks=random.randint(1, 4))
    print(f"\n{received} messages")  # noqa: T201 - a campaign's total


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_hundreds_of_runs_with_hostile_services() -> None:
    states = [check_run(1000 + seed, events=40) for seed in range(300)]
    print(f"\n{states.count('finished')} runs finished, {states.count('failed')} failed as they should")  # noqa: T201
