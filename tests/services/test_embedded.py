"""More clips at once than the embedded recogniser can have; closing at any moment; a service in a forked child."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from servers import ended, needs_pocketsphinx

import paraformer_nb as pnb
from paraformer_nb.errors import MissingDependency
from paraformer_nb.loop import submit
from paraformer_nb.server.engines.registry import RECOGNISERS, default_engine


@pytest.mark.system
@needs_pocketsphinx
@pytest.mark.usefixtures("nothing_left")
def test_nine_clips_begun_at_once_are_all_recognised_and_those_that_wait_say_so(english: Path) -> None:
    service = pnb.Embedded("pocketsphinx")
    try:
        runs = [pnb.transcribe(english, service=service, start=0.7, end=2.7) for _ in range(9)]
        assert {ended(run, 110).state for run in runs} == {"finished"}
        assert len({run.text for run in runs}) == 1
        notices = [run.transcript.notice for run in runs]
        assert sum("Begins when one of the 4 clips before it has ended." in notice for notice in notices) == 5
    finally:
        service.close()


@pytest.mark.usefixtures("nothing_left")
def test_more_clips_than_a_shared_service_allows_are_all_recognised_at_the_first_attempt(chinese: Path) -> None:
    """`Limits` has 64 tasks at once, for services that several programs share."""
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    runs = [pnb.transcribe(chinese, service=service, end=1.0, pace=0.5) for _ in range(80)]
    assert {ended(run, 60).state for run in runs} == {"finished"}
    assert {len(run.tasks) for run in runs} == {1}
    assert len({run.text for run in runs}) == 1
    service.close()


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.timeout(30)
def test_a_service_closes_while_its_start_is_still_to_come(chinese: Path) -> None:
    """The background loop is held between the call that starts the server and the start itself."""
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))

    async def ask_then_close_elsewhere() -> threading.Thread:
        asking = asyncio.ensure_future(service.endpoint())
        await asyncio.sleep(0)  # the start is submitted, and has not begun
        closer = threading.Thread(target=service.close, daemon=True)
        closer.start()
        closer.join(0.5)  # until it waits for this loop
        await asking
        return closer

    submit(ask_then_close_elsewhere()).result(20).join(20)
    run = ended(pnb.transcribe(chinese, pace=None, service=service))  # it can be started again
    assert run.state == "finished"
    service.close()


@pytest.mark.usefixtures("nothing_left")
def test_the_default_engine_is_the_first_recogniser_that_is_installed() -> None:
    installed = [kind.name for kind in RECOGNISERS if kind.is_installed]
    assert default_engine() == [*installed, RECOGNISERS[0].name][0]


def test_without_a_recogniser_the_error_says_which_is_missing_and_what_to_do() -> None:
    """In a program of its own, in which the package cannot be found; everything else works there."""
    code = """
import importlib.util
find = importlib.util.find_spec
missing = ("moonshine_voice", "pocketsphinx")
importlib.util.find_spec = lambda name, *more: None if name in missing else find(name, *more)
import paraformer_nb as pnb
try:
    pnb.transcribe(b"RIFF" + bytes(100))
except pnb.errors.MissingDependency as error:
    print(error)
"""
    env = {name: value for name, value in os.environ.items() if name != "DASHSCOPE_API_KEY"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    for text in ("moonshine-voice", "pip install", "wheels for", "pocketsphinx", "DashScope key"):
        assert text in done.stdout
    assert issubclass(MissingDependency, ImportError)


_FORK = """
import os, sys, warnings
import paraformer_nb as pnb
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 and later, because there are threads
service = pnb.Embedded("scripted", script={script!r})
assert pnb.transcribe({clip!r}, service=service, end=3.6).wait(60).state == "finished"
live = pnb.transcribe({clip!r}, service=service, pace=0.1)
child = os.fork()
if child == 0:
    service.close()
    service.close()
    assert pnb.transcribe({clip!r}, service=service, end=3.6).wait(60).state == "finished"
    service.close()
    try:
        live.wait(20)
    except RuntimeError as error:
        assert "forked" in str(error)
    else:
        sys.exit(3)
    live.stop()
    live.cancel()
    del service
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert live.state in ("connecting", "streaming")  # the child has not touched it
live.cancel()
live.wait(60)
assert pnb.transcribe({clip!r}, service=service, end=3.6).wait(60).state == "finished"
service.close()
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_a_service_of_its_own_and_leaves_the_parents_alone(english: Path) -> None:
    code = _FORK.format(clip=str(english), script=str(english.with_suffix(".json")))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=110, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
