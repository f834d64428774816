"""Compare a run's words and their times with the truth."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path

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
    recognised = [re.sub(r"[^\w']", "", text).lower() for text in run.words["text"]]
    starts = list(run.words["start"])
    matcher = difflib.SequenceMatcher(None, [word[0] for word in words], recognised, autojunk=False)
    wrong = 0
    distances = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            distances += [1000 * abs(starts[j1 + n] - words[i1 + n][1]) for n in range(i2 - i1)]
        else:
            wrong += max(i2 - i1, j2 - j1)
    return wrong / len(words), distances
