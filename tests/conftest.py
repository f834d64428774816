"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from paraformer_nb.services.default import close_default_service
from paraformer_nb.services.keys import forget_key

settings.register_profile("short", max_examples=25, deadline=None, derandomize=True, database=None)
settings.register_profile("campaign", max_examples=300, deadline=None)  # --hypothesis-profile=campaign
settings.load_profile("short")
# Hundreds of processes are started: each would compile this package again, which takes longer than to run it.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job
    signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, str(Path(__file__).parent))  # for `import servers` under --import-mode=importlib

# What takes longest, longest first: files of tests with these fixtures, and then those of these folders.
_FIXTURES = ({"lab", "kernels"}, {"browser", "each_browser", "firefox"})
_FOLDERS = ("cli", "kernels", "server", "run", "client", "services")

DATA = Path(__file__).parents[1] / "notebooks" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start servers, kernels and browsers come first: the many small ones then fill both processes' ends."""
    ranks: dict[Path, int] = {}
    for item in items:
        ranks[item.path] = min(_rank(item), ranks.get(item.path, len(_FIXTURES) + 1))
    items.sort(key=lambda item: ranks[item.path])


def _rank(item: pytest.Item) -> int:
    fixtures = getattr(item, "fixturenames", ["lab"])  # a notebook's cell has none, and needs a kernel
    for rank, names in enumerate(_FIXTURES):
        if not names.isdisjoint(fixtures):
            return rank
    return len(_FIXTURES) + (item.path.parent.name not in _FOLDERS)


@pytest.fixture(autouse=True, scope="module")
def _only_new_objects_are_collected() -> None:
    """Leave what there is already, such as all of pandas, out of collections: these take 0.1 s and end many tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own key and folders must not change what the tests do."""
    for name in os.environ:
        if name.startswith("DASHSCOPE_") or name in ("PARAFORMER_NB_SAVE_DIR", "PARAFORMER_NB_API_KEY"):
            monkeypatch.delenv(name)
    for name in ("DASHSCOPE_CONFIG", "DASHSCOPE_API_KEY_FILE_PATH"):
        monkeypatch.setenv(name, "/nonexistent")
    for name in ("PARAFORMER_NB_MODELS", "HF_HUB_CACHE", "MODELSCOPE_CACHE"):  # a punctuation model would add marks
        monkeypatch.setenv(name, str(Path(__file__).parent / "no models"))
    yield
    forget_key()


@pytest.fixture
def key() -> str:
    """A random key, so that a search for it finds nothing else; the repository contains no key."""
    return f"sk-{secrets.token_hex(16)}"


@pytest.fixture
def english() -> Path:
    """A lesson of 40 s, with a script of its words and their times beside it."""
    return DATA / "lesson_en.flac"


@pytest.fixture
def chinese() -> Path:
    """Three sentences in Chinese, 10 s, with a script of their words and times beside it."""
    return DATA / "lesson_zh.flac"


@pytest.fixture
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that leaves a task, a thread or a worker process behind, or makes asyncio log a warning.

    The default embedded service may keep a worker for the next run: it is closed.
    """
    import servers

    caplog.set_level(logging.WARNING, logger="asyncio")
    before = servers.alive()
    yield
    close_default_service()
    gc.collect()
    left = servers.left_behind(before, timeout=8.0)
    records = caplog.get_records("call") + caplog.get_records("teardown")
    warnings = [record.getMessage() for record in records if record.name == "asyncio"]
    assert warnings == []
    assert left == []


@pytest.fixture
def running() -> Iterator[Any]:
    """A run of a long clip in real time, with two final words and a partial one."""
    from servers import Cloud, eventually, recognise_last_word_late, tone

    import paraformer_nb as pnb

    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(tone(120), service=cloud.service(), pace=1.0)
        try:
            assert eventually(lambda: len(run.words) == 3)
            assert run.state == "streaming"
            yield run
        finally:
            run.cancel()
