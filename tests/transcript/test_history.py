"""Revisions and latencies of the words: known partials, a disconnect, and a second fold with dicts only."""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from msgspec import structs
from records import RUN, event, result, timed_final, write_journal

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Audio, Connected, Disconnected, Received, Record, Resumed, RunEnded
from paraformer_nb.transcript.history import History
from paraformer_nb.transcript.word_alignment import align
from paraformer_nb.transcript.words import Word


def at(t: float, record: Record) -> Record:
    """A record of another time."""
    if isinstance(record, Received):
        return Received.of(t, record.task, bytes(record.body))
    return structs.replace(record, t=t)


def partial(
    *words: tuple[str, int, int], number: int = 1, task: str = "t", marks: dict[str, str] | None = None
) -> Received:
    spans = [
        {"text": text, "begin_time": begin, "end_time": end, "punctuation": (marks or {}).get(text, "")}
        for text, begin, end in words
    ]
    return result(" ".join(word[0] for word in words), words[0][1], None, number, task, words=spans)


RECORDS: list[Record] = [
    Connected(0.0, "t", "scripted"),
    event("task-started"),
    *(Audio(0.5 * n, "t", 0.5 * n - 0.5, 0.5) for n in range(1, 5)),
    at(2.0, partial(("good", 0, 400))),
    at(2.1, partial(("good", 0, 400), ("mourn", 400, 700))),
    at(2.2, partial(("good", 0, 400), ("morning", 400, 900), marks={"good": ","})),
    at(2.3, timed_final(("good", 0, 400), ("morning", 400, 1000))),
    at(2.4, partial(("all", 1200, 1500), number=2)),
    Disconnected(2.5, "t", "reset", 1006),
    Resumed(3.0, "u", 1.0, 2),
    *(Audio(3.0 + 0.5 * n, "u", 0.5 + 0.5 * n, 0.5) for n in range(1, 4)),
    at(4.9, timed_final(("all", 200, 500), ("right", 600, 1400), task="u")),
    RunEnded(9.0, "finished"),
]


def rows(table: pd.DataFrame, *names: str) -> list[Any]:
    plain = table[[*names]].astype(object)
    return [tuple(row) for row in plain.where(plain.notna(), None).to_numpy().tolist()]


@pytest.fixture
def run(tmp_path: Path) -> pnb.Run:
    return pnb.load(write_journal(tmp_path / "run.jsonl", *RECORDS))


def test_each_revision_has_its_time_and_what_was_before(run: pnb.Run) -> None:
    found = rows(run.revisions, "t", "position", "sentence_id", "word", "change", "text", "before", "task")
    assert found == [
        (2.0, 2.0, 1, 0, "shown", "good", None, "t"),
        (2.1, 2.0, 1, 1, "shown", "mourn", None, "t"),
        (2.2, 2.0, 1, 0, "mark", ",", "", "t"),
        (2.2, 2.0, 1, 1, "text", "morning", "mourn", "t"),
        (2.2, 2.0, 1, 1, "time", "morning", "mourn", "t"),
        (2.3, 2.0, 1, 0, "mark", "", ",", "t"),
        (2.3, 2.0, 1, 1, "time", "morning", "morning", "t"),
        (2.3, 2.0, 1, 0, "settled", "good", "good", "t"),
        (2.3, 2.0, 1, 1, "settled", "morning", "morning", "t"),
        (2.4, 2.0, 2, None, "shown", "all", None, "t"),
        (3.0, 1.0, 2, None, "withdrawn", None, "all", "u"),
        (4.9, 2.5, 2, 2, "shown", "all", None, "u"),
        (4.9, 2.5, 2, 3, "shown", "right", None, "u"),
        (4.9, 2.5, 2, 2, "settled", "all", "all", "u"),
        (4.9, 2.5, 2, 3, "settled", "right", "right", "u"),
    ]


def test_latencies_are_those_of_the_attempt_that_recognised_the_word(run: pnb.Run) -> None:
    table = run.latency
    assert rows(table, "word", "text", "sent", "shown", "settled", "changes", "first_text", "resent") == [
        (0, "good", 0.5, 2.0, 2.3, 0, "good", False),
        (1, "morning", 1.0, 2.1, 2.3, 1, "mourn", False),
        (2, "all", 3.5, 4.9, 4.9, 0, "all", True),
        (3, "right", 4.5, 4.9, 4.9, 0, "right", False),
    ]
    assert table["to_shown"].round(6).tolist() == [1.5, 1.1, 1.4, 0.4]
    assert table["to_settled"].round(6).tolist() == [1.8, 1.3, 1.4, 0.4]
    assert table["text"].tolist() == run.words_raw["text"].tolist()


def test_a_table_of_events_has_the_position_by_then(run: pnb.Run) -> None:
    found = dict(zip(run.events["event"], run.events["position"], strict=True))
    assert (found["connected"], found["disconnected"], found["resumed"], found["finished"]) == (0.0, 2.0, 1.0, 2.5)


def test_corrections_are_no_revisions_and_new_records_are_read(run: pnb.Run) -> None:
    before = run.revisions
    run.correct(run.words.assign(text=["GOOD", "morning", "all", "right"]))
    assert run.revisions.equals(before)
    assert run.latency["text"].tolist() == ["good", "morning", "all", "right"]


