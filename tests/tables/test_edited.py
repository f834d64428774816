"""Corrections of a run, as a person makes them: by table and one by one, live, afterwards, and on a full disk."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Cloud, Talk, ended, eventually, result, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.records import ClipSource, KnownRecord, Received, RunEnded, RunStarted, ServiceSource
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Word

RUN = RunStarted(
    0.0, 1, "today", ClipSource("a.wav"), 16000, 0.0, 40.0, ServiceSource("embedded", "h", "scripted"), "m", {}
)


def said(*words: str, number: int = 1, final: bool = True, **more: Any) -> Received:
    """Words of 100 ms each; sentence 1 begins at 0 s, sentence 2 at 1 s and so on."""
    return Received.of(1.0, "t", result("t", *words, number=number, final=final, **more).encode())


def written(path: Path, *records: KnownRecord) -> Path:
    with path.open("wb") as file:
        writer = Appender(file)
        for record in (RUN, *records):
            writer.append(record)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording: "good mourning all" and "by"."""
    records = said("good", "mourning", "all"), said("by", number=2), RunEnded(9.0, "finished")
    return written(tmp_path / "run.jsonl", *records)


@pytest.fixture
def run(path: Path) -> pnb.Run:
    return pnb.load(path)


def replace(sentence: int, old: list[Word], new: list[Word]) -> Correction:
    return Correction("replace", sentence, tuple(old), tuple(new))


MOURNING, MORNING = Word("mourning", 0.1, 0.2), Word("morning", 0.1, 0.2)
CORRECTION = replace(1, [MOURNING], [MORNING])


def edits(path: Path) -> int:
    return path.read_bytes().count(b'"kind":"corrected"')


# ---------------------------------------------------------------------------------------------------------- everywhere


def test_a_correction_is_in_every_table_and_text_and_what_was_heard_is_kept(run: pnb.Run) -> None:
    heard = run.words
    assert run.correct(CORRECTION) is True
    assert texts(run) == ["good", "morning", "all", "by"]
    assert run.text == "good morning all by"
    assert run.sentences["text"].tolist() == ["good morning all", "by"]
    assert run.words_raw.equals(heard)
    assert run.words.dtypes.equals(heard.dtypes)
    assert "4 words" in repr(run)
    assert run.events.set_index("event").loc["edit", "text"] == "'mourning' → 'morning'"


def test_the_picture_shows_the_corrected_words(run: pnb.Run) -> None:
    run.correct(CORRECTION)
    shown = {text.get_text() for text in run.plot(0.0, 0.5).findobj() if hasattr(text, "get_text")}
    assert "morning" in shown
    assert "mourning" not in shown


def test_a_sentence_without_words_is_in_no_table(run: pnb.Run) -> None:
    run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
    assert run.sentences["sentence_id"].tolist() == [1]
    assert run.text == "good mourning all"
    assert run.words_raw["text"].tolist()[-1] == "by"


def test_corrections_undo_and_redo_come_back_with_the_file(run: pnb.Run, path: Path) -> None:
    assert (run.undo(), run.redo(), edits(path)) == (False, False, 0)
    run.correct(CORRECTION)
    run.correct(replace(2, [Word("by", 1.0, 1.1)], [Word("bye", 1.0, 1.3)]))
    assert (run.undo(), run.undo(), run.undo(), run.redo()) == (True, True, False, True)
    assert edits(path) == 5
    for _ in range(2):
        run = pnb.load(path)
        assert texts(run) == ["good", "morning", "all", "by"]
        assert run.state == "finished"
    assert run.redo() is True, "what was undone can still be redone, another day"
    assert (run.redo(), run.undo()) == (False, True)
    assert pnb.load(path).words.equals(run.words)
    assert run.words["text"].tolist() == ["good", "morning", "all", "by"]


def test_a_copy_has_the_corrections(run: pnb.Run, path: Path, tmp_path: Path) -> None:
    run.correct(CORRECTION)
    run.save(tmp_path / "copy.jsonl")
    assert pnb.load(tmp_path / "copy.jsonl").words.equals(run.words)


