"""The command line: in this process, and in processes of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from paraformer_nb.cli.main import main

COMMAND = [sys.executable, "-m", "paraformer_nb.cli"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without keys and folders of ours, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DASHSCOPE", "PARAFORMER"))}
    return kept | {"PYTHONIOENCODING": "utf-8"} | more


def command(*arguments: Any, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in this process, with streams in UTF-8; what would print a traceback is raised."""
    texts = [str(argument) for argument in arguments]
    outputs = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(outputs[0]),
        contextlib.redirect_stderr(outputs[1]),
    ):
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            code: Any = main(texts)
        except SystemExit as ending:
            code = ending.code
    stdout, stderr = (output.buffer.getvalue().decode() for output in outputs)  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(texts, code, stdout, stderr)


def command_in_a_process(*arguments: Any, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a process of its own."""
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
    with started("serve", *arguments, **variables) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on ws://127.0.0.1:"), line + (process.stderr or sys.stderr).read()
        yield process, line.removeprefix("listening on ").strip()
