"""`paraformer-nb score`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import command
from saved_journals import write_journal


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_journal_is_scored_against_a_text(tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "run.jsonl")  # "good mourning all" and "by"
    reference = text(tmp_path / "ref.txt", "Good morning, all.\n")
    done = command("score", reference, journal, "--errors")
    assert done.returncode == 0, done.stderr
    head, *errors = done.stdout.splitlines()
    assert head == "WER 66.7 % (2 of 3: 1 sub, 0 del, 1 ins), after width, case, marks"
    assert [line.split("  ", 1)[1] for line in errors] == ["substitute  morning → mourning", "insert  ∅ → by"]
    assert all(line[0].isdigit() for line in errors)


def test_options_choose_unit_and_steps(tmp_path: Path) -> None:
    reference, hypothesis = text(tmp_path / "a.txt", "嗯，二十五個。"), text(tmp_path / "b.txt", "25个")
    assert command("score", reference, hypothesis).stdout.startswith("CER 100.0 % (5 of 5")
    options = ("--fillers", "zh", "--digits", "--script", "simplified", "--unit", "character")
    done = command("score", reference, hypothesis, *options)
    assert done.stdout.startswith("CER 0.0 % (0 of 3"), done.stderr
    assert command("score", reference, reference, "--as-written").stdout.endswith("as written\n")


def test_json_has_the_counts_and_the_errors(tmp_path: Path) -> None:
    reference, hypothesis = text(tmp_path / "a.txt", "a b"), text(tmp_path / "b.txt", "a c")
    values = json.loads(command("score", reference, hypothesis, "--json", "--errors").stdout)
    assert (values["rate"], values["substitutions"], values["hits"], values["unit"]) == (0.5, 1, 1, "word")
    assert values["alignment"] == [
        {"op": "substitute", "reference": "b", "hypothesis": "c", "start": None, "end": None}
    ]
    assert json.loads(command("score", text(tmp_path / "c.txt", ""), hypothesis, "--json").stdout)["rate"] is None


@pytest.mark.parametrize("name", ["missing.txt", "sound.wav"])
def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path, name: str) -> None:
    text(tmp_path / "sound.wav", "RIFF")
    done = command("score", tmp_path / name, text(tmp_path / "a.txt", "a"))
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr
