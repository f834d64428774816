"""Who may use the embedded service: no web page, no one who guesses keys; connections without a handshake are few."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from wire import can_serve, lesson_engine, run_with_server, wait_until

from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.limits import Limits


async def status(service: EmbeddedServer, key: str = "", **headers: str) -> int:
    """The HTTP status of a handshake, with these headers besides the key."""
    address = urlsplit(service.url)
    given = {"Host": address.netloc, "Authorization": f"bearer {key or service.api_key}"} | headers
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
    lines = [f"GET {address.path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = await reader.readline()
    writer.transport.abort()
    return int(answer.split()[1])


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "http://localhost:8888",
        "http://127.0.0.1",
        "null",
        "file://",
        "http://127.0.0.1:1@evil/",
        "http://[::1",
    ],
)
def test_a_web_page_is_refused_even_with_the_right_key(origin: str) -> None:
    async def client(service: EmbeddedServer) -> int:
        return await status(service, Origin=origin)

    assert run_with_server(lesson_engine(), client) == 403


@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:80", "127.0.0.1.example", "[::1", "", "192.168.0.7"]
)
def test_a_name_that_is_not_this_machine_is_refused(host: str) -> None:
    """As after DNS rebinding, where a page's own name is this machine's address."""

    async def client(service: EmbeddedServer) -> int:
        return await status(service, Host=host)

    assert run_with_server(lesson_engine(), client) in (400, 403)


def test_programs_are_accepted_under_every_name_of_this_machine() -> None:
    """Some libraries send the service's own address as Origin."""

    async def client(service: EmbeddedServer) -> list[int]:
        port = urlsplit(service.url).port
        hosts = [f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", "127.0.0.1"]
        own = await status(service, Origin=f"http://127.0.0.1:{port}")
        return [own, *[await status(service, Host=host) for host in hosts]]

    assert run_with_server(lesson_engine(), client) == [101] * 6


def test_after_many_wrong_keys_no_key_is_checked() -> None:
    async def client(service: EmbeddedServer) -> list[int]:
        assert await status(service) == 101
        return [await status(service, key="a guess") for _ in range(4)] + [await status(service)]

    assert run_with_server(lesson_engine(), client, limits=Limits(wrong_keys=3)) == [401, 401, 401, 429, 429]


def test_a_client_without_a_key_gets_the_reason() -> None:
    async def client(service: EmbeddedServer) -> int:
        with pytest.raises(InvalidStatus) as caught:
            await connect(service.url, proxy=None)
        return caught.value.response.status_code

    assert run_with_server(lesson_engine(), client) == 401


def test_connections_without_a_handshake_are_counted_and_limited(caplog: pytest.LogCaptureFixture) -> None:
    """Further ones are dropped at once, without a line in the log each; others are served meanwhile."""
    caplog.set_level(logging.INFO)

    async def client(service: EmbeddedServer) -> None:
        port = urlsplit(service.url).port
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        try:
            dropped = [asyncio.ensure_future(reader.read()) for reader, _ in pairs[10:]]
            await asyncio.wait(dropped, timeout=20)
            assert all(each.done() for each in dropped)
            await asyncio.gather(*dropped, return_exceptions=True)
            assert service.handshake_count == 10
            pairs[0][1].transport.abort()
            await wait_until(lambda: service.handshake_count < 10)
            assert await can_serve(service)
        finally:
            for _, writer in pairs:
                writer.transport.abort()
        await wait_until(lambda: service.handshake_count == 0)

    run_with_server(lesson_engine(), client, limits=Limits(handshakes=10, handshake=30))
    assert len(caplog.records) < 20
    assert not any(record.exc_info for record in caplog.records)
