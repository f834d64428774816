"""The service's side of the protocol, with our own client in memory, and with messages that other clients send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.client_task import ClientTask, State
from paraformer_nb.dashscope.event_decoder import decode_event
from paraformer_nb.dashscope.messages import (
    AUDIO_FORMATS,
    ContinueTask,
    Event,
    FinishTask,
    ResultGeneratedEvent,
    RunTask,
    SentenceResult,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    encode_command,
)
from paraformer_nb.dashscope.models import MODELS
from paraformer_nb.dashscope.parameters import check_parameters, wire_form
from paraformer_nb.dashscope.server_protocol import AudioData, Refusal, ServerProtocol, ServerState
from paraformer_nb.errors import LocalProtocolError

DASHED, HEX = "2bf83b9a-baeb-4fda-8d9a-1c3a5f0e7b21", "6f1d2c0a9b7e4d35a1c88e5b2f40c9d1"
FINAL = SentenceResult(0, 900, "one", [], True, sentence_id=1)
PARTIAL = SentenceResult(0, None, "on", [], False, sentence_id=1)


def command(action: str, payload: Any = None, task: str = HEX, **header: Any) -> str:
    """Make a command as another client does."""
    message: dict[str, Any] = {"header": {"action": action, "task_id": task, "streaming": "duplex"} | header}
    if payload is not None:
        message["payload"] = payload
    return json.dumps(message)


def run_payload(**changes: Any) -> dict[str, Any]:
    return {
        "task_group": "audio",
        "task": "asr",
        "function": "recognition",
        "model": "paraformer-realtime-v2",
        "parameters": {"format": "pcm", "sample_rate": 16000},
        "input": {},
    } | changes


def streaming(task: str = HEX) -> ServerProtocol:
    """Make a connection with a task that has started."""
    server = ServerProtocol()
    assert isinstance(server.receive_text(command("run-task", run_payload(), task)), RunTask)
    server.started()
    return server


def received(text: str) -> Event:
    return decode_event(text.encode())


def refused(request: Any, code: str = "InvalidParameter") -> str:
    assert isinstance(request, Refusal), request
    assert request.code == code
    return request.message


# -------------------------------------------------------------------------------------------- both sides in memory


def run_whole_task(server: ServerProtocol, task: str, model: str) -> list[Event]:
    """Run one whole task with our client; return its events."""
    client = ClientTask(RunTask(task, model, *wire_form(check_parameters(model, {}))))
    request = server.receive_text(client.run())
    assert isinstance(request, RunTask)
    events = [client.receive(received(server.started()))]
    for block in (b"\1\0" * 800, b"\2\0" * 800):
        assert server.receive_audio(client.audio(block)) == AudioData(block)
        events.append(client.receive(received(server.result(PARTIAL, 1))))
    assert server.receive_text(client.finish()) == FinishTask(task)
    events.append(client.receive(received(server.result(FINAL, 2))))
    events.append(client.receive(received(server.finished(2))))
    assert client.state is State.DONE
    return events


@pytest.mark.parametrize("model", MODELS)
def test_our_client_and_our_server_are_compatible(model: str) -> None:
    events = run_whole_task(ServerProtocol(), HEX, model)
    assert [type(event) for event in events] == [TaskStartedEvent, *[ResultGeneratedEvent] * 3, TaskFinishedEvent]
    assert {event.task_id for event in events} == {HEX}


def test_tasks_run_one_after_another_on_a_connection() -> None:
    server = ServerProtocol()
    for task in (HEX, DASHED, "third"):
        assert run_whole_task(server, task, "paraformer-realtime-v2")[0].task_id == task
    assert server.state is ServerState.IDLE


def test_usage_is_sent_only_with_finals_and_at_the_end() -> None:
    usages = [getattr(event, "usage", None) for event in run_whole_task(ServerProtocol(), HEX, "fun-asr-realtime")]
    assert [usage and usage.duration for usage in usages] == [None, None, None, 2, 2]


@pytest.mark.parametrize("state", [ServerState.STARTING, ServerState.STREAMING, ServerState.FINISHING])
def test_a_task_may_fail_in_any_state_and_the_client_gets_the_reason(state: ServerState) -> None:
    server, client = ServerProtocol(), ClientTask(RunTask(HEX, "paraformer-realtime-v2"))
    server.receive_text(client.run())
    if state is not ServerState.STARTING:
        client.receive(received(server.started()))
    if state is ServerState.FINISHING:
        server.receive_text(client.finish())
    assert server.state is state
    failed = client.receive(received(server.failed(Refusal("InternalError", "the engine died"))))
    assert isinstance(failed, TaskFailedEvent)
    assert (failed.task_id, failed.code, failed.message) == (HEX, "InternalError", "the engine died")
    assert client.state is State.DONE
    refused(server.receive_text(command("run-task", run_payload(), "new")))
    refused(server.receive_audio(b"\0\0"))


# ----------------------------------------------------------------------------------- messages in the wrong state


def test_audio_before_task_started_or_after_finish_task_is_refused() -> None:
    server = ServerProtocol()
    refused(server.receive_audio(b"\0\0"))
    server.receive_text(command("run-task", run_payload()))
    refused(server.receive_audio(b"\0\0"))
    server.started()
    assert server.receive_audio(b"\0\0") == AudioData(b"\0\0")
    server.receive_text(command("finish-task", {"input": {}}))
    refused(server.receive_audio(b"\0\0"))


def test_finish_task_twice_or_without_a_task_is_refused() -> None:
    refused(ServerProtocol().receive_text(command("finish-task", {"input": {}})))
    server = streaming()
    assert isinstance(server.receive_text(command("finish-task", {"input": {}})), FinishTask)
    refused(server.receive_text(command("finish-task", {"input": {}})))
    server.finished(1)
    refused(server.receive_text(command("finish-task", {"input": {}})))


def test_a_second_task_during_a_running_one_is_refused() -> None:
    assert "running" in refused(streaming().receive_text(command("run-task", run_payload(), "second")))


def test_every_task_needs_an_id_of_its_own() -> None:
    server = streaming()
    server.receive_text(command("finish-task", {"input": {}}))
    server.finished(1)
    assert "task_id" in refused(server.receive_text(command("run-task", run_payload())))
    assert received(server.failed(Refusal("InvalidParameter", "m"))).task_id == HEX


@pytest.mark.parametrize("payload", [run_payload(input=None), {k: v for k, v in run_payload().items() if k != "input"}])
def test_a_run_task_without_input_is_refused_with_the_services_message_and_its_id(payload: dict[str, Any]) -> None:
    server = ServerProtocol()
    request = server.receive_text(command("run-task", payload))
    assert refused(request) == "Missing required parameter 'payload.input'! Please follow the protocol!"
    assert isinstance(request, Refusal)
    assert received(server.failed(request)).task_id == HEX


def test_a_malformed_second_task_is_refused_with_its_own_id() -> None:
    server = ServerProtocol()
    run_whole_task(server, "first", "paraformer-realtime-v2")
    request = server.receive_text(command("run-task", run_payload(model=None), "second"))
    assert isinstance(request, Refusal)
    assert received(server.failed(request)).task_id == "second"


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"model": "paraformer-realtime-v9"}, "ModelNotFound", "paraformer-realtime-v9"),
        ({"model": ""}, "InvalidParameter", "payload.model"),
        ({"parameters": {"format": "flac", "sample_rate": 16000}}, "UNSUPPORTED_FORMAT", "flac"),
        ({"parameters": {"format": ["pcm"], "sample_rate": 16000}}, "UNSUPPORTED_FORMAT", "pcm"),
        ({"parameters": {"format": "pcm", "sample_rate": 7999}}, "InvalidParameter", "7999"),
        ({"parameters": {"format": "pcm", "sample_rate": 48001}}, "InvalidParameter", "48001"),
        ({"parameters": {"format": "pcm", "sample_rate": "16000"}}, "InvalidParameter", "without quotes"),
        ({"parameters": {"format": "pcm", "sample_rate": True}}, "InvalidParameter", "True is not a whole number"),
        ({"model": "paraformer-realtime-8k-v2"}, "InvalidParameter", "8000"),
        ({"model": "paraformer-realtime-v1", "parameters": {"sample_rate": 8000}}, "InvalidParameter", "16000"),
    ],
)
def test_an_invalid_task_is_refused_with_the_problem(changes: Any, code: str, word: str) -> None:
    server = ServerProtocol()
    assert word in refused(server.receive_text(command("run-task", run_payload(**changes))), code)
    with pytest.raises(LocalProtocolError):
        server.result(FINAL, 1)


@pytest.mark.parametrize("audio_format", AUDIO_FORMATS)
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_every_documented_format_and_rate_is_accepted(audio_format: str, rate: int) -> None:
    payload = run_payload(parameters={"format": audio_format, "sample_rate": rate})
    assert isinstance(ServerProtocol().receive_text(command("run-task", payload)), RunTask)


@pytest.mark.parametrize("text", ["", "hello", "[]", "null", "{}", '{"header":{}}', command("dance"), "[" * 50_000])
def test_a_text_that_is_not_a_command_is_refused_and_never_raises(text: str) -> None:
    refused(ServerProtocol().receive_text(text))


def test_deep_nesting_is_refused_and_does_not_raise() -> None:
    nested = "[" * 100_000 + "]" * 100_000  # Python 3.12 and 3.13 can read 5000
    text = command("run-task", run_payload(parameters={"a": "HERE"})).replace('"HERE"', nested)
    refused(ServerProtocol().receive_text(text))


@settings(deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.sampled_from(
            [
                command("run-task", run_payload(), "a"),
                command("run-task", run_payload(), "b"),
                command("run-task", {}, "c"),
                command("finish-task", {"input": {}}, "a"),
                command("continue-task", {"input": {}}, "b"),
                "nonsense",
                b"\0\0",
                "started",
                "result",
                "finished",
            ]
        ),
        max_size=12,
    )
)
def test_the_protocol_is_kept_for_any_order_of_messages(steps: list[str | bytes]) -> None:
    """Audio is accepted only within a task; ids are never reused; only our own mistakes raise (LocalProtocolError)."""
    server = ServerProtocol()
    started: list[str] = []
    for step in steps:
        before = server.state
        if step in ("started", "result", "finished"):
            try:
                {
                    "started": server.started,
                    "result": lambda: server.result(FINAL, 1),
                    "finished": lambda: server.finished(1),
                }[str(step)]()
            except LocalProtocolError:
                assert server.state is before
            continue
        request = server.receive_audio(step) if isinstance(step, bytes) else server.receive_text(step)
        if isinstance(request, AudioData):
            assert before is ServerState.STREAMING
        elif isinstance(request, RunTask):
            assert before is ServerState.IDLE
            started.append(request.task_id)
        elif isinstance(request, FinishTask | ContinueTask):
            assert before is ServerState.STREAMING
        else:
            assert isinstance(received(server.failed(request)), TaskFailedEvent)
            assert server.state is ServerState.CLOSED
    assert len(started) == len(set(started))


# ---------------------------------------------------------------------------------------- the vendor's own samples


GO_OUTPUT = {"sentence": {"begin_time": 0, "end_time": None, "text": "", "words": None}, "usage": None}
GO_PARAMETERS = {
    "format": "pcm",
    "sample_rate": 16000,
    "vocabulary_id": "",
    "language_hints": None,
    "disfluency_removal_enabled": False,
}


def go(action: str, **payload: Any) -> str:
    """Make a command as Go does, with every field of its structs."""
    empty = {
        "task_group": "",
        "task": "",
        "function": "",
        "model": "",
        "parameters": {"format": "", "sample_rate": 0},
        "resources": None,
        "input": {},
        "output": GO_OUTPUT,
    }
    header = {"event": "", "error_code": "", "error_message": "", "attributes": None}
    return command(action, empty | payload, DASHED, **header)


def test_the_go_sample_is_accepted_with_its_nulls_and_empty_strings() -> None:
    server = ServerProtocol()
    payload = run_payload(parameters=GO_PARAMETERS, resources=None, output=GO_OUTPUT)
    request = server.receive_text(go("run-task", **payload))
    assert isinstance(request, RunTask)
    assert request.parameters == {"format": "pcm", "sample_rate": 16000, "disfluency_removal_enabled": False}
    assert (request.resources, request.task_id) == ([], DASHED)
    server.started()
    assert server.receive_text(go("finish-task")) == FinishTask(DASHED)
    assert server.warning is None


def test_the_php_sample_is_accepted_with_another_id_in_finish_task() -> None:
    server = ServerProtocol()
    resources = [{"resource_id": "x", "resource_type": "asr_phrase"}]
    payload = run_payload(input=[], resources=resources, model="paraformer-realtime-v1")
    request = server.receive_text(command("run-task", payload))
    assert isinstance(request, RunTask)
    assert (request.input, request.resources) == ({}, resources)
    server.started()
    assert isinstance(server.receive_text(command("finish-task", {"input": []}, "another")), FinishTask)
    assert server.warning is not None
    assert "another task_id" in server.warning
    assert server.task_id == HEX
    assert received(server.finished(1)).task_id == HEX


@pytest.mark.parametrize("parameters", [{}, [], None])
def test_the_node_sample_is_accepted_without_parameters(parameters: Any) -> None:
    server = ServerProtocol()
    request = server.receive_text(command("run-task", run_payload(parameters=parameters)))
    assert isinstance(request, RunTask)
    assert request.parameters == {}
    server.started()
    assert server.receive_audio(b"RIFF" + bytes(65_532)) == AudioData(b"RIFF" + bytes(65_532))


def test_the_csharp_sample_is_accepted_with_its_resources() -> None:
    resources = [{"resource_id": "x", "resource_type": "asr_phrase"}]
    request = ServerProtocol().receive_text(command("run-task", run_payload(resources=resources)))
    assert isinstance(request, RunTask)
    assert request.resources == resources


def test_a_tolerated_mistake_is_reported_only_once() -> None:
    server = streaming()
    server.receive_text(command("finish-task", {"input": {}}, "another"))
    server.finished(1)
    server.receive_text(command("run-task", run_payload(), "next"))
    assert server.warning is None


# -------------------------------------------------------------------------------------------- our own mistakes


def test_the_server_cannot_send_in_the_wrong_state() -> None:
    server = ServerProtocol()
    for send in (server.started, lambda: server.result(FINAL, 1), lambda: server.finished(1)):
        with pytest.raises(LocalProtocolError, match="IDLE"):
            send()
    server = streaming()
    for send in (server.started, lambda: server.finished(1)):
        with pytest.raises(LocalProtocolError, match="STREAMING"):
            send()


def test_continue_task_keeps_the_task_running() -> None:
    server = streaming()
    text = encode_command(ContinueTask(HEX, {"context": [{"text": "x"}]}))
    assert server.receive_text(text) == ContinueTask(HEX, {"context": [{"text": "x"}]})
    assert server.state is ServerState.STREAMING
