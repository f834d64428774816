"""API keys: `login`, `logout`, and which key is known."""

from __future__ import annotations

import getpass
import importlib.util
from collections.abc import Callable
from typing import Any

from ..dashscope.redaction import Secret, is_key
from ..errors import MissingDependency, ParaformerError, ParameterError
from .settings import outside_key

_ENTRY = ("paraformer_nb", "dashscope")  # in the keyring: service and user
_key: Secret | None = None  # of `login`; kept in memory only


def login(*, remember: bool = False) -> None:
    """Ask for the DashScope API key, without showing it, and keep it in memory for this process.

    `remember` also stores it in the system's keyring (needs the package keyring), where the next `login` finds it and
    does not ask. 输入 DashScope 密钥,只保存在内存中。

    Raises ParameterError if the typed text cannot be a key, MissingDependency if `remember` needs the package,
    ParaformerError if the keyring does not store the key (which is kept in memory then).
    """
    keyring = _keyring()
    if remember and keyring is None:
        raise MissingDependency(
            "remember=True needs a system keyring and its package: pip install keyring. Nothing was asked or kept."
        )
    key = Secret((keyring and keyring.get_password(*_ENTRY)) or getpass.getpass("DashScope API key 密钥: ").strip())
    keep_key(key)
    if remember and keyring and (problem := _problem(keyring, lambda: keyring.set_password(*_ENTRY, str(key)))):
        raise ParaformerError(f"the keyring did not store the key ({problem}): it is kept for this process only.")


def keep_key(key: str) -> None:
    """Keep a key in memory for this process, as `login` does. Raises ParameterError if it cannot be one."""
    global _key
    secret = Secret(key.strip())
    if not is_key(secret):
        raise ParameterError(
            "this cannot be an API key: it is empty, or has spaces or characters that no key has. Nothing was kept."
        )
    _key = secret


def logout() -> None:
    """Forget the key of `login`, also in the system's keyring. Raises ParaformerError if that fails."""
    forget_key()
    keyring = _keyring()
    is_stored = keyring is not None and keyring.get_password(*_ENTRY) is not None
    if is_stored and (problem := _problem(keyring, lambda: keyring.delete_password(*_ENTRY))):
        raise ParaformerError(f"the keyring still has the key ({problem}): delete it there. This process forgot it.")


def forget_key() -> None:
    """Forget the key of `login` in this process only; the system's keyring keeps it."""
    global _key
    _key = None


def known_key() -> Secret | None:
    """The key of `login`, else that of the environment or the SDK's files (see `settings`), else None."""
    return _key or outside_key()


def _problem(keyring: Any, call: Callable[[], None]) -> str:
    """Why a call of the keyring failed, or ``""``. Its own error is dropped: the error's frames hold the key."""
    try:
        call()
    except keyring.errors.KeyringError as error:
        return type(error).__name__
    return ""


def _keyring() -> Any:
    """The package keyring, or None where it is not installed or the system has no usable keyring."""
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    try:
        keyring.get_password(*_ENTRY)
    except keyring.errors.KeyringError:  # a server without a desktop has none, or it is locked
        return None
    return keyring
