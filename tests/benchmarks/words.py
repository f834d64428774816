"""The accessor, subtitle cues and charts of 100,000 words, beside a plain DataFrame of dicts of the same words.

    python tests/benchmarks/words.py [words]

Each figure is the best of several, and its ratio to D, the time of `pd.DataFrame(list of dicts)` in the same process:
the machine's load falls on both. Cues are made of a tenth of the words.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd

import paraformer_nb.speech  # noqa: F401

REPEAT = 7
SENTENCE = "pressure of the air many thousand people live in a house and they work because it is necessary"
WORDS = SENTENCE.split()


def table(count: int) -> pd.DataFrame:
    """Sentences of about ten words, with pauses."""
    chance = random.Random(1)
    rows = []
    now, sentence = 0.0, 1
    for _ in range(count):
        text = chance.choice(WORDS)
        mark = chance.choices(["", ",", "."], [8, 1, 1])[0]
        end = now + 0.1 + 0.05 * len(text)
        speaker = "ab"[sentence // 5 % 2]
        rows.append((sentence, text, mark, round(now, 3), round(end, 3), 0.9, speaker, True))
        now = end + (0.6 if mark == "." else 0.0)
        sentence += mark == "."
    names = ["sentence_id", "text", "punctuation", "start", "end", "confidence", "speaker", "is_final"]
    made = pd.DataFrame(rows, columns=names)
    return made.astype(dict.fromkeys(["text", "punctuation", "speaker"], pd.StringDtype("python", na_value=pd.NA)))


def best(action: Callable[[], Any]) -> float:
    """The shortest of several times of this process, in seconds."""
    times = []
    for _ in range(REPEAT):
        before = time.process_time()
        action()
        times.append(time.process_time() - before)
    return min(times)


def main(count: int) -> None:
    words = table(count)
    some = words[: count // 10]
    middle = float(words["start"].iloc[count // 2])
    dicts = words.to_dict("records")
    plain = best(lambda: pd.DataFrame(dicts))
    print(f"{count} words; D = {1000 * plain:.0f} ms\n")
    calls: dict[str, Callable[[], Any]] = {
        "at": lambda: words.speech.at(middle),
        "between": lambda: words.speech.between(middle, middle + 60),
        "find": lambda: words.speech.find("many thousand people live"),
        "pauses": lambda: words.speech.pauses(),
        "rate": lambda: words.speech.rate("10s"),
        "rate by speaker": lambda: words.speech.rate("10s", by="speaker"),
        "turns": lambda: words.speech.turns(),
        "speakers": lambda: words.speech.speakers(),
        "sentences": lambda: words.speech.sentences(),
        "repair": lambda: words.speech.repair(),
        f"cues of {len(some)} words": lambda: some.speech.cues(),
        "plot(), drawn": lambda: words.speech.plot().figure.to_png(),
        "plot('rate'), drawn": lambda: words.speech.plot("rate", window="60s").figure.to_png(),
    }
    for name, action in calls.items():
        seconds = best(action)
        print(f"{name:28} {1000 * seconds:8.1f} ms {seconds / plain:7.3f} D")
    print(f"{'df.speech':28} {1e6 * best(lambda: [words.speech for _ in range(1000)]) / 1000:8.1f} µs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
