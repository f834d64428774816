"""Runs a session on the background loop, and ends the journal however the session ended."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future

from ..audio.clip import Clip
from ..audio.live import LiveClip
from ..client.request import Clock
from ..client.session import Session
from ..dashscope.context import ContextMessage
from ..journal.failures import to_failure
from ..journal.records import ClipHashed, RunEnded
from ..loop import DIGESTS, check_may_wait, get_loop, submit
from ..own_code import begin_calling, is_called_by
from ..transcript.transcript import ENDED
from .live_transcript import LiveTranscript

_SMALL = 8 * 1024 * 1024  # bytes; read in some 20 ms


class Supervisor:
    """Runs a session in the background until it ends, is stopped or is cancelled.

    Attributes:
        future: done when the run has ended and its journal is closed; it never fails.
        error: what ended the run early, or None.
    """

    def __init__(
        self, session: Session, clip: Clip | LiveClip, live: LiveTranscript, now: Clock, *, has_digest: bool
    ) -> None:
        """`has_digest`: record the digest of a large clip's file, by which a kept journal recognises its clip. That of
        a small one is recorded at once and always, so that a run that is killed has it."""
        self.error: BaseException | None = None
        self._caller = object()  # not the run itself, which contexts would keep in memory
        self._owner = os.getpid()
        self._session = session
        self._clip = clip
        self._live = live
        self._now = now
        self._has_digest = has_digest
        if clip.size is not None and clip.size <= _SMALL and live.transcript.clip_sha256 is None:
            self._record_digest(clip.sha256())
        self._is_stopped = False
        self._is_cancelled = False
        self._streaming: asyncio.Task[None] | None = None
        self._digest: asyncio.Task[None] | None = None
        try:
            self.future: Future[None] = submit(self._run())
        except RuntimeError:  # no thread can be started: the journal must not stay open
            live.close()
            raise

    def check_may_wait(self, *, is_blocking: bool) -> None:
        """Raise RuntimeError where the run's end would never come: in a forked child, because the run goes on in the
        parent; on the background loop; in code that the run itself waits for, such as its live source."""
        if self._owner != os.getpid():
            raise RuntimeError("this run goes on in the process that was forked; wait for it there.")
        if is_called_by(self._caller, is_blocking=is_blocking):
            raise RuntimeError(
                "this run waits for the code that waits for it: its clip, or the function that gives its key. Neither "
                "would ever end. Call run.stop() there, which returns at once, and wait elsewhere."
            )
        if is_blocking:
            check_may_wait("run.wait()")

    def stop(self) -> None:
        """Send no more audio, and receive the last results. Any thread; returns at once.

        While the session is connecting, there is nothing to receive: it ends now. While it is reconnecting, the second
        stop ends it.
        """
        state = self._live.transcript.state
        if state in ENDED:
            return
        is_second, self._is_stopped = self._is_stopped, True
        if state == "connecting" or (state == "reconnecting" and is_second):
            self.cancel()
        else:
            get_loop().call_soon_threadsafe(self._session.stop)

    def update_context(self, context: list[ContextMessage]) -> None:
        """Replace the context of what is recognised from now on. Any thread; returns at once."""
        get_loop().call_soon_threadsafe(self._session.update_context, context)

    def cancel(self) -> None:
        """End now. Any thread; returns at once."""
        if self._live.transcript.state not in ENDED:
            self._is_stopped = True
            get_loop().call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._is_cancelled = True
        if self._streaming is not None:
            self._streaming.cancel()
        if self._digest is not None:
            self._digest.cancel()  # a large file is not read to its end first

    async def _run(self) -> None:
        """Run the session in a task that may be cancelled; end the journal in this one, which may not."""
        begin_calling(self._caller)
        if self._has_digest and self._live.transcript.clip_sha256 is None:
            self._digest = asyncio.create_task(self._hash_clip())
        self._streaming = asyncio.create_task(self._session.run())
        if self._is_cancelled:  # before there was a task to cancel
            self._streaming.cancel()
        state = "failed"
        try:
            await self._streaming
            state = "stopped" if self._is_stopped or self._session.stop_reason else "finished"
        except asyncio.CancelledError:
            state = "stopped"
        except BaseException as error:  # noqa: BLE001 - kept as the run's error, and raised to everyone who waits for it
            self.error = error
        await self._end(state)

    async def _hash_clip(self) -> None:
        self._record_digest(await asyncio.wrap_future(DIGESTS.submit(self._clip.sha256)))

    def _record_digest(self, sha256: str | None) -> None:
        if sha256 is not None:
            self._live.append(ClipHashed(self._now(), sha256))

    async def _end(self, state: str) -> None:
        failure = to_failure(self.error) if self.error else None
        if self._digest is not None:
            await asyncio.gather(self._digest, return_exceptions=True)
        sha256 = self._live.transcript.clip_sha256
        seconds, reason = round(self._session.seconds, 6), self._session.stop_reason
        self._live.append(RunEnded(self._now(), state, failure, seconds, sha256, reason))
        self._session.close()
        self._live.close()
