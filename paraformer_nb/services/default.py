"""The service of a run for which none was given."""

from __future__ import annotations

import os
import threading
from typing import NoReturn

from ..client.service import Service
from ..errors import AuthenticationError
from .dashscope import DashScope
from .embedded import Embedded
from .keys import known_key

_lock = threading.Lock()
_embedded: Embedded | None = None


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that the child lacks may have held it


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


def service_or_default(service: Service | None) -> Service:
    """The service itself; for None DashScope if an API key is known, else the process's one embedded service."""
    global _embedded
    if service is not None:
        return service
    if known_key():
        return DashScope()
    with _lock:
        _embedded = _embedded or Embedded()
        return _embedded


def cloud_without_key() -> DashScope:
    """DashScope where the environment says, to be asked what it serves: connecting to it needs a key."""
    return DashScope(_no_key)


def _no_key() -> NoReturn:
    raise AuthenticationError("no API key was given for this. Nothing was sent.")


def close_default_service() -> None:
    """Close the process's embedded service, if there is one; the next run starts it again."""
    with _lock:
        embedded = _embedded
    if embedded is not None:
        embedded.close()
