"""A damaged or hostile journal: what can be read is loaded, what cannot is named, and nothing else is raised."""

from __future__ import annotations

import json
import tracemalloc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from records import RUN, journal_bytes, result, run_started, sent_audio, timed_final
from servers import Cloud, ended, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import JournalError, ParaformerError
from paraformer_nb.journal.records import (
    Audio,
    ClipHashed,
    ClipSource,
    Connected,
    Corrected,
    Disconnected,
    Failure,
    Gap,
    Peaks,
    Received,
    Record,
    Resumed,
    RunEnded,
    Silence,
)

ENDED = RunEnded(9.0, "finished")
SENTENCES = (
    timed_final(("one", 100, 400), ("two", 500, 900)),
    timed_final(("three", 2000, 2400), number=2),
    timed_final(("four", 4000, 4400), number=3),
)
EVERYTHING: tuple[Record, ...] = (
    run_started(clip=ClipSource("a.wav", "/nowhere/a.wav", 99), parameters={"language_hints": ["en"]}),
    ClipHashed(0.1, "ab" * 32),
    Connected(0.2, "t", "pocketsphinx", "a notice"),
    sent_audio(0.0, 10.0),
    Peaks(1.0, 0.0, 0.01, bytes(range(200))),
    Silence(1.0, "t", 10.0, 1.0),
    result("one tw", 100),
    *SENTENCES,
    Disconnected(3.0, "t", "reset", 1006),
    Resumed(3.5, "t", 4.0, 2),
    timed_final(("five", 1000, 1400), number=1),
    Gap(4.0, 6.0, 7.0, "late"),
    Corrected(
        5.0,
        {
            "action": "replace",
            "sentence": 1,
            "old": [{"text": "one", "start": 0.1, "end": 0.4}],
            "new": [{"text": "won", "start": 0.1, "end": 0.4}],
        },
    ),
    Corrected(6.0, {"action": "undo"}),
    RunEnded(9.0, "failed", Failure("TaskFailed", "why", {"code": "C"}), 10.0, "ab" * 32),
)


def lines_of(*records: Record) -> list[bytes]:
    """The lines of a journal of `RUN` and these records."""
    return journal_bytes(RUN, *records).splitlines(keepends=True)


def load_damaged(path: Path, data: bytes) -> tuple[pnb.Run, str]:
    """Load a journal that is damaged. Returns the run and the one warning."""
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="is damaged") as caught:
        run = pnb.load(path)
    assert len(caught) == 1
    assert caught[0].filename == __file__, "it names the line that called load"
    assert path.read_bytes() == data
    return run, str(caught[0].message)


# ----------------------------------------------------------------------------------------------------- damaged lines


@pytest.mark.parametrize(("lost", "gap"), [(0, (0.0, 2.0)), (1, (0.9, 4.0)), (2, (2.4, 10.0))])
def test_a_damaged_sentence_costs_itself_and_leaves_a_gap(lost: int, gap: tuple[float, float], tmp_path: Path) -> None:
    lines = lines_of(sent_audio(0.0, 10.0), *SENTENCES, ENDED)
    number = 2 + lost
    lines[number] = lines[number].replace(b'"text"', b'"te\0t', 1)
    run, warning = load_damaged(tmp_path / "run.jsonl", b"".join(lines))
    words = [["one", "two"], ["three"], ["four"]]
    del words[lost]
    assert texts(run) == [word for sentence in words for word in sentence]
    assert f"line {number + 1} cannot be read" in warning
    assert run.state == "finished"
    assert run.gaps[["start", "end"]].to_numpy().tolist() == [list(gap)]
    assert f"line {number + 1} of the journal is damaged" in run.gaps["reason"][0]


def test_damage_that_costs_no_word_leaves_no_gap(tmp_path: Path) -> None:
    lines = lines_of(sent_audio(0.0, 10.0), result("on", 100), *SENTENCES, ENDED)
    lines[1:1] = [b'{"kind":"audio","t":1.0,"task":"t","pos\n', b'{"kind":"peaks","t":1.0}\n']
    lines[4] = lines[4][:-4] + b"\n"  # the partial
    run, warning = load_damaged(tmp_path / "run.jsonl", b"".join(lines))
    assert texts(run) == ["one", "two", "three", "four"]
    assert "lines 2, 3, 5 cannot be read" in warning
    assert len(run.gaps) == 0


def test_without_its_last_line_a_run_was_cut_short(tmp_path: Path) -> None:
    lines = lines_of(sent_audio(0.0, 10.0), *SENTENCES, ENDED)
    lines[-1] = lines[-1].replace(b":9", b":", 1)
    run, _ = load_damaged(tmp_path / "run.jsonl", b"".join(lines))
    assert run.state == "failed"
    assert "cut short at 10.0 s" in str(run.error)
    assert len(run.gaps) == 0


