"""A saved run to correct."""

from __future__ import annotations

from pathlib import Path

import pytest
from corrected_runs import RECORDS
from records import write_journal

import paraformer_nb as pnb


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Its journal: "good mourning all" and "by"."""
    return write_journal(tmp_path / "run.jsonl", *RECORDS)


@pytest.fixture
def run(path: Path) -> pnb.Run:
    """The run, loaded."""
    return pnb.load(path)
