"""The client's side of a task: which commands may be sent and which events may arrive in each state."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from paraformer_nb.dashscope.client_task import ClientTask, State
from paraformer_nb.dashscope.messages import (
    Event,
    ResultGeneratedEvent,
    RunTask,
    SentenceResult,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    UnknownEvent,
)
from paraformer_nb.errors import LocalProtocolError, RemoteProtocolError

STARTED, RESULT, FINISHED = (
    TaskStartedEvent("t"),
    ResultGeneratedEvent("t", SentenceResult(text="one")),
    TaskFinishedEvent("t"),
)
FAILED, UNKNOWN = TaskFailedEvent("t", "InternalError", "m"), UnknownEvent("t", "result-revised")


def task_in(state: State) -> ClientTask:
    """Bring a task into a state by the usual steps."""
    task = ClientTask(RunTask("t", "paraformer-realtime-v2", {"format": "pcm"}))
    steps: list[Callable[[], object]] = [
        task.run,
        lambda: task.receive(STARTED),
        task.finish,
        lambda: task.receive(FINISHED),
    ]
    for step in steps[: list(State).index(state)]:
        step()
    assert task.state is state
    return task


def test_a_task_runs_from_start_to_finish() -> None:
    task = task_in(State.IDLE)
    assert json.loads(task.run())["header"] == {"action": "run-task", "task_id": "t", "streaming": "duplex"}
    assert task.receive(STARTED) is STARTED
    assert task.audio(b"\1\2") == b"\1\2"
    assert task.receive(RESULT) is RESULT
    assert json.loads(task.finish())["header"]["action"] == "finish-task"
    assert task.receive(RESULT) is RESULT
    assert task.receive(FINISHED) is FINISHED
    assert task.state is State.DONE


@pytest.mark.parametrize("state", [State.IDLE, State.STARTING, State.FINISHING, State.DONE])
def test_audio_is_sent_only_while_streaming(state: State) -> None:
    with pytest.raises(LocalProtocolError, match=f"audio.*{state.name}"):
        task_in(state).audio(b"\0\0")


@pytest.mark.parametrize("state", [State.IDLE, State.STARTING, State.FINISHING, State.DONE])
def test_a_task_is_finished_only_once_and_not_before_it_has_started(state: State) -> None:
    with pytest.raises(LocalProtocolError, match=f"finish-task.*{state.name}"):
        task_in(state).finish()


@pytest.mark.parametrize("state", [State.STARTING, State.STREAMING, State.FINISHING, State.DONE])
def test_a_task_is_started_only_once(state: State) -> None:
    task = task_in(state)
    with pytest.raises(LocalProtocolError, match="run-task"):
        task.run()
    assert task.state is state


ALLOWED = {
    STARTED: {State.STARTING, State.STREAMING, State.FINISHING},
    RESULT: {State.STREAMING, State.FINISHING},
    FINISHED: {State.FINISHING},  # before finish-task, part of a clip would be treated as the whole clip
}


@pytest.mark.parametrize("event", ALLOWED, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", State)
def test_an_event_in_the_wrong_state_is_a_remote_protocol_error(event: Event, state: State) -> None:
    task = task_in(state)
    if state in ALLOWED[event]:  # type: ignore[index]
        is_repeated = event is STARTED and state is not State.STARTING
        assert task.receive(event) is (None if is_repeated else event)
        assert not is_repeated or task.state is state
        return
    is_early = event is FINISHED and state is State.STREAMING
    what = "before it had all audio" if is_early else f"{type(event).__name__}.*{state.name}"
    with pytest.raises(RemoteProtocolError, match=what) as caught:
        task.receive(event)
    assert caught.value.retryable is is_early, "a new task can go on where the service ended one early"


@pytest.mark.parametrize("state", State)
def test_a_task_may_fail_at_any_time_and_is_then_over(state: State) -> None:
    task = task_in(state)
    assert task.receive(FAILED) is FAILED
    assert task.state is State.DONE
    with pytest.raises(LocalProtocolError):
        task.audio(b"\0\0")


@pytest.mark.parametrize("state", State)
def test_unknown_events_and_those_of_another_task_change_nothing(state: State) -> None:
    task = task_in(state)
    assert task.receive(UNKNOWN) is UNKNOWN
    for foreign in (
        TaskStartedEvent("u", b"raw"),
        TaskFinishedEvent("u", None, b"raw"),
        TaskFailedEvent("u", "C", "m", b"raw"),
    ):
        assert task.receive(foreign) is None
    assert task.state is state


def test_an_event_without_a_task_id_belongs_to_this_task() -> None:
    task = task_in(State.STARTING)
    task.receive(TaskStartedEvent(""))
    assert task.state is State.STREAMING


def test_a_heartbeat_before_the_task_has_started_means_nothing() -> None:
    task = task_in(State.STARTING)
    heartbeat = ResultGeneratedEvent("t", SentenceResult(0, None, "", [], heartbeat=True))
    assert task.receive(heartbeat) is None
    assert task.state is State.STARTING
