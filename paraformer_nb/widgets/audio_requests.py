"""Answers a front end's requests for the clip's sound: windows of it, parts as WAV files, and spectrograms.

Reading and encoding are done on another thread, one request at a time; requests and replies go through the background
loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..errors import AudioError, ParameterError
from ..playback.playable import OpenAudio
from ..playback.spectrogram import spectrogram
from ..playback.wav_file import wav_file
from .bounded_tasks import BoundedTasks
from .messages import AudioRequest, ClipRequest, Reply, SoundRequest

SendReply = Callable[[Reply, list[bytes]], None]

_MAX_WAITING = 32  # requests; a front end asks for a few windows ahead
_MAX_CELLS = 1_000_000  # of a spectrogram: a byte each
_MAX_SPAN = 300.0  # seconds of a spectrogram
_MAX_SOUND = 600.0  # seconds of a WAV file: 58 MB
_SOUND_RATE = 48_000  # Hz; of a WAV file
SPECTROGRAM_RATE = 16_000
"""Hz, of a spectrogram's samples: it shows frequencies up to half of that."""


class AudioRequests:
    """Answers requests with `send`. `open_audio` is called for each; None: there is no sound."""

    _reading = asyncio.Lock()  # one for all views: several may share a clip, which has one reader at a time

    def __init__(self, send: SendReply, open_audio: OpenAudio | None) -> None:
        self._send = send
        self._open_audio = open_audio
        self._tasks = BoundedTasks(_MAX_WAITING)

    def answer(self, request: ClipRequest) -> None:
        """Start to answer a request. Background loop only."""
        if self._tasks.is_full:
            self._send(Reply(request.id, error="Too much was requested at once."), [])
            return
        self._tasks.start(self._answer(request))

    async def _answer(self, request: ClipRequest) -> None:
        try:
            async with self._reading:
                reply, data = await asyncio.to_thread(self._read, request)
        except (AudioError, ParameterError, ValueError) as error:
            self._send(Reply(request.id, error=str(error)), [])
        else:
            self._send(reply, [data])

    def _read(self, request: ClipRequest) -> tuple[Reply, bytes]:
        if self._open_audio is None:
            raise AudioError("there is no sound here to play.")
        audio = self._open_audio()
        if isinstance(request, AudioRequest):
            return Reply(request.id, mime=audio.mime), audio.window(request.index)
        if isinstance(request, SoundRequest):
            if not 0 < request.end - request.start <= _MAX_SOUND:
                raise ParameterError(f"a part of up to {_MAX_SOUND / 60:.0f} minutes can be saved: select less.")
            pcm = audio.pcm(request.start, request.end, _SOUND_RATE)
            return Reply(request.id, mime="audio/wav"), wav_file(pcm, _SOUND_RATE)
        columns, rows, span = request.columns, request.rows, request.span
        if not (0 < span <= _MAX_SPAN and columns > 0 and rows > 0 and columns * rows <= _MAX_CELLS):
            raise ParameterError(f"a spectrogram of {span} s, {columns} x {rows} cells, cannot be made.")
        pcm = audio.pcm(request.start, request.start + span, SPECTROGRAM_RATE)
        span = len(pcm) / SPECTROGRAM_RATE  # the clip may end before
        return Reply(request.id, span=span), spectrogram(pcm, SPECTROGRAM_RATE, columns, rows)
