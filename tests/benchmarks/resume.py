"""One hour of audio at 100 × real time with the connection cut every 20 s of it, beside the same hour uncut.

    python tests/benchmarks/resume.py [LESSONS]

The scripted engine is in a process of its own, which resets each connection after 20 s of audio; what was not final is
sent again on the next one. Each run is in a process of its own, too. Memory is its resident size when 10 minutes of the
clip were sent, and at its end. The hour is the English lesson 90 times (or LESSONS times).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd
from clips import KEY, serving
from lessons import disconnects, repeated

import paraformer_nb as pnb

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
PACE = 100.0
CUT = f"drop:bytes={20 * 16_000 * 2},how=reset"
EARLY = 600.0  # seconds of the clip


def resident() -> float:
    """This process's memory in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure(url: str, clip: Path, words: Path) -> None:
    """Transcribe in this process: leave the words in a file, print the figures as JSON."""
    start = time.perf_counter()
    run = pnb.transcribe(clip, service=pnb.DashScope(KEY, url=url), pace=PACE)
    early = None
    while run.state not in ("finished", "failed", "stopped"):
        time.sleep(0.05)
        if early is None and run.transcript.sent_until >= EARLY:
            early = resident()
    run.wait()
    seconds, late = time.perf_counter() - start, resident()
    run.words.to_pickle(words)
    usage = run.transcript.usage
    print(
        json.dumps(
            {
                "seconds": seconds,
                "early": early,
                "late": late,
                "cuts": len(disconnects(run)),
                "gaps": len(run.gaps),
                "sent": usage.sent,
                "words": len(run.words),
            }
        )
    )


def main(lessons: int) -> None:
    """Measure both runs, print the figures, and compare the words."""
    figures, words = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        clip = repeated(LESSON, lessons, Path(folder))
        for name, faults in {"uncut": (), "cut": (CUT,)}.items():
            with serving(clip.with_suffix(".json"), *faults) as url:
                file = Path(folder) / f"{name}.pickle"
                command = [sys.executable, __file__, "measure", url, str(clip), str(file)]
                done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
                figures[name], words[name] = json.loads(done.stdout.splitlines()[-1]), pd.read_pickle(file)
    print(f"{'':6} {'seconds':>8} {'cuts':>5} {'gaps':>5} {'words':>6} {'s sent':>7} {'MB, 10 min':>11} {'MB, end':>8}")
    for name, its in figures.items():
        early = "-" if its["early"] is None else f"{its['early']:.0f}"
        print(
            f"{name:6} {its['seconds']:8.1f} {its['cuts']:5} {its['gaps']:5} {its['words']:6} {its['sent']:7.0f} "
            f"{early:>11} {its['late']:8.0f}"
        )
    pd.testing.assert_frame_equal(words["cut"], words["uncut"], check_exact=False, rtol=0, atol=0.001)
    print("words, sentences' ids and times are the same, to the millisecond")


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 90)
