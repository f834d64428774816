"""The words table of a long run, and its correction, beside a plain DataFrame of dicts of the same words.

    python tests/benchmarks/tables.py [words]

Each figure is the best of several, and its ratio to D, the time of `pd.DataFrame(list of dicts)` in the same process:
the machine's load falls on both. A run's first reading converts all words; later ones convert what changed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from speech import BLOCK, EVERY, PER_SENTENCE, TASK, Speaker, recognised, run_started, started

import paraformer_nb as pnb
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import Journal
from paraformer_nb.journal.records import Audio, RunEnded
from paraformer_nb.journal.writer import JournalWriter
from paraformer_nb.run.live_transcript import LiveTranscript
from paraformer_nb.run.tables import RunTables
from paraformer_nb.transcript.transcript import Transcript

REPEAT = 7


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


def history(path: Path) -> tuple[float, float]:
    """Seconds of processor time to load a run, and to read its revisions and latencies."""
    load, read = float("inf"), float("inf")
    for _ in range(3):
        before = time.process_time()
        run = pnb.load(path)
        loaded = time.process_time()
        assert len(run.revisions) >= 2 * len(run.latency)
        load, read = min(load, loaded - before), min(read, time.process_time() - loaded)
    return load, read


def best(action: Callable[[], Any], prepare: Callable[[], Any] = lambda: None) -> float:
    """The shortest of several times, in seconds; `prepare` is not timed."""
    times = []
    for _ in range(REPEAT):
        prepare()
        before = time.perf_counter()
        action()
        times.append(time.perf_counter() - before)
    return min(times)


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
        plain = best(lambda: pd.DataFrame(dicts))
        print(f"{words} words; D = {1000 * plain:.0f} ms\n")

        def show(what: str, seconds: float) -> None:
            print(f"{what:40} {1000 * seconds:8.1f} ms {seconds / plain:7.3f} D")

        runs: list[pnb.Run] = []
        show("run.words, first reading", best(lambda: runs[-1].words, lambda: runs.append(pnb.load(path))))
        runs.clear()
        show("run.words, nothing new", best(lambda: run.words))
        tables, more = live_tables(path, words)
        tables.words.iloc[0]
        show("run.words, a sentence more", best(lambda: tables.words, more))
        table = run.words
        show("run.correct, an unedited table", best(lambda: run.correct(table)))
        show("run.correct, one word", best(correct_one(run)))
        shuffled = run.words.sample(frac=1, random_state=1)
        show("run.correct, rows in another order", best(lambda: run.correct(shuffled)))
        show("run.find", best(lambda: run.find("the water")))
        show("run.pauses", best(lambda: run.pauses))
        show("run.plot(), drawn", best(lambda: run.plot().to_png()))
        path = Path(folder) / "partials.jsonl"
        write_partials(path, words)
        load, read = history(path)
        print(f"\nwith a partial for each word: pnb.load {load:.2f} s; revisions and latency {read / load:.2f} × that")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
