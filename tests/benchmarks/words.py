"""The accessor, subtitle cues and charts of 100,000 words, beside a plain DataFrame of dicts of the same words.

    python tests/benchmarks/words.py [words]

Each figure is the median CPU time of alternating rounds, and its ratio to D, that of `pd.DataFrame(list of dicts)`: the
machine's load falls on both. Cues are made of a tenth of the words. Ends with 1 if a goal is missed.
"""

from __future__ import annotations

import random
import sys

import pandas as pd
from goals import Action, Goals, medians

import paraformer_nb.speech  # noqa: F401

GOALS = {"at": 0.05, "between": 0.05, "find": 0.05, "pauses": 0.05, "rate": 0.05, "cues of a tenth": 1.0}  # of D
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


def main(count: int) -> None:
    words = table(count)
    some = words[: count // 10]
    middle = float(words["start"].iloc[count // 2])
    dicts = words.to_dict("records")
    actions: dict[str, Action] = {
        "D": lambda: pd.DataFrame(dicts),
        "at": lambda: words.speech.at(middle),
        "between": lambda: words.speech.between(middle, middle + 60),
        "find": lambda: words.speech.find("many thousand people live"),
        "find, a frequent word": lambda: words.speech.find("people"),
        "pauses": lambda: words.speech.pauses(),
        "rate": lambda: words.speech.rate("10s"),
        "rate by speaker": lambda: words.speech.rate("10s", by="speaker"),
        "turns": lambda: words.speech.turns(),
        "speakers": lambda: words.speech.speakers(),
        "sentences": lambda: words.speech.sentences(),
        "repair": lambda: words.speech.repair(),
        "cues of a tenth": lambda: some.speech.cues(),
        "plot(), drawn": lambda: words.speech.plot().figure.to_png(),
        "plot('rate'), drawn": lambda: words.speech.plot("rate", window="60s").figure.to_png(),
        "df.speech, 1000 times": lambda: [words.speech for _ in range(1000)],
    }
    times, goals = medians(actions), Goals()
    plain = times.pop("D")
    print(f"{count} words; D = {1000 * plain:.0f} ms\n")
    for name, seconds in times.items():
        goal = goals.check(name, seconds / plain, GOALS.get(name))
        print(f"{name:28} {1000 * seconds:8.1f} ms {seconds / plain:7.3f} D{goal}")
    goals.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
