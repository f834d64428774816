"""The stored hotword lists of the embedded service: its HTTP API's actions, and the hotwords of a task."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..dashscope.hotwords import MAX_LISTS, Hotword, find_hotword_problem, find_prefix_problem, hotwords_of
from ..dashscope.messages import RunTask
from ..dashscope.models import find_model
from .log import log


class ApiError(Exception):
    """A request that is refused: the HTTP status, and the cloud's code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _List:
    """One stored list. A change applies some time after it was made."""

    def __init__(self, vocabulary_id: str, model: str, words: list[Hotword], applies_at: float) -> None:
        self.vocabulary_id = vocabulary_id
        self.model = model
        self.created = self.modified = _now()
        self.words = words
        self.applies_at = applies_at
        self._before: list[Hotword] = []

    def update(self, words: list[Hotword], now: float, applies_at: float) -> None:
        self._before = self.applied(now)
        self.words = words
        self.modified = _now()
        self.applies_at = applies_at

    def applied(self, now: float) -> list[Hotword]:
        """The words that apply now."""
        return self.words if now >= self.applies_at else self._before

    def summary(self, now: float) -> dict[str, Any]:
        status = "OK" if now >= self.applies_at else "UNDEPLOYED"
        return {
            "vocabulary_id": self.vocabulary_id,
            "gmt_create": self.created,
            "gmt_modified": self.modified,
            "status": status,
        }

    def contents(self, now: float) -> dict[str, Any]:
        words = [word.entry for word in self.words]
        return self.summary(now) | {"target_model": self.model, "vocabulary": words}


class Vocabularies:
    """The lists of one service, in memory.

    Args:
        deployment: seconds until a change applies.
    """

    def __init__(self, deployment: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._deployment = deployment
        self._clock = clock
        self._lists: dict[str, _List] = {}

    def call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an action of the API. Returns its ``output``; raises ApiError."""
        match request.get("action"):
            case "create_vocabulary":
                return self._create(request)
            case "list_vocabulary":
                return self._list(request)
            case "query_vocabulary":
                return self._find(request).contents(self._clock())
            case "update_vocabulary":
                found = self._find(request)
                now = self._clock()
                found.update(_words(request, found.model), now, now + self._deployment)
                return {}
            case "delete_vocabulary":
                del self._lists[self._find(request).vocabulary_id]
                return {}
        raise _invalid(f"action {request.get('action')!r} is not known")

    def hotwords(self, command: RunTask) -> dict[str, int]:
        """The hotwords of a task: of its list, if it is of the same model, and inline ones. A wrong list is ignored, as
        in the cloud, and logged."""
        model, parameters = find_model(command.model), command.parameters
        words: list[Hotword] = []
        if (vocabulary_id := parameters.get("vocabulary_id")) is not None:
            found = self._lists.get(vocabulary_id) if isinstance(vocabulary_id, str) else None
            if found is not None and found.model == command.model:
                words += found.applied(self._clock())
            else:
                problem = "is for another model" if found else "does not exist"
                text = f"vocabulary_id (the list {problem})"
                log(logging.WARNING, "parameters-ignored", task=command.task_id, parameters=text)
        if model is not None and "vocabulary" in model.parameters:
            words += hotwords_of(parameters.get("vocabulary") or {})
        hints = parameters.get("language_hints")
        return {word.text: word.weight for word in words if not hints or word.lang in (None, *hints)}

    def _create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        model, prefix = request.get("target_model"), request.get("prefix")
        if problem := find_prefix_problem(prefix):
            raise _invalid(problem)
        known = find_model(model) if isinstance(model, str) else None
        if not isinstance(model, str) or known is None or not known.max_hotwords:
            raise _invalid(f"target_model {model!r} uses no hotword list")
        words = _words(request, model)
        if len(self._lists) >= MAX_LISTS:
            raise ApiError(429, "Throttling.AllocationQuota", f"there are {MAX_LISTS} lists already; delete one")
        vocabulary_id = f"vocab-{prefix}-{secrets.token_hex(16)}"
        self._lists[vocabulary_id] = _List(vocabulary_id, model, words, self._clock() + self._deployment)
        return {"vocabulary_id": vocabulary_id}

    def _list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        prefix, index, size = request.get("prefix"), request.get("page_index", 0), request.get("page_size", 10)
        if not isinstance(index, int) or not isinstance(size, int) or index < 0 or size < 1:
            raise _invalid("page_index and page_size are whole numbers")
        now = self._clock()
        found = [
            each for each in self._lists.values() if not prefix or each.vocabulary_id.startswith(f"vocab-{prefix}-")
        ]
        return {"vocabulary_list": [each.summary(now) for each in found[index * size : (index + 1) * size]]}

    def _find(self, request: Mapping[str, Any]) -> _List:
        vocabulary_id = request.get("vocabulary_id")
        found = self._lists.get(vocabulary_id) if isinstance(vocabulary_id, str) else None
        if found is None:
            raise ApiError(404, "NotFound", f"vocabulary {vocabulary_id!r} does not exist")
        return found


def _words(request: Mapping[str, Any], model: str) -> list[Hotword]:
    """The words of a request, checked. Raises ApiError."""
    known, given = find_model(model), request.get("vocabulary")
    if not isinstance(given, list):
        raise _invalid("vocabulary is an array of objects")
    try:
        words = hotwords_of(given)
    except ValueError as error:
        raise _invalid(str(error)) from error
    assert known is not None
    if problem := find_hotword_problem(words, limit=known.max_hotwords, has_super=known.has_super_hotwords):
        raise _invalid(problem)
    return words


def _invalid(message: str) -> ApiError:
    return ApiError(400, "InvalidParameter", message)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
