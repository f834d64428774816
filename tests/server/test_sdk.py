"""The vendor's own Python SDK, unmodified and in three versions, as a client of the embedded service."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from wire import KEY, RATE, clean_environment, read_pcm, serve_in_subprocess, write_wav

pytestmark = pytest.mark.system

SCRIPT = Path(__file__).with_name("sdk_scenarios.py")
INSTALLED = "dashscope>=2"  # with the `test` extra
VERSIONS = {"2": INSTALLED, "1": "dashscope<2", "1.26.2": "dashscope==1.26.2"}
FORMATS = ["wav", "pcm", "mp3", "opus"]
TEXTS = ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]
TRANSLATIONS = ["The weather is fine today.", "We go for a walk in the park.", "Recognition turns sound into text."]
WORDS = [6, 9, 11]
FIRST_WORD = {"begin_time": 600, "end_time": 963, "text": "今", "punctuation": "", "fixed": True}


class Sdk(NamedTuple):
    """One version of the SDK: the outcomes of all scenarios, and stderr, which has the stack dump of one that hangs."""

    version: str
    outcomes: dict[str, Any]
    stderr: str

    def outcome(self, scenario: str) -> Any:
        """Return the outcome of a scenario."""
        assert scenario in self.outcomes, f"{scenario!r} did not end: {self.stderr}"
        outcome = self.outcomes[scenario]
        assert "raised" not in outcome, outcome
        return outcome


# ------------------------------------------------------------------------------------ the versions, run in parallel


def _folder(cache: Path, requirement: str) -> Path | None:
    """Return a folder with only this SDK; None if it cannot be downloaded. The newest of a range is kept for a day."""
    folder = cache / re.sub(r"\W", "_", requirement)
    is_pinned = "==" in requirement
    if folder.exists() and (is_pinned or time.time() - folder.stat().st_mtime < 24 * 3600):
        return folder
    with tempfile.TemporaryDirectory(dir=cache) as new:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--retries", "1", "--timeout", "15"]
        done = subprocess.run(
            [*command, "--target", f"{new}/sdk", requirement], capture_output=True, timeout=100, check=False
        )
        if done.returncode == 0:
            shutil.rmtree(folder, ignore_errors=True)
            Path(new, "sdk").rename(folder)
    return folder if folder.exists() else None


def _lesson(clip: Path, folder: Path) -> None:
    """Write the clip in every format, as lesson.FORMAT, and its script with translations."""
    pcm = read_pcm(clip)
    (folder / "lesson.pcm").write_bytes(pcm)
    write_wav(folder / "lesson.wav", pcm)
    _encode(folder / "lesson.mp3", pcm, "libmp3lame", "mp3", RATE)
    _encode(folder / "lesson.opus", pcm, "libopus", "ogg", 48000)
    script = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
    for sentence, translation in zip(script["sentences"], TRANSLATIONS, strict=True):
        sentence["translations"] = {"en": translation}
    (folder / "lesson.json").write_text(json.dumps(script), encoding="utf-8")


def _encode(path: Path, pcm: bytes, codec: str, container: str, rate: int) -> None:
    with av.open(str(path), "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.format, stream.layout, rate, stream.codec_context.frame_size or None)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            file.mux(stream.encode(part))


@pytest.fixture(scope="module")
def sdks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sdk]:
    """Each version, after all its scenarios; a version that cannot be downloaded is missing."""
    lesson, cache = tmp_path_factory.mktemp("sdk"), request.config.cache.mkdir("dashscope")
    _lesson(Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac", lesson)
    paths = {
        version: "" if requirement == INSTALLED else _folder(cache, requirement)
        for version, requirement in VERSIONS.items()
    }
    options = ["--engine", "scripted", "--script", str(lesson / "lesson.json"), "--limit", "heartbeat=1e-9"]
    with serve_in_subprocess(lesson, *options) as url, ExitStack() as stack:
        running = {
            version: stack.enter_context(_running(version, path, url, lesson))
            for version, path in paths.items()
            if path is not None
        }
        return {version: _finished(version, process, lesson) for version, process in running.items()}


@contextmanager
def _running(version: str, path: Path | str, url: str, lesson: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the scenarios with the SDK at `path`, which gets the service's URL and key from the environment."""
    environment = clean_environment(
        PYTHONPATH=str(path), HOME=str(lesson), DASHSCOPE_WEBSOCKET_BASE_URL=url, DASHSCOPE_API_KEY=KEY
    )
    command = [sys.executable, "-P", "-W", "ignore", str(SCRIPT), str(lesson)]
    with (lesson / f"{version}.out").open("wb") as out, (lesson / f"{version}.err").open("wb") as err:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _finished(version: str, process: subprocess.Popen[bytes], lesson: Path) -> Sdk:
    process.wait(90)  # a scenario that hangs ends the script earlier
    lines = (lesson / f"{version}.out").read_text(encoding="utf-8").splitlines()
    return Sdk(version, dict(map(json.loads, lines)), (lesson / f"{version}.err").read_text(encoding="utf-8"))


