"""API keys on the wire: the header that carries one, and how keys are kept out of logs, journals and tracebacks."""

from __future__ import annotations

import json
import logging
from typing import Any, AnyStr, NoReturn

from ..text import sanitise

_MIN_LENGTH = 12  # characters; shorter keys are not searched for: they could be any word of the protocol
_MAX_KEYS = 64  # spellings
# The keys that were sent most recently, in every spelling that JSON allows, as text and as bytes.
_sent: tuple[tuple[Secret, _SecretBytes], ...] = ()


class Secret(str):
    """A text whose repr is hidden, so that tables, logs and tracebacks with local variables do not reveal it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled or copied: create a new pnb.DashScope(...) in the other process.")


class _SecretBytes(bytes):
    """A secret encoded as on the wire."""

    def __repr__(self) -> str:
        return "b'…'"


def is_key(key: Any) -> bool:
    """Whether this can be a key, and can be sent in a header."""
    return isinstance(key, str) and key.isascii() and key.isprintable() and key != "" and " " not in key


def bearer(key: str) -> Secret:
    """Return the Authorization header for a key, and have `redact` replace that key from now on."""
    global _sent
    if len(key) >= _MIN_LENGTH:
        spellings = {key, json.dumps(key)[1:-1], key.replace("/", r"\/")}
        others = (each for each in _sent if each[0] not in spellings)
        _sent = (*others, *((Secret(each), _SecretBytes(each.encode())) for each in spellings))[-_MAX_KEYS:]
    return Secret(f"Bearer {key}")


def redact(text: AnyStr) -> AnyStr:
    """Replace every API key in a text that came from a service: a service may repeat the keys that it receives."""
    for key, encoded_key in _sent:  # runs for every event, so it searches before it replaces
        if isinstance(text, str):
            text = text.replace(key, "…") if key in text else text
        elif encoded_key in text:
            text = text.replace(encoded_key, "…".encode())
    return text


def redact_log_record(record: logging.LogRecord) -> bool:
    """A filter for the loggers of websockets: drop DEBUG records, and replace API keys in all others.

    At DEBUG websockets logs every header and parts of every frame. The frames are in the journal, without the key.
    """
    if record.levelno <= logging.DEBUG:
        return False
    record.msg = sanitise(redact(record.getMessage()))
    record.args = ()
    if record.exc_info:
        record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        record.exc_info = None
    return True
