"""A recogniser process that hears nothing, and behaves as its task's `max_sentence_silence` says: an index of
BEHAVIOURS. One that behaves well tells its own pid for a sentence."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any


def pieces() -> Iterator[bytes]:
    stream = sys.stdin.buffer
    while len(head := stream.read(4)) == 4 and (size := struct.unpack("<I", head)[0]):
        yield stream.read(size)


def say(**line: Any) -> None:
    write(json.dumps(line).encode() + b"\n")


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def begin() -> None:
    """Be ready, and hear a little."""
    say(ready=True)
    next(pieces())


def hear() -> None:
    heard = 0.0
    for piece in pieces():
        heard += len(piece) / 32_000
        say(heard=heard)


def well() -> None:
    say(ready=True)
    hear()
    sentence = {"sentence_id": 1, "begin_time": 0, "end_time": 1, "text": str(os.getpid()), "sentence_end": True}
    say(sentence=sentence)
    say(done=True)


def ends_before_it_is_ready() -> None:
    pass


def is_never_ready() -> None:
    hear_nothing()


def crashes() -> None:
    begin()
    os.kill(os.getpid(), signal.SIGSEGV)


def closes_its_output() -> None:
    begin()
    os.close(1)
    hear_nothing()


def closes_its_input() -> None:
    os.close(0)
    say(ready=True)
    signal.pause()


def says_too_early_that_it_is_done() -> None:
    begin()
    say(done=True)
    hear_nothing()


def writes_no_json() -> None:
    begin()
    write(b"good morning\n")
    hear_nothing()


def writes_no_text() -> None:
    begin()
    write(b'{"sentence": {"text": "\xff\xfe"}}\n')
    hear_nothing()


def writes_other_json() -> None:
    begin()
    say(heard="everything")
    hear_nothing()


def writes_without_end() -> None:
    begin()
    while True:
        write(b"a" * 2**16)


def hangs() -> None:
    begin()
    signal.pause()


def never_says_that_it_is_done() -> None:
    say(ready=True)
    hear()
    signal.pause()


def repeats_itself() -> None:
    say(ready=True)
    hear()
    while True:
        say(heard=0.1)


def hear_nothing() -> None:
    for _ in pieces():
        pass


BEHAVIOURS = [
    well,
    ends_before_it_is_ready,
    is_never_ready,
    crashes,
    closes_its_output,
    closes_its_input,
    says_too_early_that_it_is_done,
    writes_no_json,
    writes_no_text,
    writes_other_json,
    writes_without_end,
    hangs,
    never_says_that_it_is_done,
    repeats_itself,
]

if __name__ == "__main__":
    settings = next(pieces(), None)
    if settings is not None:
        BEHAVIOURS[json.loads(settings)["max_sentence_silence"]]()
