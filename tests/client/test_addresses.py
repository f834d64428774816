"""A host's addresses: IPv6, both families, and one of them that does not answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from servers import Cloud, assert_says, ended, failure, texts, tone, well

import paraformer_nb as pnb

pytestmark = pytest.mark.usefixtures("nothing_left_at_the_end")


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


@contextmanager
def black_hole(host: str, port: int) -> Iterator[None]:
    """A port that answers no further SYN: its queue of connections is full."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((host, port))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            client = socket.socket(family)
            client.setblocking(False)
            client.connect_ex((host, port))
            waiting.append(client)
        yield
        for client in waiting:
            client.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of host names, in the resolver's order; a test fills it in."""
    found: dict[str, list[str]] = {}
    resolve = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return [each for address in found.get(name, [name]) for each in resolve(address, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


def recognise(port: int, host: str, **options: Any) -> pnb.Run:
    service = pnb.DashScope("a-key-of-this-test", url=f"ws://{host}:{port}/api-ws/v1/inference")
    return pnb.transcribe(tone(0.3), service=service, **options)


@needs_ipv6
def test_a_service_with_an_ipv6_address() -> None:
    with Cloud(well, host="::1") as cloud:
        run = ended(pnb.transcribe(tone(0.3), service=cloud.service()))
    assert texts(run) == ["hello", "there"]
    assert f"[::1]:{cloud.port}" in repr(cloud.service())


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"], ids=["IPv4 only", "IPv6 only"])
@pytest.mark.parametrize("order", [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]], ids=["IPv6 first", "IPv4 first"])
def test_the_family_that_the_service_listens_on(host: str, order: list[str], names: dict[str, list[str]]) -> None:
    """One connection is enough: the refused address is no failed attempt."""
    names["localhost"] = order
    with Cloud(well, host=host) as cloud:
        run = ended(recognise(cloud.port, "localhost", retry=pnb.Retry(attempts=1)))
    assert texts(run) == ["hello", "there"]


@needs_ipv6
def test_an_address_that_does_not_answer_does_not_use_up_the_time(names: dict[str, list[str]]) -> None:
    """A network whose IPv6 is broken drops what is sent: the next address is tried beside it."""
    names["localhost"] = ["::1", "127.0.0.1"]
    with Cloud(well) as cloud, black_hole("::1", cloud.port):
        run = ended(recognise(cloud.port, "localhost", retry=pnb.Retry(attempts=1)))
    assert texts(run) == ["hello", "there"]


def test_no_address_answers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with black_hole("127.0.0.1", port):
        options = {"retry": pnb.Retry(attempts=1), "timeouts": pnb.Timeouts(connect=0.5)}
        assert_says(failure(recognise(port, "127.0.0.1", **options)), "no answer within 0.5 s")


@needs_ipv6
def test_no_address_listens(names: dict[str, list[str]]) -> None:
    names["localhost"] = ["::1", "127.0.0.1"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(recognise(port, "localhost", retry=pnb.Retry(attempts=1)))
    assert_says(error, "the connection was refused", "Nothing was sent")
