"""Every error that this package raises on purpose, in one tree.

A message says what happened, what was kept, and what to do next.

    ParaformerError
    ├── ParameterError (ValueError)     an invalid argument; nothing was sent
    │   └── NotWords (AttributeError)   a table without the columns of words
    ├── AudioError (ValueError)         a clip that is missing, empty or cannot be decoded
    ├── JournalError                    a journal that cannot be written or read
    ├── ExportError                     a file that cannot be exported
    ├── ReadError                       a file of words that cannot be read
    ├── MissingDependency (ImportError) a package that this feature needs is not installed
    ├── ModelFilesError                 a model's files are missing or damaged, or cannot be written
    ├── ConnectionFailed                no connection could be made
    ├── ConnectionLost                  a connection ended before its task did
    ├── ProtocolError
    │   ├── LocalProtocolError          this side broke the protocol
    │   └── RemoteProtocolError         the other side broke the protocol
    └── ServiceError                    the service answered and refused
        ├── AuthenticationError         it refused the API key
        ├── Throttled                   it received too many requests
        └── TaskFailed                  it sent task-failed: code, message, task_id, retryable
            └── TaskThrottled           ... because of too many requests (also a Throttled)
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from .text import sanitise

_PACKAGE = Path(__file__).parent
_SHELL = ("IPython", "core", "interactiveshell.py")


class ParaformerError(Exception):
    """The parent of every error that this package raises on purpose. Its text is one sanitised line.

    Attributes:
        retryable: whether the same request may succeed later.
        retry_after: seconds that the service asked to wait before that, or None.
    """

    retryable = False
    retry_after: float | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(sanitise(message))

    def _render_traceback_(self) -> list[str]:
        """The traceback in a notebook, which IPython asks for: the user's own lines, and none of this package's."""
        lines = []
        for frame in traceback.extract_tb(self.__traceback__):
            file = Path(frame.filename)
            if file.is_relative_to(_PACKAGE):
                break
            if file.parts[-3:] != _SHELL:
                module = f"{file.name}, " if file.is_file() else ""  # a cell is not a file
                lines.append(f"----> {module}line {frame.lineno}: {frame.line}")
        return [*lines, "", f"{type(self).__name__}: {self}"]


class ParameterError(ParaformerError, ValueError):
    """An argument is unknown, of the wrong type or out of range. Raised at the call, before anything is sent."""


class NotWords(ParameterError, AttributeError):
    """A table lacks columns that words have; the message names them, and those that may be meant.

    It is an AttributeError as well, because `hasattr`, `dir` and completion of every DataFrame break where an accessor
    raises anything else.
    """


class AudioError(ParaformerError, ValueError):
    """A clip is missing, empty, has no sound (a video without an audio track) or cannot be decoded."""


class JournalError(ParaformerError):
    """A journal cannot be written or read."""


class ExportError(ParaformerError):
    """A file cannot be exported: its format is unknown or it cannot be written."""


class ReadError(ParaformerError):
    """A file of words cannot be read: its format is unknown, it is damaged, or has no words with times."""


class MissingDependency(ParaformerError, ImportError):
    """A package that the called feature needs is not installed; the message names it."""


class ModelFilesError(ParaformerError):
    """The files of a model are missing or damaged, or cannot be downloaded or written."""


class ConnectionFailed(ParaformerError):
    """No connection to the service could be made.

    It is not `retryable` where something must be changed first: a certificate, a proxy's password, an address.
    """

    retryable = True

    def __init__(self, message: str = "", *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class ConnectionLost(ParaformerError):
    """A connection ended, or stopped answering, before its task was finished."""

    retryable = True


class ProtocolError(ParaformerError):
    """One side broke the protocol."""


class LocalProtocolError(ProtocolError):
    """This side was asked to send something that the protocol does not allow now."""


class RemoteProtocolError(ProtocolError):
    """The other side sent something that the protocol does not allow now.

    It is `retryable` where the service ended a task before it was asked to: a new task goes on with the rest.
    """

    def __init__(self, message: str = "", *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class ServiceError(ParaformerError):
    """The service answered and refused."""


class AuthenticationError(ServiceError):
    """The service does not accept the API key (HTTP 401 or 403 at the handshake)."""


class Throttled(ServiceError):
    """The service received too many requests (HTTP 429, or a Throttling code)."""

    retryable = True


class TaskFailed(ServiceError):
    """The service ended the task with ``task-failed``.

    Attributes:
        code: the service's ``error_code``, such as ``"InvalidParameter"``.
        message: the service's ``error_message``, unchanged.
        task_id: the task's id, for a ticket to the vendor.
        retryable: whether the same request may succeed later.
        advice: what to do about it, or ``""``.
    """

    def __init__(self, code: str, message: str, task_id: str, retryable: bool, advice: str) -> None:
        reason = f"{code}: {message}".rstrip(": .")
        super().__init__(f"the service ended the task ({reason}). Final sentences are kept. {advice}".rstrip())
        self.code = code
        self.message = message
        self.task_id = task_id
        self.retryable = retryable
        self.advice = advice

    @property
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments: what pickling and the journal keep."""
        return {
            "code": self.code,
            "message": self.message,
            "task_id": self.task_id,
            "retryable": self.retryable,
            "advice": self.advice,
        }

    def __reduce__(self) -> tuple[type[TaskFailed], tuple[Any, ...]]:
        return type(self), tuple(self.arguments.values())


class TaskThrottled(TaskFailed, Throttled):
    """The service ended the task because it received too many requests."""
