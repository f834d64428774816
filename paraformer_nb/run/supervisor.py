"""A run on the background loop: streams the clip, and ends the recording whatever ended the stream."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from ..client.session import Session
from ..dashscope.messages import Event
from ..journal.records import RunEnded
from ..loop import get_loop, submit
from ..transcript.transcript import ENDED
from .live import LiveTranscript


async def _nothing(event: Event) -> None:
    """What an event says was told to the journal."""


class Background:
    """One run while it runs.

    Attributes:
        future: done when the run has ended and its recording is closed; it never fails.
        error: what ended the run early, or None.
    """

    def __init__(self, session: Session, journal: LiveTranscript) -> None:
        self.error: BaseException | None = None
        self._session = session
        self._journal = journal
        self._is_stopped = False
        self._is_cancelled = False
        self._streaming: asyncio.Task[None] | None = None
        self._digest: asyncio.Task[str | None] | None = None
        session.record_to(journal.take)
        self.future: Future[None] = submit(self._run())

    def stop(self) -> None:
        """Send no more audio, and let the tail come. Any thread; returns at once.

        While a lost connection is sought, the second stop ends it now.
        """
        state = self._journal.transcript.state
        if state in ENDED:
            return
        is_second, self._is_stopped = self._is_stopped, True
        if state == "connecting" or (state == "reconnecting" and is_second):
            self.cancel()
        else:
            get_loop().call_soon_threadsafe(self._session.stop)

    def cancel(self) -> None:
        """End now. Any thread; returns at once."""
        if self._journal.transcript.state not in ENDED:
            self._is_stopped = True
            get_loop().call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._is_cancelled = True
        if self._streaming is not None:
            self._streaming.cancel()
        if self._digest is not None:
            self._digest.cancel()  # now means now: a large file is not read to its end for it

    async def _run(self) -> None:
        """Stream, in a task that may be cancelled; end the recording, in one that may not."""
        # It tells a kept recording's clip from others; a temporary recording goes before anybody could ask.
        digest = asyncio.create_task(asyncio.to_thread(self._session.sha256)) if self._journal.is_kept else None
        self._digest = digest
        self._streaming = asyncio.create_task(self._session.run(_nothing))
        if self._is_cancelled:  # before there was anything to cancel
            self._streaming.cancel()
        state = "failed"
        try:
            await self._streaming
            state = "stopped" if self._is_stopped else "finished"
        except asyncio.CancelledError:
            state = "stopped"
        except BaseException as error:  # noqa: BLE001 - whatever ended the run is its error, raised to whoever waits
            self.error = error
        await self._end(state, digest)

    async def _end(self, state: str, digest: asyncio.Task[str | None] | None) -> None:
        told = f"{type(self.error).__name__}: {self.error}" if self.error else None
        (sha256,) = await asyncio.gather(digest, return_exceptions=True) if digest else (None,)
        known = sha256 if isinstance(sha256, str) else None
        end = RunEnded(self._session.now(), state, told, round(self._session.seconds, 6), known)
        self._journal.take(end)
        self._session.close()
        self._journal.close()
