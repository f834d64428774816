"""Show a run in a terminal: final words on stdout, a progress bar with the partial sentence on stderr."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ..errors import ParaformerError
from ..run.run import Run
from ..run.waiting import Interrupts
from ..tables.words import word_row
from ..text import format_clock
from ..transcript.transcript import ENDED
from ..transcript.words import Sentence

_POLL = 0.2  # seconds: on Windows an interrupt is handled only when a wait ends


def follow(run: Run, *, as_json: bool, outputs: Sequence[Path] = (), name: str | None = None) -> None:
    """Print a run's words as they become final, then write the outputs.

    The first interrupt stops the run and keeps its last words, the second one cancels it. `name`: printed first, where
    there are several clips.

    Raises the run's error, or KeyboardInterrupt if it was interrupted, after its words were printed and written. An
    output that cannot be written costs only itself: its error is raised if there is no other, and printed if there is.
    """
    changes = _Changes()
    run.add_listener(changes)
    try:
        with _handle_interrupts(run) as interrupts, _Screen(run, as_json) as screen:
            if name is not None and not as_json:
                screen.print(f"{name}:")
            while run.state not in ENDED:
                changes.wait(_POLL)
                screen.update()
            screen.update()
    finally:
        run.cancel()  # where printing failed
        with suppress(Exception):  # raised below
            run.wait()
    has_words = bool(run.transcript.finals)
    if not has_words and run.error is None:
        print("paraformer-nb: no speech was found.", file=sys.stderr)
    problems = _write_outputs(run, outputs if has_words or run.error is None else ())  # no failure replaces a file
    if run.error is not None or interrupts.count:
        for problem in problems:
            print(f"paraformer-nb: {problem}", file=sys.stderr)
        run.wait()
        raise KeyboardInterrupt
    for problem in problems[1:]:
        print(f"paraformer-nb: {problem}", file=sys.stderr)
    if problems:
        raise problems[0]


def _write_outputs(run: Run, outputs: Sequence[Path]) -> list[ParaformerError | OSError]:
    """Write the outputs. Returns the errors of those that could not be written."""
    problems: list[ParaformerError | OSError] = []
    for path in outputs:
        try:
            print(f"paraformer-nb: wrote {run.export(path)}", file=sys.stderr)
        except (ParaformerError, OSError) as error:
            problems.append(error)
    return problems


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

    def __init__(self, run: Run, as_json: bool) -> None:
        from tqdm import tqdm

        self._transcript = run.transcript
        self._as_json = as_json
        self._shown = 0
        self._notice = ""
        part = run.transcript.run
        total = None if part.end is None else round(part.end - part.start, 1)
        layout = "{n:.1f} s {desc}" if total is None else "{n:.1f}/{total:.1f} s |{bar:20}| {desc}"
        self._bar = tqdm(total=total, file=sys.stderr, leave=False, bar_format=layout, dynamic_ncols=True)

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self) -> None:
        """Print new final sentences, and refresh the bar."""
        transcript = self._transcript
        if transcript.notice and transcript.notice != self._notice:
            self._notice = transcript.notice
            self._bar.write(f"paraformer-nb: {self._notice}", file=sys.stderr)
        for sentence in transcript.finals[self._shown :]:
            self._print_sentence(sentence)
            self._shown += 1
        partials = transcript.partials
        self._bar.set_description_str(partials[-1].text[-60:] if partials else "", refresh=False)
        sent = transcript.sent_until - transcript.run.start
        self._bar.update(min(sent, self._bar.total or sent) - self._bar.n)

    def _print_sentence(self, sentence: Sentence) -> None:
        if self._as_json:
            for word in sentence.words:
                self.print(msgspec.json.encode(word_row(sentence, word)).decode())
        else:
            self.print(f"{format_clock(sentence.start, 2)}  {sentence.text.strip()}")

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.write(line, file=sys.stdout)
        sys.stdout.flush()
