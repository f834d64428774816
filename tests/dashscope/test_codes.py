"""Error codes of the service become errors that contain whether to retry, and what to do."""

from __future__ import annotations

import pytest

from paraformer_nb.dashscope.codes import api_error, handshake_error, is_no_speech, task_error
from paraformer_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    ParaformerError,
    ServiceError,
    TaskFailed,
    Throttled,
)


@pytest.mark.parametrize(
    ("code", "message", "retryable"),
    [
        ("InvalidApiKey", "Invalid API-key provided.", False),
        ("Workspace.AccessDenied", "not authorized to access this workspace", False),
        ("WorkSpaceNotFound", "", False),
        ("Model.AccessDenied", "Model access denied.", False),
        ("AccessDenied", "Access denied.", False),
        ("AccessDenied.Unpurchased", "Access to model denied.", False),
        ("InternalError", "Access denied by API-Key restrictions", False),  # sent by the public gateway
        ("ModelNotFound", "Model can not be found.", False),
        ("InvalidParameter", "Model not exist.", False),
        ("InvalidParameter", "Missing required parameter 'payload.input'! Please follow the protocol!", False),
        ("InvalidParameter", "url error, please check url！", False),
        ("CLIENT_ERROR", "request timeout after 23 seconds.", True),
        ("RequestTimeOut", "Request timed out, please try again later.", True),
        ("CLIENT_ERROR", "Response timeout!", True),
        ("NO_VALID_AUDIO_ERROR", "", False),
        ("UNSUPPORTED_FORMAT", "", False),
        ("CLIENT_ERROR", "Failed to decode audio", False),
        ("Throttling", "Requests throttling triggered.", True),
        ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", True),
        ("Throttling.BurstRate", "", True),
        ("Throttling.AllocationQuota", "", False),
        ("AllocationQuota.FreeTierOnly", "", False),
        ("Arrearage", "", False),
        ("InternalError", "", True),
        ("SystemError", "", True),
        ("ModelServiceFailed", "", True),
        (
            "ServiceUnavailable",
            "Too many requests. Your requests are being throttled due to system capacity limits.",
            True,
        ),
        ("ModelUnavailable", "", True),
        ("SomethingNew", "not documented", False),
    ],
)
def test_each_documented_code_is_retryable_or_not(code: str, message: str, retryable: bool) -> None:
    error = task_error(code, message, "ab12")
    assert isinstance(error, TaskFailed)
    assert (error.code, error.message, error.task_id) == (code, message, "ab12")
    assert error.retryable is retryable
    assert code in str(error)
    assert message.rstrip(".") in str(error)


@pytest.mark.parametrize(
    ("code", "message", "word"),
    [
        ("InvalidApiKey", "Invalid API-key provided.", "key"),
        ("Workspace.AccessDenied", "", "workspace"),
        ("ModelNotFound", "Model can not be found.", "model="),
        ("CLIENT_ERROR", "request timeout after 23 seconds.", "received no audio"),
        ("CLIENT_ERROR", "Response timeout!", "heartbeat=True"),
        ("Throttling.AllocationQuota", "", "billing"),
        ("InternalError", "", "try again later"),
    ],
)
def test_an_error_contains_advice(code: str, message: str, word: str) -> None:
    assert word in task_error(code, message, "ab12").advice


def test_a_throttled_task_is_caught_as_throttled() -> None:
    assert isinstance(task_error("Throttling.RateQuota", "Requests rate limit exceeded", "ab12"), Throttled)


@pytest.mark.parametrize(
    ("code", "message", "no_speech"),
    [
        ("NO_VALID_AUDIO_ERROR", "", True),
        ("CLIENT_ERROR", "NO_INPUT_AUDIO_ERROR", True),
        ("NO_INPUT_AUDIO_ERROR", "no audio", True),
        ("InternalError", "", False),
        ("CLIENT_ERROR", "request timeout after 23 seconds.", False),
    ],
)
def test_no_speech_is_a_result_and_not_a_failure(code: str, message: str, no_speech: bool) -> None:
    assert is_no_speech(code, message) is no_speech


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, AuthenticationError, "DASHSCOPE_API_KEY"),
        (403, AuthenticationError, "workspace"),
        (429, Throttled, "Wait"),
        (404, ServiceError, "URL"),
        (500, ConnectionFailed, "again"),
    ],
)
def test_the_error_of_a_refused_handshake_contains_host_status_body_and_advice(
    status: int, kind: type[ParaformerError], word: str
) -> None:
    error = handshake_error(status, '  {"code":"InvalidApiKey"}\n' + "x" * 5000, "example.com")
    assert type(error) is kind
    assert "example.com" in str(error)
    assert str(status) in str(error)
    assert "InvalidApiKey" in str(error)
    assert "Nothing was sent" in str(error)
    assert word in str(error)
    assert len(str(error)) < 700


def test_the_error_of_a_refused_handshake_without_a_body_contains_no_answer() -> None:
    assert "Its answer" not in str(handshake_error(401, "\n", "example.com"))


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        (
            "dashscope.aliyuncs.com",
            "This is cn-beijing: for a key of another region give region=, such as 'ap-southeast-1'.",
        ),
        ("ws-1.ap-southeast-1.maas.aliyuncs.com", "This is ap-southeast-1: for a key of another region give region="),
    ],
)
def test_a_refused_key_may_be_of_another_region(host: str, advice: str) -> None:
    for error in (handshake_error(401, "", host), api_error(401, "InvalidApiKey", "", host)):
        assert isinstance(error, AuthenticationError)
        assert advice in str(error)
    assert "region=" not in str(handshake_error(401, "", "127.0.0.1:8000"))