@pytest.fixture(params=VERSIONS)
def sdk(request: pytest.FixtureRequest, sdks: dict[str, Sdk]) -> Sdk:
    """Each version in turn."""
    if request.param not in sdks:
        pytest.skip(f"{VERSIONS[request.param]} is neither in the cache nor in a package index: not tested")
    return sdks[request.param]


@pytest.fixture
def newest(sdks: dict[str, Sdk]) -> Sdk:
    """The version that has the client of 2.x."""
    return sdks["2"]


def _finals(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result["sentence"] for result in results if result["is_end"]]


def _texts(sentences: list[dict[str, Any]]) -> list[str]:
    return [sentence["text"] for sentence in sentences]


# ---------------------------------------------------------------------------------------------------------- recognition


def test_each_version_is_the_requested_one(sdk: Sdk) -> None:
    """Otherwise the installed one would be tested three times."""
    assert f"{sdk.outcome('version')}.".startswith(f"{sdk.version}.")


@pytest.mark.parametrize("audio_format", FORMATS)
def test_a_file_is_recognised(sdk: Sdk, audio_format: str) -> None:
    answer = sdk.outcome(f"call {audio_format}")
    assert (answer["status"], answer["code"]) == (200, "")
    assert _texts(answer["sentences"]) == TEXTS
    assert [len(sentence["words"]) for sentence in answer["sentences"]] == WORDS
    assert [usage["end_time"] for usage in answer["usages"]] == [2648, 5779, 9546]
    billed = [usage["usage"]["duration"] for usage in answer["usages"]]
    assert billed == sorted(billed)
    assert all(usage["end_time"] <= 1000 * usage["usage"]["duration"] <= 11_000 for usage in answer["usages"])


@pytest.mark.parametrize("scenario", ["live", "live with heartbeat"])
def test_live_results_are_passed_to_callbacks(sdk: Sdk, scenario: str) -> None:
    _assert_live(sdk.outcome(scenario))


def _assert_live(outcome: dict[str, Any]) -> None:
    results = [call for words in WORDS for call in [*["partial"] * words, "final"]]
    assert outcome["calls"] == ["open", *results, "complete", "close"]
    assert outcome["errors"] == []
    sentences = _finals(outcome["results"])
    assert _texts(sentences) == TEXTS
    assert sentences[0]["words"][0] == FIRST_WORD
    for result in outcome["results"]:
        assert (result["usage"] is not None) == result["is_end"] == result["sentence"]["sentence_end"]
        assert result["usage"] == result["usage of sentence"]
        assert {word["fixed"] for word in result["sentence"]["words"]} == {result["is_end"]}
        assert all(word["begin_time"] < word["end_time"] for word in result["sentence"]["words"])


