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
from wire import KEY, RATE, clean_environment, read_pcm, served, write_wav

SCRIPT = Path(__file__).with_name("sdk_scenarios.py")
INSTALLED = "dashscope>=2"  # with the `test` extra
VERSIONS = {"2": INSTALLED, "1": "dashscope<2", "1.26.2": "dashscope==1.26.2"}
FORMATS = ["wav", "pcm", "mp3", "opus"]
TEXTS = ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]
TRANSLATIONS = ["The weather is fine today.", "We go for a walk in the park.", "Recognition turns sound into text."]
WORDS = [6, 9, 11]
FIRST_WORD = {"begin_time": 600, "end_time": 963, "text": "今", "punctuation": "", "fixed": True}


class User(NamedTuple):
    """Someone with one version of the SDK: what every scenario showed, and stderr (there is a hang's stack dump)."""

    version: str
    seen: dict[str, Any]
    stderr: str

    def sees(self, scenario: str) -> Any:
        """What this scenario showed."""
        assert scenario in self.seen, f"{scenario!r} did not end: {self.stderr}"
        seen = self.seen[scenario]
        assert "raised" not in seen, seen
        return seen


# --------------------------------------------------------------------------------------- the versions, run all at once


def _folder(cache: Path, requirement: str) -> Path | None:
    """A folder with this SDK alone in it. The index is asked once, for the newest of a range once a day."""
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
    """The clip in every format, as lesson.FORMAT, and its script with translations."""
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
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            file.mux(stream.encode(piece))


