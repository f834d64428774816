"""The upload in blocks: what arrives is whole, and what is wrong is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_front_end import FakeComm

from paraformer_nb.widgets.upload import Upload


class Sender:
    """An upload with a front end that sends what a test says. `paths`: of what has arrived."""

    def __init__(self, free: int = 10**9) -> None:
        self.paths: list[Path] = []
        self._upload = Upload(self.paths.append, (".wav", ".mp3"), lambda: free)
        self._comm = FakeComm()
        self._upload.comm = self._comm

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """The name and the bytes of each file that has arrived."""
        return [(path.name, path.read_bytes()) for path in self.paths]

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


@pytest.mark.parametrize("size", [0, -1, 10**9 + 1])
def test_a_size_that_cannot_be_uploaded_is_refused_at_once(size: int) -> None:
    sender = Sender(free=10**9)
    assert sender.send("begin", name="a.wav", size=size)["kind"] == "refused"
    assert sender.send("block", b"a", offset=0)["kind"] == "refused"
    assert sender.files == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.d/x.wav", "x.wav"),
        ("C:\\Users\\me\\y.mp3", "y.mp3"),
        ("", "clip"),
        ("..", "clip"),
        ("a\n\x00b.wav", "ab.wav"),
        ("x" * 300 + ".wav", "x" * 100 + ".wav"),
        ("课程 1.wav", "课程 1.wav"),
    ],
)
def test_a_file_keeps_the_last_part_of_its_name(name: str, kept: str) -> None:
    sender = Sender()
    for _ in range(2):
        sender.send("begin", name=name, size=1)
        sender.send("block", b"a", offset=0)
    assert [path.name for path in sender.paths] == [kept, kept]
    assert sender.paths[0] != sender.paths[1]


def test_messages_that_are_none_of_its_own_are_ignored() -> None:
    sender = Sender()
    for fields in ({"name": 5, "size": 1}, {"name": "a"}, {}):
        assert sender.send("begin", **fields) == {}
    assert sender.send("anywidget-command", name="x") == {}


def test_a_file_begun_anew_drops_the_one_before() -> None:
    sender = Sender()
    sender.send("begin", name="a.wav", size=5)
    sender.send("block", b"abc", offset=0)
    sender.send("begin", name="b.wav", size=3)
    sender.send("block", b"xyz", offset=0)
    assert sender.files == [("b.wav", b"xyz")]
