"""What people see of a run, an error or a service, or may come to see: every text of it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import paraformer_nb as pnb

TESTS = Path(__file__).parent


class Listener(logging.Handler):
    """Keeps all that is logged."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("websockets"):  # the test's own server
            self._texts += [self.format(record), repr(vars(record))]

    def takes_step(self, record: logging.LogRecord) -> bool:
        """A filter for asyncio's logger: its steps are kept, and are nothing for others to complain of."""
        if record.msg != "Executing %s took %.3f seconds":
            return True
        self.emit(record)
        return False


def all_of(error: BaseException | None) -> Iterator[str]:
    """An error as anything may show it: with its variables, its frames' variables, causes and contexts."""
    waiting, known = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in known:
            continue
        known.add(id(each))
        yield from (str(each), repr(each), repr(vars(each)), *traceback.format_exception(each))
        waiting += [each.__cause__, each.__context__]
        for frame, _ in traceback.walk_tb(_below_tests(each.__traceback__)):
            values = list(frame.f_locals.values())
            yield from map(saferepr, values)
            ours = [value for value in values if type(value).__module__.startswith("paraformer_nb")]
            yield from (saferepr(vars(value)) for value in ours if hasattr(value, "__dict__"))
            waiting += [value for value in values if isinstance(value, BaseException)]


def _below_tests(frames: TracebackType | None) -> TracebackType | None:
    """A traceback without the tests' own frames, which hold the key."""
    while frames is not None and TESTS in Path(frames.tb_frame.f_code.co_filename).parents:
        frames = frames.tb_next
    return frames


def saferepr(value: Any) -> str:
    """As a debugger shows it, whatever a half-made object makes of that."""
    try:
        return repr(value)
    except AttributeError as error:
        return repr(error)


def all_of_run(run: pnb.Run) -> Iterator[str]:
    """A run as anything may show or keep it."""
    yield from (repr(run), repr(run.service), repr(run.journal), repr(run.clip), run.text, run.state)
    for frame in (run.words, run.sentences, run.events, run.gaps):
        yield from (frame.to_json(), str(frame.attrs))
    view = run.timeline()
    yield from (repr(view), view._in_words(), str(view.get_state()))
    view.close()
    yield run.journal.path.read_text(encoding="utf-8")
    loaded = pnb.load(run.journal.path)
    yield from (repr(loaded), *all_of(loaded.error))


def all_of_service(service: Any) -> Iterator[str]:
    """A service as anything may show or keep it."""
    endpoint = asyncio.run(service.endpoint())
    yield from (repr(service), str(service), f"{service}", repr(vars(service)))
    yield from (repr(endpoint), str(endpoint), repr(vars(endpoint)))


def assert_hidden(secret: str, case: str, texts: list[str]) -> None:
    """No text holds it, not even most of it."""
    needle = secret[5:20]
    shown = [text for text in texts if needle in text]
    where = [f"...{text[max(0, text.index(needle) - 300) : text.index(needle) + 60]}..." for text in shown[:3]]
    assert not shown, f"{case}: " + "\n".join(where)
