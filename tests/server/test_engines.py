"""The engines and their options, and an embedded service that is closed and started again."""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers import ended, eventually, failure
from wire import LESSON

import paraformer_nb as pnb
from paraformer_nb.cli.serve import add_engine_options
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.server.engines.registry import ENGINES, make_engine
from paraformer_nb.server.limits import Limits

SCRIPT = LESSON.with_suffix(".json")


@pytest.mark.parametrize(
    ("engine", "options", "problem"),
    [
        ("whisper", {}, "unknown engine 'whisper'. Known: moonshine, pocketsphinx, paraformer, replay, scripted"),
        ("", {}, "unknown engine ''"),
        ("pocketsphinx", {"script": SCRIPT}, "engine 'pocketsphinx' has no option script"),
        ("scripted", {"script": SCRIPT, "speed": 2, "a": 1}, "engine 'scripted' has no option a, speed"),
        ("scripted", {}, "engine 'scripted' needs script=FILE.json"),
        ("scripted", {"script": None}, "engine 'scripted' needs script=FILE.json"),
        ("scripted", {"script": 5}, "script=5: give a path"),
        ("scripted", {"script": "nowhere.json"}, "'nowhere.json' cannot be read: No such file"),
        ("scripted", {"script": LESSON}, "is not a script"),
        ("replay", {}, r"engine 'replay' needs journal=FILE \(a saved run, as written by save=\)"),
        ("replay", {"speed": 2}, "engine 'replay' needs journal=FILE"),
        ("replay", {"journal": "nowhere.jsonl"}, "'nowhere.jsonl' cannot be read: No such file"),
        ("replay", {"journal": "nowhere.jsonl", "speed": "2"}, "'nowhere.jsonl' cannot be read: No such file"),
        ("replay", {"journal": "nowhere.jsonl", "speed": "fast"}, r"speed='fast': give a number \(a multiple"),
        ("replay", {"journal": []}, r"journal=\[\]: give a path"),
    ],
)
def test_an_unknown_engine_or_invalid_options_are_refused(engine: str, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        make_engine(engine, options)


def test_paraformer_without_its_files_is_refused_with_the_command_that_fetches_them() -> None:
    with pytest.raises(ModelFilesError, match=r"paraformer-nb models fetch .* model_dir=FOLDER"):
        make_engine("paraformer", {})


def test_a_script_must_be_well_formed_and_have_its_clip(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    path.write_text('{"sentences": []}')
    with pytest.raises(ParameterError, match=r"needs its clip beside it: said.wav or .flac"):
        make_engine("scripted", {"script": path})
    path.write_text('{"sentences": [{"text": 1}]}')
    with pytest.raises(ParameterError, match="is not a script: Expected `str`"):
        make_engine("scripted", {"script": path})
    path.write_text('{"sentences": []}')
    path.with_suffix(".wav").write_bytes(b"not audio")
    with pytest.raises(ParameterError, match="the script's clip cannot be read"):
        make_engine("scripted", {"script": path})


def test_a_path_may_be_a_text() -> None:
    make_engine("scripted", {"script": str(SCRIPT)})


def test_an_option_that_is_none_is_ignored(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read"):  # it gets as far as that
        make_engine("replay", {"journal": tmp_path / "nowhere.jsonl", "speed": None})


def test_every_engine_is_described_for_help_texts_and_users() -> None:
    for name, kind in ENGINES.items():
        assert kind.name == name
        texts = [
            kind.summary,
            *(text for option in kind.options for text in (option.name, option.metavar, option.help)),
        ]
        assert all(text and text.isprintable() for text in texts)
        assert kind.notice.isprintable()


def test_engines_share_a_command_line_option_of_the_same_name() -> None:
    script = ENGINES["scripted"]
    other = replace(script, name="other", options=(*script.options, *ENGINES["replay"].options))
    parser = argparse.ArgumentParser()
    add_engine_options(parser, [script, other])
    options = parser.parse_args(["--script", "said.json", "--speed", "2"])
    assert vars(options) == {"script": "said.json", "journal": None, "speed": "2"}
    assert {"for scripted:", "for other:"} <= set(re.findall(r"for \w+:", parser.format_help()))


def test_describing_the_engines_loads_none_of_them() -> None:
    heavy = ["numpy", "av", "websockets", "onnxruntime", "pocketsphinx", "asyncio"]
    code = (
        f"import sys, paraformer_nb.server.engines.registry; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("nothing_left")
def test_a_closed_service_starts_again_with_the_next_run() -> None:
    service = pnb.Embedded("scripted", script=SCRIPT, faults=["refuse:times=1"])
    service.close()  # before it has started
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
def test_closing_a_service_ends_its_runs() -> None:
    service = pnb.Embedded("scripted", script=SCRIPT)
    run = pnb.transcribe(LESSON, service=service, pace=1, retry=pnb.Retry(attempts=1))
    try:
        assert eventually(lambda: run.state == "streaming")
        service.close()
        with pytest.raises(pnb.errors.ConnectionLost, match="1001"):
            run.wait(20)
    finally:
        run.cancel()
        service.close()
