"""What a journal's writer holds in memory before it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from records import RUN, event

from paraformer_nb.journal.writer import JournalWriter


@pytest.mark.parametrize("characters", [10, 1_000, 100_000, 2_000_000])
def test_partials_wait_in_memory_up_to_a_limit(characters: int, tmp_path: Path) -> None:
    """Nothing is final for long in speech without pauses; partials are cumulative, so they get long."""
    partial = event("result-generated", {"output": {"sentence": {"begin_time": 0, "text": "a" * characters}}})
    writer = JournalWriter.create(tmp_path / "run.jsonl", RUN)
    writer.append(RUN)
    most = 0
    for _ in range(250):
        writer.append(partial)
        waiting = writer.unsaved
        most = max(most, len(waiting))
        assert len(waiting) < 200
        assert len(waiting) * characters <= 1 << 20
    writer.close()
    assert most == {10: 199, 1_000: 199, 100_000: 10, 2_000_000: 0}[characters]
    assert len(list(writer.journal)) == 251, "the first record, too"
