"""Errors as journal data and back, each as the class that it was."""

from __future__ import annotations

import builtins

from .. import errors
from ..errors import ParaformerError, TaskFailed
from ..text import sanitise
from .records import Failure

_OF_CONTROL_FLOW = (StopIteration, StopAsyncIteration)  # which would end the loop or coroutine that waits


def to_failure(error: BaseException) -> Failure:
    """Describe an error so that `to_error` can make an equal one."""
    task = error.arguments if isinstance(error, TaskFailed) else None
    # The text of a KeyError is the repr of its argument.
    message = error.args[0] if isinstance(error, KeyError) and error.args else error
    return Failure(type(error).__name__, sanitise(str(message)), task)


def to_error(failure: Failure) -> BaseException:
    """Make the error again, of the class that it was.

    An error of a class that is neither ours nor built in (a live source may raise anything) becomes a ParaformerError
    that begins with the class's name.

    Example:
        >>> to_error(Failure("ConnectionLost", "the service does not answer."))
        ConnectionLost('the service does not answer.')
    """
    kind = getattr(errors, failure.kind, None)
    if isinstance(kind, type) and issubclass(kind, TaskFailed):
        try:
            return kind(**(failure.task or {}))
        except TypeError:  # damaged, or written by another version
            return ParaformerError(failure.message)
    if isinstance(kind, type) and issubclass(kind, ParaformerError):
        return kind(failure.message)
    standard = getattr(builtins, failure.kind, None)
    if isinstance(standard, type) and issubclass(standard, Exception) and standard not in _OF_CONTROL_FLOW:
        try:
            return standard(failure.message)
        except TypeError:  # such as UnicodeDecodeError, which needs more than a message
            pass
    return ParaformerError(f"{failure.kind}: {failure.message}")
