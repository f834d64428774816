"""Corrections while the run goes on: of partials, by tables that were read earlier, from many threads."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corrected_runs import CORRECTION, replace
from servers import Cloud, Talk, ended, eventually, texts, tone

import paraformer_nb as pnb
from paraformer_nb.transcript.words import Word


@pytest.fixture
def live() -> Iterator[tuple[pnb.Run, Any]]:
    """A run in real time, and a function that has its service send a result and waits until the run has it."""
    results: list[tuple[Any, ...]] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        while True:
            while results:
                words, number, final = results.pop(0)
                await talk.say(*words, number=number, final=final)
            await asyncio.sleep(0.01)

    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(120), service=cloud.service(), pace=1.0)

        def send(*words: str, number: int = 1, final: bool = False) -> None:
            results.append((words, number, final))

            def is_recognised() -> bool:
                table = run.words_raw
                sentence = table[table["sentence_id"] == number]
                return sentence["text"].tolist() == list(words) and set(sentence["is_final"]) == {final}

            assert eventually(is_recognised, 10)

        try:
            yield run, send
        finally:
            run.cancel()
            ended(run)


def test_a_correction_of_a_partial_is_kept(live: Any, tmp_path: Path) -> None:
    run, send = live
    send("good", "mourning")
    assert run.correct(CORRECTION) == 1
    assert texts(run) == ["good", "morning"]
    send("good", "mooring", "all")
    assert texts(run) == ["good", "morning", "all"]
    send("God", "mourning", "all", final=True)
    assert texts(run) == ["God", "morning", "all"]
    assert run.words_raw["text"].tolist() == ["God", "mourning", "all"]
    run.save(tmp_path / "so far.jsonl")
    assert texts(pnb.load(tmp_path / "so far.jsonl")) == ["God", "morning", "all"]
    run.cancel()
    assert eventually(lambda: run.state == "stopped")
    ended(run)
    run.correct(replace(1, [Word("God", 0.0, 0.1)], [Word("Good", 0.0, 0.1)]))
    assert texts(run) == texts(pnb.load(run.journal.path)) == ["Good", "morning", "all"]
    assert run.journal.path.read_bytes().splitlines()[-2].startswith(b'{"kind":"run-ended"'), (
        "it is appended after the end"
    )


def test_a_table_that_was_read_during_the_run_deletes_nothing_that_was_recognised_since(live: Any) -> None:
    run, send = live
    send("one", final=True)
    send("tow", "thee", number=2)
    table = run.words
    send("tow", "thee", "for", number=2, final=True)  # recognised while the person types
    send("five", number=3, final=True)
    table.loc[table["text"] == "tow", "text"] = "two"
    assert run.correct(table) == 1
    assert texts(run) == ["one", "two", "thee", "for", "five"]
    table = run.words
    assert run.correct(table[table["text"] != "two"]) == 1
    assert texts(run) == ["one", "thee", "for", "five"]
    assert run.undo()
    assert texts(run) == ["one", "two", "thee", "for", "five"]


def test_a_table_keeps_its_snapshot_however_often_the_words_are_read_since(live: Any) -> None:
    run, send = live
    send("one", final=True)
    table = run.words
    for number, word in enumerate(["two", "three", "four", "five"], 2):
        send(word, number=number, final=True)
        assert len(run.words) == number
    run.cancel()
    ended(run)
    assert len(run.words) == 5
    table.loc[0, "text"] = "won"
    assert run.correct(table) == 1
    assert texts(run) == ["won", "two", "three", "four", "five"]


def test_a_table_may_be_applied_twice_though_its_sentence_was_recognised_again(live: Any) -> None:
    """As when a cell is run again."""
    run, send = live
    send("tow", "um", "thee")
    table = run.words
    send("tow", "um", "thee", "for", final=True)
    table.loc[table["text"] == "tow", "text"] = "two"
    new = table[:1].assign(text="and", start=0.25, end=0.28)
    edited = pd.concat([table[table["text"] != "um"], new])
    edited.attrs = table.attrs
    assert run.correct(edited) == 1
    assert texts(run) == ["two", "thee", "and", "for"]
    assert run.correct(edited) == 0
    assert run.undo()
    assert texts(run) == ["tow", "um", "thee", "for"]
    assert run.correct(edited) == 1
    assert run.correct(table[table["text"] != "two"]) == 1, "another table of the same snapshot"
    assert "two" not in texts(run)
    assert texts(run)[-1] == "for"


def test_corrections_may_be_made_by_many_threads_during_the_run(live: Any) -> None:
    run, send = live
    send("a", "b", "c", "d", final=True)

    def insert(text: str) -> None:
        for number in range(100):
            run.correct(replace(1, [], [Word(f"{text}{number}", 0.5, 0.6)]))

    writers = [threading.Thread(target=insert, args=(text,)) for text in "xyz"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for writer in writers:
            writer.start()
        send("e", number=2, final=True)
        for writer in writers:
            writer.join(20)
    finally:
        sys.setswitchinterval(interval)
    assert len(run.words) == 305
    assert pnb.load(run.journal.path).words.equals(run.words), "applied in the order in which they are written"


def test_while_the_run_goes_on_a_table_of_unknown_time_keeps_later_sentences_and_names_them(live: Any) -> None:
    run, send = live
    for number, word in enumerate(["one", "two", "three", "four"], 1):
        send(word, number=number, final=True)
    unknown = pd.DataFrame(run.words.to_dict("list"))
    assert run.correct(unknown) == 0
    with pytest.warns(UserWarning, match=r"sentences 3 to 4 were kept.*read run\.words again") as warned:
        assert run.correct(unknown[1:2]) == 1, "the one before the table's last is deleted"
    assert warned[0].filename == __file__
    assert texts(run) == ["two", "three", "four"]
    with pytest.warns(UserWarning, match="sentence 4 was kept"):
        assert run.correct(unknown[1:3]) == 0
    table = run.words
    send("five", number=5, final=True)
    with pytest.warns(UserWarning, match="deleted 2 of 4 words"):
        assert run.correct(table[:1]) == 2, "a table that says when it was read"
    assert texts(run) == ["two", "five"]


def test_a_table_that_was_read_during_the_run_may_be_applied_to_the_loaded_one(live: Any, tmp_path: Path) -> None:
    run, send = live
    send("one", final=True)
    send("two", number=2, final=True)
    run.words.to_pickle(tmp_path / "table.pkl")
    send("three", number=3, final=True)
    run.cancel()
    ended(run)
    run.save(tmp_path / "run.jsonl")
    loaded = pnb.load(tmp_path / "run.jsonl")
    table = pd.read_pickle(tmp_path / "table.pkl")
    with pytest.warns(UserWarning, match="deleted 1 of 3 words"):
        assert loaded.correct(table[:1]) == 1
    assert texts(loaded) == ["one", "three"], "the sentence that came later is kept"


def test_a_table_shows_each_word_once_and_final_ones_as_such_while_the_run_goes_on(live: Any) -> None:
    run, send = live
    seen = []
    for words in (["a"], ["a", "b"], ["a", "c"]):
        send(*words)
        seen.append(run.words)
    send("a", "c", final=True)
    send("d", number=2)
    seen.append(run.words)
    assert [table["text"].tolist() for table in seen] == [["a"], ["a", "b"], ["a", "c"], ["a", "c", "d"]]
    assert seen[-1]["is_final"].tolist() == [True, True, False]
    assert len({table.attrs["snapshot"] for table in seen}) == 4
