"""What the tests of the I/O floors and of the run share."""

from __future__ import annotations

import gc
import logging
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paraformer_nb.services import keys

sys.path.insert(0, str(Path(__file__).parent))  # for `import servers` under --import-mode=importlib

DATA = Path(__file__).parents[1] / "notebooks" / "data"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own key and folders must not steer the tests."""
    for name in ("DASHSCOPE_API_KEY", "PARAFORMER_NB_SAVE_DIR", "PARAFORMER_NB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keys, "_key", None)


@pytest.fixture
def key() -> str:
    """A key that nothing else in the world holds. It is made here: a repository has none."""
    return f"sk-{secrets.token_hex(16)}"


@pytest.fixture
def english() -> Path:
    """A lesson of 40 s, its words and their times beside it."""
    return DATA / "lesson_en.flac"


@pytest.fixture
def chinese() -> Path:
    """Three sentences in Chinese, 10 s, their words and times beside it."""
    return DATA / "lesson_zh.flac"


@pytest.fixture
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that leaves a task, a thread or a worker process behind, or asyncio something to complain of.

    The process's own embedded service may keep a worker for the next run, and is closed.
    """
    import servers

    from paraformer_nb.services import services

    caplog.set_level(logging.WARNING, logger="asyncio")
    before = servers.alive()
    yield
    if services._default is not None:
        services._default.close()
    gc.collect()
    left = servers.left_behind(before, timeout=8.0)
    records = caplog.get_records("call") + caplog.get_records("teardown")
    complaints = [record.getMessage() for record in records if record.name == "asyncio"]
    assert complaints == []
    assert left == []


@pytest.fixture
def running() -> Iterator[Any]:
    """A run of a long clip in real time, with two settled words and an open one."""
    from servers import Cloud, eventually, keeps_its_tail, tone

    import paraformer_nb as pnb

    with Cloud(keeps_its_tail) as cloud:
        run = pnb.transcribe(tone(120), service=cloud.service(), pace=1.0)
        try:
            assert eventually(lambda: len(run.words) == 3)
            assert run.state == "streaming"
            yield run
        finally:
            run.cancel()
