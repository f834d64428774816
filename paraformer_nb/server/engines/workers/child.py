"""The worker's side of the pipes: recognise one task's audio from stdin, and write the results to stdout.

`process` describes the format. This runs in the worker, so it imports nothing that would delay its start.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from ..base import ENGINE_RATE

_PROMPT = 0.25  # a block that arrives in less than this share of its duration was waiting


class WorkerRecogniser(Protocol):
    """Recognises one task's audio. Sentences have the fields of the protocol's ``output.sentence``.

    Attributes:
        position: seconds of audio that have been recognised.
    """

    position: float

    def feed(self, pcm: bytes, *, is_behind: bool) -> Iterator[dict[str, Any] | None]:
        """Recognise a block; yield results, or None to report only the position.

        `is_behind`: more audio is waiting already, because it is sent faster than in real time or recognised slower.
        """

    def finish(self) -> Iterator[dict[str, Any]]:
        """End the audio; yield the last results."""


def serve_task(load: Callable[[], Callable[..., WorkerRecogniser]]) -> None:
    """Serve one task. `load` loads the model, and returns what makes a recogniser of the task's settings as keywords.

    What `load` raises because of damaged files or missing packages is reported to the service when the task begins.
    """
    problem = ""
    try:
        make_recogniser = load()
    except (RuntimeError, OSError, ImportError) as error:
        problem = str(error) or type(error).__name__
    blocks = _read_blocks(sys.stdin.buffer)
    settings, _ = next(blocks, (None, 0.0))
    if settings is None:
        return  # the service ended this worker before it had a task
    if problem:
        _write(problem=problem)
        return
    recogniser = make_recogniser(**json.loads(settings))
    _write(ready=True)
    for block, waited in blocks:
        is_behind = waited < _PROMPT * len(block) / 2 / ENGINE_RATE
        for sentence in recogniser.feed(block, is_behind=is_behind):
            _write_result(recogniser, sentence)
    for sentence in recogniser.finish():
        _write_result(recogniser, sentence)
    _write(done=True)


def _read_blocks(stream: BinaryIO) -> Iterator[tuple[bytes, float]]:
    """Yield the blocks on stdin and the seconds waited for each, until length 0 or the end of the stream."""
    started = time.perf_counter()
    while len(head := stream.read(4)) == 4:
        (size,) = struct.unpack("<I", head)
        if not size:
            return
        yield stream.read(size), time.perf_counter() - started
        started = time.perf_counter()


def _write_result(recogniser: WorkerRecogniser, sentence: dict[str, Any] | None) -> None:
    _write(position=round(recogniser.position, 3), **({"sentence": sentence} if sentence else {}))


def _write(**message: Any) -> None:
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")
    sys.stdout.flush()
