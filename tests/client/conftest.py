"""Fixtures of the client's tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from servers import alive, left_behind


@pytest.fixture(scope="module")
def nothing_left_at_the_end() -> Iterator[None]:
    """As `nothing_left`, once for a file of many cheap tests: checking after each would cost more than they do."""
    before = alive()
    yield
    gc.collect()
    assert left_behind(before, timeout=8.0) == []
