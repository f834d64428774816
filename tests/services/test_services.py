"""Where a run connects to, with which headers and words; and that the key is shown nowhere."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from servers import KEY, Cloud, ended, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def run_task(model: str = "paraformer-realtime-v2", **parameters: Any) -> dict[str, Any]:
    """What the service receives as run-task."""
    with Cloud(well) as cloud:
        ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, model=model, **parameters))
    return cloud.commands[0]


# ------------------------------------------------------------------------------------------------------- on the wire


def test_run_task_and_finish_task_to_the_letter() -> None:
    with Cloud(well) as cloud:
        ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, language_hints=["zh", "en"]))
    run, finish = cloud.commands
    task = run["header"]["task_id"]
    assert len(task) == 32
    assert int(task, 16)
    assert run == {
        "header": {"action": "run-task", "task_id": task, "streaming": "duplex"},
        "payload": {
            "task_group": "audio",
            "task": "asr",
            "function": "recognition",
            "model": "paraformer-realtime-v2",
            "parameters": {
                "format": "pcm",
                "sample_rate": 16000,
                "language_hints": ["zh", "en"],
                "max_sentence_silence": 800,
            },
            "input": {},
        },
    }
    assert finish == {
        "header": {"action": "finish-task", "task_id": task, "streaming": "duplex"},
        "payload": {"input": {}},
    }


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (
            "paraformer-realtime-v2",
            {
                "sample_rate": 22050,
                "vocabulary_id": "vocab-lecture-1",
                "language_hints": ["ja", "yue"],
                "disfluency_removal_enabled": True,
                "semantic_punctuation_enabled": False,
                "max_sentence_silence": 6000,
                "multi_threshold_mode_enabled": True,
                "punctuation_prediction_enabled": False,
                "inverse_text_normalization_enabled": False,
                "heartbeat": True,
            },
        ),
        (
            "paraformer-realtime-8k-v2",
            {
                "vocabulary_id": "v",
                "max_sentence_silence": 200,
                "sample_rate": 8000,
                "heartbeat": False,
            },
        ),
        (
            "fun-asr-realtime",
            {
                "speech_noise_threshold": -0.5,
                "special_word_filter": {"filter_with_signed": {"word_list": ["x"]}},
                "max_sentence_silence": 1300,
                "language_hints": ["en"],
                "sample_rate": 16000,
            },
        ),
        ("paraformer-realtime-v1", {"disfluency_removal_enabled": True, "sample_rate": 16000}),
    ],
)
def test_every_parameter_arrives_under_its_own_name(model: str, parameters: dict[str, Any]) -> None:
    payload = run_task(model, **parameters)["payload"]
    assert payload["model"] == model
    assert payload["parameters"] == {"format": "pcm"} | parameters
    assert payload["input"] == {}


def test_hotwords_of_the_v1_models_travel_beside_the_parameters() -> None:
    payload = run_task("paraformer-realtime-v1", phrase_id="phrase-7")["payload"]
    assert payload["resources"] == [{"resource_id": "phrase-7", "resource_type": "asr_phrase"}]
    assert payload["parameters"] == {"format": "pcm", "sample_rate": 16000}


def test_context_travels_in_the_input() -> None:
    context = [{"role": "user", "content": [{"type": "input_text", "text": "a lesson"}]}]
    payload = run_task("fun-asr-realtime", context=context)["payload"]
    assert payload["input"] == {"context": context}
    assert "context" not in payload["parameters"]


def test_max_sentence_silence_is_sent_because_the_pages_disagree_on_its_default() -> None:
    assert run_task()["payload"]["parameters"]["max_sentence_silence"] == 800
    assert "max_sentence_silence" not in run_task(semantic_punctuation_enabled=True)["payload"]["parameters"]


def test_the_handshake() -> None:
    with Cloud(well) as cloud:
        ended(pnb.transcribe(tone(0.2), service=cloud.service(workspace="ws-42"), pace=None))
        ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    first, second = cloud.headers
    assert first["authorization"] == f"Bearer {KEY}"
    assert first["x-dashscope-workspace"] == "ws-42"
    assert "paraformer_nb" in first["user-agent"]
    assert not {"sec-websocket-extensions", "sec-websocket-protocol", "x-dashscope-datainspection"} & set(first)
    assert "x-dashscope-workspace" not in second


# ----------------------------------------------------------------------------------------------------------- the key


def test_a_callable_key_is_asked_for_each_connection_and_off_the_loop() -> None:
    threads, keys = [], iter(["key-first", " key-second\n"])

    def token() -> str:
        threads.append(threading.current_thread().name)
        return next(keys)

    with Cloud(well) as cloud:
        service = cloud.service(token)
        assert threads == []
        for _ in range(2):
            ended(pnb.transcribe(tone(0.2), service=service, pace=None))
    assert [headers["authorization"] for headers in cloud.headers] == ["Bearer key-first", "Bearer key-second"]
    assert "paraformer_nb" not in threads


def test_a_callable_key_that_raises() -> None:
    def token() -> str:
        raise LookupError("the vault is locked")

    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(0.2), service=cloud.service(token))
        error = failure(run)
    assert isinstance(error, errors.AuthenticationError)
    assert "LookupError" in str(error)
    assert "vault" not in str(error), "what a person's own function says may hold a secret"
    assert cloud.headers == []


@pytest.mark.parametrize("key", [" ", "sk two", "key-ключ", "key-\r\nX-Evil: 1"])
def test_a_key_that_no_key_can_be(key: str) -> None:
    with Cloud(well) as cloud:
        error = failure(pnb.transcribe(tone(0.2), service=cloud.service(key)))
    assert isinstance(error, errors.AuthenticationError)
    assert "Nothing was sent" in str(error)
    assert key.strip() == "" or key not in str(error)
    assert cloud.headers == []


def test_a_callable_that_gives_no_text() -> None:
    with Cloud(well) as cloud:
        error = failure(pnb.transcribe(tone(0.2), service=cloud.service(lambda: None)))
    assert isinstance(error, errors.AuthenticationError)


def test_the_key_is_shown_nowhere(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        service = cloud.service()
        run = ended(pnb.transcribe(tone(0.2), service=service, pace=None, save=tmp_path / "run.jsonl"))
        shown = [
            repr(service),
            str(service),
            repr(run),
            repr(run.service),
            repr(asyncio.run(service.endpoint())),
            run.words.to_json(),
            run.events.to_json(),
            str(run.words.attrs),
        ]
    assert KEY not in "".join(shown)
    assert KEY not in (tmp_path / "run.jsonl").read_text()
    assert repr(service) == f"DashScope('127.0.0.1:{cloud.port}')"


def test_no_key_at_all() -> None:
    with pytest.raises(errors.ParameterError, match="set DASHSCOPE_API_KEY.*embedded"):
        pnb.DashScope()
    with pytest.raises(errors.ParameterError, match="DASHSCOPE_API_KEY"):
        pnb.DashScope("")


def test_a_key_in_the_environment_makes_dashscope_the_default(monkeypatch: pytest.MonkeyPatch, english: Path) -> None:
    from paraformer_nb.services.default import service_or_default

    assert isinstance(service_or_default(None), pnb.Embedded)
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    service = service_or_default(None)
    assert isinstance(service, pnb.DashScope)
    assert service.source.host == "dashscope.aliyuncs.com"
    assert asyncio.run(service.endpoint()).headers["Authorization"] == f"Bearer {KEY}"
    assert service.pace == 1.0


# ----------------------------------------------------------------------------------------------------------- the URL


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("ws://dashscope.aliyuncs.com/api-ws/v1/inference", "wss://"),
        ("ws://192.168.0.7:80/", "wss://"),
        ("ws://127.0.0.1.evil.example/", "wss://"),
        ("ws://localhost.evil.example/", "wss://"),
        ("http://127.0.0.1/", "wss://"),
        ("127.0.0.1:80", "wss://"),
        ("wss://", "wss://"),
        ("", "wss://"),
        ("wss://[half/", "wss://"),
        ("wss://host:port/", "port"),
        ("ws://127.0.0.1:99999/", "port"),
        (f"wss://{KEY}@host/", "api_key="),
        (f"wss://:{KEY}@host/", "api_key="),
        (f"wss://host/?api_key={KEY}", "api_key="),
        (f"ws://host/?api_key={KEY}", ""),
    ],
)
def test_an_address_that_cannot_be_meant(url: str, what: str) -> None:
    with pytest.raises(errors.ParameterError) as caught:
        pnb.DashScope("key-other", url=url)
    assert what in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["wss://x.cn-beijing.maas.aliyuncs.com/api-ws/v1/inference", "ws://[::1]:8000/"])
def test_an_address_that_can_be_meant(url: str) -> None:
    assert asyncio.run(pnb.DashScope(KEY, url=url).endpoint()).url == url


def test_ws_is_allowed_on_this_machine() -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert asyncio.run(pnb.DashScope(KEY, url=f"ws://{host}:80/").endpoint()).is_loopback


def test_proxies_in_the_environment_are_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch, chinese: Path) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "WS_PROXY", "WSS_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a closed port
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Cloud(well) as cloud:
        assert texts(ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))) == ["hello", "there"]
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    assert ended(pnb.transcribe(chinese, service=service)).text


# ---------------------------------------------------------------------------------------------------------- embedded


@pytest.mark.parametrize(
    ("engine", "options", "what"),
    [
        ("whisper", {}, "unknown engine 'whisper'. Known: moonshine, pocketsphinx, "),
        ("pocketsphinx", {"beam": 3}, "no option beam"),
        ("scripted", {}, "needs script=FILE.json"),
        ("scripted", {"script": "nowhere.json"}, "cannot be read"),
    ],
)
def test_an_embedded_service_that_cannot_be(engine: str, options: dict[str, Any], what: str) -> None:
    with pytest.raises(errors.ParameterError) as caught:
        pnb.Embedded(engine, **options)
    assert what in str(caught.value)


def test_a_script_that_is_none(tmp_path: Path, english: Path) -> None:
    script = tmp_path / "clip.json"
    for text, what in (
        ("{", "is not a script"),
        ('{"words": []}', "is not a script"),
        ('{"sentences": []}', "clip.wav"),
    ):
        script.write_text(text)
        with pytest.raises(errors.ParameterError, match=what):
            pnb.Embedded("scripted", script=script)
    script.with_suffix(".wav").write_bytes(b"RIFFnothing")
    with pytest.raises(errors.ParameterError, match="clip cannot be read"):
        pnb.Embedded("scripted", script=script)


def test_the_engine_is_named_wherever_its_words_are(chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    run = ended(pnb.transcribe(chinese, service=service))
    assert (run.service.kind, run.service.engine, repr(service)) == ("embedded", "scripted", "Embedded('scripted')")
    named = {"clip": "lesson_zh.flac", "service": "scripted", "model": "paraformer-realtime-v2"}
    assert run.words_raw.attrs == run.sentences.attrs == named
    assert run.words.attrs.items() >= named.items()
    first = json.loads(run.journal.path.read_text().splitlines()[0])
    assert first["service"] == {"kind": "embedded", "host": "127.0.0.1", "engine": "scripted"}
