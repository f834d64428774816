"""The tree of errors: what a user can catch, and what an error still tells after it has travelled."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from paraformer_nb import errors
from paraformer_nb.errors import ParaformerError, TaskFailed

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, ParaformerError)]


def test_one_except_clause_catches_everything_this_package_raises() -> None:
    assert len(ALL) == 15
    for error in ALL:
        assert issubclass(error, ParaformerError)


@pytest.mark.parametrize(
    ("name", "builtin"),
    [("ParameterError", ValueError), ("AudioError", ValueError), ("MissingDependency", ImportError)],
)
def test_wrong_arguments_are_also_what_python_calls_them(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), builtin)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"\s{4}([\s│├└─]*)(\w+)( |$)", line):
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = path[depth - 1] if depth else "Exception"
    assert drawn == {one.__name__: one.__bases__[0].__name__ for one in ALL}


@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_failed_task_keeps_its_ticket_when_it_crosses_a_process(travel) -> None:  # type: ignore[no-untyped-def]
    error = travel(TaskFailed("Throttling", "too many", "ab12", True, "Wait a moment."))
    assert (error.code, error.message, error.task_id, error.retryable) == ("Throttling", "too many", "ab12", True)
    assert re.search(r"Throttling: too many.*Wait a moment\.$", str(error))