def test_one_object_may_be_used_twice(sdk: Sdk) -> None:
    """Both tasks have the same task_id: on a new connection it counts as unused."""
    first, second = sdk.outcome("live again")
    _assert_live(first)
    _assert_live(second)
    assert first["request"] == second["request"]


def test_a_wrong_key_is_reported(sdk: Sdk) -> None:
    wrong = {"status": 401, "code": 401, "message": "Unauthorized, your api-key is invalid!"}
    outcome = sdk.outcome("a wrong key")
    assert (outcome["calls"], outcome["errors"]) == (["open", "error", "close"], [wrong])
    assert sdk.outcome("call with a wrong key") == wrong | {"sentences": None, "usages": None}


def test_a_failed_task_is_reported(sdk: Sdk) -> None:
    failed = {"status": 44, "code": "ModelNotFound", "message": "Model not exist: whisper"}
    outcome = sdk.outcome("an unknown model")
    assert (outcome["calls"], outcome["errors"]) == (["open", "error", "close"], [failed])


# ---------------------------------------------------------------------------------------------------------- translation


def test_speech_is_translated_live(sdk: Sdk) -> None:
    outcome = sdk.outcome("translate live")
    assert (outcome["calls"][0], outcome["calls"][-2:], outcome["errors"]) == ("open", ["complete", "close"], [])
    _assert_translated([result for result in outcome["results"] if result["transcription"]["is_end"]])
    partials = [result for result in outcome["results"] if not result["transcription"]["is_end"]]
    assert [result["transcription"]["text"] for result in partials][:3] == ["今", "今天", "今天天"]
    assert all((result["usage"] is not None) == result["transcription"]["is_end"] for result in outcome["results"])


def test_a_file_is_translated(sdk: Sdk) -> None:
    outcome = sdk.outcome("translate file")
    assert outcome["error"] is None
    _assert_translated(outcome["results"])
    assert [usage is not None for usage in outcome["usages"]] == [True] * 3


def _assert_translated(results: list[dict[str, Any]]) -> None:
    assert [result["transcription"]["text"] for result in results] == TEXTS
    assert results[0]["transcription"]["words"][0] == ["今", 600, 963, True]
    assert [list(result["translations"]) for result in results] == [["en"]] * 3
    assert [result["translations"]["en"]["text"] for result in results] == TRANSLATIONS
    for number, result in enumerate(results):
        assert (result["transcription"]["id"], result["translations"]["en"]["id"]) == (number, number)
        assert result["translations"]["en"]["is_end"]
        assert result["translations"]["en"]["end"] == result["transcription"]["end"]


# -------------------------------------------------------------------------------------------------- the client of 2.x


def test_the_client_recognises_while_it_sends(newest: Sdk) -> None:
    outcome = newest.outcome("client")
    assert _texts(_finals(outcome["results"])) == TEXTS
    assert len(outcome["results"]) == sum(WORDS) + 3
    assert outcome["usage"] == {"duration": 11}


def test_the_client_recognises_a_file(newest: Sdk) -> None:
    assert newest.outcome("client with a file") == TEXTS


def test_heartbeats_are_visible_among_events(newest: Sdk) -> None:
    """Callbacks get only sentences; see above."""
    outcome = newest.outcome("client with heartbeat")
    assert outcome["heartbeats"] > 0
    assert outcome["ends"] == 0


def test_the_client_runs_two_tasks_on_one_connection(newest: Sdk) -> None:
    tasks = newest.outcome("client with a shared connection")
    assert [_texts(_finals(task["results"])) for task in tasks] == [TEXTS] * 2
    assert tasks[0]["request"] != tasks[1]["request"]


def test_the_client_raises_what_went_wrong(newest: Sdk) -> None:
    refused, failed = newest.outcome("client with a wrong key"), newest.outcome("client with an unknown model")
    assert "401 Unauthorized" in refused["message"]
    assert "Invalid API-key provided." in refused["message"]
    assert (failed["type"], failed["code"]) == ("DashScopeError", "ModelNotFound")
    assert "Model not exist: whisper" in failed["message"]
