"""Turn the service's error codes into exceptions: whether a retry can help, and what the user can do.

Some failures have a specific code; others have a general code, and only the message gives the reason. So both are
matched. Source: the vendor's "Error messages" page; whether to retry is our reading of it.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import AuthenticationError, ConnectionFailed, ServiceError, TaskFailed, TaskThrottled, Throttled
from .models import MODELS
from .regions import BEIJING, SINGAPORE, region_of


class _CodeRule(NamedTuple):
    """Applies to a failure whose code or message contains one of `marks`. The first matching rule wins."""

    marks: tuple[str, ...]
    is_retryable: bool
    advice: str


_THROTTLED = _CodeRule(("Throttling", "rate limit"), True, "Too many requests: wait a moment and try again.")
_RULES = (
    _CodeRule(
        ("InvalidApiKey", "Invalid API-key"), False, "Check the API key: it must belong to the service's region."
    ),
    _CodeRule(("Workspace", "NOT AUTHORIZED"), False, "Check the workspace id, and that the key belongs to it."),
    _CodeRule(
        ("ModelNotFound", "Model not exist", "Model can not be found"),
        False,
        f"Check model=; documented are {', '.join(MODELS)}.",
    ),
    _CodeRule(("AllocationQuota", "FreeTierOnly", "Arrearage"), False, "A quota is exhausted: see the billing page."),
    _CodeRule(("AccessDenied", "Access denied"), False, "The key may not use this model: enable it."),
    _THROTTLED,
    _CodeRule(
        ("request timeout after",),
        True,
        "The service received no audio for too long: check the network, and that a live source still delivers sound.",
    ),
    _CodeRule(
        ("timeout after", "Response timeout", "ResponseTimeout", "RequestTimeOut"),
        True,
        "The service received no speech for too long: pass heartbeat=True if pauses are long.",
    ),
    _CodeRule(("UNSUPPORTED_FORMAT", "Failed to decode"), False, "The service cannot decode the audio that was sent."),
    _CodeRule(
        ("InternalError", "SystemError", "ServiceUnavailable", "ModelServiceFailed", "ModelUnavailable"),
        True,
        "The service has an internal problem: try again later.",
    ),
)

_NO_SPEECH = ("NO_VALID_AUDIO_ERROR", "NO_INPUT_AUDIO_ERROR", "EmptyAudio")


def is_no_speech(code: str, message: str) -> bool:
    """Whether a task-failed only reports that no speech was found: that is an empty result, not a failure."""
    return any(mark in code or mark in message for mark in _NO_SPEECH)


def task_error(code: str, message: str, task_id: str) -> TaskFailed:
    """Return the error for a task-failed event."""
    for rule in _RULES:
        if any(mark.lower() in f"{code} {message}".lower() for mark in rule.marks):
            kind = TaskThrottled if rule is _THROTTLED else TaskFailed
            return kind(code, message, task_id, rule.is_retryable, rule.advice)
    return TaskFailed(code, message, task_id, False, "")


def handshake_error(
    status: int, body: str, host: str, retry_after: float | None = None
) -> ServiceError | ConnectionFailed:
    """Return the error for a handshake that was answered with an HTTP status other than 101.

    `retry_after`: seconds that the service asked to wait.
    """
    error = _handshake_error(
        status, body, host, "" if retry_after is None else f" It asks to wait {retry_after:.0f} s."
    )
    error.retry_after = retry_after
    return error


def api_error(status: int, code: str, message: str, host: str) -> ServiceError:
    """Return the error for a request of the HTTP API that was refused."""
    reason = f"{code}: {message}".strip(": .") or f"HTTP {status}"
    if status in (401, 403):
        return AuthenticationError(
            f"{host} does not accept the API key ({reason}). Nothing was changed. It must belong to the service's "
            f"region, and to the workspace if one is given.{_region_advice(host)}"
        )
    if status == 429:
        return Throttled(f"{host} refuses the request for now ({reason}). Nothing was changed. Try again later.")
    return ServiceError(f"{host} refused the request ({reason}). Nothing was changed.")


def _region_advice(host: str) -> str:
    """What to do with a key of the other region, where the host is known to be in one."""
    match region_of(host):
        case str(region):
            other = SINGAPORE if region == BEIJING else BEIJING
            return f" This is {region}: for a key of another region give region=, such as {other!r}."
    return ""


def _handshake_error(status: int, body: str, host: str, wait: str) -> ServiceError | ConnectionFailed:
    answer = (f" Its answer: {body.strip()[:300]}" if body.strip() else "") + wait
    if status in (401, 403):
        return AuthenticationError(
            f"{host} does not accept the API key (HTTP {status}).{answer} Nothing was sent. Check DASHSCOPE_API_KEY or "
            f"api_key=: it must belong to the service's region, and to the workspace if one is given."
            f"{_region_advice(host)}"
        )
    if status == 429:
        return Throttled(
            f"{host} receives too many requests (HTTP 429).{answer} Nothing was sent. Wait a moment and try again."
        )
    if status in (408, 425):  # it gave up waiting; it will not answer this early
        return ConnectionFailed(
            f"{host} did not accept the connection in time (HTTP {status}).{answer} Nothing was sent. Try again."
        )
    if status >= 500:
        return ConnectionFailed(
            f"{host} has an internal problem (HTTP {status}).{answer} Nothing was sent. Try again in a while."
        )
    return ServiceError(f"{host} refused the connection (HTTP {status}).{answer} Nothing was sent. Check the URL.")
