"""The worker's side of the pipes: recognise one task's audio from stdin, and write the results to stdout.

`process` describes the format. This runs in the worker, so it imports nothing that would delay its start.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol


class WorkerRecogniser(Protocol):
    """Recognises one task's audio. Sentences have the fields of the protocol's ``output.sentence``.

    Attributes:
        position: seconds of audio that have been recognised.
    """

    position: float

    def feed(self, pcm: bytes) -> Iterator[dict[str, Any] | None]:
        """Recognise a block; yield results, or None to report only the position."""

    def finish(self) -> Iterator[dict[str, Any]]:
        """End the audio; yield the last results."""


def serve_task(make_recogniser: Callable[..., WorkerRecogniser]) -> None:
    """Serve one task. `make_recogniser` gets the task's settings as keywords; load the model before calling this."""
    blocks = _read_blocks(sys.stdin.buffer)
    settings = next(blocks, None)
    if settings is None:
        return  # the service ended this worker before it had a task
    recogniser = make_recogniser(**json.loads(settings))
    _write(ready=True)
    for block in blocks:
        for sentence in recogniser.feed(block):
            _write_result(recogniser, sentence)
    for sentence in recogniser.finish():
        _write_result(recogniser, sentence)
    _write(done=True)


def _read_blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks on stdin, until length 0 or the end of the stream."""
    while len(head := stream.read(4)) == 4:
        (size,) = struct.unpack("<I", head)
        if not size:
            return
        yield stream.read(size)


def _write_result(recogniser: WorkerRecogniser, sentence: dict[str, Any] | None) -> None:
    _write(position=round(recogniser.position, 3), **({"sentence": sentence} if sentence else {}))


def _write(**message: Any) -> None:
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")
    sys.stdout.flush()
