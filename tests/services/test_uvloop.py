"""uvloop in place of asyncio's loop: both sides use nothing of a transport but what asyncio documents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from servers import needs_pocketsphinx
from wire import clean_environment

pytestmark = pytest.mark.system

pytest.importorskip("uvloop", reason="uvloop is not made for this system")

_TRANSCRIBE = """
import asyncio, sys, warnings
import uvloop
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # policies end with Python 3.16
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
import paraformer_nb as pnb
from paraformer_nb.loop import get_loop
clip, script = sys.argv[1:]
assert isinstance(get_loop(), uvloop.Loop), get_loop()
for faults in ([], ["drop:events=9,how=reset,times=1"], ["drop:bytes=90000,how=silence,times=1"]):
    service = pnb.Embedded("scripted", script=script, faults=faults)
    run = pnb.transcribe(clip, service=service, timeouts=pnb.Timeouts(keepalive=1.0)).wait(30)
    print(run.state, run.transcript.text)
    service.close()

async def stream():
    service = pnb.Embedded("scripted", script=script)
    finals = [
        event.sentence.text
        async for event in pnb.stream(clip, service=service)
        if isinstance(event, pnb.messages.ResultGeneratedEvent) and event.sentence.is_final
    ]
    print("streamed", "".join(finals))

asyncio.run(stream())
print("real", pnb.transcribe(clip, service=pnb.Embedded("pocketsphinx")).wait(60).state)
"""


@needs_pocketsphinx
def test_the_embedded_service_under_uvloops_policy(chinese: Path) -> None:
    arguments = [str(chinese), str(chinese.with_suffix(".json"))]
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", _TRANSCRIBE, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        env=clean_environment(),
    )
    assert process.returncode == 0, process.stderr
    text = "今天天气很好。我们一起去公园散步。语音识别把声音变成文字。"
    assert process.stdout.splitlines() == [*[f"finished {text}"] * 3, f"streamed {text}", "real finished"]
    assert "Traceback" not in process.stderr