def test_tasks_have_what_was_sent_and_recognised_in_each(run: pnb.Run) -> None:
    found = rows(run.tasks, "task", "started", "ended", "sent", "silence", "heard", "tokens_in")
    assert found == [("t", 0.0, 2.5, 2.0, 0.0, 1.0, None), ("u", 3.5, 9.0, 1.5, 0.0, 1.4, None)]
    assert run.tasks["sent"].sum() == run.usage.sent


def test_tasks_have_the_tokens_that_the_service_reports(tmp_path: Path) -> None:
    usage = {"duration": 3, "input_tokens": 75, "output_tokens": 9}
    run = pnb.load(
        write_journal(
            tmp_path / "run.jsonl",
            event("result-generated", {"output": {"sentence": {"text": "a", "words": []}}, "usage": usage}),
            event("task-finished", {"output": {}, "usage": {"duration": 4, "input_tokens": "?"}}),
        )
    )
    assert rows(run.tasks, "billed", "tokens_in", "tokens_out") == [(4.0, None, None)]


def test_the_summary_counts_what_the_tables_have(run: pnb.Run) -> None:
    row = run.summary.iloc[0]
    assert (row["clip"], row["service"], row["state"]) == ("lesson.flac", "scripted", "finished")
    assert (row["words"], row["characters"], row["duration"], row["reconnects"]) == (4, 19, 2.5, 1)
    assert row["rate"] == pytest.approx(4 * 60 / 2.5)
    assert row["changed_share"] == 0.25
    assert row["pace"] == pytest.approx(2.5 / 2.5)
    spoken = 0.4 + 0.6 + 0.3 + 0.8
    assert row["speech_share"] == pytest.approx(spoken / 2.5)
    assert row["shown_p50"] == pytest.approx(run.latency["to_shown"].median())
    assert (row["pauses"], row["gaps"]) == (0, 0)


def test_records_that_are_not_a_journal_are_refused() -> None:
    with pytest.raises(ParameterError, match="first is not a RunStarted"):
        History.from_records(RECORDS)


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("a b", "a b c", [(None, 2)]),
        ("a x c", "a b c", [(1, 1)]),
        ("a c", "a b c", [(None, 1)]),
        ("a b c", "a c", [(1, None)]),
        ("a b", "", [(0, None), (1, None)]),
        ("", "a", [(None, 0)]),
    ],
)
def test_words_are_paired_by_text_and_by_time(old: str, new: str, pairs: list[Any]) -> None:
    def words(text: str) -> list[Word]:
        return [
            Word(each, {"x": 1}.get(each, "abc".find(each)), {"x": 2}.get(each, "abc".find(each) + 1))
            for each in text.split()
        ]

    assert [tuple(pair) for pair in align(words(old), words(new)).middle] == pairs


def _journal(rng: random.Random) -> list[Record]:
    """A paced run: a block each 0.1 s, partials that change their last words, final sentences."""
    records: list[Record] = [Connected(0.0, "t", "x"), event("task-started")]
    t, words, number = 0.0, [], 1
    for block in range(200):
        t = round(0.1 * (block + 1), 6)
        records.append(Audio(t, "t", round(0.1 * block, 6), 0.1))
        if rng.random() < 0.3:
            begin = words[-1][2] if words else 100 * block
            words.append((rng.choice("abc") + str(block), begin, begin + 90))
            if len(words) > 1 and rng.random() < 0.4:
                words[-2] = (rng.choice("xyz") + str(block), *words[-2][1:])
            is_final = rng.random() < 0.2
            make = timed_final if is_final else partial
            records.append(at(t + 0.01, make(*words, number=number)))
            if is_final:
                words, number = [], number + 1
    return [*records, RunEnded(30.0, "finished")]


@pytest.mark.parametrize("seed", range(10))
def test_a_second_fold_with_json_and_dicts_gives_the_same(seed: int, tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl", *_journal(random.Random(seed)))
    blocks: list[tuple[float, float]] = []
    shown: dict[tuple[int, int], dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["kind"] == "audio":
            blocks.append((record["position"] + record["seconds"], record["t"]))
        sentence = record.get("body", {}).get("payload", {}).get("output", {}).get("sentence")
        for index, word in enumerate(sentence["words"] if sentence else ()):
            key = sentence["sentence_id"], index
            is_new = key not in shown
            row = shown.setdefault(
                key, {"first": word["text"], "text": word["text"], "shown": record["t"], "changes": 0}
            )
            counts["shown"] = counts.get("shown", 0) + is_new
            counts["text"] = counts.get("text", 0) + (row["text"] != word["text"])
            row["changes"] += row["text"] != word["text"]
            row |= {"text": word["text"], "end": word["end_time"] / 1000}
            if sentence["sentence_end"]:
                row["settled"] = record["t"]
    run = pnb.load(path)
    latency = run.latency
    expected = [shown[key] for key in sorted(shown)]
    assert latency["first_text"].tolist() == [row["first"] for row in expected]
    assert latency["changes"].tolist() == [row["changes"] for row in expected]
    assert latency["shown"].tolist() == [row["shown"] for row in expected]
    assert latency["settled"].dropna().tolist() == [row["settled"] for row in expected if "settled" in row]
    sent = [blocks[min(len(blocks) - 1, bisect_left(blocks, (row["end"] - 1e-6,)))][1] for row in expected]
    assert latency["sent"].tolist() == sent
    changes = run.revisions["change"].value_counts()
    assert {name: changes[name] for name in counts} == counts
    assert RUN.start == 0.0
