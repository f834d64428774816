"""API keys: where one comes from, and how it is kept out of everything that people look at or save."""

from __future__ import annotations

import getpass
import importlib.util
import os
from collections.abc import Callable
from typing import Any

from ..dashscope.redaction import Secret, is_key
from ..errors import MissingDependency, ParaformerError, ParameterError

KEY_VARIABLE = "DASHSCOPE_API_KEY"

_PLACE = ("paraformer_nb", "dashscope")  # in the keyring: service and user
_key: Secret | None = None  # of `login`; in memory, and nowhere else


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
