"""The upload in blocks: what arrives is whole, and what is wrong is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from fake_front_end import FakeComm

from paraformer_nb.widgets.upload import MAX_BYTES, Upload


class Sender:
    """An upload with a front end that sends what a test says. `files`: what has arrived."""

    def __init__(self, **traits: Any) -> None:
        self.files: list[tuple[str, bytes]] = []
        self._upload = Upload(lambda name, data: self.files.append((name, data)), (".wav", ".mp3"), **traits)
        self._comm = FakeComm()
        self._upload.comm = self._comm

    def send(self, kind: str, *buffers: bytes, **fields: Any) -> dict[str, Any]:
        """Send a message; returns the last answer so far."""
        self._comm.deliver({"method": "custom", "content": {"kind": kind, **fields}}, *buffers)
        return self._comm.sent[-1][0] if self._comm.sent else {}


def test_a_file_arrives_whole_and_every_block_is_answered() -> None:
    sender = Sender()
    data = bytes(range(256)) * 100
    assert sender.send("begin", name="a.wav", size=len(data)) == {"kind": "received", "bytes": 0}
    for offset in range(0, len(data), 10_000):
        block = data[offset : offset + 10_000]
        assert sender.send("block", block, offset=offset) == {"kind": "received", "bytes": offset + len(block)}
    assert sender.files == [("a.wav", data)]
    sender.send("begin", name="b.mp3", size=2)
    sender.send("block", b"xy", offset=0)
    assert sender.files[1:] == [("b.mp3", b"xy")]


@pytest.mark.parametrize(
    ("offset", "block"),
    [(1, b"ab"), (0, b""), (0, b"abcdef"), (-1, b"a")],
    ids=["a hole", "empty", "too long", "before"],
)
def test_a_file_that_does_not_fit_together_is_refused_and_can_be_sent_again(offset: int, block: bytes) -> None:
    sender = Sender()
    sender.send("begin", name="a.wav", size=5)
    answer = sender.send("block", block, offset=offset)
    assert answer["kind"] == "refused"
    assert "Choose it again" in answer["reason"]
    assert sender.send("block", b"abcde", offset=0)["kind"] == "refused", "it was not announced again"
    sender.send("begin", name="a.wav", size=5)
    sender.send("block", b"abcde", offset=0)
    assert sender.files == [("a.wav", b"abcde")]


@pytest.mark.parametrize("size", [0, -1, MAX_BYTES + 1])
def test_a_size_that_cannot_be_uploaded_is_refused_at_once(size: int) -> None:
    sender = Sender()
    assert sender.send("begin", name="a.wav", size=size)["kind"] == "refused"
    assert sender.send("block", b"a", offset=0)["kind"] == "refused"
    assert sender.files == []


def test_messages_that_are_none_of_its_own_are_ignored() -> None:
    sender = Sender()
    for fields in ({"name": 5, "size": 1}, {"name": "a"}, {}):
        assert sender.send("begin", **fields) == {}
    assert sender.send("anywidget-command", name="x") == {}


def test_a_file_begun_anew_drops_the_one_before() -> None:
    sender = Sender(max_bytes=10)
    sender.send("begin", name="a.wav", size=5)
    sender.send("block", b"abc", offset=0)
    sender.send("begin", name="b.wav", size=3)
    sender.send("block", b"xyz", offset=0)
    assert sender.files == [("b.wav", b"xyz")]
