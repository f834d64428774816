"""`pnb.login`: asks for a key, keeps it in memory or in the system's keyring, and never shows it."""

from __future__ import annotations

import asyncio
import getpass
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from seen import assert_hidden, texts_of_error

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.services import keys
from paraformer_nb.services.default import service_or_default


class Keyring:
    """Replaces the system's keyring: a package called keyring in a folder that is on sys.path."""

    def __init__(self, folder: Path, problem: str = "") -> None:
        package = folder / "keyring"
        package.mkdir()
        (package / "errors.py").write_text(
            "class KeyringError(Exception): pass\nclass PasswordSetError(KeyringError): pass\n"
        )
        code = f"""
from . import errors
kept = {{}}
def _check(name):
    if name in {problem!r}.split():
        raise errors.PasswordSetError(name)
def get_password(service, user):
    _check("get")
    return kept.get((service, user))
def set_password(service, user, password):
    _check("set")
    assert type(password) is str, "some keyrings cannot store a subclass"
    kept[service, user] = password
def delete_password(service, user):
    _check("delete")
    del kept[service, user]
"""
        (package / "__init__.py").write_text(code)

    @property
    def kept(self) -> dict[tuple[str, str], str]:
        import keyring

        kept: dict[tuple[str, str], str] = keyring.kept
        return kept


@pytest.fixture
def make_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Keyring]]:
    """Makes a keyring; until it is called the system has none, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    def make(problem: str = "") -> Keyring:
        for name in ("keyring", "keyring.errors"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        return Keyring(tmp_path, problem)

    yield make
    for name in ("keyring", "keyring.errors"):
        sys.modules.pop(name, None)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a user types, each in turn, where getpass asks."""
    answers: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: answers.pop(0))
    return answers


def test_login_keeps_a_key_for_this_process(
    key: str, typed: list[str], make_keyring: object, capfd: pytest.CaptureFixture[str]
) -> None:
    typed.append(f"  {key} ")
    assert pnb.login() is None
    assert asyncio.run(pnb.DashScope().endpoint()).headers["Authorization"] == f"Bearer {key}"
    assert isinstance(service_or_default(None), pnb.DashScope)
    pnb.logout()
    assert isinstance(service_or_default(None), pnb.Embedded)
    with pytest.raises(errors.ParameterError, match=r"pnb\.login\(\)"):
        pnb.DashScope()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", ["", "  ", "{} {}", "{}\0", "ключ{}", "{}\x1b[0m"])
def test_login_refuses_a_text_that_cannot_be_a_key(
    wrong: str, key: str, typed: list[str], make_keyring: object
) -> None:
    typed += [key, wrong.format(key, key)]
    pnb.login()
    with pytest.raises(errors.ParameterError, match="Nothing was kept") as caught:
        pnb.login()
    assert_hidden(key, wrong, list(texts_of_error(caught.value)))
    assert keys.known_key() == key, "the earlier one is still known"


def test_login_with_remember_needs_a_keyring(typed: list[str], make_keyring: Callable[..., Keyring]) -> None:
    for make in (
        lambda: None,
        lambda: make_keyring("get"),
    ):  # the package is not installed; it is, and the system has no keyring or it is locked
        make()
        with pytest.raises(errors.MissingDependency, match="pip install keyring"):
            pnb.login(remember=True)
        assert keys.known_key() is None
    typed.append("typed-without-a-keyring")
    pnb.login()
    assert keys.known_key() == "typed-without-a-keyring"
    pnb.logout()


def test_login_remembers_and_does_not_ask_again(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    keyring = make_keyring()
    typed.append(key)
    pnb.login(remember=True)
    assert list(keyring.kept.values()) == [key]
    keys.forget_key()  # as in another process
    pnb.login()
    assert keys.known_key() == key
    pnb.logout()
    assert (keyring.kept, keys.known_key()) == ({}, None)
    pnb.logout()


def test_login_without_remember_leaves_the_keyring_alone(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    typed.append(key)
    keyring = make_keyring()
    pnb.login()
    assert keyring.kept == {}


def test_a_keyring_that_fails_costs_no_key_and_shows_none(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    keyring = make_keyring("set delete")
    typed.append(key)
    with pytest.raises(errors.ParaformerError, match=r"PasswordSetError.*this process only") as caught:
        pnb.login(remember=True)
    assert_hidden(key, "set", list(texts_of_error(caught.value)))
    assert keys.known_key() == key
    keyring.kept["paraformer_nb", "dashscope"] = key
    with pytest.raises(errors.ParaformerError, match="This process forgot it") as caught:
        pnb.logout()
    assert_hidden(key, "delete", list(texts_of_error(caught.value)))
    assert keys.known_key() is None


def test_a_typed_key_is_not_shown_on_a_terminal(key: str) -> None:
    code = (
        "import asyncio, paraformer_nb as pnb; pnb.login(); "
        "print(len(asyncio.run(pnb.DashScope().endpoint()).headers['Authorization']))"
    )
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=child, stdout=child, stderr=child, start_new_session=True
    )
    os.close(child)
    shown = b""
    try:
        while b"DashScope API key" not in shown:
            shown += os.read(parent, 1000)
        os.write(parent, f"{key}\n".encode())
        while b"42" not in shown:  # "Bearer " and the key
            shown += os.read(parent, 1000)
    finally:
        process.kill()
        process.wait(10)
        os.close(parent)
    assert_hidden(key, "terminal", [shown.decode()])
