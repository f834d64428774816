"""`Run`: a run as users hold it, live, ended or loaded. `start.py` makes it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from typing import Any, NoReturn

from ..dashscope.context import ContextMessage
from ..dashscope.parameters import check_context
from ..errors import ParameterError
from ..journal.failures import to_error
from ..journal.journal import Journal
from ..journal.records import ClipSource, ServiceSource
from ..transcript.transcript import ENDED
from ..transcript.words import Usage
from .live_transcript import Listener, LiveTranscript
from .outputs import Command, RunOutputs
from .supervisor import Supervisor
from .waiting import wait, wait_blocking


class Run(RunOutputs):
    """A run: live, ended or loaded. Attributes may be read at any time; they hold what is known by then.

    Attributes:
        clip, service: where the audio came from, and which service recognised it.
        journal: the `Journal` on disk.
    """

    clip: ClipSource
    service: ServiceSource

    def __init__(
        self,
        live: LiveTranscript,
        journal: Journal,
        source: Any,
        supervisor: Supervisor | None = None,
        again: Callable[[], Supervisor] | None = None,
    ) -> None:
        """`source`: the clip as it was given, or the one that the journal names, for playing; None: there is none.
        `supervisor`: None where the run does not go on. `again`: makes another that continues the run after an early
        end; None: it cannot be continued here."""
        super().__init__(live, journal, source)
        self.clip = self.transcript.run.clip
        self.service = self.transcript.run.service
        self._supervisor = supervisor
        self._again = again
        self._is_warned = False

    # ---------------------------------------------------------------------------------------------------------- state

    @property
    def state(self) -> str:
        """connecting, streaming, finishing, reconnecting; then finished, stopped or failed."""
        return self.transcript.state

    @property
    def error(self) -> BaseException | None:
        """What ended the run early, or None."""
        if self._supervisor is not None:
            return self._supervisor.error
        end = self.transcript.end
        return to_error(end.error) if end and end.error else None

    @property
    def usage(self) -> Usage:
        """What was sent, recognised and billed so far, in seconds of audio, and in tokens where these are billed."""
        return self.transcript.usage

    @property
    def stop_reason(self) -> str:
        """Why the run stopped itself, such as its budget; ``""`` if it did not."""
        end = self.transcript.end
        return end.reason if end else ""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled and copied: two copies would write one journal."""
        raise ParameterError(
            "a run cannot be pickled or copied, because it may go on and has a journal of its own. Its tables can be, "
            "such as run.words. To have the run elsewhere: run.save('run.jsonl'), and pnb.load('run.jsonl') there."
        )

    def __repr__(self) -> str:
        words = sum(len(sentence.words) for sentence in self.transcript.sentences)
        return f"Run({self.clip.name!r}: {self.state}, {words} words)"

    # --------------------------------------------------------------------------------------------- waiting and ending

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, and return it. An interrupt stops it and keeps its words; a second one cancels.

        Raises what ended the run early, TimeoutError after `timeout` seconds (the run goes on), and RuntimeError where
        the end would never come: in a listener, and in the run's own live source, file object or key function.
        """
        if self._supervisor is not None:
            wait_blocking(self._supervisor, timeout)
        return self._result()

    def __await__(self) -> Generator[Any, None, Run]:
        if self._supervisor is not None:
            yield from wait(self._supervisor).__await__()
        return self._result()

    def _result(self) -> Run:
        if self._live.warning and not self._is_warned:
            self._is_warned = True
            warnings.warn(self._live.warning, stacklevel=3)
        if self.error is not None:
            raise self.error
        return self

    def stop(self) -> None:
        """Send no more audio; the words of what was sent still arrive. Returns at once."""
        if self._supervisor is not None:
            self._supervisor.stop()

    def cancel(self) -> None:
        """End the run now; the words so far are kept. Returns at once."""
        if self._supervisor is not None:
            self._supervisor.cancel()

    def update_context(self, context: str | list[ContextMessage]) -> None:
        """Replace the context of what is recognised from now on: the subject, or what was said. Returns at once.

        Args:
            context: as the parameter `context`: a text of up to 400 characters, or messages of up to 5 rounds.

        Raises ParameterError where the model has no context, the context has another form, or the run has ended.

        Example:
            >>> run.update_context("傅里叶 拉普拉斯")  # doctest: +SKIP
        """
        messages = check_context(self.transcript.run.model, context)
        if self._supervisor is None or self.state in ENDED:
            raise ParameterError("the run has ended: its context cannot be changed any more.")
        self._supervisor.update_context(messages)

    def resume(self) -> Run:
        """Continue a run that was stopped or failed, from just before the end of its last final sentence. Returns the
        run at once, which goes on: words, times, corrections, views and the journal stay.

        Raises ParameterError if the run goes on, has finished or was loaded (see `pnb.resume`), or its clip cannot be
        read again; and JournalError if the journal cannot be written. Nothing was sent then.
        """
        if self.state not in ("stopped", "failed"):
            reason = "it goes on already" if self.state != "finished" else "it was recognised to its end"
            raise ParameterError(f"this run cannot be continued: {reason}.")
        if self._again is None:
            raise ParameterError(
                "this run cannot be continued here: it was loaded, or its clip was a live source that cannot be read "
                "again. pnb.resume continues a saved journal."
            )
        self._supervisor = self._again()
        return self

    def add_listener(self, listener: Listener) -> None:
        """Call ``listener.refresh()`` after every change, on the background loop. The listener is held weakly."""
        self._live.add_listener(listener)

    def _view_commands(self) -> tuple[Command, Command]:
        return None if self._supervisor is None else self.stop, None if self._again is None else self.resume