def test_the_clock_of_a_loaded_run_goes_on(run: pnb.Run) -> None:
    run.correct(CORRECTION)
    run.undo()
    times = run.events["t"].tolist()
    assert times == sorted(times)
    assert 9.0 <= times[-2] < times[-1] < 60.0


@pytest.mark.parametrize(
    "change",
    [
        replace(0, [MOURNING], []),
        replace(3, [MOURNING], []),
        replace(-1, [MOURNING], []),
        replace(1, [], []),
        replace(1, [], [Word("a", float("nan"), 1.0)]),
        replace(1, [], [Word("a", 0.0, float("inf"))]),
        replace(1, [], [Word("a", -1.0, 1.0)]),
        replace(1, [], [Word("a", 2.0, 1.0)]),
        replace(1, [], [Word("a\nb", 0.0, 1.0)]),
        replace(1, [], [Word("a" * 501, 0.0, 1.0)]),
        replace(1, [], [Word(None, 0.0, 1.0)]),
        replace(1, [MOURNING], [Word("", 0.1, 0.2)]),  # type: ignore[arg-type]
        replace("1", [MOURNING], []),
        Correction("merge", 1, (MOURNING,)),  # type: ignore[arg-type]
    ],
    ids=lambda change: str(change)[-60:],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_recorded(change: Correction, run: pnb.Run, path: Path) -> None:
    before = run.words
    with pytest.raises(ParameterError, match="Nothing was changed"):
        run.correct(change)
    assert run.words.equals(before)
    assert (edits(path), run.undo()) == (0, False)


def test_a_correction_that_changes_nothing_is_not_recorded(run: pnb.Run, path: Path) -> None:
    assert run.correct(replace(1, [MOURNING], [MOURNING])) is False
    assert edits(path) == 0


# ------------------------------------------------------------------------------------------------------------ by table


def test_an_edited_table_is_taken_over_and_only_what_differs_is_recorded(run: pnb.Run, path: Path) -> None:
    frame = run.words
    frame.loc[1, "text"] = "morning"
    assert run.correct(frame) == 1
    assert run.words["text"].tolist() == frame["text"].tolist()
    assert b'"old":[{"text":"mourning","start":0.1,"end":0.2}]' in path.read_bytes()
    assert run.correct(run.words) == run.correct(frame) == 0
    assert edits(path) == 1


def test_rows_may_be_changed_deleted_and_added_at_once(run: pnb.Run, path: Path) -> None:
    frame = run.words.drop(index=0)
    frame.loc[3, ["text", "end", "punctuation"]] = "bye", 1.5, "!"
    columns = ["sentence_id", "text", "start", "end", "punctuation"]
    new = pd.DataFrame([(1, "you", 0.3, 0.4, "."), (2, "bye", 1.6, 1.9, "")], columns=columns)
    assert run.correct(pd.concat([new, frame])) == 2
    assert run.text == "mourning all you. bye! bye"
    assert pnb.load(path).words.equals(run.words)
    run.undo()
    assert run.text == "mourning all you. by", "one sentence is one step"
    run.undo()
    assert run.text == "good mourning all by"


def test_a_sentence_all_of_whose_rows_are_deleted_goes(run: pnb.Run) -> None:
    frame = run.words
    assert run.correct(frame[frame["sentence_id"] == 1]) == 1
    assert run.text == "good mourning all"
    assert run.correct(frame) == 1
    assert run.text == "good mourning all by"


def test_a_word_keeps_confidence_and_speaker_if_its_text_stays(tmp_path: Path) -> None:
    known = {"confidence": 0.5, "speaker_id": "a"}
    words = [
        {"text": text, "punctuation": mark, "begin_time": 100 * at, "end_time": 100 * at + 100} | known
        for at, (text, mark) in enumerate([(" one", ","), (" two", "."), (" three", "")])
    ]
    run = pnb.load(written(tmp_path / "run.jsonl", said("one", words=words)))
    frame = run.words
    frame.loc[1, "end"] = 0.25
    frame.loc[2, "text"] = "free"
    run.correct(frame.drop(columns=["punctuation", "confidence", "speaker", "is_final"]))
    after = run.words
    assert after["text"].tolist() == ["one", "two", "free"]
    assert after["punctuation"].tolist() == [",", ".", ""], "a table that does not say leaves the marks"
    assert after["end"].tolist() == [0.1, 0.25, 0.3]
    assert after["speaker"].tolist() == ["a", "a", "a"]
    assert after["confidence"].isna().tolist() == [False, False, True]
    assert run.text == " one, two. free"


def test_a_table_may_have_been_a_csv_in_between(run: pnb.Run, tmp_path: Path) -> None:
    run.words.to_csv(tmp_path / "words.csv", index=False)
    frame = pd.read_csv(tmp_path / "words.csv")
    assert run.correct(frame) == 0
    frame.loc[3, "text"] = "bye"
    assert run.correct(frame) == 1
    assert run.text == "good mourning all bye"


def test_a_table_that_does_not_say_when_it_was_read_deletes_no_sentence_behind_its_last(
    run: pnb.Run, path: Path
) -> None:
    """It may be of a time when no more was heard: from a file, put together, of another run's life."""
    first = run.words[:2]
    again = pd.DataFrame(first.to_dict())
    joined = pd.concat([first[:1], pnb.load(path).words[1:2]])
    anothers = pnb.load(path).words[:2]
    for frame in (again, joined, anothers):
        assert run.correct(frame) == 1, "the third word of its own sentence is deleted"
        assert run.text == "good mourning by"
        assert run.undo()
    assert run.correct(first) == 2, "this one was read when all was heard"
    assert run.text == "good mourning"


def test_a_word_that_is_written_anew_is_of_whoever_speaks_at_its_time(tmp_path: Path) -> None:
    words = [
        {"text": text, "begin_time": 1000 * at, "end_time": 1000 * at + 900, "speaker_id": speaker}
        for at, (text, speaker) in enumerate([("ja", "a"), ("so", "a"), ("non", "b")])
    ]
    run = pnb.load(written(tmp_path / "run.jsonl", said("ja", words=words)))
    frame = run.words
    frame.loc[2, "text"] = "no"
    late = pd.DataFrame([(1, "so", 3.0, 3.1), (1, "oh", 1.6, 1.7)], columns=["sentence_id", "text", "start", "end"])
    run.correct(pd.concat([frame, late])[["sentence_id", "text", "start", "end"]])
    assert run.words[["text", "speaker"]].to_numpy().tolist() == [
        ["ja", "a"],
        ["so", "a"],
        ["oh", "a"],
        ["no", "b"],
        ["so", "b"],
    ]
    run.correct(run.words[:0])
    run.correct(pd.DataFrame([(1, "non", 2.0, 2.9)], columns=["sentence_id", "text", "start", "end"]))
    assert run.words["speaker"].tolist() == ["b"], "it was heard, though no word of it was left"


@pytest.mark.parametrize("missing", [["text"], ["start", "end"], ["sentence_id"]])
def test_a_table_that_lacks_columns_is_refused_by_their_names(missing: list[str], run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=f"lacks {', '.join(missing)}:"):
        run.correct(run.words.drop(columns=missing))


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("sentence_id", 7, "does not know: 7"),
        ("sentence_id", 1.5, "not a whole number"),
        ("sentence_id", float("nan"), "sentence_id is nan"),
        ("text", None, "not a string"),
        ("text", 5, "not a string"),
        ("text", pd.NA, "not a string"),
        ("text", "", "leave the word out"),
        ("text", "a\nb", "line breaks"),
        ("text", "a" * 501, "at most 500"),
        ("start", float("nan"), "start is nan"),
        ("end", float("inf"), "end is inf"),
        ("end", pd.NaT, "end is NaT"),
        ("start", -0.5, "0 s or later"),
        ("end", 0.05, "not end before it starts"),
        ("start", "0.1", "start is '0.1'"),
        ("start", True, "start is True"),
        ("start", pd.Timedelta(seconds=1), "start is Timedelta"),
        ("punctuation", 5, "punctuation is 5"),
    ],
)
def test_one_bad_row_and_nothing_is_recorded(column: str, value: Any, says: str, run: pnb.Run, path: Path) -> None:
    frame = run.words.astype(object)
    frame.loc[1, "text"] = "morning"  # good, and of an earlier sentence
    frame.loc[3, column] = value
    with pytest.raises(ParameterError, match=says) as caught:
        run.correct(frame)
    assert "Nothing was changed." in str(caught.value)
    assert (run.text, edits(path)) == ("good mourning all by", 0)


