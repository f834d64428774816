"""A notebook's front end, as far as a kernel can tell: what it knows of a cell, and of a view of a run."""

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
    """A view as the front end keeps it: it requests everything, then applies the updates."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._sentences: dict[int, dict[str, Any]] = {}
        self.run: dict[str, Any] = {}
        self.updates = 0
        send({"kind": "sync"})

    def receive(self, content: dict[str, Any]) -> None:
        """A message from the kernel."""
        if content["kind"] == "update":
            self._update(content)

    def _update(self, content: dict[str, Any]) -> None:
        self.updates += 1
        if content.get("reset"):
            self._sentences.clear()
        for number in content.get("removed", []):
            self._sentences.pop(number, None)
        self._sentences.update({sentence["id"]: sentence for sentence in content.get("sentences", [])})
        was_over = self.is_over
        self.run = content.get("run", self.run)
        if self.is_over and not was_over:
            self._send({"kind": "end-drawn"})

    def press_stop(self) -> None:
        """The Stop button."""
        self._send({"kind": "stop"})

    @property
    def state(self) -> str:
        """The run's, as it is shown."""
        return str(self.run.get("state"))

    @property
    def is_over(self) -> bool:
        """Whether that is a state of ended runs."""
        return self.state in ("finished", "stopped", "failed")

    @property
    def open_words(self) -> list[str]:
        """The words of partial sentences."""
        return [word[0] for each in self._sentences.values() if not each["is_final"] for word in each["words"]]
