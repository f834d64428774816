"""What the tests of runs that lose connections share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from servers import alive, left_behind


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts."""
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)


@pytest.fixture(scope="module")
def nothing_left_in_the_end() -> Iterator[None]:
    """As `nothing_left`, for a file of many cheap tests: looking after each of them would cost more than they do."""
    before = alive()
    yield
    gc.collect()
    assert left_behind(before, timeout=8.0) == []
