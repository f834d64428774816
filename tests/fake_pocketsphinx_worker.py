"""A worker process that recognises nothing.

The task's `max_sentence_silence` is an index into BEHAVIOURS. A worker that works sends its own pid as a sentence.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any


def read_blocks() -> Iterator[bytes]:
    stream = sys.stdin.buffer
    while len(head := stream.read(4)) == 4 and (size := struct.unpack("<I", head)[0]):
        yield stream.read(size)


def send(**message: Any) -> None:
    write(json.dumps(message).encode() + b"\n")


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def begin() -> None:
    """Become ready, and read one block."""
    send(ready=True)
    next(read_blocks())


def recognise() -> None:
    """Read all audio and report the position."""
    position = 0.0
    for block in read_blocks():
        position += len(block) / 32_000
        send(position=position)


def ignore_input() -> None:
    for _ in read_blocks():
        pass


def works() -> None:
    send(ready=True)
    recognise()
    sentence = {"sentence_id": 1, "begin_time": 0, "end_time": 1, "text": str(os.getpid()), "sentence_end": True}
    send(sentence=sentence)
    send(done=True)


def exits_before_it_is_ready() -> None:
    pass


def never_becomes_ready() -> None:
    ignore_input()


def crashes() -> None:
    begin()
    os.kill(os.getpid(), signal.SIGSEGV)


def closes_its_output() -> None:
    begin()
    os.close(1)
    ignore_input()


def closes_its_input() -> None:
    os.close(0)
    send(ready=True)
    signal.pause()


def reports_done_too_early() -> None:
    begin()
    send(done=True)
    ignore_input()


def writes_text_that_is_not_json() -> None:
    begin()
    write(b"good morning\n")
    ignore_input()


def writes_bytes_that_are_not_utf8() -> None:
    begin()
    write(b'{"sentence": {"text": "\xff\xfe"}}\n')
    ignore_input()


def writes_json_of_another_type() -> None:
    begin()
    send(position="everything")
    ignore_input()


def writes_an_endless_line() -> None:
    begin()
    while True:
        write(b"a" * 2**16)


def hangs() -> None:
    begin()
    signal.pause()


def never_reports_done() -> None:
    send(ready=True)
    recognise()
    signal.pause()


def repeats_its_position() -> None:
    send(ready=True)
    recognise()
    while True:
        send(position=0.1)


BEHAVIOURS = [
    works,
    exits_before_it_is_ready,
    never_becomes_ready,
    crashes,
    closes_its_output,
    closes_its_input,
    reports_done_too_early,
    writes_text_that_is_not_json,
    writes_bytes_that_are_not_utf8,
    writes_json_of_another_type,
    writes_an_endless_line,
    hangs,
    never_reports_done,
    repeats_its_position,
]

if __name__ == "__main__":
    settings = next(read_blocks(), None)
    if settings is not None:
        BEHAVIOURS[json.loads(settings)["max_sentence_silence"]]()
