"""Why no connection can be made is said in words that a person can act on; what cannot succeed is tried once."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from certificates import authority_file, server_context
from servers import Cloud, RawServer, Talk, assert_says, ended, failure, texts, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("nothing_left_at_the_end")]

_THREE_TIMES = pnb.Retry(attempts=3, first_wait=0.0)


def attempts(run: pnb.Run) -> int:
    """How many attempts a run made."""
    return 1 + list(run.events["event"]).count("resumed")


def fail(url: str, **options: Any) -> tuple[BaseException, int]:
    """The error of a run with a service at a URL, and how many attempts were made."""
    service = pnb.DashScope("a-key-of-this-test", url=url)
    run = pnb.transcribe(tone(0.3), service=service, **({"retry": _THREE_TIMES} | options))
    return failure(run), attempts(run)


# ----------------------------------------------------------------------------------------------------------------- TLS


@pytest.mark.parametrize(
    ("certificate", "what"),
    [
        ({"is_self_signed": True}, ("TLS certificate", "self-signed", "SSL_CERT_FILE")),
        ({"host": "other.example"}, ("TLS certificate", "ostname mismatch", "Check the host in the URL")),
        ({"days": -1}, ("TLS certificate", "expired", "clock")),
    ],
    ids=["self-signed", "of another host", "expired"],
)
def test_a_certificate_that_is_not_valid(
    certificate: dict[str, Any], what: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    with Cloud(well, ssl=server_context(tmp_path, **certificate)) as cloud:
        error, count = fail(f"wss://localhost:{cloud.port}/x")
    assert isinstance(error, errors.ConnectionFailed)
    assert not error.retryable
    assert_says(error, "could not connect to localhost", "Nothing was sent", *what)
    assert count == 1


def test_a_certificate_of_a_known_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    with Cloud(well, ssl=server_context(tmp_path)) as cloud:
        service = pnb.DashScope("a-key-of-this-test", url=f"wss://localhost:{cloud.port}/x")
        assert texts(ended(pnb.transcribe(tone(0.3), service=service))) == ["hello", "there"]


def test_a_port_without_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    with RawServer(plain) as server:
        error, count = fail(f"wss://127.0.0.1:{server.port}/x")
    assert_says(error, "does not speak TLS", "wrong version number", "Check the network, the proxy and the URL")
    assert count == 1


# ------------------------------------------------------------------------------------------------------------ proxies


@contextmanager
def proxy(status: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    """An HTTP proxy that answers every request with a status."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        await reader.read()

    with RawServer(answer) as server:
        set_proxy(f"http://me:secret-of-the-proxy@127.0.0.1:{server.port}", monkeypatch)
        yield server


