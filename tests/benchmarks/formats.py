"""Writing and reading 100,000 words in each format, beside ``to_csv`` of the same table.

    .venv/bin/python tests/benchmarks/formats.py [WORDS]

The goals: CTM takes no longer than ``to_csv``, and neither do SRT and VTT without the planning of their cues, which is
a line of its own (`words.py` has its goal); TextGrid and EAF take linear time (all of the words take about 10 times as
long as a tenth of them). Median CPU time of alternating rounds; ends with 1 if a goal is missed.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from goals import Goals, medians

import paraformer_nb as pnb
from paraformer_nb.formats.cue_words import entries_of
from paraformer_nb.formats.cues import Cue, plan_cues
from paraformer_nb.formats.export import write_words

NAMES = ("ctm", "stm", "rttm", "txt", "srt", "vtt", "ass", "TextGrid", "eaf", "json", "jsonl", "csv", "parquet")
GOALS = {"srt": 1.0, "vtt": 1.0, "ctm": 1.0}  # of to_csv
SUBTITLES = ("srt", "vtt")
LINEAR = {"TextGrid": 13.0, "eaf": 13.0}  # of a tenth


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


def planned(words: pd.DataFrame) -> list[Cue]:
    """The cues of words."""
    return plan_cues(entries_of(words))


def main(count: int) -> None:
    """Print the table."""
    words, tenth = make_words(count), make_words(count // 10)
    goals = Goals()
    with tempfile.TemporaryDirectory() as folder:
        peer = Path(folder) / "peer.csv"
        print(f"{count} words\n{'format':10}{'write / to_csv':>16}{'/ a tenth':>10}{'read / to_csv':>16}")
        for name in ("cues", *NAMES):
            path, small = Path(folder) / f"a.{name}", Path(folder) / f"b.{name}"
            write = planned if name == "cues" else partial(write_words, path)
            actions = {
                "to_csv": lambda: words.to_csv(peer, index=False),
                "write": partial(write, words),
                "part": partial(planned if name == "cues" else partial(write_words, small), tenth),
            }
            if name in SUBTITLES:
                actions["plan"] = partial(planned, words)
            if name not in ("cues", "txt"):
                actions["read"] = partial(pnb.read_words, path)
            times = medians(actions, rounds=3)
            ratio, growth = times["write"] / times["to_csv"], times["write"] / times["part"]
            read = f"{times['read'] / times['to_csv']:.2f}" if "read" in times else ""
            written = ratio - times.get("plan", 0.0) / times["to_csv"]
            marks = goals.check(name, written, GOALS.get(name))
            marks += goals.check(f"{name}, linear", growth, LINEAR.get(name))
            without = f"  {written:.2f} without planning," if name in SUBTITLES else ""
            print(f"{name:10}{ratio:16.2f}{growth:10.1f}{read:>16}{without}{marks}", flush=True)
    goals.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
