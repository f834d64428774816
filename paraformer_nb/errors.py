"""What can go wrong, in one tree.

A message says what happened, what was kept, and what to do next.

    ParaformerError
    ├── ParameterError (ValueError)     an argument that cannot be meant; nothing was sent
    ├── AudioError (ValueError)         a clip that is missing, empty or cannot be decoded
    ├── JournalError                    a recording that cannot be written or read
    ├── MissingDependency (ImportError) a package that this feature needs
    ├── ConnectionFailed                no connection could be made
    ├── ConnectionLost                  a connection ended before its task did
    ├── ProtocolError
    │   ├── LocalProtocolError          this side broke the protocol
    │   └── RemoteProtocolError         the other side broke the protocol
    └── ServiceError                    the service answered, and its answer is no
        ├── AuthenticationError         the key
        ├── Throttled                   too many requests
        └── TaskFailed                  a task-failed event: code, message, task_id, retryable
            └── TaskThrottled           ... that says too many requests (it is Throttled, too)
"""

from __future__ import annotations

from .text import sanitise


class ParaformerError(Exception):
    """The parent of every error that this package raises on purpose. Its text is one line, whoever had a word in it.

    Attributes:
        retryable: whether the same request may succeed later.
    """

    retryable = False

    def __init__(self, message: str = "") -> None:
        super().__init__(sanitise(message))


class ParameterError(ParaformerError, ValueError):
    """An argument is unknown, of the wrong type or out of range. Raised at the call, before anything is sent."""


class AudioError(ParaformerError, ValueError):
    """A clip is missing, empty, silent by nature (a video without sound) or cannot be decoded."""


class JournalError(ParaformerError):
    """A recording cannot be written or read."""


class MissingDependency(ParaformerError, ImportError):
    """A package that the called feature needs is not installed; the message names it."""


class ConnectionFailed(ParaformerError):
    """No connection to the service could be made."""

    retryable = True


class ConnectionLost(ParaformerError):
    """A connection ended, or fell silent, before its task was finished."""

    retryable = True


class ProtocolError(ParaformerError):
    """One side did not keep to the protocol."""


class LocalProtocolError(ProtocolError):
    """This side was asked to send something that the protocol does not allow now."""


class RemoteProtocolError(ProtocolError):
    """The other side sent something that the protocol does not allow now."""


class ServiceError(ParaformerError):
    """The service answered, and its answer is no."""


class AuthenticationError(ServiceError):
    """The service does not accept the key (HTTP 401 or 403 at the handshake)."""


class Throttled(ServiceError):
    """The service is asked too often (HTTP 429, or a Throttling code)."""

    retryable = True


class TaskFailed(ServiceError):
    """The service ended the task with ``task-failed``.

    Attributes:
        code: the service's ``error_code``, such as ``"InvalidParameter"``.
        message: the service's ``error_message``, unchanged.
        task_id: the task's id, for a ticket to the vendor.
        retryable: whether the same request may succeed later.
    """

    def __init__(self, code: str, message: str, task_id: str, retryable: bool, advice: str) -> None:
        said = f"{code}: {message}".rstrip(": .")
        super().__init__(f"the service ended the task ({said}). What was settled is kept. {advice}".rstrip())
        self.code = code
        self.message = message
        self.task_id = task_id
        self.retryable = retryable
        self.advice = advice

    def __reduce__(self) -> tuple[type[TaskFailed], tuple[str, str, str, bool, str]]:
        return type(self), (self.code, self.message, self.task_id, self.retryable, self.advice)


class TaskThrottled(TaskFailed, Throttled):
    """The service ended the task because it is asked too often."""


def told_error(text: str) -> ParaformerError:
    """The error that a recording tells of, such as ``"ConnectionLost: ..."``, as the class that it was.

    A `TaskFailed` holds more than its text: it comes back as a plain ParaformerError.
    """
    name, _, message = text.partition(": ")
    kind = globals().get(name)
    if isinstance(kind, type) and issubclass(kind, ParaformerError) and not issubclass(kind, TaskFailed):
        return kind(message)
    return ParaformerError(text)
