"""API keys on the wire: the header that carries one, and how keys are kept out of logs, journals and tracebacks."""

from __future__ import annotations

import json
import logging
from typing import Any, AnyStr, NoReturn

from ..text import sanitise

_SHORTEST = 12  # characters of a key that is looked for in a text: a shorter one may be any word of the protocol
_MOST = 64
# The last keys that a service was shown, in every spelling that JSON has for them, as text and as bytes.
_shown: tuple[tuple[Secret, _SecretBytes], ...] = ()


class Secret(str):
    """A text that shows itself to nobody who prints what holds it: tables, tracebacks with their variables, logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled or copied: have the other side make its own pnb.DashScope(...).")


class _SecretBytes(bytes):
    """A secret as it would cross the wire."""

    def __repr__(self) -> str:
        return "b'…'"


def is_key(key: Any) -> bool:
    """Whether this may be a key, and can travel in a header."""
    return isinstance(key, str) and key.isascii() and key.isprintable() and key != "" and " " not in key


def bearer(key: str) -> Secret:
    """The header that shows a key to a service. From now on `without_keys` knows it."""
    global _shown
    if len(key) >= _SHORTEST:
        spellings = {key, json.dumps(key)[1:-1], key.replace("/", r"\/")}
        before = (each for each in _shown if each[0] not in spellings)
        _shown = (*before, *((Secret(each), _SecretBytes(each.encode())) for each in spellings))[-_MOST:]
    return Secret(f"Bearer {key}")


def without_keys(told: AnyStr) -> AnyStr:
    """What a service said, without the keys that it was shown and may repeat."""
    for text, data in _shown:  # asked of every event, so a mere look must do
        if isinstance(told, str):
            told = told.replace(text, "…") if text in told else told
        elif data in told:
            told = told.replace(data, "…".encode())
    return told


def keep_keys_out_of(logger: logging.Logger) -> None:
    """At DEBUG websockets logs every header, and parts of all that crosses: of that nothing passes, whatever the level.
    What crossed is in the recording, without the key."""
    logger.addFilter(_is_fit_to_be_logged)


def _is_fit_to_be_logged(record: logging.LogRecord) -> bool:
    if record.levelno <= logging.DEBUG:
        return False
    record.msg, record.args = sanitise(without_keys(record.getMessage())), ()
    if record.exc_info:
        record.exc_text = without_keys(logging.Formatter().formatException(record.exc_info))
        record.exc_info = None
    return True
