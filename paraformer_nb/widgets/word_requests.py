"""Answers requests for what is known of a word beside its text: what was recognised there, and how it was revised.

The history is a fold of the whole journal, so it is read on another thread, and only of a run that has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..errors import ParaformerError
from ..transcript.history import History
from ..transcript.transcript import ENDED, Transcript
from .audio_requests import SendReply
from .bounded_tasks import BoundedTasks
from .messages import RecognisedRequest, Reply
from .words import recognised_text, revised_texts

ReadHistory = Callable[[], History]

_MAX_WAITING = 64  # requests; a person looks at one word after the other


class WordRequests:
    """Answers requests with `send`. `read_history` None: revisions are not known."""

    def __init__(self, send: SendReply, transcript: Transcript, read_history: ReadHistory | None) -> None:
        self._send = send
        self._transcript = transcript
        self._read_history = read_history
        self._reading = asyncio.Lock()
        self._tasks = BoundedTasks(_MAX_WAITING)

    def answer(self, request: RecognisedRequest) -> None:
        """Answer a request, now or soon. Background loop only."""
        if self._read_history is None or self._transcript.state not in ENDED or self._tasks.is_full:
            self._reply(request, [])
            return
        self._tasks.start(self._answer(request, self._read_history))

    async def _answer(self, request: RecognisedRequest, read_history: ReadHistory) -> None:
        try:
            async with self._reading:
                history = await asyncio.to_thread(read_history)
        except (ParaformerError, OSError):  # the journal was moved: the rest is known without it
            self._reply(request, [])
        else:
            self._reply(request, revised_texts(history, request.sentence, request.start, request.end))

    def _reply(self, request: RecognisedRequest, revisions: list[str]) -> None:
        text = recognised_text(self._transcript.recognised, request.sentence, request.start, request.end)
        self._send(Reply(request.id, text=text, revisions=revisions), [])