@pytest.fixture(scope="module")
def users(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, User]:
    """A user of each version, all at once; of one that cannot be had there is none."""
    lesson, cache = tmp_path_factory.mktemp("sdk"), request.config.cache.mkdir("dashscope")
    _lesson(Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac", lesson)
    paths = {
        version: "" if requirement == INSTALLED else _folder(cache, requirement)
        for version, requirement in VERSIONS.items()
    }
    options = ["--engine", "scripted", "--script", str(lesson / "lesson.json"), "--limit", "heartbeat=1e-9"]
    with served(lesson, *options) as url, ExitStack() as stack:
        running = {
            version: stack.enter_context(_running(version, path, url, lesson))
            for version, path in paths.items()
            if path is not None
        }
        return {version: _user(version, process, lesson) for version, process in running.items()}


@contextmanager
def _running(version: str, path: Path | str, url: str, lesson: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The scenarios with the SDK at `path`: it is told where the service is and what the key is, nothing else."""
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


def _user(version: str, process: subprocess.Popen[bytes], lesson: Path) -> User:
    process.wait(90)  # a scenario that hangs has ended the script before
    lines = (lesson / f"{version}.out").read_text(encoding="utf-8").splitlines()
    return User(version, dict(map(json.loads, lines)), (lesson / f"{version}.err").read_text(encoding="utf-8"))


@pytest.fixture(params=VERSIONS)
def user(request: pytest.FixtureRequest, users: dict[str, User]) -> User:
    """Each of them in turn."""
    if request.param not in users:
        pytest.skip(f"NO INDEX and none kept: {VERSIONS[request.param]} cannot be had, nobody knows whether it works")
    return users[request.param]


@pytest.fixture
def newest(users: dict[str, User]) -> User:
    """The one with the client that came with 2.x."""
    return users["2"]


def _finals(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result["sentence"] for result in results if result["is_end"]]


def _texts(sentences: list[dict[str, Any]]) -> list[str]:
    return [sentence["text"] for sentence in sentences]


# ---------------------------------------------------------------------------------------------------------- recognition


def test_it_is_the_version_it_is_taken_for(user: User) -> None:
    """Else the installed one would be tested three times."""
    assert f"{user.sees('version')}.".startswith(f"{user.version}.")


@pytest.mark.parametrize("audio_format", FORMATS)
def test_a_file_is_recognised(user: User, audio_format: str) -> None:
    answer = user.sees(f"call {audio_format}")
    assert (answer["status"], answer["code"]) == (200, "")
    assert _texts(answer["sentences"]) == TEXTS
    assert [len(sentence["words"]) for sentence in answer["sentences"]] == WORDS
    assert [usage["end_time"] for usage in answer["usages"]] == [2648, 5779, 9546]
    billed = [usage["usage"]["duration"] for usage in answer["usages"]]
    assert billed == sorted(billed)
    assert all(usage["end_time"] <= 1000 * usage["usage"]["duration"] <= 11_000 for usage in answer["usages"])


@pytest.mark.parametrize("scenario", ["live", "live with heartbeat"])
def test_a_microphone_s_results_come_by_callback(user: User, scenario: str) -> None:
    _assert_live(user.sees(scenario))


def _assert_live(seen: dict[str, Any]) -> None:
    results = [call for words in WORDS for call in [*["partial"] * words, "final"]]
    assert seen["calls"] == ["open", *results, "complete", "close"]
    assert seen["errors"] == []
    sentences = _finals(seen["results"])
    assert _texts(sentences) == TEXTS
    assert sentences[0]["words"][0] == FIRST_WORD
    for result in seen["results"]:
        assert (result["usage"] is not None) == result["is_end"] == result["sentence"]["sentence_end"]
        assert result["usage"] == result["usage of sentence"]
        assert {word["fixed"] for word in result["sentence"]["words"]} == {result["is_end"]}
        assert all(word["begin_time"] < word["end_time"] for word in result["sentence"]["words"])


def test_one_object_is_used_twice(user: User) -> None:
    """Both times under one task_id: on a new connection it is new."""
    first, second = user.sees("live again")
    _assert_live(first)
    _assert_live(second)
    assert first["request"] == second["request"]


def test_a_wrong_key_is_told(user: User) -> None:
    wrong = {"status": 401, "code": 401, "message": "Unauthorized, your api-key is invalid!"}
    seen = user.sees("a wrong key")
    assert (seen["calls"], seen["errors"]) == (["open", "error", "close"], [wrong])
    assert user.sees("call with a wrong key") == wrong | {"sentences": None, "usages": None}


def test_a_failed_task_is_told(user: User) -> None:
    failed = {"status": 44, "code": "ModelNotFound", "message": "Model not exist: whisper"}
    seen = user.sees("an unknown model")
    assert (seen["calls"], seen["errors"]) == (["open", "error", "close"], [failed])


# ---------------------------------------------------------------------------------------------------------- translation


def test_speech_is_translated_live(user: User) -> None:
    seen = user.sees("translate live")
    assert (seen["calls"][0], seen["calls"][-2:], seen["errors"]) == ("open", ["complete", "close"], [])
    _assert_translated([result for result in seen["results"] if result["transcription"]["is_end"]])
    partials = [result for result in seen["results"] if not result["transcription"]["is_end"]]
    assert [result["transcription"]["text"] for result in partials][:3] == ["今", "今天", "今天天"]
    assert all((result["usage"] is not None) == result["transcription"]["is_end"] for result in seen["results"])


def test_a_file_is_translated(user: User) -> None:
    seen = user.sees("translate file")
    assert seen["error"] is None
    _assert_translated(seen["results"])
    assert [usage is not None for usage in seen["usages"]] == [True] * 3


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


def test_the_client_recognises_while_it_sends(newest: User) -> None:
    seen = newest.sees("client")
    assert _texts(_finals(seen["results"])) == TEXTS
    assert len(seen["results"]) == sum(WORDS) + 3
    assert seen["usage"] == {"duration": 11}


def test_the_client_recognises_a_file(newest: User) -> None:
    assert newest.sees("client with a file") == TEXTS


def test_heartbeats_come_to_those_who_look(newest: User) -> None:
    """And to nobody else: callbacks hear of sentences alone, see above."""
    seen = newest.sees("client with heartbeat")
    assert seen["heartbeats"] > 0
    assert seen["ends"] == 0


def test_the_client_runs_two_tasks_on_one_connection(newest: User) -> None:
    tasks = newest.sees("client with a shared connection")
    assert [_texts(_finals(task["results"])) for task in tasks] == [TEXTS] * 2
    assert tasks[0]["request"] != tasks[1]["request"]


def test_the_client_raises_what_went_wrong(newest: User) -> None:
    refused, failed = newest.sees("client with a wrong key"), newest.sees("client with an unknown model")
    assert "401 Unauthorized" in refused["message"]
    assert "Invalid API-key provided." in refused["message"]
    assert (failed["type"], failed["code"]) == ("DashScopeError", "ModelNotFound")
    assert "Model not exist: whisper" in failed["message"]
