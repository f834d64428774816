"""Answers to what a front end asks of the clip itself: windows of sound, spectrograms.

Reading and encoding is done on another thread, one piece after the other; what is asked and what is answered goes
through the background loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..errors import AudioError
from ..playback.playable import PlayableClip
from ..playback.spectrogram import spectrogram

OpenAudio = Callable[[], PlayableClip]
Send = Callable[[dict[str, Any], list[bytes]], None]

_MOST_WAITING = 32  # questions; a front end asks for a few windows ahead
_MOST_CELLS = 1_000_000  # of a spectrogram: a byte each
_LONGEST = 300.0  # seconds of a spectrogram
_RATE = 16_000


class Answers:
    """Answers a front end, over `send`. `open_audio` is asked for the clip each time, and keeps it open if it likes."""

    _reading = asyncio.Lock()  # clips are read by one view at a time: several may share one

    def __init__(self, send: Send, open_audio: OpenAudio | None) -> None:
        self._send = send
        self._open_audio = open_audio
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, question: dict[str, Any]) -> None:
        """See to it that a question is answered. Background loop only."""
        if len(self._tasks) >= _MOST_WAITING:
            self._reply(question, error="Too much was asked for at once.")
            return
        task = asyncio.get_running_loop().create_task(self._answer(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, question: dict[str, Any]) -> None:
        try:
            async with self._reading:
                facts, data = await asyncio.to_thread(self._read, question)
        except AudioError as error:
            self._reply(question, error=str(error))
        except (KeyError, TypeError, ValueError) as error:
            self._reply(question, error=f"This cannot be asked of a clip ({error!r}).")
        else:
            self._reply(question, data, **facts)

    def _read(self, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if self._open_audio is None:
            raise AudioError("there is no sound here to play.")
        audio = self._open_audio()
        if question["kind"] == "audio":
            return {"mime": audio.mime}, audio.window(int(question["index"]))
        start, span = float(question["start"]), float(question["span"])
        columns, rows = int(question["columns"]), int(question["rows"])
        if not (0 < span <= _LONGEST and columns > 0 and rows > 0 and columns * rows <= _MOST_CELLS):
            raise ValueError("a spectrogram of this size")
        pcm = audio.pcm(start, start + span, _RATE)
        return {"span": len(pcm) / _RATE}, spectrogram(pcm, _RATE, columns, rows)  # the clip may end before

    def _reply(self, question: dict[str, Any], *buffers: bytes, **facts: Any) -> None:
        self._send({"kind": "reply", "to": question.get("id"), **facts}, list(buffers))
