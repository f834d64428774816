"""Where a run is written to, what is there when it is read back, and what is left open."""

from __future__ import annotations

import gc
import hashlib
import json
import resource
import signal
from pathlib import Path

import pytest
from servers import Cloud, Talk, assert_says, ended, eventually, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.widgets.run_state import describe_run

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_save_writes_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=path))
    assert run.recording.path == path
    assert list(tmp_path.iterdir()) == [path]
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert (records[0]["kind"], records[-1]["kind"], records[-1]["state"]) == ("run", "end", "finished")
    assert pnb.load(path).words.equals(run.words)


def test_save_refuses_a_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("mine")
    with Cloud(well) as cloud:
        with pytest.raises(errors.JournalError, match="there already and was left as it is"):
            pnb.transcribe(tone(0.2), service=cloud.service(), save=path)
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
        with pytest.raises(errors.JournalError, match="there already"):
            run.save(path)
    assert path.read_text() == "mine"
    assert len(cloud.headers) == 1


@pytest.mark.parametrize("where", ["missing/run.jsonl", "."])
def test_save_where_nothing_can_be_written(where: str, tmp_path: Path) -> None:
    with Cloud(well) as cloud, pytest.raises(errors.JournalError):
        pnb.transcribe(tone(0.2), service=cloud.service(), save=tmp_path / where)
    assert cloud.headers == []


def test_a_folder_for_all_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chinese: Path) -> None:
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(tmp_path))
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    runs = [ended(pnb.transcribe(chinese, service=service)) for _ in range(2)]
    assert sorted(run.recording.path for run in runs) == sorted(tmp_path.iterdir())
    assert all(run.recording.path.name.endswith("-lesson_zh.jsonl") for run in runs)
    assert len(runs[0].recording.path.read_text()) > 1000
    del runs, service
    gc.collect()
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(tmp_path / "missing"))
    with pytest.raises(errors.JournalError):
        pnb.transcribe(chinese)


def test_a_temporary_recording_goes_with_its_run() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    path = run.recording.path
    assert path.exists()
    del run
    gc.collect()
    assert eventually(lambda: not path.exists(), 5)


def test_a_running_run_may_be_saved(running: pnb.Run, tmp_path: Path) -> None:
    running.save(tmp_path / "so far.jsonl")
    assert len(running.events) >= 4
    loaded = pnb.load(tmp_path / "so far.jsonl")
    assert texts(loaded) == ["hello", "there", "g"]
    assert loaded.state == "failed"
    assert "cut short" in str(loaded.error)


def test_an_ended_run_may_be_saved(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    run.save(tmp_path / "kept.jsonl")
    assert (tmp_path / "kept.jsonl").read_bytes() == run.recording.path.read_bytes()
    again = pnb.load(str(tmp_path / "kept.jsonl"))
    again.save(tmp_path / "twice.jsonl")
    assert pnb.load(tmp_path / "twice.jsonl").events.equals(run.events)


def test_a_disk_that_is_full_costs_one_warning_and_no_word(tmp_path: Path) -> None:
    async def chatty(talk: Talk) -> None:
        await talk.begin()
        for number in range(1, 400):
            await talk.say("hello", number=number)
        await talk.command()
        await talk.finish()

    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with Cloud(chatty) as cloud:
            run = pnb.transcribe(tone(1), service=cloud.service(), pace=None, save=tmp_path / "run.jsonl")
            with pytest.warns(UserWarning) as caught:
                ended(run)
                run.wait(1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    assert_says(caught[0].message, "cannot be written", "the run goes on", "in memory only", "run.save(...)")
    assert len(caught) == 1
    assert (run.state, len(run.words)) == ("finished", 399)
    assert "in memory only" in describe_run(run.transcript, can_stop=False, can_correct=False).message
    assert 10 < len(pnb.load(tmp_path / "run.jsonl").words) < 399
    run.save(tmp_path / "copy.jsonl")
    copy = pnb.load(tmp_path / "copy.jsonl")
    assert copy.state == "finished"
    assert copy.words.equals(run.words)
    assert copy.events.equals(run.events)


def test_ended_runs_leave_no_file_open(english: Path) -> None:
    def open_files() -> set[str]:
        found = set()
        for entry in Path("/proc/self/fd").iterdir():
            try:
                found.add(str(entry.readlink()))
            except OSError:
                continue
        return {name for name in found if name.endswith((".jsonl", ".flac"))}

    assert open_files() == set()
    service = pnb.Embedded("scripted", script=english.with_suffix(".json"))
    ended(pnb.transcribe(english, service=service))
    run = pnb.transcribe(english, service=service, pace=1.0)
    assert eventually(lambda: run.state == "streaming")
    run.cancel()
    with Cloud(well, status=401) as cloud:
        failure(pnb.transcribe(english, service=cloud.service()))
    assert eventually(lambda: open_files() == set(), 5), open_files()


def test_a_kept_recording_knows_its_clip_by_its_digest(english: Path, tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        kept = ended(pnb.transcribe(english, service=cloud.service(), pace=None, end=1.0, save=tmp_path / "run.jsonl"))
        gone = ended(pnb.transcribe(english, service=cloud.service(), pace=None, end=1.0))
    digests = [json.loads(run.recording.path.read_bytes().splitlines()[-1])["sha256"] for run in (kept, gone)]
    assert digests == [hashlib.sha256(english.read_bytes()).hexdigest(), None]


def test_a_loaded_run_has_the_error_that_it_had(tmp_path: Path) -> None:
    async def drops(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello")
        await talk.connection.close(1011)

    with Cloud(drops) as cloud:
        run = pnb.transcribe(tone(5.0), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        error = failure(run)
    loaded = pnb.load(tmp_path / "run.jsonl")
    assert type(loaded.error) is type(error) is errors.ConnectionLost
    assert str(loaded.error) == str(error)
    assert (loaded.state, texts(loaded)) == ("failed", ["hello"])
    assert "1011" in loaded.events.set_index("event").loc["lost", "text"].iloc[0]