@pytest.mark.parametrize("table", [None, [], {"text": ["a"]}, "words.csv"])
def test_what_is_no_table_is_refused(table: Any, run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=r"edited copy of run\.words"):
        run.correct(table)


def test_among_words_that_begin_together_the_table_s_order_counts(tmp_path: Path) -> None:
    words = [{"text": text, "begin_time": 500, "end_time": 500} for text in ("ha", "ha", "so")]
    run = pnb.load(written(tmp_path / "run.jsonl", said("ha", words=words)))
    frame = run.words
    frame.loc[1, "text"] = "ho"
    run.correct(frame)
    assert texts(run) == ["ha", "ho", "so"]
    frame = pd.concat([frame[:1], frame[:1].assign(text="he"), frame[1:]])
    run.correct(frame)
    assert texts(run) == ["ha", "he", "ho", "so"]
    run.correct(frame[[True, False, True, True]])
    assert texts(run) == ["ha", "ho", "so"]


_time = st.integers(0, 8).map(lambda tenths: tenths / 10)
_rows = st.lists(st.tuples(st.integers(1, 2), st.sampled_from("abc"), _time, _time), max_size=8)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(_rows, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_after_any_table_the_words_are_the_table_s(
    tmp_path_factory: pytest.TempPathFactory, tables: list[list[tuple[int, str, float, float]]], chance: random.Random
) -> None:
    """Words that are the same twice, of no length, at the same time, over one another, in any order of rows."""
    path = written(tmp_path_factory.mktemp("runs") / "run.jsonl", said("a", "b", "a", "c"), said("b", number=2))
    run = pnb.load(path)
    begun = run.words
    steps = 0
    for table in tables:
        rows = [(number, text, start, start + length) for number, text, start, length in table]
        frame = pd.DataFrame(rows, columns=["sentence_id", "text", "start", "end"])
        frame = frame.sample(frac=1, random_state=chance.randrange(99))
        frame.attrs = run.words.attrs  # it is the whole table, however few its rows
        steps += run.correct(frame)
        assert _by_sentence(run.words) == _by_sentence(frame)
        assert pnb.load(path).words.equals(run.words)
    for _ in range(steps):
        assert run.undo() is True
    assert run.words.equals(begun)
    assert run.undo() is False


def _by_sentence(frame: pd.DataFrame) -> list[Any]:
    """Its rows; those that begin together in the order in which they stand."""
    rows = frame.sort_values("start", kind="stable").sort_values("sentence_id", kind="stable")
    return list(rows[["sentence_id", "text", "start", "end"]].round(3).itertuples(index=False, name=None))


# ---------------------------------------------------------------------------------------------------------------- live


@pytest.fixture
def talking() -> Iterator[tuple[pnb.Run, Any]]:
    """A run in real time, and a function that has its service say something and waits until it is heard."""
    said_so: list[tuple[Any, ...]] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        while True:
            while said_so:
                words, number, final = said_so.pop(0)
                await talk.say(*words, number=number, final=final)
            await asyncio.sleep(0.01)

    with Cloud(behave) as cloud:
        run = pnb.transcribe(tone(120), service=cloud.service(), pace=1.0)

        def say(*words: str, number: int = 1, final: bool = False) -> None:
            said_so.append((words, number, final))

            def is_heard() -> bool:
                frame = run.words_raw
                of_it = frame[frame["sentence_id"] == number]
                return of_it["text"].tolist() == list(words) and set(of_it["is_final"]) == {final}

            assert eventually(is_heard, 10)

        try:
            yield run, say
        finally:
            run.cancel()
            ended(run)


def test_a_correction_in_what_is_still_being_heard_stays(talking: Any, tmp_path: Path) -> None:
    run, say = talking
    say("good", "mourning")
    assert run.correct(CORRECTION) is True
    assert texts(run) == ["good", "morning"]
    say("good", "mooring", "all")
    assert texts(run) == ["good", "morning", "all"]
    say("God", "mourning", "all", final=True)
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


def test_a_table_that_was_read_while_the_run_went_on_takes_nothing_back(talking: Any) -> None:
    run, say = talking
    say("one", final=True)
    say("tow", "thee", number=2)
    frame = run.words
    say("tow", "thee", "for", number=2, final=True)  # heard while the person types
    say("five", number=3, final=True)
    frame.loc[frame["text"] == "tow", "text"] = "two"
    assert run.correct(frame) == 1
    assert texts(run) == ["one", "two", "thee", "for", "five"]
    frame = run.words
    assert run.correct(frame[frame["text"] != "two"]) == 1
    assert texts(run) == ["one", "thee", "for", "five"]
    assert run.undo()
    assert texts(run) == ["one", "two", "thee", "for", "five"]


def test_a_table_stays_of_the_time_when_it_was_read_whoever_reads_the_words_since(talking: Any) -> None:
    run, say = talking
    say("one", final=True)
    frame = run.words
    for number, word in enumerate(["two", "three", "four", "five"], 2):
        say(word, number=number, final=True)
        assert len(run.words) == number
    run.cancel()
    ended(run)
    assert len(run.words) == 5
    frame.loc[0, "text"] = "won"
    assert run.correct(frame) == 1
    assert texts(run) == ["won", "two", "three", "four", "five"]


def test_a_table_may_come_twice_though_its_sentence_was_heard_anew(talking: Any) -> None:
    """As when a cell is run again."""
    run, say = talking
    say("tow", "um", "thee")
    frame = run.words
    say("tow", "um", "thee", "for", final=True)
    frame.loc[frame["text"] == "tow", "text"] = "two"
    new = frame[:1].assign(text="and", start=0.25, end=0.28)
    edited = pd.concat([frame[frame["text"] != "um"], new])
    edited.attrs = frame.attrs
    assert run.correct(edited) == 1
    assert texts(run) == ["two", "thee", "and", "for"]
    assert run.correct(edited) == 0
    assert run.undo()
    assert texts(run) == ["tow", "um", "thee", "for"]
    assert run.correct(edited) == 1
    assert run.correct(frame[frame["text"] != "two"]) == 1, "and another table of the same reading"
    assert "two" not in texts(run)
    assert texts(run)[-1] == "for"


def test_corrections_may_come_from_many_threads_while_the_run_goes_on(talking: Any) -> None:
    run, say = talking
    say("a", "b", "c", "d", final=True)

    def insert(text: str) -> None:
        for number in range(100):
            run.correct(replace(1, [], [Word(f"{text}{number}", 0.5, 0.6)]))

    writers = [threading.Thread(target=insert, args=(text,)) for text in "xyz"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for writer in writers:
            writer.start()
        say("e", number=2, final=True)
        for writer in writers:
            writer.join(20)
    finally:
        sys.setswitchinterval(interval)
    assert len(run.words) == 305
    assert pnb.load(run.journal.path).words.equals(run.words), "they were made in the order in which they are kept"


def test_a_view_is_refreshed_on_the_background_loop(run: pnb.Run) -> None:
    refreshed: list[tuple[str, str]] = []

    class View:
        def refresh(self) -> None:
            refreshed.append((threading.current_thread().name, run.text))

    view: Any = View()
    run._journal.show_in(view)
    run.correct(CORRECTION)
    assert eventually(lambda: refreshed, 5)
    assert refreshed == [("paraformer_nb", "good morning all by")]


# ------------------------------------------------------------------------------------------------------------- on disk


def test_a_recording_that_was_cut_short_can_be_corrected(path: Path) -> None:
    whole = path.read_bytes()
    cut = whole[: whole.index(b'{"kind":"run-ended"') + 7]  # a crash in the midst of a line
    path.write_bytes(cut)
    run = pnb.load(path)
    run.correct(CORRECTION)
    run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
    again = pnb.load(path)
    assert texts(again) == ["good", "morning", "all"]
    assert "cut short" in str(again.error)
    assert path.read_bytes().startswith(cut[:-7])


@pytest.mark.parametrize("what", ["gone", "another recording", "another file"])
def test_a_file_that_is_gone_warns_once_and_the_corrections_hold(
    what: str, run: pnb.Run, path: Path, tmp_path: Path
) -> None:
    path.unlink()
    if what == "another recording":
        written(path, RunEnded(1.0, "finished")).write_bytes(path.read_bytes().replace(b"today", b"tomorrow"))
    elif what == "another file":
        path.write_text("mine\n")
    before = path.read_bytes() if path.exists() else None
    with pytest.warns(UserWarning, match=r"kept in memory only.*with run\.words\.to_csv") as told:
        run.correct(CORRECTION)
        run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
        assert run.undo()
    assert len(told) == 1
    assert "run.save" not in str(told[0].message), "there is nothing left to copy"
    assert told[0].filename == __file__
    assert texts(run) == ["good", "morning", "all", "by"]
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.fixture
def sealed(path: Path) -> Iterator[Path]:
    """The recording in a file that nobody may write, root neither."""
    file = os.memfd_create("run", os.MFD_ALLOW_SEALING)
    os.write(file, path.read_bytes())
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    yield Path(f"/proc/self/fd/{file}")
    os.close(file)


def test_a_file_that_is_read_only_warns_once_and_a_copy_has_the_corrections(sealed: Path, tmp_path: Path) -> None:
    run = pnb.load(sealed)
    with pytest.warns(UserWarning, match=r"Operation not permitted.*run\.save") as told:
        run.correct(CORRECTION)
        run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
        run.undo()
    assert len(told) == 1
    assert texts(run) == ["good", "morning", "all", "by"]
    assert texts(pnb.load(sealed)) == ["good", "mourning", "all", "by"]
    run.save(tmp_path / "elsewhere.jsonl")
    copy = pnb.load(tmp_path / "elsewhere.jsonl")
    assert copy.words.equals(run.words)
    assert copy.redo() is True
    assert texts(copy) == ["good", "morning", "all"]


@pytest.mark.parametrize("when", ["while the run goes on", "after it"])
def test_a_full_disk_costs_a_warning_and_a_copy_has_each_correction_once(when: str, tmp_path: Path) -> None:
    async def quiet(talk: Talk) -> None:
        await talk.begin()
        await talk.say("good", "mourning", "all")
        await talk.forever()

    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Cloud(quiet) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 3)
            if when == "after it":
                run.cancel()
                ended(run)
            size = run.journal.path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, limits[1]))
            with pytest.warns(UserWarning, match="File too large.*in memory only") as told:
                run.correct(CORRECTION)
                run.correct(replace(1, [Word("all", 0.2, 0.3)], []))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, old)
            run.cancel()
        assert len(told) == 1
        if when == "after it":
            run.wait(15)
        else:  # it is not these corrections alone that are in memory only
            with pytest.warns(UserWarning, match="the run goes on, and is kept in memory only"):
                run.wait(15)
    assert texts(run) == ["good", "morning"]
    run.save(tmp_path / "copy.jsonl")
    copy = pnb.load(tmp_path / "copy.jsonl")
    assert copy.words.equals(run.words)
    assert edits(tmp_path / "copy.jsonl") == 2
    pnb.load(run.journal.path)


def test_a_run_of_today_can_be_corrected_with_no_word_of_warning(tmp_path: Path) -> None:
    with Cloud(well) as cloud, warnings.catch_warnings():
        warnings.simplefilter("error")
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=tmp_path / "run.jsonl"))
        assert run.correct(replace(1, [Word("there", 0.1, 0.2)], [Word("you", 0.1, 0.2)]))
    assert texts(run) == texts(pnb.load(tmp_path / "run.jsonl")) == ["hello", "you"]
