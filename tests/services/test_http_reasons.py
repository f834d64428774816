"""Requests beside the WebSocket (temporary keys, hotword lists) name why they failed as connections do."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from certificates import authority_file, server_context
from proxies import HttpProxy
from servers import Cloud, RawServer, assert_says, well

import paraformer_nb as pnb
from paraformer_nb import errors


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "no_proxy",
        "NO_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))


def refusal(url: str) -> errors.ConnectionFailed:
    with pytest.raises(errors.ConnectionFailed) as caught:
        pnb.temporary_key(60, service=pnb.DashScope("a-key-of-this-test", url=url))
    assert "a-key-of-this-test" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("certificate", "what"),
    [
        ({"is_self_signed": True}, ("TLS certificate", "self-signed", "SSL_CERT_FILE")),
        ({"host": "other.example"}, ("TLS certificate", "mismatch", "Check the host in the URL")),
        ({"days": -1}, ("TLS certificate", "expired", "clock")),
    ],
    ids=["self-signed", "of another host", "expired"],
)
def test_a_certificate_that_is_not_valid(certificate: dict[str, Any], what: tuple[str, ...], tmp_path: Path) -> None:
    with Cloud(well, ssl=server_context(tmp_path, **certificate)) as cloud:
        assert_says(refusal(f"wss://localhost:{cloud.port}/x"), "could not send a request to localhost", *what)


def test_a_name_that_dns_does_not_know() -> None:
    assert_says(refusal("wss://asr.invalid/x"), "asr.invalid", "the host's name is not known", "Check the network")


def test_a_port_where_nothing_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert_says(refusal(f"ws://127.0.0.1:{unused.getsockname()[1]}/x"), "the connection was refused")


def test_a_server_that_closes_the_connection() -> None:
    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readline()

    with RawServer(close) as server:
        assert_says(refusal(f"ws://127.0.0.1:{server.port}/x"), "connection was", "Check the network")


@pytest.mark.parametrize(
    ("refusals", "what"),
    [
        ([], ("user and a password", "HTTP 407", "HTTPS_PROXY=http://user:")),
        (["403 Forbidden"], ("the proxy refused", "HTTP 403", "NO_PROXY")),
        (["503 Full"], ("the proxy refused", "HTTP 503", "NO_PROXY")),
    ],
)
def test_a_proxy_that_refuses(refusals: list[str], what: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpProxy(9, login="me:word-of-the-proxy", refusals=refusals) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address("me:wrong-word"))
        error = refusal("wss://asr.invalid/x")
    assert_says(error, "could not send a request to asr.invalid", *what)
    assert "wrong-word" not in str(error)


def test_a_proxy_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert_says(
        refusal("wss://asr.invalid/x"), "names cannot be used: the connection was refused", "Check the proxy's address"
    )
