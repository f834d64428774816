"""Writing and reading 100,000 words in each format, beside ``to_csv`` of the same table.

    .venv/bin/python tests/benchmarks/formats.py [WORDS]

The targets: SRT, VTT and CTM take no longer than ``to_csv``; TextGrid and EAF take linear time (the ratio of a tenth of
the words to all of them is about 10). The cues of subtitles have a column of their own: they are made by rules.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

import paraformer_nb as pnb
from paraformer_nb.formats.cues import plan_cues
from paraformer_nb.formats.export import write_words

NAMES = ("ctm", "stm", "rttm", "txt", "srt", "vtt", "ass", "TextGrid", "eaf", "json", "jsonl", "csv", "parquet")


def make_words(count: int) -> pd.DataFrame:
    """Words of an English talk: 0.3 s each, a sentence of 12."""
    random = np.random.default_rng(1)
    starts = np.arange(count) * 0.35 + (np.arange(count) // 12) * 0.6
    words = np.array(["the", "of", "and", "air", "many", "thousand", "pressure", "is", "what", "it", "was", "measured"])
    return pd.DataFrame(
        {
            "sentence_id": np.arange(count) // 12 + 1,
            "text": random.choice(words, count),
            "punctuation": np.where(np.arange(count) % 12 == 11, ".", ""),
            "start": starts,
            "end": starts + 0.3,
            "confidence": random.random(count).round(3),
            "speaker": np.full(count, "1"),
            "is_final": True,
        }
    ).astype({"text": "string", "punctuation": "string", "speaker": "string"})


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds, the best of two."""
    times = []
    for _ in range(2):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def main(count: int) -> None:
    """Print the table."""
    words, tenth = make_words(count), make_words(count // 10)
    with tempfile.TemporaryDirectory() as folder:
        peer = seconds(lambda: words.to_csv(Path(folder) / "peer.csv", index=False))
        cues = seconds(lambda: plan_cues(words))
        print(f"{count} words; to_csv {peer:.2f} s CPU; the cues alone {cues / peer:.2f} x that")
        print(f"{'format':10}{'write / to_csv':>16}{'a tenth':>10}{'read / to_csv':>16}")
        for name in NAMES:
            path, small = Path(folder) / f"a.{name}", Path(folder) / f"b.{name}"
            write = seconds(lambda path=path: write_words(path, words))  # type: ignore[misc]
            part = seconds(lambda small=small: write_words(small, tenth))  # type: ignore[misc]
            read = "" if name == "txt" else f"{seconds(lambda path=path: pnb.read_words(path)) / peer:.2f}"  # type: ignore[misc]
            print(f"{name:10}{write / peer:16.2f}{write / part:10.1f}{read:>16}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
