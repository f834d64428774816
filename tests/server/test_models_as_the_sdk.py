"""Every model of the table: each parameter at its bounds is sent as the vendor's SDK sends it, and refused beyond them.

The SDK's frames come from the unmodified SDK; its own example of the mainline model, and its hotword service, run
against the embedded service.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import KEY, LESSON, clean_environment, read_pcm, serve_in_subprocess, write_wav

import paraformer_nb as pnb
from paraformer_nb.dashscope.messages import RunTask, encode_command
from paraformer_nb.dashscope.parameters import check_parameters, wire_form
from paraformer_nb.errors import ParameterError

pytestmark = pytest.mark.system

QWEN = "qwen-audio-3.1-asr-flash-streaming"


def message(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": [{"type": "input_text" if role == "user" else "text", "text": text}]}


def at_bounds(name: str, model: Any) -> list[Any]:
    """The values at the bounds of a parameter, for a model."""
    words = {f"w{number}": 1 + number % 5 for number in range(model.max_hotwords)}
    most = dict.fromkeys([*words][:50], 50)
    values: dict[str, list[Any]] = {
        "sample_rate": [8000, 48000] if model.has_any_rate else [model.sample_rate],
        "vocabulary_id": ["v"],
        "vocabulary": [{"傅里叶": 1}, words, words | most] if model.has_super_hotwords else [{"傅里叶": 1}, words],
        "phrase_id": ["p"],
        "language_hints": [[model.languages[0]], list(model.languages[: model.max_hints])] if model.languages else [],
        "max_sentence_silence": [200, 6000],
        "speech_noise_threshold": [-1.0, 0.0, 1.0],
        "vad_model": ["near_meeting_16k", "far_field_meeting_16k"],
        "special_word_filter": [
            {"filter_with_signed": {"word_list": ["x"] * 32}},
            {"filter_with_empty": {"word_list": ["y"]}, "system_reserved_filter": False},
        ],
        "context": [[message("x" * 400)], [message("x"), message("y", "assistant")] * 5],
    }
    return values.get(name, [True, False])


CASES = [
    (name, parameter, value)
    for name, model in pnb.MODELS.items()
    for parameter in sorted(model.parameters)
    for value in at_bounds(parameter, model)
]


def ours(model: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The run-task of this client."""
    command = RunTask("0" * 32, model, *wire_form(check_parameters(model, parameters)))
    frame: dict[str, Any] = json.loads(encode_command(command))
    return frame


def without_task(frame: dict[str, Any]) -> dict[str, Any]:
    return {"header": {**frame["header"], "task_id": ""}, "payload": frame["payload"]}


