"""Floor 3: API keys: where one comes from, and how it is kept out of everything that people look at or save."""

from __future__ import annotations

import getpass
import importlib.util
import json
import logging
import os
from collections.abc import Callable
from typing import Any, AnyStr, NoReturn

from .errors import MissingDependency, ParaformerError, ParameterError, plain

KEY_VARIABLE = "DASHSCOPE_API_KEY"

_PLACE = ("paraformer_nb", "dashscope")  # in the keyring: service and user
_SHORTEST = 12  # characters of a key that is looked for in a text: a shorter one may be any word of the protocol
_MOST = 64
_key: Secret | None = None  # of `login`; in memory, and nowhere else
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


def login(*, remember: bool = False) -> None:
    """Ask for the DashScope API key, without showing it, and keep it in memory for this process.

    `remember` also stores it in the system's keyring (needs the package keyring), where the next `login` finds it and
    does not ask. 输入 DashScope 密钥,只保存在内存中。

    Raises ParameterError where what was typed is no key, MissingDependency where `remember` needs the package,
    ParaformerError where the keyring does not take the key (which is kept in memory then).
    """
    global _key
    keyring = _keyring()
    if remember and keyring is None:
        raise MissingDependency(
            "remember=True needs a keyring of the system, and the package that speaks to it: pip install keyring. "
            "Nothing was asked or kept."
        )
    key = Secret((keyring and keyring.get_password(*_PLACE)) or getpass.getpass("DashScope API key 密钥: ").strip())
    if not is_key(key):
        raise ParameterError(
            "this is no API key: it is empty, or has spaces or characters that no key has. Nothing was kept."
        )
    _key = key
    if remember and keyring and (problem := _problem(keyring, lambda: keyring.set_password(*_PLACE, str(key)))):
        raise ParaformerError(f"the keyring does not take the key ({problem}): it is kept for this process only.")


def logout() -> None:
    """Forget the key of `login`, also in the system's keyring. Raises ParaformerError where that keeps it."""
    global _key
    _key = None
    keyring = _keyring()
    is_stored = keyring is not None and keyring.get_password(*_PLACE) is not None
    if is_stored and (problem := _problem(keyring, lambda: keyring.delete_password(*_PLACE))):
        raise ParaformerError(f"the keyring keeps the key ({problem}): remove it there. This process forgot it.")


def known_key() -> Secret | None:
    """The key of `login`, else of the environment variable DASHSCOPE_API_KEY, else None."""
    key = os.environ.get(KEY_VARIABLE)
    return _key or (Secret(key) if key else None)


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
    record.msg, record.args = plain(without_keys(record.getMessage())), ()
    if record.exc_info:
        record.exc_text = without_keys(logging.Formatter().formatException(record.exc_info))
        record.exc_info = None
    return True


def _problem(keyring: Any, call: Callable[[], None]) -> str:
    """Why the keyring does not do as it is told, or ``""``. What it raised itself goes: its frames hold the key."""
    try:
        call()
    except keyring.errors.KeyringError as error:
        return type(error).__name__
    return ""


def _keyring() -> Any:
    """The system's keyring, where there is one and the package that speaks to it, else None."""
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    try:
        keyring.get_password(*_PLACE)
    except keyring.errors.KeyringError:  # a server without a desktop has none, or it stays locked
        return None
    return keyring
