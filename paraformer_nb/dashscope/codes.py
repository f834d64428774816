"""What the service's error codes mean, whether a retry can help, and what to do.

Codes are loose strings: sometimes the code is the reason, sometimes the reason stands in the message under a general
code, so both are matched. Sources: the vendor's "Error messages" page; whether to retry is our reading of it.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import AuthenticationError, ConnectionFailed, ServiceError, TaskFailed, TaskThrottled, Throttled
from .parameters import MODELS


class _Reading(NamedTuple):
    marks: tuple[str, ...]
    retryable: bool
    advice: str


_THROTTLED = _Reading(("Throttling", "rate limit"), True, "Too many requests: wait a moment and try again.")
_READINGS = (
    _Reading(("InvalidApiKey", "Invalid API-key"), False, "Check the API key: it must be one of the service's region."),
    _Reading(("Workspace", "NOT AUTHORIZED"), False, "Check the workspace id, and that the key belongs to it."),
    _Reading(
        ("ModelNotFound", "Model not exist", "Model can not be found"),
        False,
        f"Check model=; documented are {', '.join(MODELS)}.",
    ),
    _Reading(("AllocationQuota", "FreeTierOnly", "Arrearage"), False, "A quota is used up: see the billing page."),
    _Reading(("AccessDenied", "Access denied"), False, "The key may not use this model: enable it."),
    _THROTTLED,
    _Reading(
        ("timeout after", "Response timeout", "RequestTimeOut"),
        True,
        "The service waited for sound: pass heartbeat=True where pauses are long.",
    ),
    _Reading(("UNSUPPORTED_FORMAT", "Failed to decode"), False, "The service cannot decode the audio it was sent."),
    _Reading(
        ("InternalError", "SystemError", "ServiceUnavailable", "ModelServiceFailed", "ModelUnavailable"),
        True,
        "The service has a problem of its own: try again later.",
    ),
)

_NO_SPEECH = ("NO_VALID_AUDIO_ERROR", "NO_INPUT_AUDIO_ERROR")


def is_no_speech(code: str, message: str) -> bool:
    """Whether a task-failed only says that no speech was found, which is a result and no failure."""
    return any(mark in code or mark in message for mark in _NO_SPEECH)


def task_error(code: str, message: str, task_id: str) -> TaskFailed:
    """The error for a task-failed event."""
    for reading in _READINGS:
        if any(mark.lower() in f"{code} {message}".lower() for mark in reading.marks):
            kind = TaskThrottled if reading is _THROTTLED else TaskFailed
            return kind(code, message, task_id, reading.retryable, reading.advice)
    return TaskFailed(code, message, task_id, False, "")


def handshake_error(status: int, body: str, host: str) -> ServiceError | ConnectionFailed:
    """The error for a handshake that was answered with another HTTP status than 101."""
    said = f" It said: {body.strip()[:300]}" if body.strip() else ""
    if status in (401, 403):
        return AuthenticationError(
            f"{host} does not accept the API key (HTTP {status}).{said} Nothing was sent. Check DASHSCOPE_API_KEY or "
            "api_key=: it must be a key of the service's own region, and of the workspace if one is given."
        )
    if status == 429:
        return Throttled(f"{host} is asked too often (HTTP 429).{said} Nothing was sent. Wait a moment and try again.")
    if status >= 500:
        return ConnectionFailed(
            f"{host} has a problem of its own (HTTP {status}).{said} Nothing was sent. Try again in a while."
        )
    return ServiceError(f"{host} refused the connection (HTTP {status}).{said} Nothing was sent. Check the URL.")