def test_every_parameter_at_its_bounds_is_sent_as_the_sdk_sends_it() -> None:
    requests, expected = [], []
    for model, parameter, value in CASES:
        frame = ours(model, {parameter: value})
        payload = frame["payload"]
        resources = payload.get("resources")
        requests.append(
            {
                "model": model,
                "parameters": payload["parameters"],
                "phrase_id": resources[0]["resource_id"] if resources else None,
                "input": payload["input"],
            }
        )
        expected.append(without_task(frame))
        sent = payload["input"] if parameter == "context" else payload["parameters"]
        assert parameter == "phrase_id" or sent[parameter] == value
    script = Path(__file__).with_name("sdk_frames.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        env=clean_environment(),
    )
    frames = [without_task(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(frames) == len(CASES) > 200
    for case, frame, own in zip(CASES, frames, expected, strict=True):
        assert frame == own, case


CLOSED = pnb.DashScope("never-shown-key", url="ws://127.0.0.1:9/api-ws/v1/inference")

_outside: dict[str, st.SearchStrategy[Any]] = {
    "sample_rate": st.integers(max_value=7999) | st.integers(min_value=48001) | st.floats(),
    "vocabulary_id": st.just("") | st.integers(),
    "phrase_id": st.just("") | st.integers(),
    "vocabulary": st.dictionaries(st.text("abc", min_size=1), st.integers(max_value=0) | st.integers(6, 49), min_size=1)
    | st.just({f"w{number}": 4 for number in range(2001)})
    | st.just({f"w{number}": 50 for number in range(51)})
    | st.just({}),
    "language_hints": st.lists(st.sampled_from(["xx", "en-US", "", "ZH"]), min_size=1) | st.just([]),
    "max_sentence_silence": st.integers(max_value=199) | st.integers(min_value=6001) | st.text(),
    "speech_noise_threshold": st.floats(max_value=-1, exclude_max=True) | st.floats(min_value=1, exclude_min=True),
    "vad_model": st.text() | st.integers(),
    "special_word_filter": st.just({"filter_with_empty": {"word_list": ["x"] * 33}}) | st.text() | st.just([1]),
    "context": st.integers(6, 20).map(lambda count: [message("x")] * count)
    | st.integers(401, 999).map(lambda length: "x" * length)
    | st.just([]),
}
_booleans = st.integers() | st.text() | st.floats() | st.just([])


@st.composite
def _outside_a_model(draw: st.DrawFn) -> tuple[str, str, Any]:
    model = draw(st.sampled_from(sorted(pnb.MODELS)))
    parameter = draw(st.sampled_from(sorted(pnb.Parameters.__annotations__)))
    return model, parameter, draw(_outside.get(parameter, _booleans))


@settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(_outside_a_model())
def test_every_value_outside_is_refused_before_the_handshake(case: tuple[str, str, Any]) -> None:
    """A connection that was tried would fail otherwise, as nothing listens there."""
    model, parameter, value = case
    with pytest.raises(ParameterError, match=parameter):
        pnb.transcribe(b"not even opened", service=CLOSED, model=model, **{parameter: value})


# ------------------------------------------------------------------------- the SDK against the embedded service


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("service")
    options = ["--engine", "scripted", "--script", str(LESSON.with_suffix(".json")), "--limit", "deployment=0.2"]
    with serve_in_subprocess(folder, *options) as address:
        yield address


def run_sdk(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the SDK's settings in the environment, as any user of it may."""
    http = url.replace("ws://", "http://").replace("/api-ws/v1/inference", "/api/v1")
    environment = clean_environment(
        HOME=str(folder), DASHSCOPE_API_KEY=KEY, DASHSCOPE_WEBSOCKET_BASE_URL=url, DASHSCOPE_HTTP_BASE_URL=http
    )
    command = [sys.executable, "-P", "-W", "ignore", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=100, check=False, cwd=folder
    )


def test_the_sdk_s_own_example_of_the_mainline_model_runs_unmodified(url: str, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "lesson.wav", read_pcm(LESSON)[: 2 * 16_000 * 3])  # sent at the pace of speech
    module = "dashscope.examples.01_atomic_capabilities.audio.asr_websocket"
    done = run_sdk(url, tmp_path, "-m", module, str(clip), "--transcript", str(tmp_path / "words.txt"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["今天天气很好。"]
    assert (tmp_path / "words.txt").read_text(encoding="utf-8") == "今天天气很好。\n"
    usage = json.loads(done.stderr.splitlines()[-1])["usage"]
    assert usage["duration"] == 3
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_tokens"] > 62


LIFE_CYCLE = """
import json, sys, time
from dashscope.audio.asr import Recognition, VocabularyService, VocabularyServiceException
service, model = VocabularyService(), "qwen-audio-3.1-asr-flash-streaming"
words = [{"text": "公园", "weight": 4, "lang": "zh"}]
made = service.create_vocabulary(target_model=model, prefix="sdk", vocabulary=words)
before = service.query_vocabulary(made)
while (ready := service.query_vocabulary(made))["status"] != "OK":
    time.sleep(0.05)
listed = service.list_vocabularies(prefix="sdk")
result = Recognition(model, None, "wav", 16000).call(sys.argv[1], vocabulary_id=made)
service.update_vocabulary(made, [{"text": "散步", "weight": 50}])
updated = service.query_vocabulary(made)
service.delete_vocabulary(made)
try:
    service.query_vocabulary(made)
    gone = ""
except VocabularyServiceException as error:
    gone = str(error)
print(json.dumps([made, before, ready, listed, [each["text"] for each in result.get_sentence()], updated, gone]))

import dashscope, wave
context = [{"role": "user", "content": [{"type": "input_text", "text": "the weather"}]}]
with dashscope.Client().audio.asr.recognize(model=model, timeout=20) as session, wave.open(sys.argv[1]) as clip:
    session.update_context({"context": context})
    while block := clip.readframes(1600):
        session.send_audio_frame(block)
    session.stop()
    print(json.dumps([each.get_sentence()["text"] for each in session.results() if each.is_sentence_end()]))
"""


def test_the_sdk_s_vocabulary_service_and_its_change_of_context_run_unmodified(url: str, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "lesson.wav", read_pcm(LESSON)[: 2 * 16_000 * 3])
    done = run_sdk(url, tmp_path, "-c", LIFE_CYCLE, str(clip))
    assert done.returncode == 0, done.stderr
    life_cycle, with_context = map(json.loads, done.stdout.splitlines())
    made, before, ready, listed, texts, updated, gone = life_cycle
    assert made.startswith("vocab-sdk-")
    assert (before["status"], before["target_model"]) == ("UNDEPLOYED", QWEN)
    assert (ready["status"], ready["vocabulary"]) == ("OK", [{"text": "公园", "weight": 4, "lang": "zh"}])
    assert [each["vocabulary_id"] for each in listed] == [made]
    assert texts == ["今天天气很好。"]
    assert updated["vocabulary"] == [{"text": "散步", "weight": 50}]
    assert "does not exist" in gone
    assert with_context == ["今天天气很好。"]
