"""Wrong usage of the command line: exit code 2 and a message, and nothing was sent."""

from __future__ import annotations

import argparse

import pytest
from command_line import command
from servers import KEY

import paraformer_nb as pnb
from paraformer_nb.cli.arguments import add_run_options, service_of


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        ([], 2, "COMMAND"),
        (["transcribe"], 2, "FILE"),
        (["dance"], 2, "dance"),
        (["transcribe", "nowhere.wav"], 1, "there is no file 'nowhere.wav'"),
        (["transcribe", "/"], 1, "is a directory"),
        (["transcribe", "x.wav", "--url", "ws://example.com/"], 2, "wss://"),
        (["transcribe", "x.wav", "--url", ""], 2, "wss://"),
        (["transcribe", "x.wav", "--region", "mars"], 2, "region='mars' is not known: give cn-beijing"),
        (["transcribe", "x.wav", "--region", "ap-southeast-1", "--model", "paraformer-realtime-v2"], 2, "cn-beijing"),
        (["transcribe", "x.wav", "--workspace", "a/b"], 2, "workspace='a/b' is not a workspace's id"),
        (["resume", "x.jsonl", "--region", "cn-beijing", "--engine", "replay"], 2, "give --region or --engine"),
        (["transcribe", "x.wav", "--model", ""], 2, "model=''"),
        (["serve", "--port", "http"], 2, "http"),
        (["serve", "--port", "99999"], 2, "99999"),
        (["serve", "--port", "-1"], 2, "-1"),
        (["serve", "--engine", "whisper"], 2, "engine 'whisper'. Known: "),
        (["serve", "--engine", "scripted"], 2, "script=FILE.json"),
        (["serve", "--engine", "replay"], 2, "journal=FILE"),
        (["serve", "--fault", "mute", "--fault", "crash"], 2, "fault 'crash'"),
        (["serve", "--limit", "patience=1"], 2, "limit 'patience'"),
        (["serve", "--api-key", ""], 2, "the key is empty"),
        (["serve", "--api-key", "a", "--api-key-file", "b"], 2, "not both"),
        (["serve", "--api-key-file", "/no/such/file"], 2, "/no/such/file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments: list[str], code: int, what: str) -> None:
    done = command(*arguments, DASHSCOPE_API_KEY=KEY)
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (code, "")
    assert KEY not in done.stderr


@pytest.mark.parametrize("option", [("--region", "cn-beijing"), ("--workspace", "ws-1"), ("--url", "wss://x.example/")])
def test_a_cloud_without_a_key_is_refused(option: tuple[str, str]) -> None:
    done = command("transcribe", "x.wav", *option)
    assert f"{option[0]}: the service's API key is needed, in DASHSCOPE_API_KEY" in done.stderr
    assert done.returncode == 2


def test_region_workspace_and_url_choose_the_service() -> None:
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASHSCOPE_API_KEY", KEY)
        for arguments, host, model in (
            (["--region", "ap-southeast-1"], "dashscope-intl.aliyuncs.com", "qwen-audio-3.1-asr-flash-streaming"),
            (["--workspace", "ws-1"], "ws-1.cn-beijing.maas.aliyuncs.com", "paraformer-realtime-v2"),
            (
                ["--url", "wss://x.example/", "--region", "ap-southeast-1"],
                "x.example",
                "qwen-audio-3.1-asr-flash-streaming",
            ),
        ):
            service = service_of(parser.parse_args(arguments))
            assert isinstance(service, pnb.DashScope)
            assert (service.source.host, service.default_model) == (host, model)


def test_the_version() -> None:
    assert command("--version").stdout.strip() == pnb.__version__
