"""Where a run goes: region, workspace, URL and key, from arguments, the environment and the SDK's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError

QWEN, PARAFORMER = "qwen-audio-3.1-asr-flash-streaming", "paraformer-realtime-v2"
SHARED, INTERNATIONAL = "dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"
SINGAPORE = "ap-southeast-1"


def host(**options: Any) -> str:
    return pnb.DashScope("never-shown-key", **options).source.host


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, SHARED),
        ({"region": "cn-beijing"}, SHARED),
        ({"region": SINGAPORE}, INTERNATIONAL),
        ({"region": "cn-hongkong"}, "cn-hongkong.dashscope.aliyuncs.com"),
        ({"workspace": "ws-1"}, "ws-1.cn-beijing.maas.aliyuncs.com"),
        ({"workspace": "ws-1", "region": SINGAPORE}, f"ws-1.{SINGAPORE}.maas.aliyuncs.com"),
        ({"url": "wss://example.org/x", "workspace": "ws-1"}, "example.org"),
    ],
)
def test_region_and_workspace_choose_the_host(options: dict[str, Any], expected: str) -> None:
    assert host(**options) == expected


def test_arguments_then_2x_then_1x_then_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    lines = ['region = "ap-southeast-1"', 'workspace = "of-file"', 'api_key = "key-of-the-file"']
    config.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("DASHSCOPE_CONFIG", str(config))
    assert pnb.DashScope().source.host == f"of-file.{SINGAPORE}.maas.aliyuncs.com"
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", "of-1x")
    monkeypatch.setenv("DASHSCOPE_API_REGION", "us-east-1")
    assert host() == "of-1x.us-east-1.maas.aliyuncs.com"
    monkeypatch.setenv("DASHSCOPE_WORKSPACE", "of-2x")
    monkeypatch.setenv("DASHSCOPE_REGION", "cn-beijing")
    assert host() == "of-2x.cn-beijing.maas.aliyuncs.com"
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", "wss://{workspace_id}.example.org/api-ws/v1/inference")
    assert host() == "of-2x.example.org"
    assert host(region=SINGAPORE) == f"of-2x.{SINGAPORE}.maas.aliyuncs.com"
    assert host(url="wss://argument.example.org") == "argument.example.org"


def test_the_key_file_of_1x_is_the_last_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="needs an API key"):
        pnb.DashScope()
    path = tmp_path / "api_key"
    path.write_text("key-of-the-file\n", encoding="utf-8")
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(path))
    assert pnb.DashScope().source.host == SHARED


def test_a_settings_file_that_is_not_toml_is_named_without_its_contents(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("api_key = never-shown-key\n", encoding="utf-8")
    monkeypatch.setenv("DASHSCOPE_CONFIG", str(config))
    with pytest.raises(ParameterError, match=r"config\.toml") as caught:
        pnb.DashScope()
    assert "never-shown-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [("api_key = 5", "api_key"), ("region = true", "region"), ("workspace = ['w']", "workspace")],
)
def test_a_setting_that_is_not_a_text_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: str, problem: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(settings, encoding="utf-8")
    monkeypatch.setenv("DASHSCOPE_CONFIG", str(config))
    with pytest.raises(ParameterError, match=rf"config\.toml' has a value for {problem} that is not a text"):
        pnb.DashScope()


@pytest.mark.parametrize("variable", ["DASHSCOPE_CONFIG", "DASHSCOPE_API_KEY_FILE_PATH"])
def test_a_file_that_cannot_be_read_is_not_taken_for_a_missing_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(ParameterError, match=r"file '.*' cannot be read \(Is a directory\)"):
        pnb.DashScope()
    monkeypatch.setenv(variable, str(tmp_path / "missing" / "file"))
    with pytest.raises(ParameterError, match="needs an API key"):
        pnb.DashScope()


def test_a_url_for_a_workspace_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", "wss://{workspace_id}.example.org/api-ws/v1/inference")
    with pytest.raises(ParameterError, match="set DASHSCOPE_WORKSPACE"):
        host()


@pytest.mark.parametrize("options", [{"region": "mars"}, {"workspace": "evil.example/"}, {"workspace": "a b"}])
def test_a_region_or_workspace_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match=next(iter(options))):
        pnb.DashScope("never-shown-key", **options)  # type: ignore[arg-type]


def test_a_region_and_a_url_of_another_one_are_refused_and_a_url_of_none_has_the_environment_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ParameterError, match="region='cn-beijing', but url= is a host of ap-southeast-1"):
        host(region="cn-beijing", url=f"wss://{INTERNATIONAL}/api-ws/v1/inference")
    monkeypatch.setenv("DASHSCOPE_REGION", SINGAPORE)
    proxy, beijing = "wss://proxy.example.org/x", f"wss://{SHARED}/api-ws/v1/inference"
    assert [pnb.DashScope("never-shown-key", url=url).region for url in (proxy, beijing)] == [SINGAPORE, "cn-beijing"]
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", beijing)
    assert pnb.DashScope("never-shown-key").region == "cn-beijing"


# ----------------------------------------------------------------------------------------------------- default models


@pytest.mark.parametrize(
    ("options", "model"),
    [
        ({}, PARAFORMER),
        ({"region": SINGAPORE}, QWEN),
        ({"url": f"wss://{INTERNATIONAL}/api-ws/v1/inference"}, QWEN),
        ({"url": f"wss://ws-1.{SINGAPORE}.maas.aliyuncs.com/api-ws/v1/inference"}, QWEN),
        ({"url": "wss://example.org/x"}, PARAFORMER),
    ],
)
def test_the_default_model_is_one_that_the_region_serves(options: dict[str, str], model: str) -> None:
    service = pnb.DashScope("never-shown-key", **options)  # type: ignore[arg-type]
    assert service.default_model == model
    assert pnb.Embedded.default_model == PARAFORMER


@pytest.mark.parametrize(
    ("model", "region"),
    [(PARAFORMER, SINGAPORE), ("fun-asr-realtime-2025-09-15", SINGAPORE), (QWEN, "us-east-1")],
)
def test_a_model_that_the_region_does_not_serve_is_refused_before_the_handshake(model: str, region: str) -> None:
    service = pnb.DashScope("never-shown-key", region=region)
    with pytest.raises(ParameterError) as caught:
        pnb.transcribe(b"not even opened", service=service, model=model)
    error = str(caught.value)
    assert f"{model!r} is not served in {region}" in error
    assert "Nothing was sent" in error
    assert (f"There: {QWEN}" in error) == (region == SINGAPORE)


def test_a_model_of_no_table_is_tried_in_every_region() -> None:
    pnb.DashScope("never-shown-key", region=SINGAPORE).check_model("paraformer-realtime-v9")
