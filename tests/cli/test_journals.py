"""`paraformer-nb resume`, `export` and `completion`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import command
from saved_journals import write_journal
from servers import KEY, Cloud, Talk, ended, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.journal.records import Audio

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A finished run's journal: "good mourning all" and "by"."""
    return write_journal(tmp_path / "run.jsonl")


# --------------------------------------------------------------------------------------------------------------- export


def test_export_writes_a_journal_in_other_formats(path: Path, tmp_path: Path) -> None:
    done = command("export", path, "--output", tmp_path / "{name}.txt", "-o", tmp_path / "words.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "run.txt"), str(tmp_path / "words.jsonl")]
    assert (tmp_path / "run.txt").read_text() == "good mourning all\nby\n"
    assert len((tmp_path / "words.jsonl").read_text().splitlines()) == 4


def test_export_does_not_overwrite_the_journal(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    done = command("export", path, "--output", tmp_path / "{name}.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is the run's journal" in done.stderr
    assert path.read_bytes() == before


def test_export_of_a_page_without_its_clip_keeps_the_files_that_were_written(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl", Audio(1.0, "task", 0.0, 3.0))
    words, page = tmp_path / "words.txt", tmp_path / "page.html"
    done = command("export", path, "--output", words, "--output", page)
    assert (done.returncode, done.stdout) == (1, f"{words}\n")
    assert "nothing to play" in done.stderr
    assert "Traceback" not in done.stderr
    assert words.exists()
    assert not page.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["export"], 2, "JOURNAL"),
        (["export", "run.jsonl"], 2, "--output"),
        (["export", "run.jsonl", "--output", "run.docx"], 2, "the format '.docx' is not known"),
        (["export", "nowhere.jsonl", "--output", "run.txt"], 1, "nowhere.jsonl"),
        (["resume"], 2, "JOURNAL"),
        (["resume", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["resume", "run.jsonl", "--output", "run.docx"], 2, "the format '.docx' is not known"),
        (["completion"], 2, "shell"),
        (["completion", "dos"], 2, "dos"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments: list[str], code: int, what: str) -> None:
    done = command(*arguments)
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (code, "")


# --------------------------------------------------------------------------------------------------------------- resume


async def _recognise_and_fail(talk: Talk) -> None:
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    await talk.fail("Arrearage", "The account is overdue.")


def _failed_run(tmp_path: Path) -> Path:
    """The journal of a failed run of an array of 2 s."""
    path = tmp_path / "lesson.jsonl"
    with Cloud(_recognise_and_fail) as cloud:
        failure(pnb.transcribe(tone(2.0), service=cloud.service(), pace=None, save=path))
    return path


async def _recognise_the_rest(talk: Talk) -> None:
    await talk.begin()
    await talk.command()
    await talk.say("goodbye", number=2)
    await talk.finish()


def test_resume_continues_a_failed_run_and_prints_all_its_words(tmp_path: Path, part: Path) -> None:
    path = tmp_path / "lesson.jsonl"
    with Cloud(_recognise_and_fail) as cloud:
        failure(pnb.transcribe(part, service=cloud.service(), pace=None, save=path))
    with Cloud(_recognise_the_rest) as cloud:
        options = ["--url", cloud.url, "--pace", 50, "--json", "--output", tmp_path / "{name}.txt"]
        done = command("resume", path, *options, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["hello", "there", "goodbye"]
    assert (tmp_path / "lesson.txt").read_text() == "hello there\ngoodbye\n"
    loaded = pnb.load(path)
    assert (loaded.state, texts(loaded)) == ("finished", ["hello", "there", "goodbye"])
    assert list(loaded.events["event"]).count("reopened") == 1


def test_resume_with_the_clip_at_another_path(tmp_path: Path, part: Path) -> None:
    path = tmp_path / "lesson.jsonl"
    with Cloud(_recognise_and_fail) as cloud:
        failure(pnb.transcribe(part, service=cloud.service(), pace=None, save=path))
    moved = part.rename(tmp_path / "moved.wav")
    with Cloud(well) as cloud:
        arguments = ["resume", path, "--url", cloud.url, "--pace", 50]
        missing = command(*arguments, DASHSCOPE_API_KEY=KEY)
        done = command(*arguments, "--clip", moved, DASHSCOPE_API_KEY=KEY)
    assert missing.returncode == 1
    assert "part.wav" in missing.stderr
    assert done.returncode == 0, done.stderr
    assert pnb.load(path).state == "finished"


def test_a_run_that_cannot_be_resumed_is_left_as_it_is(path: Path, tmp_path: Path) -> None:
    failed = _failed_run(tmp_path)
    before = path.read_bytes(), failed.read_bytes()
    finished = command("resume", path)
    without_clip = command("resume", failed)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "nothing to continue" in finished.stderr
    assert (without_clip.returncode, without_clip.stdout) == (2, "")
    assert "names no file of its clip" in without_clip.stderr
    assert (path.read_bytes(), failed.read_bytes()) == before


# ----------------------------------------------------------------------------------------------------------- completion


@pytest.mark.parametrize(
    ("shell", "options"),
    [("bash", ("--output", "--engine")), ("zsh", ("--output", "--engine")), ("tcsh", ())],
)
def test_completion_prints_a_script_with_every_command(shell: str, options: tuple[str, ...]) -> None:
    done = command("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("transcribe", "resume", "export", "serve", "completion", *options):
        assert name in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="this system has no bash")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(command("completion", "bash").stdout)

    def complete(*words: str) -> list[str]:
        line = " ".join(words)
        code = (
            f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
            "function=$(complete -p paraformer-nb | sed 's/.*-F \\([^ ]*\\).*/\\1/'); $function; "
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "-c", code], capture_output=True, text=True, timeout=60, check=True, env=os.environ
        )
        return done.stdout.split()

    assert complete("paraformer-nb", "tr") == ["transcribe"]
    assert "--engine-option" in complete("paraformer-nb", "transcribe", "--eng")


def test_a_resumed_run_of_the_command_line_is_the_same_as_in_python(tmp_path: Path, part: Path) -> None:
    path = tmp_path / "lesson.jsonl"
    with Cloud(_recognise_and_fail) as cloud:
        failure(pnb.transcribe(part, service=cloud.service(), pace=None, save=path))
    shutil.copy(path, tmp_path / "copy.jsonl")
    with Cloud(_recognise_the_rest) as cloud:
        done = command("resume", path, "--url", cloud.url, "--pace", 50, DASHSCOPE_API_KEY=KEY)
        run = ended(pnb.resume(tmp_path / "copy.jsonl", service=cloud.service(), pace=None))
    assert done.returncode == 0, done.stderr
    assert pnb.load(path).words.equals(run.words)
