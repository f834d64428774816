"""Files that a view offers for download, which Python makes: any format that the toolkit can export."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from ..errors import ParaformerError
from .audio_requests import SendReply
from .bounded_tasks import BoundedTasks
from .messages import FileRequest, Reply
from .run_data import FileFormat

_MAX_WAITING = 8  # requests; a person presses one at a time


class Files(NamedTuple):
    """How the files of a run are made. The functions are called on any thread.

    Attributes:
        formats: what is offered, in the order of the menu.
        make: returns the bytes of a file, given its suffix.
        make_page: returns the run as one HTML page of so many bytes at most, or None where it would be larger.
    """

    formats: tuple[FileFormat, ...]
    make: Callable[[str], bytes]
    make_page: Callable[[int], str | None]


class FileRequests:
    """Answers requests for files with `send`. `files` None: none can be made.

    They are made on another thread, one at a time.
    """

    def __init__(self, send: SendReply, files: Files | None) -> None:
        self._send = send
        self._files = files
        self._making = asyncio.Lock()
        self._tasks = BoundedTasks(_MAX_WAITING)

    @property
    def formats(self) -> tuple[FileFormat, ...]:
        """What is offered."""
        return self._files.formats if self._files else ()

    def answer(self, request: FileRequest) -> None:
        """Start to answer a request. Background loop only."""
        if self._files is None or request.suffix not in [each.suffix for each in self._files.formats]:
            self._send(Reply(request.id, error=f"A file of the format {request.suffix!r} cannot be made here."), [])
        elif self._tasks.is_full:
            self._send(Reply(request.id, error="Too many files were requested at once."), [])
        else:
            self._tasks.start(self._answer(request, self._files))

    async def _answer(self, request: FileRequest, files: Files) -> None:
        try:
            async with self._making:
                data = await asyncio.to_thread(files.make, request.suffix)
        except (ParaformerError, OSError) as error:
            self._send(Reply(request.id, error=f"The file was not made: {error}"), [])
        else:
            self._send(Reply(request.id), [data])
