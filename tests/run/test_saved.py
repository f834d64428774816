"""Where a run's journal is written, what a loaded run has, and that no file stays open."""

from __future__ import annotations

import gc
import hashlib
import json
import wave
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import FrontEnd
from full_disk import largest_file
from saved_journals import write_journal
from servers import Cloud, Talk, assert_says, ended, eventually, failure, texts, tone, well
from wire import write_wav

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.run.save_folder import new_journal_path

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_save_writes_to_the_given_path(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=path))
    assert run.journal.path == path
    assert list(tmp_path.iterdir()) == [path]
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert (records[0]["kind"], records[-1]["kind"], records[-1]["state"]) == (
        "run-started",
        "run-ended",
        "finished",
    )
    assert pnb.load(path).words.equals(run.words)


def test_save_refuses_a_file_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("mine")
    with Cloud(well) as cloud:
        with pytest.raises(errors.JournalError, match="exists and was left as it is"):
            pnb.transcribe(tone(0.2), service=cloud.service(), save=path)
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
        with pytest.raises(errors.JournalError, match="exists and was left"):
            run.save(path)
    assert path.read_text() == "mine"
    assert len(cloud.headers) == 1


@pytest.mark.parametrize("where", ["missing/run.jsonl", "."])
def test_save_where_no_file_can_be_written(where: str, tmp_path: Path) -> None:
    with Cloud(well) as cloud, pytest.raises(errors.JournalError):
        pnb.transcribe(tone(0.2), service=cloud.service(), save=tmp_path / where)
    assert cloud.headers == []


def test_a_folder_for_all_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chinese: Path) -> None:
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(tmp_path))
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    runs = [ended(pnb.transcribe(chinese, service=service)) for _ in range(2)]
    assert sorted(run.journal.path for run in runs) == sorted(tmp_path.iterdir())
    assert all(run.journal.path.name.endswith("-lesson_zh.jsonl") for run in runs)
    assert len(runs[0].journal.path.read_text()) > 1000
    del runs, service
    gc.collect()
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(tmp_path / "missing"))
    with pytest.raises(errors.JournalError):
        pnb.transcribe(chinese)


@pytest.mark.parametrize(
    "stem",
    ["语" * 80, "x" * 250, "é" * 100 + "𝄞" * 12, "课\N{COMBINING ACUTE ACCENT}" * 50],
    ids=["3 bytes", "1 byte", "2 and 4 bytes", "two characters each"],
)
def test_a_long_name_is_cut_to_what_the_file_system_takes(
    stem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "journals"
    folder.mkdir()
    clip = tmp_path / f"{stem}.wav"
    with wave.open(str(clip), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(folder))
    with Cloud(well) as cloud:
        runs = [ended(pnb.transcribe(clip, service=cloud.service(), pace=None)) for _ in range(2)]
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(run.journal.path.name for run in runs)
    for name in names:
        assert stem.startswith(name.removesuffix(".jsonl").split("-", 3)[3])
        assert 200 < len(name.encode()) <= 255


def test_two_runs_of_one_moment_have_journals_of_their_own(tmp_path: Path) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, 6)
    paths = []
    for _ in range(3):
        paths.append(new_journal_path(tmp_path, "lesson.wav", now))
        paths[-1].touch()
    stamp = "20260102-030405-000006-lesson"
    assert [path.name for path in paths] == [f"{stamp}.jsonl", f"{stamp}-2.jsonl", f"{stamp}-3.jsonl"]


def test_a_temporary_journal_is_deleted_with_its_run() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    path = run.journal.path
    assert path.exists()
    del run
    gc.collect()
    assert eventually(lambda: not path.exists(), 5)


def test_a_run_can_be_saved_while_it_runs(running: pnb.Run, tmp_path: Path) -> None:
    running.save(tmp_path / "so far.jsonl")
    assert len(running.events) >= 4
    loaded = pnb.load(tmp_path / "so far.jsonl")
    assert texts(loaded) == ["hello", "there", "g"]
    assert loaded.state == "failed"
    assert "cut short" in str(loaded.error)


