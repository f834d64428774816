"""The part of a notebook's front end that a kernel communicates with: the state of a cell, and of a view of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Cell:
    """A cell that was sent to a kernel."""

    def __init__(self) -> None:
        self.printed = ""
        self.error = ""  # the exception that ended it
        self.is_done = False


class View:
    """The model of a view, like the front end's session: it requests everything and applies the updates."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._sentences: dict[int, dict[str, Any]] = {}
        self.run: dict[str, Any] = {}
        self.updates = 0
        send({"kind": "sync"})

    def receive(self, content: dict[str, Any]) -> None:
        """Apply a message from the kernel."""
        if content["kind"] == "update":
            self._update(content)

    def _update(self, content: dict[str, Any]) -> None:
        self.updates += 1
        if content.get("reset"):
            self._sentences.clear()
        for number in content.get("removed", []):
            self._sentences.pop(number, None)
        self._sentences.update({sentence["id"]: sentence for sentence in content.get("sentences", [])})
        had_ended = self.has_ended
        self.run = content.get("run", self.run)
        if self.has_ended and not had_ended:
            self._send({"kind": "end-drawn"})

    def press_stop(self) -> None:
        """Press the Stop button."""
        self._send({"kind": "stop"})

    @property
    def state(self) -> str:
        """The state of the run, as shown."""
        return str(self.run.get("state"))

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended, as shown."""
        return self.state in ("finished", "stopped", "failed")

    @property
    def partial_words(self) -> list[str]:
        """The words that are not final."""
        return [word[0] for each in self._sentences.values() if not each["is_final"] for word in each["words"]]
