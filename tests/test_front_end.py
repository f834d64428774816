"""The front end's own tests: types by tsc, units by node's runner, with the Node from PyPI."""

from __future__ import annotations

from pathlib import Path

import pytest
from node import installed, node

from paraformer_nb.widgets.linker import link
from paraformer_nb.widgets.typedefs import FILE, typedefs


@pytest.mark.timeout(400)
def test_types_are_consistent() -> None:
    done = node(installed("typescript") / "bin" / "tsc", "-p", ".", "--noEmit")
    assert done.returncode == 0, done.stdout


def test_units_pass() -> None:
    done = node("--test", "--test-reporter=tap")
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("entry", ["index.js", "standalone.js"])
def test_the_linked_text_is_one_module(tmp_path: Path, entry: str) -> None:
    linked = tmp_path / "linked.mjs"
    text = link(FILE.parent / entry)
    linked.write_text(text, encoding="utf-8")
    done = node("--check", linked)
    assert done.returncode == 0, done.stderr
    assert not [line for line in linked.read_text(encoding="utf-8").splitlines() if line.startswith("import ")]


def test_the_messages_in_javascript_are_those_in_python() -> None:
    assert FILE.read_text(encoding="utf-8") == typedefs(), "run: python -m paraformer_nb.widgets.typedefs"
