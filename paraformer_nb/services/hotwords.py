"""Stored hotword lists: `create`, `list`, `get`, `update`, `delete`, and `wait_ready` for a change to apply.

    vocabulary_id = pnb.hotwords.create({"傅里叶": 4}, model="qwen-audio-3.1-asr-flash-streaming")
    pnb.hotwords.wait_ready(vocabulary_id)
    run = pnb.transcribe("lecture.mp3", model="qwen-audio-3.1-asr-flash-streaming", vocabulary_id=vocabulary_id)

A list belongs to one model: with another one it is ignored without an error. Lists are free; an account has up to 10.
Every limit is checked before anything is sent. Source: the vendor's "Vocabulary HTTP API" page.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..client.service import Service, check_served, default_model
from ..dashscope.hotwords import MAX_LISTS, Hotword, find_hotword_problem, find_prefix_problem, hotwords_of
from ..dashscope.models import MODELS, MOST_HOTWORDS, check_model, find_model
from ..errors import ParameterError, RemoteProtocolError
from .default import service_or_default
from .http_api import post

Words = Mapping[str, int] | Iterable[str | Hotword | Mapping[str, Any]]
"""Words and their weights; or a list of texts (weight 4), `Hotword`s or ``{"text", "weight", "lang"}``."""

_PATH = "/services/audio/asr/customization"
_PAGE, _MAX_PAGES = 10, 100  # lists of an answer, and answers: an account has 10 lists
_SECONDS_BETWEEN = 300  # two changes of a list, as the vendor asks
_POLL = 0.25, 10.0  # seconds between two looks: at first, at most


class HotwordList(NamedTuple):
    """One stored list.

    Attributes:
        vocabulary_id: what `transcribe` is given.
        status: "OK", or "UNDEPLOYED" until a change applies.
        created, modified: as the service writes them.
        model, words: of `get`; None and empty in `list`.
    """

    vocabulary_id: str
    status: str
    created: str
    modified: str
    model: str | None = None
    words: tuple[Hotword, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether the list applies as it is."""
        return self.status == "OK"


_List = list  # `list` is one of this module's functions


def create(words: Words, *, model: str | None = None, prefix: str = "pnb", service: Service | None = None) -> str:
    """Store a list of hotwords, and return its ``vocabulary_id``.

    Args:
        words: each with a weight of 1 to 5 (4 to begin with), or 50 for the Qwen-Audio models; see `Words`.
        model: the model that will use it. Default: the service's default model.
        prefix: part of the id: 1 to 9 digits and lower-case letters.
        service: default: as in `transcribe`.

    Raises:
        ParameterError: a word, weight, language, number or prefix that the model does not accept; 10 lists are there.
        ConnectionFailed, ServiceError: the service could not be reached, or refused.

    Example:
        >>> pnb.hotwords.create({"傅里叶": 4, "Laplace": 3}, prefix="lecture")  # doctest: +SKIP
        'vocab-lecture-…'
    """
    service = service_or_default(service)
    model = default_model(service) if model is None else model
    check_model(model)
    check_served(service, model)
    entries = _checked(words, model)
    if problem := find_prefix_problem(prefix):
        raise ParameterError(f"{problem}. Nothing was sent.")
    if len(there := list(service=service)) >= MAX_LISTS:
        ids = ", ".join(each.vocabulary_id for each in there)
        raise ParameterError(
            f"the account has {len(there)} hotword lists, and {MAX_LISTS} is the most: delete one of {ids}."
        )
    answer = _call(service, "create_vocabulary", target_model=model, prefix=prefix, vocabulary=entries)
    return _text(answer, "vocabulary_id")


def list(*, prefix: str | None = None, service: Service | None = None) -> _List[HotwordList]:
    """The stored lists of the account, without their words; `prefix`: only those with it in their ids.

    Raises ParameterError for an invalid prefix; ConnectionFailed, ServiceError.
    """
    service = service_or_default(service)
    if prefix is not None and (problem := find_prefix_problem(prefix)):
        raise ParameterError(f"{problem}. Nothing was sent.")
    found: _List[HotwordList] = []
    chosen = {} if prefix is None else {"prefix": prefix}
    for index in range(_MAX_PAGES):
        answer = _call(service, "list_vocabulary", page_index=index, page_size=_PAGE, **chosen)
        page = [_summary(each) for each in answer.get("vocabulary_list") or ()]
        found += page
        if len(page) < _PAGE:
            break
    return found


