"""The tree of errors: what a user can catch, and what an error keeps when it is copied or pickled."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from paraformer_nb import errors
from paraformer_nb.errors import ParaformerError, TaskFailed, TaskThrottled

ALL = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, ParaformerError)]


def test_one_except_clause_catches_everything_this_package_raises() -> None:
    assert len(ALL) == 19
    for error in ALL:
        assert issubclass(error, ParaformerError)


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ParameterError", ValueError),
        ("AudioError", ValueError),
        ("MissingDependency", ImportError),
        ("NotWords", AttributeError),
    ],
)
def test_errors_are_also_the_built_in_class_for_their_case(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), builtin)


def test_the_tree_in_the_docstring_matches_the_classes() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"\s{4}([\s│├└─]*)(\w+)( |$)", line):
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = path[depth - 1] if depth else "Exception"
    assert drawn == {each.__name__: each.__bases__[0].__name__ for each in ALL}


@pytest.mark.parametrize("kind", [TaskFailed, TaskThrottled])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_failed_task_keeps_its_fields_when_it_is_sent_to_another_process(
    kind: type[TaskFailed], copied: Callable[[TaskFailed], TaskFailed]
) -> None:
    error = copied(kind("Throttling", "too many", "ab12", True, "Wait a moment."))
    assert type(error) is kind
    assert (error.code, error.message, error.task_id, error.retryable) == ("Throttling", "too many", "ab12", True)
    assert error.advice == "Wait a moment."
    assert re.search(r"Throttling: too many.*Wait a moment\.$", str(error))


def test_a_message_is_one_line_without_control_characters() -> None:
    for kind in ALL:
        if not issubclass(kind, TaskFailed):
            assert str(kind("two\nlines\x1b[0m")) == "two lines[0m"
    assert "\n" not in str(TaskFailed("C", "two\nlines", "t", False, ""))


def test_what_may_succeed_later_says_so() -> None:
    retryable = {kind.__name__ for kind in ALL if kind.retryable}
    assert retryable == {"ConnectionFailed", "ConnectionLost", "TaskThrottled", "Throttled"}


def test_a_notebook_shows_the_user_s_own_lines_and_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    cell = "import paraformer_nb as pnb\ndef start(name):\n    return pnb.transcribe(name)\n\nstart('nowhere.wav')"
    assert isinstance(shell.run_cell(cell).error_in_exec, errors.AudioError)
    *lines, message = capsys.readouterr().out.rstrip().splitlines()
    assert lines == ["----> line 5: start('nowhere.wav')", "----> line 3: return pnb.transcribe(name)", ""]
    assert message.startswith("AudioError: there is no file 'nowhere.wav'")
    shell.run_cell("1 / 0")
    assert "Traceback (most recent call last)" in capsys.readouterr().out, "other errors are as ever"
