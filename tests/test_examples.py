"""The examples in docstrings run, in a folder that has a saved run: ``run.jsonl``.

Names that an example does not import are those of its module, `pnb`, `Journal`, and `run`, the loaded run.
"""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest
from records import result, timed_final, write_journal

import paraformer_nb as pnb
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.records import Connected, RunEnded

PACKAGE = Path(pnb.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
WEATHER = [
    {"text": "今天", "begin_time": 1000, "end_time": 1400},
    {"text": "天气", "begin_time": 1400, "end_time": 1800},
    {"text": "好", "begin_time": 1800, "end_time": 2000, "punctuation": "。"},
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pnb.Run:
    """A saved run in the working directory."""
    monkeypatch.chdir(tmp_path)
    good_morning = timed_final(("Good", 0, 400), ("morning.", 400, 900))
    weather = result("今天天气好。", 1000, 2000, 2, words=WEATHER)
    write_journal(Path("run.jsonl"), Connected(0.1, "t", "scripted"), good_morning, weather, RunEnded(9.0, "finished"))
    return pnb.load("run.jsonl")


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module: str, run: pnb.Run, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"pnb": pnb, "Journal": Journal, "run": run}
    results = doctest.testmod(importlib.import_module(module), extraglobs=names)
    assert results.failed == 0, capsys.readouterr().out


def test_there_are_examples() -> None:
    assert {"paraformer_nb.transcript.transcript", "paraformer_nb.journal.journal"} < set(MODULES)
