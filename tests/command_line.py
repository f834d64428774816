"""The command line, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

COMMAND = [sys.executable, "-m", "paraformer_nb.cli"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without keys and folders of ours, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DASHSCOPE", "PARAFORMER"))}
    return kept | {"PYTHONIOENCODING": "utf-8"} | more


def command(*arguments: Any, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=environment(**variables),
    )


@contextmanager
def started(*arguments: Any, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs, until the test leaves it."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(**variables),
    )
    try:
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
    finally:
        assert process.returncode is not None


@contextmanager
def serving(*arguments: Any, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `serve`, and its URL."""
    with started("serve", "--port", 0, *arguments, **variables) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on ws://127.0.0.1:"), line + (process.stderr or sys.stderr).read()
        yield process, line.removeprefix("listening on ").strip()