def set_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("wss_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, url)


@pytest.mark.parametrize(
    ("status", "what", "count"),
    [
        ("407 Proxy Authentication Required", ("user and a password", "HTTP 407", "HTTPS_PROXY=http://user:"), 1),
        ("403 Forbidden", ("the proxy refused", "HTTP 403", "NO_PROXY"), 1),
        ("503 Service Unavailable", ("the proxy refused", "HTTP 503", "NO_PROXY"), 3),
    ],
)
def test_a_proxy_that_refuses(status: str, what: tuple[str, ...], count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(status, monkeypatch):
        error, made = fail("wss://asr.invalid/x")
    assert_says(error, "could not connect to asr.invalid", "Nothing was sent", *what)
    assert "secret-of-the-proxy" not in str(error)
    assert made == count


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:9", "http://me:secret-of-the-proxy@[half", "http://me@127.0.0.1:9"])
def test_a_proxys_address_that_is_not_valid(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxy(url, monkeypatch)
    error, count = fail("wss://asr.invalid/x")
    assert_says(error, "the proxy's", "is not valid", "Nothing was sent")
    assert "secret-of-the-proxy" not in str(error)
    assert count == 1


_WITHOUT_SOCKS = """
import sys
sys.modules["python_socks"] = None  # importing it fails
import paraformer_nb as pnb
import numpy as np
run = pnb.transcribe((np.zeros(800, np.int16), 16000), service=pnb.DashScope("a-key-of-this-test", url="wss://asr.invalid/x"))
try:
    run.wait(20)
except pnb.errors.MissingDependency as error:
    print(list(run.events["event"]).count("resumed"), error)
"""


def test_a_socks_proxy_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxy("socks5h://127.0.0.1:9", monkeypatch)
    done = subprocess.run([sys.executable, "-c", _WITHOUT_SOCKS], capture_output=True, text=True, timeout=60)
    retries, _, message = done.stdout.strip().partition(" ")
    assert retries == "0", done.stderr
    assert_says(
        Exception(message), "could not connect to asr.invalid", "SOCKS", "pip install python-socks", "Nothing was sent"
    )


# ------------------------------------------------------------------------------------------------ names, ports, resets


def test_a_name_that_dns_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again: a laptop that wakes up has no name server for a moment."""
    monkeypatch.setenv("NO_PROXY", "*")
    error, count = fail("wss://asr.invalid/x")
    assert_says(error, "could not connect to asr.invalid", "the host's name is not known", "Check the network")
    assert count == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_where_nothing_listens(host: str) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        error, count = fail(f"ws://{host}:{unused.getsockname()[1]}/x")
    assert_says(error, "the connection was refused: nothing listens there", "Nothing was sent")
    assert count == 3


def test_a_host_name_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    error, count = fail(f"wss://{'a' * 64}.example/x")
    assert_says(error, "address", "is not valid")
    assert count == 1


def test_a_reset_in_mid_clip() -> None:
    async def reset(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        talk.reset()

    with Cloud(reset) as cloud:
        run = pnb.transcribe(tone(5), service=cloud.service(), pace=1.0, retry=pnb.Retry(attempts=1))
        assert_says(failure(run), "without a close frame: the connection was reset")


# -------------------------------------------------------------------------------------------------------- Retry-After


class Busy(Cloud):
    """A service that refuses its first handshakes with a status and headers."""

    def __init__(self, status: int, refusals: int = 1, **headers: str) -> None:
        super().__init__(well)
        self._refusal = HTTPStatus(status)
        self._refusals = refusals
        self._fields = headers
        self.times: list[float] = []  # of the handshakes

    def answer_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.times.append(time.monotonic())
        super().answer_handshake(connection, request)
        if len(self.times) > self._refusals:
            return None
        response = connection.respond(self._refusal, "busy")
        for name, value in self._fields.items():
            response.headers[name.replace("_", "-")] = value
        return response


def _in_two_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)  # whole seconds: 1 to 2 s from now


@pytest.mark.parametrize(
    ("status", "kind"),
    [(408, "seconds"), (425, "seconds"), (429, "seconds"), (503, "seconds"), (503, "date"), (429, "fraction")],
)
def test_a_service_that_asks_to_wait_is_not_asked_again_before(status: int, kind: str) -> None:
    with Busy(status, Retry_After={"seconds": "1", "fraction": "1.25"}.get(kind, _in_two_seconds())) as busy:
        run = ended(pnb.transcribe(tone(0.3), service=busy.service(), retry=_THREE_TIMES))
    assert texts(run) == ["hello", "there"]
    first, second = busy.times
    assert second - first >= 0.95
    (reason,) = run.events.loc[run.events["event"] == "disconnected", "text"]
    assert f"HTTP {status}" in reason
    assert "It asks to wait" in reason


@pytest.mark.parametrize("status", [408, 425])
def test_a_handshake_that_came_too_late_or_too_early_is_tried_again(status: int) -> None:
    with Busy(status, refusals=2) as busy:
        assert texts(ended(pnb.transcribe(tone(0.3), service=busy.service(), retry=_THREE_TIMES))) == ["hello", "there"]
    assert len(busy.times) == 3


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1e2", "Wed, 99 Foo 2020 00:00:00 GMT", "Thu, 01 Jan 2015 00:00:00"]
)
def test_a_retry_after_that_asks_for_nothing_is_ignored(value: str) -> None:
    with Busy(503, Retry_After=value) as busy:
        ended(pnb.transcribe(tone(0.3), service=busy.service(), retry=_THREE_TIMES))
    assert busy.times[1] - busy.times[0] < 5.0


def test_a_service_that_asks_to_wait_for_hours_ends_the_run() -> None:
    with Busy(503, Retry_After="7200") as busy:
        error = failure(pnb.transcribe(tone(0.3), service=busy.service(), retry=_THREE_TIMES))
    assert_says(error, "HTTP 503", "It asks to wait 7200 s")
    assert len(busy.times) == 1


def test_a_stop_ends_the_wait() -> None:
    with Busy(503, Retry_After="60") as busy:
        run = pnb.transcribe(tone(0.3), service=busy.service(), retry=_THREE_TIMES)
        while not busy.times:
            time.sleep(0.01)
        run.cancel()
        assert run.wait(10).state == "stopped"
