"""A program that exits during a run: it exits immediately and successfully, silently, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from processes import LESSON, PATIENCE, TESTS, environment, recognisers
from servers import eventually

pytestmark = pytest.mark.system

_PRELUDE = f"""
import asyncio, io, logging, os, pathlib, sys, threading, time, warnings
import paraformer_nb as pnb
from servers import eventually
logging.getLogger("asyncio").setLevel(logging.ERROR)  # below that it warns of slow machines
lesson, script = {str(LESSON)!r}, {str(LESSON.with_suffix(".json"))!r}
class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.1)
        return super().read(size)
slow = Slow(pathlib.Path(lesson).read_bytes())
run = pnb.transcribe(lesson, start=0.7, pace=0.1)  # that takes seven minutes
"""
_STREAMING = "assert eventually(lambda: run.state == 'streaming', 60)\n"

PROGRAMS = {
    "at once": "",
    "without its run": "del run",
    "while it streams": _STREAMING,
    "while a thread waits": _STREAMING + "threading.Thread(target=run.wait, daemon=True).start()",
    "while a task awaits": _STREAMING
    + """
async def wait():
    await run
async def main():
    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    sys.exit()
asyncio.run(main())
""",
    "while a stream reads": """
async def main():
    async for event in pnb.stream(slow):
        sys.exit()
asyncio.run(main())
""",
    "after cancelling, while it reads": "run = pnb.transcribe(slow)\n"
    + _STREAMING
    + """
for _ in range(3):
    run.cancel()
    time.sleep(0.2)  # as if the user presses a key again
run.wait(60)
""",
    "with a live source": """
async def source():
    while True:
        yield bytes(3200)
        await asyncio.sleep(0.1)
run = pnb.transcribe((source(), 16000))
"""
    + _STREAMING,
    "after a fork": _STREAMING
    + """
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 and later, because there are threads
    child = os.fork()
if child == 0:
    other = pnb.transcribe(lesson, service=pnb.Embedded("scripted", script=script), end=3.6).wait()
    assert len(other.words) == 8
    another = pnb.transcribe(lesson, pace=0.1)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
run.cancel()
assert len(run.wait(60).events) > 0  # the child has not damaged the journal
""",
}

Programs = dict[str, tuple[subprocess.Popen[str], Path]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """All programs, started in parallel, and the folder of each for temporary files."""
    started = {}
    for name, code in PROGRAMS.items():
        folder = tmp_path_factory.mktemp("exit")
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", _PRELUDE + code]
        env = environment(PYTHONPATH=str(TESTS), TMPDIR=str(folder))
        started[name] = (
            subprocess.Popen(
                command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
            ),
            folder,
        )
    yield started
    for process, _ in started.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("how", PROGRAMS)
def test_a_program_exits_during_a_run(how: str, programs: Programs) -> None:
    process, folder = programs[how]
    output, _ = process.communicate(timeout=PATIENCE)
    assert (output, process.returncode) == ("", 0)
    assert eventually(lambda: not recognisers("TMPDIR", str(folder)), PATIENCE)
    assert list(folder.iterdir()) == []
