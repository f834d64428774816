"""Moonshine over long clips: memory stays flat, and times do not drift. Shortened by default; an hour as a campaign."""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from accuracy import truth
from servers import needs_pocketsphinx

pytestmark = pytest.mark.system

# In a process of its own, as a worker is: recognise a clip many times in a row as one, and print after each repetition
# its memory in MB, the CPU seconds for a second of audio, and the final words with their begins in ms.
CHILD = """
import json, sys, time
from pathlib import Path
from paraformer_nb.audio.clip import open_clip
from paraformer_nb.server.engines.moonshine.library import SpeechDetector, Transcriber
from paraformer_nb.server.engines.moonshine.recogniser import MoonshineRecogniser, make_aligner

clip = open_clip(sys.argv[1], sample_rate=16_000)
pcm = b"".join(clip.blocks(16_000))[: 32_000 * int(sys.argv[4])]
clip.close()
recogniser = MoonshineRecogniser(Transcriber(), SpeechDetector(), make_aligner())
repetitions, is_behind = int(sys.argv[2]), sys.argv[3] == "unpaced"
for number in range(repetitions):
    started = time.process_time()
    blocks = (pcm[at : at + 3200] for at in range(0, len(pcm), 3200))
    results = [result for block in blocks for result in recogniser.feed(block, is_behind=is_behind)]
    if number == repetitions - 1:
        results += recogniser.finish()
    words = [word for each in results if each and each["sentence_end"] for word in each["words"]]
    status = Path("/proc/self/status").read_text().split("VmRSS:")[1]
    cpu = (time.process_time() - started) / (len(pcm) / 32_000)
    found = [[word["text"].lower(), word["begin_time"]] for word in words]
    print(json.dumps([int(status.split()[0]) / 1024, cpu, len(pcm) / 32, found]), flush=True)
"""


class Repetition(NamedTuple):
    """One repetition. `errors`: how late words begin, in ms, of those that are right; `wrong`: the share of others."""

    memory: float
    cpu: float
    errors: list[float]
    wrong: float


def repeat(clip: Path, seconds: int, times: int, pace: str) -> list[Repetition]:
    """Recognise the first seconds of a clip many times as one."""
    command = [sys.executable, "-c", CHILD, str(clip), str(times), pace, str(seconds)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    found = [(text, begin) for row in rows for text, begin in row[3]]
    length = rows[0][2]  # ms
    spoken = [(text, 1000 * begin) for text, begin, end in truth(clip) if end < seconds]
    repetitions = []
    for number, (memory, cpu, *_) in enumerate(rows):
        own = [(text, begin - number * length) for text, begin in found if begin // length == number]
        errors = start_errors(spoken, own)
        repetitions.append(Repetition(memory, cpu, errors, 1 - len(errors) / len(spoken)))
    return repetitions


def start_errors(spoken: list[tuple[str, float]], found: list[tuple[str, float]]) -> list[float]:
    """How late words were found, in ms, of those that are right."""
    matcher = difflib.SequenceMatcher(None, [text for text, _ in spoken], [text for text, _ in found], autojunk=False)
    return [
        found[block.b + number][1] - spoken[block.a + number][1]
        for block in matcher.get_matching_blocks()
        for number in range(block.size)
    ]


def check(clip: Path, seconds: int, times: int, pace: str) -> None:
    repetitions = repeat(clip, seconds, times, pace)
    first, last = repetitions[0], repetitions[-1]
    print(  # noqa: T201
        f"\n  {times} repetitions, {pace}: memory {first.memory:.0f} to {last.memory:.0f} MB, CPU {last.cpu:.2f} s/s, "
        f"median start error {np.median(first.errors):.0f} and {np.median(last.errors):.0f} ms"
    )
    assert max(each.memory for each in repetitions) <= 350
    assert last.memory - repetitions[times // 3].memory <= 30
    assert abs(np.median(last.errors) - np.median(first.errors)) <= 10
    assert max(each.wrong for each in repetitions) <= 0.1


@needs_pocketsphinx
@pytest.mark.timeout(300)
def test_two_sentences_that_are_repeated(english: Path) -> None:
    check(english, 9, 3, "unpaced")


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("pace", ["unpaced", "paced"])
def test_an_hour(english: Path, pace: str) -> None:
    check(english, 40, 91, pace)