def test_many_damaged_lines_are_counted(tmp_path: Path) -> None:
    lines = [*lines_of(), *[b"nonsense\n"] * 500, *lines_of(*SENTENCES)[1:]]
    run, warning = load_damaged(tmp_path / "run.jsonl", b"".join(lines))
    assert len(texts(run)) == 4
    assert "lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 490 more" in warning


def test_a_damaged_journal_can_be_corrected_saved_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    lines = lines_of(sent_audio(0.0, 10.0), *SENTENCES)
    lines[3] = b"\xff\xfe" + lines[3][2:]
    run, _ = load_damaged(path, b"".join(lines))
    words = run.words
    words.loc[0, "text"] = "ONE"
    assert run.correct(words) == 1
    assert len(run.events) == 3
    run.save(tmp_path / "copy.jsonl")
    for each in (path, tmp_path / "copy.jsonl"):
        with pytest.warns(UserWarning, match="line 4 cannot be read"):
            assert texts(pnb.load(each)) == ["ONE", "two", "four"]
    with Cloud(well) as cloud, pytest.warns(UserWarning, match="line 4 cannot be read"):
        resumed = ended(pnb.resume(path, clip=tone(40), service=cloud.service(), pace=None))
    assert texts(resumed)[:3] == ["ONE", "two", "four"]
    assert resumed.gaps[["start", "end"]].to_numpy().tolist() == [[0.9, 4.0]]


# ---------------------------------------------------------------------------------------------------- hostile journals


@contextmanager
def little_memory(limit: int = 150_000_000) -> Iterator[None]:
    """Assert that the code needs no more bytes than this."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def use(path: Path, folder: Path) -> None:
    """Load a journal and read everything of it; only our own errors may be raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run = pnb.load(path)
        except JournalError:
            return
        for table in (run.words, run.words_raw, run.sentences, run.gaps, run.events):
            table.to_json()
        assert isinstance(run.text + repr(run) + str(run.usage) + str(run.error), str)
        list(run.journal)
        run.export(folder / "out.txt")
        run.export(folder / "out.jsonl")
        run.export(folder / "out.html", audio=None)
        with suppress(ParaformerError):  # raised where there is something to play
            run.export(folder / "out.html")
        copy = folder / "copy.jsonl"
        copy.unlink(missing_ok=True)
        run.save(copy)
        run.correct(run.words)
        run.undo()


@pytest.mark.parametrize(
    "records",
    [
        [Peaks(1.0, position, 0.01, b"\1\2") for position in (0.0, 9e6)],
        [Peaks(1.0, position, 0.01, b"\1\2") for position in range(0, 9_000_000, 80_000)],
        [Audio(1.0, "t", 9e6, 1e6), Peaks(1.0, 9e6, 0.01, b"\1\2"), Peaks(1.0, 0.0, 0.01, b"\1\2")],
        [Audio(1.0, "t", 0.0, 1e308), Gap(1.0, 1e308, -1e308, ""), Resumed(1.0, "t", 1e308, 10**30)],
    ],
    ids=["two peaks", "many peaks", "backwards", "infinite"],
)
def test_records_far_apart_need_little_memory(records: list[Record], tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(RUN, *records, *SENTENCES, ENDED))
    with little_memory():
        use(path, tmp_path)


@pytest.mark.parametrize("character", ["[", '{"a":'])
@pytest.mark.parametrize("where", ["line", "parameters", "correction", "body", "failure"])
@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_deep_brackets_cost_only_their_line(character: str, where: str, depth: int, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    close = "]" if character == "[" else "}"
    deep = (character * depth + "1" + close * depth).encode()
    records: list[Record] = [RUN, Corrected(1.0, "DEEP"), *SENTENCES, Received(1.0, "t", b'"DEEP"')]  # type: ignore[arg-type]
    records.append(RunEnded(9.0, "failed", Failure("TaskFailed", "why", {"code": "DEEP"})))
    data = journal_bytes(*records)
    data = {
        "line": data.replace(b'{"kind":"corrected","t":1.0,"correction":"DEEP"}', deep),
        "parameters": data.replace(b'"parameters":{}', b'"parameters":{"a":' + deep + b"}"),
        "correction": data.replace(b'"correction":"DEEP"', b'"correction":' + deep),
        "body": data.replace(b'"body":"DEEP"', b'"body":' + deep),
        "failure": data.replace(b'"code":"DEEP"', b'"code":' + deep),
    }[where]
    path.write_bytes(data)
    use(path, tmp_path)


def test_bytes_that_are_not_utf8_in_a_body_leave_the_events_readable(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(RUN, *SENTENCES, ENDED).replace(b"three", b"thr\xff\xfe"))
    run = pnb.load(path)
    assert texts(run) == ["one", "two", "thr\ufffd\ufffd", "four"]
    assert "thr\ufffd\ufffd" in run.events["body"].str.cat()


@pytest.mark.parametrize("name", ["StopIteration", "StopAsyncIteration", "SystemExit", "print", "ExceptionGroup"])
def test_any_name_of_an_error_can_be_waited_for(name: str, tmp_path: Path) -> None:
    import asyncio

    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(RUN, RunEnded(1.0, "failed", Failure(name, "why"))))
    run = pnb.load(path)

    async def wait() -> None:
        await run

    with pytest.raises(ParaformerError, match=name):
        asyncio.run(wait())


