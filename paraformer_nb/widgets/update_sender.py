"""Sends a transcript's changes to a front end, not too often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..loop import get_loop
from ..transcript.transcript import Transcript
from .messages import Update
from .run_data import FileFormat, Layer, RunState
from .view_state import ViewState

SendUpdate = Callable[[Update, list[bytes]], None]

_UPDATE_INTERVAL = 0.05  # seconds between updates
_FULL_UPDATE_INTERVAL = 0.5  # seconds between full updates, while no front end has asked for them
_FULL_UPDATES_FOR = 60.0  # seconds for which they are sent


class UpdateSender:
    """Sends updates with `send`. Background loop only.

    Before a front end has asked, each update holds everything: one may be there that cannot ask, because the kernel is
    busy with the very cell that made it (ipykernel 6).

    Attributes:
        layers: the layers to show. Replace the tuple; do not change it.
        files: the formats of files that can be requested.
    """

    def __init__(self, transcript: Transcript, describe: Callable[[], RunState], send: SendUpdate) -> None:
        self.layers: tuple[Layer, ...] = ()
        self.files: tuple[FileFormat, ...] = ()
        self._transcript = transcript
        self._describe = describe
        self._send = send
        self._state = ViewState()
        self.is_requested = False
        self._created = time.monotonic()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def refresh(self) -> None:
        """Send what changed, now or as soon as the last update is old enough."""
        now = time.monotonic()
        if self._timer is not None or not (self.is_requested or now - self._created < _FULL_UPDATES_FOR):
            return
        delay = self._last + (_UPDATE_INTERVAL if self.is_requested else _FULL_UPDATE_INTERVAL) - now
        if delay <= 0:
            self._send_updates()
        else:
            self._timer = get_loop().call_later(delay, self._send_updates)

    def send_everything(self) -> None:
        """A front end has asked: send everything now, and what changes from here on."""
        self._state = ViewState(self._state.seq, has_shown=self.is_requested)
        self.is_requested = True
        self._send_updates()

    def _send_updates(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._last = time.monotonic()
        if not self.is_requested:
            self._state = ViewState(self._state.seq)
        for update, buffers in self._state.updates(self._transcript, self._describe(), self.layers, self.files):
            self._send(update, buffers)
