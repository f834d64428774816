"""`paraformer-nb convert`, and `export` of any readable file."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import command, command_in_a_process
from saved_journals import write_journal

import paraformer_nb as pnb

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello <there.\n"


@pytest.fixture
def srt(tmp_path: Path) -> Path:
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")
    return path


def test_convert_writes_the_format_of_the_suffix_and_counts_the_changes(srt: Path, tmp_path: Path) -> None:
    done = command("convert", srt, tmp_path / "talk.TextGrid")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path / 'talk.TextGrid'}\n", "")
    assert pnb.read_words(tmp_path / "talk.TextGrid")["text"].tolist() == ["Hello", "<there"]
    back = command("convert", tmp_path / "talk.TextGrid", tmp_path / "back.srt")
    assert back.returncode == 0
    assert "back.srt: 1 character replaced" in back.stderr
    page = command("convert", srt, tmp_path / "page.html")
    assert page.returncode == 0, page.stderr
    assert "Hello" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_export_writes_several_formats_of_a_journal(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "run.jsonl")
    done = command(
        "export",
        path,
        "--output",
        tmp_path / "{name}.srt",
        "--output",
        tmp_path / "a.csv",
        "--output",
        tmp_path / "a.eaf",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / name) for name in ("run.srt", "a.csv", "a.eaf")]
    assert "good mourning all" in (tmp_path / "run.srt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["convert", "a.srt"], 2, "TO"),
        (["convert", "missing.srt", "b.ctm"], 1, "missing.srt"),
        (["convert", "missing.srt", "b.docx"], 2, "the format '.docx' is not known"),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, what: str) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert what in done.stderr
    assert "Traceback" not in done.stderr


def test_a_package_that_an_output_needs_is_missed_before_anything_is_sent(tmp_path: Path, english: Path) -> None:
    (tmp_path / "pysubs2.py").write_text("raise ImportError\n")
    output = tmp_path / "a.ass"
    done = command_in_a_process("transcribe", english, "--output", output, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'paraformer-nb[export]'" in done.stderr