def test_an_ended_run_can_be_saved(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    run.save(tmp_path / "kept.jsonl")
    assert (tmp_path / "kept.jsonl").read_bytes() == run.journal.path.read_bytes()
    again = pnb.load(str(tmp_path / "kept.jsonl"))
    again.save(tmp_path / "twice.jsonl")
    assert pnb.load(tmp_path / "twice.jsonl").events.equals(run.events)


def test_a_full_disk_costs_one_warning_and_no_word(tmp_path: Path) -> None:
    async def chatty(talk: Talk) -> None:
        await talk.begin()
        for number in range(1, 400):
            await talk.say("hello", number=number)
        await talk.command()
        await talk.finish()

    with Cloud(chatty) as cloud, largest_file(20_000):
        run = pnb.transcribe(tone(1), service=cloud.service(), pace=None, save=tmp_path / "run.jsonl")
        with pytest.warns(UserWarning) as caught:
            ended(run)
            run.wait(1)
    assert_says(caught[0].message, "cannot be written", "the run goes on", "in memory only", "run.save(...)")
    assert len(caught) == 1
    assert (run.state, len(run.words)) == ("finished", 399)
    front_end = FrontEnd(run.transcript, run.timeline())
    front_end.send("sync")
    front_end.view.close()
    assert "in memory only" in front_end.run.message
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


def test_a_journal_has_the_digest_of_its_clip(english: Path, tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        kept = ended(pnb.transcribe(english, service=cloud.service(), pace=None, end=1.0, save=tmp_path / "run.jsonl"))
        temporary = ended(pnb.transcribe(english, service=cloud.service(), pace=None, end=1.0))
    digests = [json.loads(run.journal.path.read_bytes().splitlines()[-1])["sha256"] for run in (kept, temporary)]
    assert digests == [hashlib.sha256(english.read_bytes()).hexdigest()] * 2
    second = json.loads(kept.journal.path.read_bytes().splitlines()[1])
    assert (second["kind"], second["sha256"]) == ("clip-hashed", digests[0]), "a run that is killed has it"


def test_the_digest_of_a_large_clip_is_in_a_kept_journal_and_in_a_copy(tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "large.wav", bytes(12_000_000))
    right = hashlib.sha256(clip.read_bytes()).hexdigest()
    with Cloud(well) as cloud:
        kept = ended(pnb.transcribe(clip, service=cloud.service(), pace=None, end=1.0, save=tmp_path / "run.jsonl"))
        temporary = ended(pnb.transcribe(clip, service=cloud.service(), pace=None, end=1.0))
    assert kept.transcript.clip_sha256 == right
    assert temporary.transcript.clip_sha256 is None, "it would be read for nothing"
    temporary.save(tmp_path / "copy.jsonl")
    copy = pnb.load(tmp_path / "copy.jsonl")
    assert (copy.transcript.clip_sha256, texts(copy), copy.state) == (right, texts(temporary), "finished")
    clip.write_bytes(clip.read_bytes()[:-2] + b"\1\0")
    temporary.save(tmp_path / "late.jsonl")
    assert pnb.load(tmp_path / "late.jsonl").transcript.clip_sha256 is None, "it is not of the sound that was sent"


def test_a_copy_of_a_private_journal_is_private(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=path))
    for mode in (0o600, 0o644):
        path.chmod(mode)
        pnb.load(path).save(tmp_path / f"{mode:o}.jsonl")
        assert (tmp_path / f"{mode:o}.jsonl").stat().st_mode & 0o777 == mode
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    with pytest.raises(errors.JournalError, match="exists and was left"):
        run.save(tmp_path / "link.jsonl")


def test_a_loaded_run_has_the_error_of_the_run(tmp_path: Path) -> None:
    async def drops(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.connection.close(1011)

    with Cloud(drops) as cloud:
        run = pnb.transcribe(tone(5.0), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        error = failure(run)
    loaded = pnb.load(tmp_path / "run.jsonl")
    assert type(loaded.error) is type(error) is errors.ConnectionLost
    assert str(loaded.error) == str(error)
    assert (loaded.state, texts(loaded)) == ("failed", ["hello"])
    assert "1011" in loaded.events.set_index("event").loc["disconnected", "text"].iloc[0]


@pytest.mark.parametrize(
    ("code", "message", "kind", "is_retryable"),
    [
        ("InvalidParameter", "Missing required parameter 'payload.input'!", errors.TaskFailed, False),
        ("InternalError", "Internal server error!", errors.TaskFailed, True),
        ("Throttling", "Requests throttling triggered.", errors.TaskThrottled, True),
    ],
)
def test_a_loaded_runs_failed_task_is_the_same_error(
    code: str, message: str, kind: type[errors.TaskFailed], is_retryable: bool, tmp_path: Path
) -> None:
    async def fails(talk: Talk) -> None:
        await talk.begin()
        await talk.fail(code, message)

    with Cloud(fails) as cloud:
        retry = pnb.Retry(attempts=1)
        run = pnb.transcribe(tone(1.0), service=cloud.service(), retry=retry, save=tmp_path / "run.jsonl")
        error = failure(run)
    loaded: Any = pnb.load(tmp_path / "run.jsonl").error
    assert type(loaded) is type(error) is kind
    assert (loaded.code, loaded.message, loaded.retryable) == (code, message, is_retryable)
    assert loaded.task_id == cloud.commands[0]["header"]["task_id"]
    assert loaded.advice == error.advice
    assert str(loaded) == str(error)
    assert isinstance(loaded, errors.Throttled) == (kind is errors.TaskThrottled)


def test_a_loaded_run_has_an_error_of_the_clips_own_kind(tmp_path: Path) -> None:
    class UnknownError(Exception):
        pass

    async def fails(error: Exception) -> Any:
        yield tone(0.1)[0].tobytes()
        raise error

    for number, error in enumerate((OSError("unplugged"), UnknownError("unplugged"))):
        path = tmp_path / f"{number}.jsonl"
        with Cloud(well) as cloud:
            failure(pnb.transcribe((fails(error), 16000), service=cloud.service(), pace=None, save=path))
        loaded = pnb.load(path).error
        expected = OSError if isinstance(error, OSError) else errors.ParaformerError
        assert type(loaded) is expected
        assert "unplugged" in str(loaded)
    assert "UnknownError" in str(loaded)


# -------------------------------------------------------------------------------------------------------------- exports


def test_a_run_is_exported_in_the_format_of_the_suffix(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    assert run.export(tmp_path / "run.txt").path == tmp_path / "run.txt"
    assert (tmp_path / "run.txt").read_text() == "hello there\n"
    rows = [json.loads(line) for line in run.export(str(tmp_path / "run.JSONL")).path.read_text().splitlines()]
    assert [row["text"] for row in rows] == texts(run)
    page = run.export(tmp_path / "run.html", audio=None, title="A lesson").path.read_text()
    assert "<h1>A lesson</h1>" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.JSONL", "run.html", "run.txt"]


def test_a_loaded_run_and_a_run_that_goes_on_can_be_exported(running: pnb.Run, tmp_path: Path) -> None:
    assert running.export(tmp_path / "live.txt").path.read_text() == "hello there\ng\n"
    running.stop()
    ended(running)
    running.save(tmp_path / "run.jsonl")
    loaded = pnb.load(tmp_path / "run.jsonl")
    assert loaded.export(tmp_path / "loaded.txt").path.read_text() == "hello there\ngoodbye\n"


def test_an_export_replaces_a_file_only_when_the_new_one_is_complete(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    path = tmp_path / "run.txt"
    path.write_text("mine\n")
    with largest_file(4), pytest.raises(errors.ExportError, match="cannot be written"):
        run.export(path)
    assert path.read_text() == "mine\n"
    assert list(tmp_path.iterdir()) == [path]
    run.export(path)
    assert path.read_text() == "hello there\n"


@pytest.mark.parametrize(
    ("name", "options", "kind", "what"),
    [
        ("run.docx", {}, errors.ExportError, "the format '.docx' is not known"),
        ("run", {}, errors.ExportError, "the format '' is not known"),
        ("run.txt", {"audio": None}, errors.ParameterError, "the format .txt has no option audio"),
        ("run.html", {"sound": 1}, errors.ParameterError, "no option sound: its options are audio, title"),
        ("missing/run.txt", {}, errors.ExportError, "cannot be written"),
    ],
)
def test_an_export_that_is_refused(
    name: str, options: dict[str, Any], kind: type[Exception], what: str, tmp_path: Path
) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))
    with pytest.raises(kind) as caught:
        run.export(tmp_path / name, **options)
    assert what in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> pnb.Run:
    """A run of two words, loaded."""
    return pnb.load(write_journal(tmp_path / "small.jsonl"))


@pytest.mark.parametrize("name", ["page.html", "words.txt", "words.jsonl"])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_an_export_keeps_the_permissions_of_the_file_that_it_replaces(
    small: pnb.Run, tmp_path: Path, name: str, mode: int
) -> None:
    path = tmp_path / name
    path.touch()
    path.chmod(mode)
    small.export(path, **({"audio": None} if name == "page.html" else {}))
    assert path.stat().st_size > 10
    assert path.stat().st_mode & 0o777 == mode


def test_a_new_export_has_the_permissions_of_any_new_file(small: pnb.Run, tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    assert small.export(tmp_path / "words.txt").path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_export_to_a_link_replaces_the_file_that_it_leads_to(small: pnb.Run, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "words.txt").write_text("old")
    for link, target in (("link.txt", folder / "words.txt"), ("chain.txt", "link.txt"), ("new.txt", "real/new.txt")):
        (tmp_path / link).symlink_to(target)
        small.export(tmp_path / link)
        assert (tmp_path / link).is_symlink()
        assert (tmp_path / link).read_text() == "good mourning all\nby\n"
    assert sorted(path.name for path in folder.iterdir()) == ["new.txt", "words.txt"]
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(errors.ExportError, match="cannot be written"):
        small.export(tmp_path / "loop.txt")
    assert (tmp_path / "loop.txt").is_symlink()


def test_an_export_does_not_write_to_a_draft_that_another_put_there(small: pnb.Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".words.txt.draft").symlink_to(tmp_path / "mine")
    small.export(tmp_path / "words.txt")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["x" * 260 + ".txt", "nul\0.txt", "folder.txt"], ids=lambda name: name[-12:])
def test_a_name_that_no_file_can_have_is_refused(small: pnb.Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(errors.ExportError, match="cannot be written"):
        small.export(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.txt", "small.jsonl"]


def test_an_export_does_not_overwrite_the_runs_own_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=path))
    before = path.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(path)
    for each in (run, pnb.load(path)):
        for name in ("run.jsonl", "link.jsonl"):
            with pytest.raises(errors.ExportError, match="is the run's journal"):
                each.export(tmp_path / name)
    assert path.read_bytes() == before
