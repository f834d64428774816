"""Exporting: the suffix chooses the format, mistakes are reported before anything is written, files are whole."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from records import fold, result

from paraformer_nb.errors import AudioError, ExportError, ParameterError
from paraformer_nb.formats.export import export
from paraformer_nb.formats.files import write_file
from paraformer_nb.formats.registry import FORMATS, SUFFIXES
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.tables.words import words_table
from paraformer_nb.transcript.transcript import Transcript


def no_audio() -> PlayableClip:
    raise AudioError("there is nothing to play.")


def exported(path: Path, transcript: Transcript | None = None, **options: Any) -> Path:
    transcript = transcript or fold(result("Good morning.", 0, 900))
    return export(transcript, words_table(transcript.sentences, transcript), path, no_audio, options).path


def test_each_format_is_registered_under_its_name_and_suffixes() -> None:
    assert all(each.name == name and each.summary for name, each in FORMATS.items())
    assert all(suffix in each.suffixes and suffix == suffix.lower() for suffix, each in SUFFIXES.items())
    assert all(each.render or each.can_read for each in FORMATS.values())


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".TXT", ".JsonL"])
def test_the_suffix_chooses_the_format_in_any_case(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"lesson.v2{suffix}"
    assert exported(path) == path
    assert path.read_text(encoding="utf-8").startswith("{" if suffix.lower() == ".jsonl" else "Good morning.")
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_can_be_written_without_sound(tmp_path: Path) -> None:
    page = exported(tmp_path / "lesson.html", audio=None)
    assert "<!doctype html>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["lesson", "lesson.odt", "lesson.txt.bak", ".txt", "lesson."])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"is not known\. Nothing was written\. Known: \.html, \.srt, .*\.csv, "):
        exported(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("a.txt", {"title": "A"}, r"format \.txt has no option title: it has no options\. Nothing was written"),
        ("a.jsonl", {"audio": None, "b": 1}, r"format \.jsonl has no option audio, b: it has no options"),
        (
            "a.html",
            {"titel": "A"},
            r"format \.html has no option titel: its options are audio, title\. Nothing",
        ),
    ],
)
def test_an_unknown_option_is_refused_with_those_that_are_known(
    name: str, options: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=reason):
        exported(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------- whole files


@pytest.fixture
def full_disk() -> Iterator[int]:
    """The disk takes no more than this many bytes a file."""
    size = 1000
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    yield size
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, old)


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path, full_disk: int) -> None:
    path = tmp_path / "lesson.txt"
    assert write_file(path, b"old") == path
    with pytest.raises(ExportError, match=r"cannot be written: File too large\. Choose another folder"):
        write_file(path, b"x" * (full_disk + 1))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path], "no draft is left"
    write_file(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(
    "name", ["missing/lesson.txt", "file/lesson.txt", f"{'a' * 300}.txt", "folder.txt"], ids=lambda name: name[:12]
)
def test_a_path_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "folder.txt").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ExportError, match="cannot be written"):
        exported(tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_bytes() == b"mine"
