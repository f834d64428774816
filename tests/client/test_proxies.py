"""Proxies: the environment names them and NO_PROXY exempts hosts; a refusal gives its reason, and is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import authority_file, server_context
from proxies import HttpProxy, Proxy, SocksProxy
from servers import Cloud, assert_says, ended, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("nothing_left_at_the_end")]

LOGIN = "me:word-of-the-proxy"
_THREE_TIMES = pnb.Retry(attempts=3, first_wait=0.0)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A service over TLS, whose certificate is for asr.example."""
    with Cloud(well, ssl=server_context(tmp_path_factory.mktemp("tls"), host="asr.example")) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "wss_proxy", "WSS_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))


def start(**options: Any) -> pnb.Run:
    """A run with asr.example, which no name server knows: only a proxy reaches it."""
    service = pnb.DashScope("a-key-of-this-test", url="wss://asr.example/x")
    return pnb.transcribe(tone(0.3), service=service, **({"retry": _THREE_TIMES} | options))


def disconnects(run: pnb.Run) -> list[str]:
    return list(run.events.loc[run.events["event"] == "disconnected", "text"])


# ---------------------------------------------------------------------------------------------------------- they work


@pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])
@pytest.mark.parametrize("login", ["", LOGIN], ids=["open", "password"])
def test_words_come_through_a_proxy(
    kind: type[Proxy], login: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy resolves the host's name, and TLS is between client and service."""
    with kind(cloud.port, login=login) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f" {proxy.address(login)} ")  # as a quoted value in a settings file
        assert texts(ended(start())) == ["hello", "there"]
    assert proxy.asked == ["asr.example:443"]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ALL_PROXY", "http://{}"),
        ("all_proxy", "{}"),
        ("https_proxy", "{}"),
        ("HTTPS_PROXY", "http://{}/"),
        ("ALL_PROXY", "socks://{}/"),
        ("ALL_PROXY", "socks5h://{}"),
    ],
)
def test_the_forms_in_which_people_and_desktops_write_it(
    name: str, form: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (SocksProxy if "socks" in form else HttpProxy)(cloud.port) as proxy:
        monkeypatch.setenv(name, form.format(f"127.0.0.1:{proxy.port}"))
        assert texts(ended(start())) == ["hello", "there"]
    assert len(proxy.times) == 1


def test_a_password_may_hold_any_character(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpProxy(cloud.port, login="me:p@ss/wörd") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address("me:p%40ss%2Fw%C3%B6rd"))
        assert texts(ended(start())) == ["hello", "there"]


@pytest.mark.parametrize("exempt", ["asr.example", ".example", "*", "other.example, asr.example"])
def test_a_host_that_no_proxy_names_is_reached_directly(
    exempt: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpProxy(cloud.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address())
        monkeypatch.setenv("NO_PROXY", exempt)
        assert_says(failure(start(retry=pnb.Retry(attempts=1))), "the host's name is not known")
    assert proxy.asked == []


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy", "ws_proxy"])
def test_a_service_on_this_machine_needs_no_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cloud(well) as near, HttpProxy(near.port) as proxy:
        monkeypatch.setenv(name, proxy.address())
        assert texts(ended(pnb.transcribe(tone(0.3), service=near.service()))) == ["hello", "there"]
    assert proxy.asked == []


# ------------------------------------------------------------------------------------------------------- they refuse


@pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])
@pytest.mark.parametrize("login", ["", "me:wrong-word"], ids=["none", "wrong"])
def test_a_password_that_is_missing_or_wrong_is_tried_once(
    kind: type[Proxy], login: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind(cloud.port, login=LOGIN) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address(login))
        error = failure(start())
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(error, "could not connect to asr.example", "proxy", "user and a password", "HTTPS_PROXY=")
    assert "wrong-word" not in str(error)
    assert len(proxy.times) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_proxy_that_asks_to_wait_is_not_asked_again_before(
    status: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpProxy(cloud.port, refusals=[f"{status}\r\nRetry-After: 1"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address())
        run = ended(start())
    assert texts(run) == ["hello", "there"]
    assert proxy.times[1] - proxy.times[0] >= 0.95
    (reason,) = disconnects(run)
    assert status[:3] in reason
    assert "It asks to wait 1 s" in reason


def test_a_proxy_that_asks_to_wait_for_hours_ends_the_run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpProxy(cloud.port, refusals=["503 Full\r\nRetry-After: 7200"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address())
        assert_says(failure(start()), "the proxy refused", "HTTP 503", "It asks to wait 7200 s")
    assert len(proxy.times) == 1


@pytest.mark.parametrize(
    ("reply", "what", "count"),
    [
        (2, "not allowed", 1),
        (3, "network", 3),
        (4, "reach", 3),
        (5, "refused", 3),
    ],
    ids=["not allowed", "no network", "no host", "refused"],
)
def test_a_socks_proxy_that_refuses(
    reply: int, what: str, count: int, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SocksProxy(cloud.port, reply=reply) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address())
        assert_says(failure(start()), "could not connect to asr.example", "the proxy", what, "NO_PROXY")
    assert len(proxy.times) == count


def test_a_proxy_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that it is the proxy that refuses, not the service."""
    for scheme in ("http", "socks5h"):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:9")
        assert_says(failure(start()), "asr.example through the proxy 127.0.0.1:9", "refused", "HTTPS_PROXY")


def test_a_certificate_of_another_host_behind_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = server_context(tmp_path, host="inspector.example")
    with Cloud(well, ssl=context) as other, HttpProxy(other.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address())
        assert_says(failure(start()), "TLS certificate is not valid", "mismatch")
    assert len(proxy.times) == 1
