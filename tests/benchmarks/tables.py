"""The words table of a long run, and its correction, beside a plain DataFrame of dicts of the same words.

    python tests/benchmarks/tables.py [words]

Each figure is the median CPU time of alternating rounds, and its ratio to D, that of `pd.DataFrame(list of dicts)`: the
machine's load falls on both. A run's first reading converts all words; later ones convert what changed. Ends with 1 if
a goal is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from goals import Action, Goals, Prepared, medians
from speech import BLOCK, EVERY, PER_SENTENCE, TASK, Speaker, recognised, run_started, started

import paraformer_nb as pnb
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.records import Audio, RunEnded
from paraformer_nb.journal.writer import JournalWriter
from paraformer_nb.run.live_transcript import LiveTranscript
from paraformer_nb.run.tables import RunTables
from paraformer_nb.transcript.transcript import Transcript

GOALS = {  # of D
    "run.words, nothing new": 0.01,
    "run.words, a sentence more": 0.05,
    "run.correct, one word": 0.5,
    "run.find": 0.5,
    "run.plot(), drawn": 2.0,
}
HISTORY = 2.0
"""Goal of revisions and latency: of the time to load."""


def write_journal(path: Path, words: int) -> None:
    """A finished run of final sentences only."""
    speaker, seconds = Speaker(), words * EVERY
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(run_started(seconds), started(), Audio(0.0, TASK, 0.0, seconds))
        for number in range(words // PER_SENTENCE):
            appender.append(recognised(number, speaker.sentence(number), is_final=True))
        appender.append(RunEnded(seconds, "finished", None, seconds))


def write_partials(path: Path, words: int) -> None:
    """A finished run with a partial for each word, as a paced run sends them."""
    speaker, seconds, sent = Speaker(), words * EVERY, 0.0
    with path.open("wb") as file:
        appender = Appender(file)
        appender.append(run_started(seconds), started())
        for number in range(words // PER_SENTENCE):
            sentence = speaker.sentence(number)
            for count in range(1, PER_SENTENCE + 1):
                position = (number * PER_SENTENCE + count) * EVERY
                while sent < position:
                    appender.append(Audio(sent + BLOCK, TASK, sent, BLOCK))
                    sent += BLOCK
                appender.append(recognised(number, sentence[:count], is_final=count == PER_SENTENCE))
        appender.append(RunEnded(seconds, "finished", None, seconds))


def show_history(path: Path, goals: Goals) -> None:
    """Measure revisions and latencies, beside loading the run that they are of."""
    runs: list[pnb.Run] = []

    def load() -> None:
        runs[:] = [pnb.load(path)]

    def read() -> None:
        assert len(runs[0].revisions) >= 2 * len(runs[0].latency)

    times = medians({"load": load, "read": read}, rounds=3)
    ratio = times["read"] / times["load"]
    print(
        f"\nwith a partial for each word: pnb.load {times['load']:.2f} s; revisions and latency {ratio:.2f} × that"
        f"{goals.check('revisions and latency', ratio, HISTORY)}"
    )


def live_tables(path: Path, words: int) -> tuple[RunTables, Callable[[], None]]:
    """The tables of a run that goes on, and a function that has it recognise one more sentence."""
    records = [record for record in Journal(path) if not isinstance(record, RunEnded)]
    writer, _ = JournalWriter.temporary(records[0])
    live = LiveTranscript(Transcript.from_records(records), writer, time.monotonic)
    speaker, number = Speaker(2), words // PER_SENTENCE

    def more() -> None:
        nonlocal number
        live.append(recognised(number, speaker.sentence(number), is_final=True))
        number += 1

    return RunTables(live), more


def correct_one(run: pnb.Run) -> Callable[[], None]:
    """Apply a table in which the word in the middle was retyped, another each time."""
    table = run.words
    texts = iter(f"text{number}" for number in range(1000))

    def apply() -> None:
        table.loc[len(table) // 2, "text"] = next(texts)
        assert run.correct(table) == 1

    return apply


def main(words: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        write_journal(path, words)
        run = pnb.load(path)
        dicts = run.words.to_dict("records")
        runs: list[pnb.Run] = []
        tables, more = live_tables(path, words)
        tables.words.iloc[0]
        table, shuffled = run.words, run.words.sample(frac=1, random_state=1)
        actions: dict[str, Action | Prepared] = {
            "D": lambda: pd.DataFrame(dicts),
            "run.words, first reading": Prepared(lambda: runs[-1].words, lambda: runs.append(pnb.load(path))),
            "run.words, nothing new": lambda: run.words,
            "run.words, a sentence more": Prepared(lambda: tables.words, more),
            "run.correct, an unedited table": lambda: run.correct(table),
            "run.correct, rows in another order": lambda: run.correct(shuffled),
            "run.find": lambda: run.find("the water"),
            "run.find, a frequent word": lambda: run.find("the"),
            "run.pauses": lambda: run.pauses,
            "run.plot(), drawn": lambda: run.plot().to_png(),
        }
        times, goals = medians(actions, rounds=5), Goals()
        times |= medians({"run.correct, one word": correct_one(run)}, rounds=5)
        plain = times.pop("D")
        print(f"{words} words; D = {1000 * plain:.0f} ms\n")
        for name, seconds in times.items():
            goal = goals.check(name, seconds / plain, GOALS.get(name))
            print(f"{name:40} {1000 * seconds:8.1f} ms {seconds / plain:7.3f} D{goal}", flush=True)
        runs.clear()
        path = Path(folder) / "partials.jsonl"
        write_partials(path, words)
        show_history(path, goals)
        goals.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
