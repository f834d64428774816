"""A pipe as a live source: read and decoded on a thread of its own, which a pipe that stalls may block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import closing
from contextvars import copy_context
from queue import SimpleQueue

from ..audio.live import LiveClip
from ..audio.pipe import ReadingInterrupted
from ..audio.pipe_clip import PipeClip
from ..own_code import mark_thread

Request = Future[bytes | None]


def live_clip(pipe: PipeClip) -> LiveClip:
    """Make a live source of a pipe."""
    source = PipeSource(pipe)
    rate = pipe.sample_rate
    return LiveClip(
        source, rate, rate, name=pipe.name, start=pipe.start, end=pipe.end, may_block=False, close=source.close
    )


class PipeSource:
    """PCM of a pipe, as an async iterator. A chunk is read when it is asked for: no more than one is in memory."""

    def __init__(self, clip: PipeClip) -> None:
        self._clip = clip
        self._is_started = False

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """Iterate once. Raises AudioError if the pipe cannot be decoded."""
        requests: SimpleQueue[Request | None] = SimpleQueue()
        closed: Future[None] = Future()
        self._is_started = True
        # A daemon: a pipe that never ends must not keep the process from exiting.
        thread = threading.Thread(
            target=copy_context().run,
            args=(_read, self._clip, requests, closed),
            name="paraformer_nb-pipe",
            daemon=True,
        )
        thread.start()
        try:
            while True:
                request: Request = Future()
                requests.put(request)
                chunk = await asyncio.wrap_future(request)
                if chunk is None:
                    return
                yield chunk
        finally:
            self._clip.interrupt()
            requests.put(None)
            if self._clip.can_interrupt:  # then it is closed at once, and the user may close its file
                await asyncio.wait({asyncio.wrap_future(closed)})
                thread.join()  # it has nothing left to do

    def close(self) -> None:
        """Close the pipe, unless its thread does."""
        if not self._is_started:
            self._clip.close()


def _read(clip: PipeClip, requests: SimpleQueue[Request | None], closed: Future[None]) -> None:
    """Answer requests for the next chunk, with None after the last one, until a None is requested; close the clip."""
    mark_thread()
    chunks = clip.chunks()
    with closing(clip):
        while (request := requests.get()) is not None:
            if not request.set_running_or_notify_cancel():
                continue
            try:
                request.set_result(next(chunks, None))
            except ReadingInterrupted:
                request.set_result(None)
            except Exception as error:  # noqa: BLE001 - raised to the reader
                request.set_exception(error)
        chunks.close()  # type: ignore[attr-defined]
    closed.set_result(None)
