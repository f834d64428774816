"""Score 10,000 and 100,000 tokens, beside jiwer on the same tokens joined by spaces.

    python tests/benchmarks/scoring.py

One side is a text of 5,000 different words with pauses, the other one has 8 % errors and times that are a little off,
as two recognisers of one clip give them. jiwer aligns the whole as one. `texts` are without times, so that ours does,
too. The seconds are of CPU, medians of alternating rounds. Ends with 1 if a goal is missed.
"""

from __future__ import annotations

import random

import jiwer
import pandas as pd
from goals import Goals, medians

import paraformer_nb as pnb

SHARE = 0.08  # of the words have an error
GOALS = {10_000: 10.0, 100_000: 1.2}  # × jiwer


def words(count: int) -> pd.DataFrame:
    """A table of words in sentences of 12, with a pause of 0.5 s after each."""
    rng = random.Random(count)
    starts = [0.3 * number + 0.5 * (number // 12) for number in range(count)]
    texts = [f"w{min(4999, int(rng.paretovariate(0.6)))}" for _ in range(count)]
    return pd.DataFrame({"text": texts, "start": starts, "end": [start + 0.28 for start in starts]})


def recognised(table: pd.DataFrame) -> pd.DataFrame:
    """The same words with errors, and with times that are off by up to 50 ms."""
    rng = random.Random(1)
    rows = []
    for text, start, end in table.itertuples(index=False):
        kind = rng.choice("sdi") if rng.random() < SHARE else "="
        off = rng.uniform(-0.05, 0.05)
        rows += [] if kind == "d" else [("x" if kind == "s" else text, max(0.0, start + off), end + off)]
        rows += [("extra", end + off, end + off)] if kind == "i" else []
    return pd.DataFrame(rows, columns=["text", "start", "end"]).sort_values("start", kind="stable", ignore_index=True)


def main() -> None:
    """Measure, and print the table."""
    pnb.score(words(10), words(10))  # imports
    goals = Goals()
    print(f"{'tokens':>8} {'jiwer, s':>9} {'tables, s':>10} {'× jiwer':>8} {'texts, s':>9} {'parts':>6}")
    for count, goal in GOALS.items():
        reference = words(count)
        hypothesis = recognised(reference)
        texts = [" ".join(table["text"]) for table in (reference, hypothesis)]
        times = medians(
            {
                "jiwer": lambda texts=texts: jiwer.process_words(*texts),
                "tables": lambda sides=(reference, hypothesis): pnb.score(*sides),
                "texts": lambda texts=texts: pnb.score(*texts),
            },
            rounds=5 if count <= 10_000 else 3,
        )
        output, score, whole = jiwer.process_words(*texts), pnb.score(reference, hypothesis), pnb.score(*texts)
        errors = output.substitutions + output.deletions + output.insertions
        ratio = times["tables"] / times["jiwer"]
        seconds = [f"{times['jiwer']:9.3f} {times['tables']:10.3f}", f"{times['texts']:9.3f}"]
        print(
            f"{count:8} {seconds[0]} {ratio:8.2f} {seconds[1]} {score.parts:6}"
            f"{goals.check(f'{count} tokens', ratio, goal)}\n"
            f"         errors {score.errors}, {whole.errors}, jiwer {errors}; "
            f"hits {score.hits}, {whole.hits}, jiwer {output.hits}"
        )
    goals.finish()


if __name__ == "__main__":
    main()
