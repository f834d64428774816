"""Makes the still of a view in the background: encoding the sound of some minutes takes seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..loop import get_loop
from ..plots.plot import notebook_png
from ..transcript.transcript import ENDED, Transcript
from .captions import description_of, note_of, title_of
from .still import still_of_note, still_of_page, still_of_picture


class StillMaker:
    """The still of a transcript, as it was when it was made last.

    Args:
        transcript: what to show.
        make_page: returns the page of so many bytes at most, or None where it would be larger; None: the picture is
            shown. Called on another thread.
        max_bytes: of the page.
        on_made: called on the background loop when a new still was made.
    """

    def __init__(
        self,
        transcript: Transcript,
        make_page: Callable[[int], str | None] | None,
        max_bytes: int,
        on_made: Callable[[], None],
    ) -> None:
        self._transcript = transcript
        self._make_page = make_page
        self._max_bytes = max_bytes
        self._on_made = on_made
        self._made: str | None = None
        self._made_of: object = None  # the transcript's version
        self._task: asyncio.Task[None] | None = None

    @property
    def html(self) -> str:
        """The still; a note, as long as none was made."""
        return still_of_note(note_of(self._transcript)) if self._made is None else self._made

    def make(self) -> None:
        """Make the still, unless that was done or the run goes on. Any thread; returns at once."""
        if self._transcript.state in ENDED and self._made_of != self._version:
            get_loop().call_soon_threadsafe(self._start)

    @property
    def _version(self) -> object:
        return self._transcript.state, len(self._transcript.corrected_ids), self._transcript.end

    def _start(self) -> None:
        if self._task is None:
            self._task = get_loop().create_task(self._make_in_background())

    async def _make_in_background(self) -> None:
        try:
            while self._transcript.state in ENDED and self._made_of != (version := self._version):
                self._made = await asyncio.to_thread(self._make)
                self._made_of = version
                self._on_made()
        finally:
            self._task = None

    def _make(self) -> str:
        title = title_of(self._transcript)
        page = self._make_page(self._max_bytes) if self._make_page else None
        if page is not None:
            return still_of_page(page, title)
        return still_of_picture(notebook_png(self._transcript), title, description_of(self._transcript))