def test_a_state_that_a_run_cannot_end_in_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(RUN, *SENTENCES, RunEnded(1.0, "streaming")))
    assert pnb.load(path).state == "failed"


@pytest.mark.parametrize("path", ["nul\0.jsonl", "x" * 300, "/dev/zero", "/dev/null", "~nobody-there/x.jsonl"])
def test_a_path_that_cannot_be_a_journal(path: str, tmp_path: Path) -> None:
    for call in (pnb.load, pnb.resume):
        with pytest.raises(JournalError):
            call(path)


@pytest.mark.parametrize("path", ["nul\0.jsonl", "x" * 300, "no/such/folder"])
def test_a_path_to_which_no_journal_can_be_saved(path: str, tmp_path: Path) -> None:
    source = tmp_path / "run.jsonl"
    source.write_bytes(journal_bytes(RUN, *SENTENCES, ENDED))
    with pytest.raises(JournalError):
        pnb.load(source).save(path)
    with Cloud(well) as cloud, pytest.raises(JournalError):
        pnb.transcribe(tone(0.1), service=cloud.service(), save=path)


# ----------------------------------------------------------------------------------------------------------- a fuzzer

_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, -1e308, 1e-308, 2**63, -(2**63), 10**300, 0.1),
    *("", "\0", "t", "\ud83d", "a" * 5000, "../../x", "finished", [], {}, [[]], {"a": {}}, [None]),
)


def _mutate(value: Any, random: Random) -> Any:
    """A JSON value with one thing in it changed."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: each for name, each in value.items() if name != key}
        return value | {key: _mutate(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        index = random.randrange(len(value))
        return [*value[:index], _mutate(value[index], random), *value[index + 1 :]] * random.choice((1, 1, 1, 3))
    return random.choice(_VALUES)


def _damage(data: bytes, random: Random) -> bytes:
    """Bytes with a few of them changed, missing or doubled."""
    damaged = bytearray(data)
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(damaged))
        match random.randrange(4):
            case 0:
                damaged[at] = random.randrange(256)
            case 1:
                del damaged[at : at + random.randrange(1, 200)]
            case 2:
                damaged[at:at] = damaged[at : at + random.randrange(1, 400)]
            case 3:
                damaged[at:at] = random.choice((b"\n", b"\0" * 50, b"[" * 3000, b"9" * 400, b"e308", b'"'))
    return bytes(damaged)


def fuzz(folder: Path, seed: int, count: int) -> None:
    """Use journals that are damaged at random, in their values or in their bytes."""
    random = Random(seed)
    lines = journal_bytes(*EVERYTHING).splitlines(keepends=True)
    path = folder / "fuzz.jsonl"
    for _ in range(count):
        made = list(lines)
        if random.random() < 0.7:
            for _ in range(random.randrange(1, 4)):
                index = random.randrange(len(made))
                made[index] = json.dumps(_mutate(json.loads(made[index]), random)).encode() + b"\n"
        if random.random() < 0.3:
            made[1:] = random.sample(made[1:], len(made) - 1)
        data = b"".join(made)
        path.write_bytes(data if random.random() < 0.5 else _damage(data, random))
        kept = path.read_bytes()
        try:
            use(path, folder)
        except Exception as error:
            (folder / "failing.jsonl").write_bytes(kept)
            raise AssertionError(f"seed {seed}: see {folder / 'failing.jsonl'}") from error


def test_journals_that_are_damaged_at_random(tmp_path: Path) -> None:
    fuzz(tmp_path, 1, 60)


def test_a_journal_whose_first_line_is_damaged_is_not_read_as_words(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal_bytes(*EVERYTHING).replace(b'{"kind":"run-started","t":0.0,', b'{"start": 0.0, ', 1))
    assert path.read_bytes().startswith(b'{"start": ')
    with pytest.raises(JournalError, match="its first line is damaged"):
        pnb.load(path)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 22))
def test_a_campaign_of_damaged_journals(tmp_path: Path, seed: int) -> None:
    fuzz(tmp_path, seed, 2000)
