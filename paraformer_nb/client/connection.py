"""A WebSocket connection that notices signs of life of the other side."""

from __future__ import annotations

from typing import Any

from websockets.asyncio.client import ClientConnection

from .tcp import Progress, send_progress


class ObservedConnection(ClientConnection):
    """A client's connection, which can say whether the other side is alive.

    Signs of life are bytes that arrive, whatever they are, and the acknowledgement of bytes that others wait behind, or
    that are long on their way: a slow network or a slow reader accepts them late, a dead one never. A prompt
    acknowledgement is not: the kernel of a frozen process, or a proxy before it, acknowledges megabytes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._signs = 0
        self._last: Progress | None = None  # of the sending, when it was last read
        self._is_waiting = False  # whether bytes waited to be sent then

    def data_received(self, data: bytes) -> None:
        """Count a sign of life."""
        self._signs += 1
        super().data_received(data)

    def resume_writing(self) -> None:
        """Count a sign of life: what waited in this process fits into the kernel's buffer now."""
        self._signs += 1
        super().resume_writing()

    @property
    def is_write_pending(self) -> bool:
        """Whether bytes wait in this process for room in the kernel's buffer."""
        return self.transport.get_write_buffer_size() > 0

    def signs_of_life(self) -> int:
        """How many signs of life there were since the last call."""
        progress, last = send_progress(self.transport.get_extra_info("socket")), self._last
        if progress is not None:
            if last is not None and progress.acknowledged > last.acknowledged:
                self._signs += self._is_waiting or progress.acknowledged < last.written
            self._last = progress
            self._is_waiting = progress.unsent > 0 or self.is_write_pending
        signs, self._signs = self._signs, 0
        return signs
