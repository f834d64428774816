"""Show a run in a terminal: final words on stdout, a progress bar with the partial sentence on stderr."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import msgspec

from ..errors import AudioError, ParaformerError
from ..formats.changes import Written
from ..run.run import Run
from ..run.waiting import Interrupts
from ..tables.words import word_row
from ..text import format_clock, sanitise
from ..transcript.transcript import ENDED
from ..transcript.words import Sentence
from .streams import StdoutClosed, message, write_line

_POLL = 0.2  # seconds: on Windows an interrupt is handled only when a wait ends


def follow(run: Run, *, as_json: bool, outputs: Sequence[Path] = (), name: str | None = None) -> bool:
    """Print a run's words as they become final, then write the outputs. Returns whether all of the clip was recognised.

    The first interrupt stops the run and keeps its last words, the second one cancels it. `name`: printed first, where
    there are several clips.

    Raises the run's error, or KeyboardInterrupt if it was interrupted, after its words were printed and written; and
    StdoutClosed, at once, if they cannot be printed and there are no outputs. An output that cannot be written costs
    only itself: its error is raised if there is no other, and printed if there is.
    """
    changes = _Changes()
    run.add_listener(changes)
    try:
        with _handle_interrupts(run) as interrupts, _Screen(run, as_json, has_outputs=bool(outputs)) as screen:
            if name is not None and not as_json:
                screen.print(f"{name}:")
            while run.state not in ENDED:
                changes.wait(_POLL)
                screen.update()
                if interrupts.count:
                    screen.note_stopping()
            screen.finish()
    finally:
        run.cancel()  # where printing failed
        with suppress(Exception):  # raised below
            run.wait()
    has_words = _report(run)
    problems = _write_outputs(run, outputs if has_words or run.error is None else ())  # no failure replaces a file
    if run.error is not None or interrupts.count:
        for problem in problems:
            message(str(problem))
        raise run.error or KeyboardInterrupt
    for problem in problems[1:]:
        message(str(problem))
    if problems:
        raise problems[0]
    return not run.transcript.gaps


def _report(run: Run) -> bool:
    """Print what was not recognised. Returns whether there are words."""
    transcript = run.transcript
    has_words = bool(transcript.finals or transcript.partials)
    for gap in transcript.gaps:
        span = f"{format_clock(gap.start, 2)} to {format_clock(gap.end, 2)}"
        message(f"warning: {span} was not recognised: {sanitise(gap.reason)}.")
    if not has_words and run.error is None:
        message(" ".join(["no speech was found.", transcript.hint]).rstrip())
    return has_words


def _write_outputs(run: Run, outputs: Sequence[Path]) -> list[ParaformerError | OSError]:
    """Write the outputs. Returns the errors of those that could not be written."""
    problems: list[ParaformerError | OSError] = []
    for path in outputs:
        try:
            message(_describe(_write(run, path)))
        except (ParaformerError, OSError) as error:
            problems.append(error)
    return problems


def _describe(written: Written) -> str:
    """What was written, and what had to be changed."""
    return f"wrote {written.path}{f': {written.summary}' if written.summary else ''}"


def _write(run: Run, path: Path) -> Written:
    """Write an output; a page without sound where the clip can be read only once."""
    try:
        return run.export(path)
    except AudioError as error:
        if path.suffix.lower() != ".html":
            raise
        message(f"{path.name} has no sound: {error}")
        return run.export(path, audio=None)


@contextmanager
def _handle_interrupts(run: Run) -> Iterator[Interrupts]:
    """Let interrupts stop, then cancel the run, instead of raising KeyboardInterrupt."""
    interrupts = Interrupts(run)
    previous = signal.signal(signal.SIGINT, lambda _number, _frame: interrupts.handle())
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, previous)


class _Changes:
    """Wakes the main thread when the run has changed."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def refresh(self) -> None:
        self._event.set()

    def wait(self, timeout: float) -> None:
        self._event.wait(timeout)
        self._event.clear()


class _Screen:
    """Final words on stdout, the bar on stderr."""

    def __init__(self, run: Run, as_json: bool, *, has_outputs: bool) -> None:
        from tqdm import tqdm

        self._is_printing = True
        self._transcript = run.transcript
        self._as_json = as_json
        self._has_outputs = has_outputs
        self._shown = 0
        self._notices: list[str] = []  # that were printed
        self._has_noted_stopping = False
        part = run.transcript.run
        total = None if part.end is None else part.end - part.start
        layout = "{n:.1f} s {desc}" if total is None else "{n:.1f}/{total:.1f} s |{bar:20}| {desc}"
        self._bar = tqdm(
            total=total,
            file=sys.stderr,
            leave=False,
            bar_format=layout,
            dynamic_ncols=True,
            disable=not _has_terminal(),
        )

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self) -> None:
        """Print new final sentences, and refresh the bar."""
        transcript = self._transcript
        for notice in transcript.notices:
            if notice not in self._notices:
                self._notices.append(notice)
                with self._above_bar():
                    message(notice)
        for sentence in transcript.finals[self._shown :]:
            self._print_sentence(sentence)
            self._shown += 1
        partials = transcript.partials
        self._bar.set_description_str(partials[-1].text[-60:] if partials else "", refresh=False)
        sent = transcript.sent_until - transcript.run.start
        self._bar.update(min(sent, self._bar.total or sent) - self._bar.n)

    def note_stopping(self) -> None:
        """Say once that the run was interrupted: its last words take a moment."""
        if not self._has_noted_stopping:
            self._has_noted_stopping = True
            with self._above_bar():
                message("stopping, with the words so far. Ctrl-C again ends at once.")

    def finish(self) -> None:
        """Print what is left at the end, sentences included that never became final."""
        self.update()
        self._bar.refresh()  # it leaves out updates that follow each other quickly
        for sentence in self._transcript.partials:
            self._print_sentence(sentence)

    def _print_sentence(self, sentence: Sentence) -> None:
        if self._as_json:
            for word in sentence.words:
                self.print(msgspec.json.encode(word_row(sentence, word)).decode())
        else:
            self.print(f"{format_clock(sentence.start, 2)}  {sentence.text.strip()}")

    def print(self, line: str) -> None:
        """Print a line above the bar. Raises StdoutClosed if it cannot be printed and the words have no outputs."""
        if not self._is_printing:
            return
        try:
            with self._above_bar():
                write_line(line)
        except StdoutClosed as failure:
            if not self._has_outputs:
                raise StdoutClosed(f"{failure} The run was stopped.") from failure
            self._is_printing = False
            message(f"{failure} The words are written to --output only.")

    def _above_bar(self) -> AbstractContextManager[None]:
        manager: AbstractContextManager[None] = self._bar.external_write_mode(file=sys.stderr)
        return manager


def _has_terminal() -> bool:
    """Whether the bar has a line of a terminal for itself: what goes through a pipe may be printed into that line."""
    if not sys.stderr.isatty():
        return False
    return sys.stdout is None or not stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