def get(vocabulary_id: str, *, service: Service | None = None) -> HotwordList:
    """One list with its model and words. Raises ServiceError where there is no such list; ConnectionFailed."""
    answer = _call(service_or_default(service), "query_vocabulary", vocabulary_id=_id(vocabulary_id))
    try:
        words = tuple(hotwords_of(answer.get("vocabulary") or ()))
    except ValueError as error:
        raise RemoteProtocolError(
            f"the service answered with words that cannot be read: {error}. Try again."
        ) from error
    return _summary({"vocabulary_id": vocabulary_id} | answer)._replace(model=answer.get("target_model"), words=words)


def update(vocabulary_id: str, words: Words, *, service: Service | None = None) -> None:
    """Replace all words of a list. Leave 5 minutes between two changes, or the second may not apply: it is made, and a
    warning says so.

    Raises ParameterError for words that the list's model does not accept; ServiceError, ConnectionFailed.
    """
    service = service_or_default(service)
    before = get(vocabulary_id, service=service)
    entries = _checked(words, before.model or "")
    _call(service, "update_vocabulary", vocabulary_id=vocabulary_id, vocabulary=entries)
    if before.is_ready and service.source.kind == "embedded":
        return
    between = _seconds_between(before, get(vocabulary_id, service=service))
    if not before.is_ready or (between is not None and between < _SECONDS_BETWEEN):
        warnings.warn(
            f"{vocabulary_id} was changed before its last change had applied for 5 minutes. The words were stored, but "
            "the service may not apply them: where they are not recognised after wait_ready(), update once more.",
            stacklevel=2,
        )


def delete(vocabulary_id: str, *, service: Service | None = None) -> None:
    """Delete a list. Raises ServiceError where there is no such list; ConnectionFailed."""
    _call(service_or_default(service), "delete_vocabulary", vocabulary_id=_id(vocabulary_id))


def wait_ready(vocabulary_id: str, *, timeout: float = 600.0, service: Service | None = None) -> HotwordList:
    """Wait until a list that was created or updated applies, which takes minutes in the cloud; return it.

    Raises TimeoutError after `timeout` seconds (the list stays); ServiceError, ConnectionFailed.
    """
    service = service_or_default(service)
    end = time.monotonic() + timeout
    wait, longest = _POLL
    while True:
        found = get(vocabulary_id, service=service)
        if found.is_ready:
            return found
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError(
                f"{vocabulary_id} does not apply after {timeout:g} s (status {found.status}). The list is kept: wait "
                "again later."
            )
        time.sleep(min(wait, left))
        wait = min(2 * wait, longest)


def _seconds_between(before: HotwordList, after: HotwordList) -> float | None:
    """The seconds between two changes, by the service's own clock; None where it writes times in another form."""
    try:
        return (datetime.fromisoformat(after.modified) - datetime.fromisoformat(before.modified)).total_seconds()
    except ValueError:
        return None


def _checked(words: Words, model: str) -> _List[dict[str, Any]]:
    """The entries to send. Raises ParameterError."""
    known = find_model(model)
    if known is not None and not known.max_hotwords:
        having = ", ".join(name for name, its in MODELS.items() if its.max_hotwords)
        raise ParameterError(f"{model} uses no stored hotword list; these do: {having}. Nothing was sent.")
    try:
        hotwords = hotwords_of(words)
    except ValueError as error:
        raise ParameterError(f"words: {error}. Nothing was sent.") from error
    problem = find_hotword_problem(
        hotwords,
        limit=known.max_hotwords if known else MOST_HOTWORDS,
        has_super=known is None or known.has_super_hotwords,
        languages=known.languages if known else (),
    )
    if problem:
        raise ParameterError(f"words: {problem}. Nothing was sent.")
    return [word.entry for word in hotwords]


def _call(service: Service, action: str, **fields: Any) -> dict[str, Any]:
    body = {"model": "speech-biasing", "input": {"action": action, **fields}}
    output = post(service, _PATH, body).get("output")
    if not isinstance(output, dict):
        raise RemoteProtocolError(f"the service answered {action} without an output. Try again.")
    return output


def _id(vocabulary_id: str) -> str:
    if not isinstance(vocabulary_id, str) or not vocabulary_id:
        raise ParameterError(f"vocabulary_id={vocabulary_id!r}: give the id of a list, as create() returned it.")
    return vocabulary_id


def _summary(entry: Any) -> HotwordList:
    if not isinstance(entry, dict):
        raise RemoteProtocolError("the service answered with a list that cannot be read. Try again.")
    created, modified, status = (str(entry.get(name, "")) for name in ("gmt_create", "gmt_modified", "status"))
    return HotwordList(_text(entry, "vocabulary_id"), status, created, modified)


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise RemoteProtocolError(f"the service answered without a {name}. Try again.")
    return value
