"""Errors as journal data and back: each of our classes comes back as itself, others as what Python can make."""

from __future__ import annotations

import inspect
import json

import pytest
from records import RUN, journal_bytes, read_bytes

from paraformer_nb import errors
from paraformer_nb.errors import ConnectionLost, ParaformerError, ServiceError, TaskFailed, TaskThrottled
from paraformer_nb.journal.failures import to_error, to_failure
from paraformer_nb.journal.records import Failure, RunEnded

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, ParaformerError)]
MESSAGE = "it failed at 3.2 s; the words are kept. Try again: 再试一次."


def through_a_journal(error: BaseException) -> BaseException:
    """Write an error to a journal and read it back."""
    _, end = read_bytes(journal_bytes(RUN, RunEnded(1.0, "failed", to_failure(error))))
    assert isinstance(end, RunEnded)
    assert end.error is not None
    return to_error(end.error)


@pytest.mark.parametrize("kind", [each for each in CLASSES if not issubclass(each, TaskFailed)])
def test_every_error_of_ours_comes_back_as_its_class(kind: type[ParaformerError]) -> None:
    error = through_a_journal(kind(MESSAGE))
    assert type(error) is kind
    assert str(error) == MESSAGE
    assert error.retryable == kind.retryable


@pytest.mark.parametrize("kind", [TaskFailed, TaskThrottled])
@pytest.mark.parametrize("retryable", [True, False])
@pytest.mark.parametrize("message", ["too many\nrequests\x1b", "", "half \ud83d", "太多请求。"], ids=repr)
def test_a_failed_task_comes_back_with_all_its_fields(kind: type[TaskFailed], retryable: bool, message: str) -> None:
    before = kind("Throttling.RateQuota", message, "ab12", retryable, "Wait a moment.")
    after = through_a_journal(before)
    assert type(after) is kind
    assert str(after) == str(before)
    storable = message.replace("\ud83d", "\ufffd")  # a journal is UTF-8
    assert after.arguments == before.arguments | {"message": storable}
    assert (after.code, after.message, after.task_id) == ("Throttling.RateQuota", storable, "ab12")
    assert (after.retryable, after.advice) == (retryable, "Wait a moment.")
    assert isinstance(after, ServiceError)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("wrong"),
        OSError("disk"),
        TimeoutError("late"),
        TimeoutError("late"),
        RuntimeError(""),
        KeyError("name"),
        ZeroDivisionError("division by zero"),
    ],
    ids=repr,
)
def test_a_built_in_error_comes_back_as_its_class(error: Exception) -> None:
    after = through_a_journal(error)
    assert type(after) is type(error)
    assert (str(after), after.args) == (str(error), error.args)


def test_a_system_error_keeps_its_class_and_text() -> None:
    after = through_a_journal(FileNotFoundError(2, "No such file or directory", "clip.wav"))
    assert type(after) is FileNotFoundError
    assert str(after) == "[Errno 2] No such file or directory: 'clip.wav'"


class MicrophoneUnplugged(Exception):
    """An error of a user's live source."""


class TaskFailedElsewhere(TaskFailed):
    """A subclass of ours that this package does not define."""


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MicrophoneUnplugged("no sound"), "MicrophoneUnplugged: no sound"),
        (json.JSONDecodeError("bad", "{", 1), "JSONDecodeError: bad: line 1 column 2 (char 1)"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "UnicodeDecodeError: 'utf-8' codec can't decode"),
        (ExceptionGroup("two", [ValueError("a")]), "ExceptionGroup: two (1 sub-exception)"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (TaskFailedElsewhere("C", "m", "t", False, ""), "TaskFailedElsewhere: the service ended the task (C: m)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_error_comes_back_as_ours_with_the_name_of_its_class(error: BaseException, text: str) -> None:
    after = through_a_journal(error)
    assert type(after) is ParaformerError
    assert str(after).startswith(text)


@pytest.mark.parametrize("task", [None, {}, {"code": "C"}, {"code": "C", "colour": "blue"}])
def test_a_failed_task_whose_fields_are_damaged_keeps_its_message(task: dict[str, str] | None) -> None:
    error = to_error(Failure("TaskFailed", MESSAGE, task))
    assert type(error) is ParaformerError
    assert str(error) == MESSAGE


@pytest.mark.parametrize("kind", ["", "sanitise", "annotations", "print", "__name__", "int", "BaseException"])
def test_a_name_that_is_not_an_error_s_makes_no_other_object(kind: str) -> None:
    error = to_error(Failure(kind, "why"))
    assert type(error) is ParaformerError
    assert str(error) == f"{kind}: why"


def test_a_message_is_stored_as_one_sanitised_line() -> None:
    assert to_failure(ValueError("two\nlines\x1b[0m")) == Failure("ValueError", "two lines[0m")
    assert to_failure(ConnectionLost("gone")) == Failure("ConnectionLost", "gone")
