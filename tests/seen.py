"""Every text that people see, or may come to see, of a run, an error or a service."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython.core.formatters import DisplayFormatter

import paraformer_nb as pnb

TESTS = Path(__file__).parent


def displayed(value: Any) -> dict[str, Any]:
    """The data that a notebook shows and keeps of a cell's value, by MIME type."""
    data: dict[str, Any] = DisplayFormatter().format(value)[0]
    return data


class LogCollector(logging.Handler):
    """Keeps everything that is logged."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("websockets"):  # the test's own server
            self._texts += [self.format(record), repr(vars(record))]

    def filter_steps(self, record: logging.LogRecord) -> bool:
        """A filter for asyncio's logger: it collects reports of slow steps, which are not a fault here."""
        if record.msg != "Executing %s took %.3f seconds":
            return True
        self.emit(record)
        return False


def texts_of_error(error: BaseException | None) -> Iterator[str]:
    """An error as anything may show it: with its variables, its frames' variables, causes and contexts."""
    waiting, known = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in known:
            continue
        known.add(id(each))
        yield from (str(each), repr(each), repr(vars(each)), *traceback.format_exception(each))
        waiting += [each.__cause__, each.__context__]
        for frame, _ in traceback.walk_tb(_without_test_frames(each.__traceback__)):
            values = list(frame.f_locals.values())
            yield from map(_safe_repr, values)
            ours = [value for value in values if type(value).__module__.startswith("paraformer_nb")]
            yield from (_safe_repr(vars(value)) for value in ours if hasattr(value, "__dict__"))
            waiting += [value for value in values if isinstance(value, BaseException)]


def _without_test_frames(frames: TracebackType | None) -> TracebackType | None:
    """A traceback without the tests' own frames, which hold the key."""
    while frames is not None and Path(frames.tb_frame.f_code.co_filename).is_relative_to(TESTS):
        frames = frames.tb_next
    return frames


def _safe_repr(value: Any) -> str:
    """As a debugger shows it, also where an object is only half made."""
    try:
        return repr(value)
    except AttributeError as error:
        return repr(error)


def texts_of_run(run: pnb.Run) -> Iterator[str]:
    """A run as anything may show or keep it."""
    yield from (repr(run), repr(run.service), repr(run.journal), repr(run.clip), run.text, run.state)
    for frame in (run.words, run.sentences, run.events, run.gaps):
        yield from (frame.to_json(), str(frame.attrs))
    view = run.timeline()
    yield from (repr(view), displayed(view)["text/plain"], str(view.get_state()))
    view.close()
    yield run.journal.path.read_text(encoding="utf-8")
    loaded = pnb.load(run.journal.path)
    yield from (repr(loaded), *texts_of_error(loaded.error))


def texts_of_service(service: Any) -> Iterator[str]:
    """A service as anything may show or keep it."""
    endpoint = asyncio.run(service.endpoint())
    yield from (repr(service), str(service), f"{service}", repr(vars(service)))
    yield from (repr(endpoint), str(endpoint), repr(vars(endpoint)))


def assert_hidden(secret: str, case: str, texts: list[str]) -> None:
    """Assert that no text contains the secret, nor most of it."""
    needle = secret[5:20]
    shown = [text for text in texts if needle in text]
    excerpts = [f"...{text[max(0, text.index(needle) - 300) : text.index(needle) + 60]}..." for text in shown[:3]]
    assert not shown, f"{case}: " + "\n".join(excerpts)
