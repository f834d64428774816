"""Which engines there are, what they are made of, and the embedded service that is closed and begins again."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from servers import ended, eventually, failure
from wire import LESSON

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.server.engines.registry import ENGINES, make_engine
from paraformer_nb.server.limits import Limits

SCRIPT = LESSON.with_suffix(".json")


@pytest.mark.parametrize(
    ("engine", "options", "what"),
    [
        ("whisper", {}, "there is no engine 'whisper'. Known: pocketsphinx, paraformer, replay, scripted"),
        ("", {}, "there is no engine ''"),
        ("pocketsphinx", {"script": SCRIPT}, "engine 'pocketsphinx' has no option script"),
        ("scripted", {"script": SCRIPT, "speed": 2, "a": 1}, "engine 'scripted' has no option a, speed"),
        ("scripted", {}, "engine 'scripted' needs script=FILE.json"),
        ("scripted", {"script": None}, "engine 'scripted' needs script=FILE.json"),
        ("scripted", {"script": 5}, "script=5: give a path"),
        ("scripted", {"script": "nowhere.json"}, "'nowhere.json' cannot be read: No such file"),
        ("scripted", {"script": LESSON}, "is no script"),
        ("replay", {}, "engine 'replay' needs recording=FILE, what save= wrote"),
        ("replay", {"speed": 2}, "engine 'replay' needs recording=FILE"),
        ("replay", {"recording": "nowhere.jsonl"}, "'nowhere.jsonl' cannot be read: No such file"),
        ("replay", {"recording": []}, r"recording=\[\]: give a path"),
        ("paraformer", {}, "engine 'paraformer' needs model_dir=FOLDER"),
    ],
)
def test_an_engine_that_cannot_be_made(engine: str, options: dict[str, Any], what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        make_engine(engine, options)


def test_a_script_needs_its_clip_and_its_form(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    path.write_text('{"sentences": []}')
    with pytest.raises(ParameterError, match=r"needs its clip beside it: said.wav or .flac"):
        make_engine("scripted", {"script": path})
    path.write_text('{"sentences": [{"text": 1}]}')
    with pytest.raises(ParameterError, match="is no script: Expected `str`"):
        make_engine("scripted", {"script": path})
    path.write_text('{"sentences": []}')
    path.with_suffix(".wav").write_bytes(b"no sound")
    with pytest.raises(ParameterError, match="the script's clip cannot be read"):
        make_engine("scripted", {"script": path})


def test_an_option_that_is_none_is_left_out() -> None:
    make_engine("scripted", {"script": str(SCRIPT)})
    assert all(what is None or what.isprintable() for kind in ENGINES.values() for what in kind.options.values())


@pytest.mark.usefixtures("nothing_left")
def test_a_service_that_is_closed_begins_again_at_the_next_run() -> None:
    service = pnb.Embedded("scripted", script=SCRIPT, faults=["refuse:times=1"])
    service.close()  # nothing has begun
    endpoints = set()
    for _ in range(2):
        assert ended(pnb.transcribe(LESSON, service=service)).text.startswith("今天天气很好。")
        endpoints.add(asyncio.run(service.endpoint()).url)
        service.close()
        service.close()
    assert len(endpoints) == 2


def test_limits_reach_the_service() -> None:
    with closing(pnb.Embedded("scripted", script=SCRIPT, limits=Limits(frame=10_000))) as service:
        error = failure(pnb.transcribe(LESSON, service=service))
    assert "too big for the output buffer" in str(error)


@pytest.mark.usefixtures("nothing_left")
def test_a_service_that_is_closed_ends_its_runs() -> None:
    service = pnb.Embedded("scripted", script=SCRIPT)
    run = pnb.transcribe(LESSON, service=service, pace=1, max_attempts=1)
    try:
        assert eventually(lambda: run.state == "streaming")
        service.close()
        with pytest.raises(pnb.errors.ConnectionLost, match="1001"):
            run.wait(20)
    finally:
        run.cancel()
        service.close()
