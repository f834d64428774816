"""Word error rate, word times, delays and cost of the embedded recognisers, on all clips that are at hand.

    python tests/benchmarks/recognition.py

Clips: the lesson of `notebooks/data`, whose word times are known, and the recordings of people reading aloud in
Debian's package `pocketsphinx-testdata`, if it is installed. Each recogniser runs in a process of its own, once with
partials (as for audio at the pace of speech) and once without. Delays are seconds of audio: the first partial after the
first word begins, and a final after its last word ends (of which 0.8 s are `max_sentence_silence`). CPU is seconds of
it a second of audio; run it under ``taskset -c 0`` to measure on one core.
"""

from __future__ import annotations

import difflib
import os
import re
import resource
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from paraformer_nb.audio.clip import open_clip
from paraformer_nb.server.engines.moonshine.library import SpeechDetector, Transcriber
from paraformer_nb.server.engines.moonshine.recogniser import MoonshineRecogniser, make_aligner
from paraformer_nb.server.engines.pocketsphinx.recogniser import PocketSphinxRecogniser, load_decoder

sys.path.insert(0, str(Path(__file__).parents[1]))
from accuracy import truth

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
RATE = 16_000
BLOCK = 3200  # bytes: 100 ms


class Clip(NamedTuple):
    """16-bit PCM, the words that are said in it, and where each starts in seconds, if that is known."""

    pcm: bytes
    words: list[str]
    starts: list[float] | None


def words_of(text: str) -> list[str]:
    """Return a text's words without case and punctuation."""
    return re.sub(r"[^a-z0-9' ]", " ", text.lower()).split()


def lesson() -> list[Clip]:
    """Read the lesson."""
    opened = open_clip(LESSON, sample_rate=RATE)
    pcm = b"".join(opened.blocks(RATE))
    opened.close()
    spoken = truth(LESSON)
    return [Clip(pcm, [word[0] for word in spoken], [word[1] for word in spoken])]


def librivox() -> list[Clip]:
    """Read the recordings of people; an empty list if they are not installed."""
    clips = []
    for line in (LIBRIVOX / "transcription").read_text().splitlines() if LIBRIVOX.is_dir() else ():
        match = re.fullmatch(r"(.*)\(([^)]*)\)\s*", line)
        assert match is not None
        with wave.open(str(LIBRIVOX / f"{match[2]}.wav")) as file:
            clips.append(Clip(file.readframes(file.getnframes()), words_of(re.sub("</?s>", "", match[1])), None))
    return clips


def moonshine() -> Callable[[], Any]:
    """Load Moonshine's models; return what makes a recogniser."""
    transcriber, aligner = Transcriber(), make_aligner()
    return lambda: MoonshineRecogniser(transcriber, SpeechDetector(), aligner)


def pocketsphinx() -> Callable[[], Any]:
    """Return what makes a PocketSphinx recogniser."""
    return lambda: PocketSphinxRecogniser(load_decoder())


def results(recogniser: Any, pcm: bytes, *, is_behind: bool) -> Iterator[tuple[float, dict[str, Any]]]:
    """Recognise a clip; yield each result with the position of the audio at which it came."""
    for offset in range(0, len(pcm), BLOCK):
        for result in recogniser.feed(pcm[offset : offset + BLOCK], is_behind=is_behind):
            if result:
                yield recogniser.position, result
    for result in recogniser.finish():
        yield recogniser.position, result


def measure(name: str, make: Callable[[], Any], title: str, clips: list[Clip], *, is_behind: bool) -> None:
    """Recognise clips and print a row."""
    wrong = count = 0
    cpu = seconds = 0.0
    distances: list[float] = []
    first_partials: list[float] = []
    delays: list[float] = []
    for clip in clips:
        recogniser = make()
        started = time.process_time()
        found = list(results(recogniser, clip.pcm, is_behind=is_behind))
        cpu += time.process_time() - started
        seconds += len(clip.pcm) / 2 / RATE
        each = [word for _, result in found if result["sentence_end"] for word in result["words"]]
        words = [(text, word["begin_time"]) for word in each for text in words_of(word["text"])]
        texts = [text for text, _ in words]
        for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, clip.words, texts, autojunk=False).get_opcodes():
            wrong += 0 if kind == "equal" else max(i2 - i1, j2 - j1)
            if kind == "equal" and clip.starts:
                pairs = zip(range(i1, i2), range(j1, j2), strict=True)
                distances += [abs(words[j][1] - 1000 * clip.starts[i]) for i, j in pairs]
        count += len(clip.words)
        first_partials += [found[0][0] - words[0][1] / 1000] if words else []
        length = len(clip.pcm) / 2 / RATE
        ended = [
            (at, result["end_time"] / 1000) for at, result in found if result["sentence_end"] and at < length - 0.1
        ]
        delays += [at - end for at, end in ended]
    times = "{:6.0f} {:6.0f}".format(*np.percentile(distances, [50, 90])) if distances else f"{'-':>6} {'-':>6}"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mode = "unpaced" if is_behind else "paced"
    print(
        f"{name:13} {title:20} {mode:8} {wrong / count:6.3f} {times} {np.median(first_partials):10.2f} "
        f"{np.median(delays) if delays else np.nan:8.2f} {cpu / seconds:8.3f} {memory:8.0f}",
        flush=True,
    )


ENGINES = {"moonshine": moonshine, "pocketsphinx": pocketsphinx}


def measure_engine(name: str) -> None:
    """Measure one recogniser on all clips, and print its rows."""
    make = ENGINES[name]()
    for title, clips in {"lesson (synthetic)": lesson(), "people reading": librivox()}.items():
        for is_behind in (False, True) if clips else ():
            measure(name, make, title, clips, is_behind=is_behind)


def main() -> None:
    """Measure all recognisers on all clips, and print the table."""
    if len(sys.argv) > 1:
        measure_engine(sys.argv[1])
        return
    print(f"load at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':43} {'WER':>6} {'start error, ms':>13} {'partial':>9} {'final':>8} {'CPU':>8} {'MB peak':>8}")
    print(f"{'':43} {'':6} {'median':>6} {'p90':>6} {'after, s':>10} {'after, s':>8} {'s/s':>8}", flush=True)
    for name in ENGINES:
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
