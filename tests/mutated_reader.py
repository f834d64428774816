"""Reads many damaged versions of one clip, in a process of its own: run by `audio/test_mutations.py`.

    python mutated_reader.py CLIP FIRST LAST

For each seed from FIRST to LAST (exclusive) a mutation of the file CLIP is read as a whole, from a position in it, and
as windows of sound. Prints one line of JSON for each fault that was found, and one with the totals. A crash, a hang or
too much memory ends the process: the last line of standard error has the seed.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import faulthandler
import json
import logging
import random
import re
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import av

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.playback.playable import PlayableClip

RATE = 16_000
MEMORY = 300  # MB, of the whole process
HANG = 120.0  # seconds for one mutation, on a machine that is busy
MOST_SOUND = 1800.0  # seconds: a damaged rate makes 2 s some 100 s long, and holes may add 20 times the sound


def peak_memory() -> int:
    """The peak of this program in MB. `ru_maxrss` would count the program that started it as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024  # type: ignore[index]


def mutated(data: bytes, seed: int) -> bytes:
    """A damaged version of a file, the same one for the same seed."""
    dice = random.Random(seed)
    changed = bytearray(data)
    header = min(len(changed), 400)
    for _ in range(dice.choice([1, 1, 2, 3])):
        kind = dice.randrange(8)
        at = dice.randrange(len(changed)) if dice.random() < 0.5 else dice.randrange(header)
        if kind == 0:  # bytes anywhere
            for _ in range(dice.randint(1, 40)):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
        elif kind == 1:  # bytes in the header
            for _ in range(dice.randint(1, 9)):
                changed[dice.randrange(header)] = dice.randrange(256)
        elif kind == 2:  # nine bytes at one place
            changed[at : at + 9] = dice.randbytes(9)
        elif kind == 3:  # a field
            size = dice.choice([1, 2, 4, 8])
            changed[at : at + size] = dice.choice([b"\0", b"\xff", b"\x7f", b"\x80", b"\1"]) * size
        elif kind == 4:  # a part is missing
            del changed[at : at + dice.randint(1, 3000)]
        elif kind == 5:  # a part is there twice
            changed[at:at] = changed[at : at + dice.randint(1, 3000)]
        elif kind == 6:  # a part is zeros
            size = dice.randint(1, 2000)
            changed[at : at + size] = bytes(len(changed[at : at + size]))
        else:  # cut off
            del changed[max(50, at) :]
        if not changed:
            return b"\0"
        header = min(len(changed), 400)
    return bytes(changed)


def read_all(data: bytes, seed: int) -> float:
    """Read a clip in several ways; returns the seconds of sound in it."""
    clip = open_clip(data, sample_rate=RATE)
    assert isinstance(clip, Clip)
    try:
        seconds = _seconds(clip)
        _seconds(clip, 0.7 * min(seconds, 100.0))
    finally:
        clip.close()
    part = open_clip(data, sample_rate=RATE, start=(seed % 4) * 0.4, end=3.0)
    try:
        _seconds(part)
    finally:
        part.close()
    playable = PlayableClip(data)
    try:
        for index in (1, 0):
            playable.window(index)
    finally:
        playable.close()
    return seconds


def _seconds(clip: Any, start: float | None = None) -> float:
    seconds = 0.0
    for block in clip.blocks(RATE // 10, start):
        seconds += len(block) / 2 / RATE
        if seconds > MOST_SOUND:
            raise OverflowError("endless sound")
    return seconds


def main(path: str, first: int, last: int) -> None:
    """Read the mutations."""
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    logging.disable(logging.CRITICAL)
    av.logging.set_level(None)
    data = Path(path).read_bytes()
    count: Counter[str] = Counter()
    for seed in range(first, last):
        print(f"seed {seed}", file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(HANG, exit=True)
        try:
            read_all(mutated(data, seed), seed)
            count["read"] += 1
        except (AudioError, ParameterError) as error:
            count[type(error).__name__] += 1
            if not str(error):
                print(json.dumps({"seed": seed, "fault": "an error without a text"}), flush=True)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            print(json.dumps({"seed": seed, "fault": repr(error)[:300]}), flush=True)
        faulthandler.cancel_dump_traceback_later()
        if peak_memory() > MEMORY:
            print(json.dumps({"seed": seed, "fault": f"more than {MEMORY} MB"}), flush=True)
            return
    peak = peak_memory()
    print(json.dumps({"total": count, "peak_mb": peak}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
