"""Compare a run's words and their times with the truth."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

import paraformer_nb as pnb

Truth = list[tuple[str, float, float]]


def truth(clip: Path) -> Truth:
    """Return the clip's words with their starts and ends, in seconds."""
    script = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
    return [
        (word["text"].lower(), word["begin_ms"] / 1000, word["end_ms"] / 1000)
        for sentence in script["sentences"]
        for word in sentence["words"]
    ]


def sentences(clip: Path) -> list[Truth]:
    """Return the clip's words sentence by sentence."""
    words = iter(truth(clip))
    script = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
    return [[next(words) for _ in sentence["words"]] for sentence in script["sentences"]]


def score(run: pnb.Run, words: Truth) -> tuple[float, float]:
    """Return the word error rate, and the mean distance of starts in ms over the words that match."""
    rate, distances = errors(run, words)
    return rate, sum(distances) / len(distances)


def errors(run: pnb.Run, words: Truth) -> tuple[float, list[float]]:
    """Return the word error rate, and the distances of starts in ms over the words that match."""
    reference = pd.DataFrame(words, columns=["text", "start", "end"])
    result = pnb.score(reference, run.words, unit="word")
    return result.rate, (1000 * result.alignment.query("op == 'equal'")["offset"].abs()).tolist()
