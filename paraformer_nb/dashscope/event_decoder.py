"""Decode events: strictly typed where they are as documented, otherwise field by field.

A field of an unexpected type is dropped and named in the event's `unread`; everything else of the event is used.
"""

from __future__ import annotations

import types
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from .messages import (
    UNREADABLE,
    Event,
    ResultGeneratedEvent,
    SentenceResult,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    TaskUsage,
    UnknownEvent,
    WordResult,
    name_in_header,
)

_MAX_UNREAD = 20  # names that an event keeps
_T = TypeVar("_T", bound=Struct)


class _Header(Struct, gc=False):
    event: str = ""
    task_id: str | None = ""
    error_code: str | None = None
    error_message: str | None = None


class _Output(Struct, gc=False):
    sentence: SentenceResult | None = None


class _Payload(Struct, gc=False):
    output: _Output | None = None
    usage: TaskUsage | None = None


class _Frame(Struct, gc=False):
    header: _Header
    payload: _Payload | None = None


_decode = msgspec.json.Decoder(_Frame, strict=False).decode
_decode_any = msgspec.json.Decoder().decode


def decode_event(text: bytes) -> Event:
    """Decode an event. Never raises: a text that cannot be decoded becomes an `UnknownEvent`."""
    try:
        if not text.isascii():
            text.decode()  # msgspec does not validate the text of skipped fields
        frame = _decode(text)
        unread: tuple[str, ...] = ()
    except UNREADABLE:
        try:
            frame, unread = _decode_by_field(_decode_any(text))
        except UNREADABLE:
            return UnknownEvent("", "", text)
    header, payload = frame.header, frame.payload or _Payload()
    task_id = header.task_id or ""
    match header.event:
        case "result-generated" if payload.output and payload.output.sentence:
            return ResultGeneratedEvent(task_id, payload.output.sentence, payload.usage, text, unread)
        case "task-started":
            return TaskStartedEvent(task_id, text)
        case "task-finished":
            return TaskFinishedEvent(task_id, payload.usage, text)
        case "task-failed":
            return TaskFailedEvent(task_id, header.error_code or "Unknown", header.error_message or "", text)
    return UnknownEvent(task_id, header.event, text)


def event_name(text: bytes) -> str:
    """Return the name of an event, such as ``"task-started"``; ``""`` if the text has none."""
    return name_in_header(text, "event")


# ---------------------------------------------------------------------------------------------------- field by field


def _decode_by_field(value: Any) -> tuple[_Frame, tuple[str, ...]]:
    """Read what is readable of any JSON value. Returns it, and the names of the fields that are not."""
    unread: list[str] = []
    header = _convert(_Header, _member(value, "header"), "header.", unread)
    payload = _member(value, "payload")
    sentence = _sentence(_member(_member(payload, "output"), "sentence"), unread)
    usage = _convert(TaskUsage, _member(payload, "usage"), "usage.", unread)
    return _Frame(header, _Payload(_Output(sentence), usage)), tuple(unread[:_MAX_UNREAD])


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _sentence(value: Any, unread: list[str]) -> SentenceResult | None:
    """Read a sentence; None where nothing is left of it that can be shown."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, dict):
        return None
    words = value.get("words")
    sentence = _convert(SentenceResult, {key: value[key] for key in value if key != "words"}, "", unread)
    if isinstance(words, list):
        read = [_convert(WordResult, word, f"words[{number}].", unread) for number, word in enumerate(words)]
        sentence = msgspec.structs.replace(sentence, words=[word for word in read if word.text])
    elif words is not None:
        unread.append("words")
    is_lost = unread and not sentence.text and not sentence.words
    return None if is_lost and sentence.sentence_end is not False and not sentence.heartbeat else sentence


def _convert(kind: type[_T], value: Any, path: str, unread: list[str]) -> _T:
    """Make a struct of an object's fields, each converted on its own."""
    if value is not None and not isinstance(value, dict):
        unread.append(path.rstrip("."))
    fields = {}
    for field in msgspec.structs.fields(kind):
        given = _member(value, field.name)
        if given is None:
            continue
        if _is_text(field.type) and isinstance(given, (int, float)) and not isinstance(given, bool):
            given = str(given)
        try:
            fields[field.name] = msgspec.convert(given, field.type, strict=False)
        except msgspec.ValidationError:
            unread.append(path + field.name)
    return kind(**fields)


def _is_text(kind: Any) -> bool:
    """Whether a field holds text, or nothing."""
    return kind is str or (isinstance(kind, types.UnionType) and set(kind.__args__) == {str, type(None)})
