"""A lock that a forked process can use."""

from __future__ import annotations

import os
import threading
import weakref
from types import TracebackType

_all = threading.RLock()  # held while `_locks` changes, and during a fork
_locks: weakref.WeakSet[ForkLock] = weakref.WeakSet()


class ForkLock:
    """A lock that its thread may hold twice, and that a fork waits for.

    A plain lock that another thread holds at that moment would stay locked for ever in the child, which has no other
    thread; and what it guards would stay half changed there.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release
        with _all:
            _locks.add(self)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


_held: list[ForkLock] = []  # during a fork


def _before_fork() -> None:
    _all.acquire()
    for lock in list(_locks):
        lock.acquire()
        _held.append(lock)


def _after_fork() -> None:
    while _held:
        _held.pop().release()
    _all.release()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
