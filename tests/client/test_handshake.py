"""Services that cannot be reached, do not answer, or refuse: the error says which, why, and what to do."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import logging
from contextlib import suppress
from typing import Any

import pytest
from servers import KEY, Cloud, RawServer, assert_says, ended, failure, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.client.service import Endpoint

pytestmark = pytest.mark.usefixtures("nothing_left")


def transcribe(cloud: Any, **options: Any) -> pnb.Run:
    """A run of one attempt."""
    return pnb.transcribe(tone(1.0), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=1), **options)


def test_a_handshake_that_is_never_answered() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client closes the connection

    with RawServer(silent) as server:
        error = failure(transcribe(server, timeouts=pnb.Timeouts(connect=0.3)))
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(
        error, "could not connect to 127.0.0.1", "no answer within 0.3 s", "Nothing was sent", "Check the network"
    )


def test_a_server_that_closes_the_connection_before_the_handshake() -> None:
    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readline()

    with RawServer(close) as server:
        error = failure(transcribe(server))
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(error, "could not connect to 127.0.0.1", "Check")


def test_a_server_of_another_protocol() -> None:
    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await reader.read(10)

    with RawServer(mail) as server:
        error = failure(transcribe(server))
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(error, "could not connect to 127.0.0.1", "Check the network, the proxy and the URL")


def test_a_refusal_in_bytes_that_are_no_text_is_not_shown_as_one() -> None:
    """As a compressed page, although none was asked for."""

    async def compressed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = gzip.compress(b"<html>go away</html>")
        writer.write(b"HTTP/1.1 403 X\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    with RawServer(compressed) as server:
        error = failure(transcribe(server))
    assert isinstance(error, errors.AuthenticationError)
    assert_says(error, "HTTP 403). Nothing was sent")


@pytest.mark.parametrize(
    ("status", "kind", "what"),
    [
        (401, errors.AuthenticationError, ("HTTP 401", "API key", "DASHSCOPE_API_KEY")),
        (403, errors.AuthenticationError, ("HTTP 403", "API key", "workspace")),
        (404, errors.ServiceError, ("HTTP 404", "Check the URL")),
        (429, errors.Throttled, ("HTTP 429", "Wait a moment")),
        (500, errors.ConnectionFailed, ("HTTP 500",)),
        (503, errors.ConnectionFailed, ("HTTP 503",)),
    ],
)
def test_a_handshake_that_is_refused(status: int, kind: type[Exception], what: tuple[str, ...]) -> None:
    with Cloud(well, status=status, body="go away, stranger") as cloud:
        run = transcribe(cloud)
        error = failure(run)
    assert type(error) is kind
    assert_says(error, "127.0.0.1", "go away, stranger", "Nothing was sent", *what)
    assert len(cloud.headers) == 1
    assert len(run.words) == 0


@pytest.mark.parametrize("status", [500, 503])
def test_a_problem_of_the_service_does_not_advise_to_check_the_url(status: int) -> None:
    with Cloud(well, status=status) as cloud:
        error = failure(transcribe(cloud))
    assert "again" in str(error)
    assert "Check the URL" not in str(error)


def test_a_key_that_the_service_repeats_in_its_refusal_stays_out_of_the_error() -> None:
    with Cloud(well, status=401, body=f"Incorrect API key provided: {KEY}.") as cloud:
        run = transcribe(cloud)
        error = failure(run)
    assert KEY not in str(error)
    assert KEY not in run.journal.path.read_text()


def test_a_redirect_does_not_carry_the_key_elsewhere() -> None:
    with Cloud(well) as other, Cloud(well, status=302, location=other.url) as cloud:
        run = transcribe(cloud)
        with suppress(pnb.ParaformerError):
            run.wait(30)
    assert all("authorization" not in headers for headers in other.headers)


def test_a_connection_that_ends_with_its_handshake() -> None:
    """The close frame arrives in one packet with the handshake's answer, before run-task can be sent."""

    async def accept_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        token = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(answer + b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n" + b"\x88\x02\x03\xf3")
        await reader.read(100)

    with RawServer(accept_and_close) as server:
        error = failure(transcribe(server))
    assert type(error) is errors.ConnectionLost, repr(error)
    assert_says(error, "closed the connection before the task ended", "code 1011")


class _Remote:
    """A service that counts as one on a network that others share."""

    pace = None
    languages = None
    timeouts = pnb.Timeouts()

    def __init__(self, url: str) -> None:
        self.url = url
        self.source = pnb.DashScope(KEY).source
        self.calls = 0

    async def endpoint(self) -> Endpoint:
        self.calls += 1
        return Endpoint(self.url, {"Authorization": f"Bearer {KEY}"}, False)


@pytest.mark.parametrize("status", [429, 500])
def test_a_temporary_refusal_is_retried_as_often_as_allowed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Cloud(well, status=status) as cloud:
        service = _Remote(cloud.url)
        run = pnb.transcribe(tone(0.5), service=service, retry=pnb.Retry(attempts=3, first_wait=0.0))
        failure(run)
    assert (service.calls, len(cloud.headers)) == (3, 3)
    assert list(run.events["event"]) == ["disconnected", "resumed", "disconnected", "resumed", "failed"]


def test_a_wrong_key_is_not_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Cloud(well, status=401) as cloud:
        failure(pnb.transcribe(tone(0.5), service=_Remote(cloud.url)))
    assert len(cloud.headers) == 1


def test_a_key_stays_out_of_the_log_at_every_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Cloud(well) as cloud:
        ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
        logged = [record.getMessage() for record in caplog.records if record.name.startswith("paraformer_nb")]
        assert cloud.headers, "a connection was made"
    assert not [line for line in logged if KEY in line]


def test_a_proxys_password_stays_out_of_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("wss_proxy", "ftp://me:secret-of-the-proxy@127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "ftp://me:secret-of-the-proxy@127.0.0.1:9")
    service = pnb.DashScope("key", url="wss://nowhere.invalid/inference")
    run = pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1))
    error = failure(run)
    assert isinstance(error, errors.ConnectionFailed)
    assert "secret-of-the-proxy" not in str(error)
    assert b"secret-of-the-proxy" not in run.journal.path.read_bytes()
