"""Paths that a user gives: `~` is the home folder everywhere, and names that no system takes are errors of ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from records import result, write_journal
from servers import Cloud, ended, tone, well
from wire import write_wav

import paraformer_nb as pnb
from paraformer_nb.audio.clip_input import classify
from paraformer_nb.cli.arguments import paths_of
from paraformer_nb.cli.main import main
from paraformer_nb.errors import AudioError, ExportError, JournalError, ParameterError, ReadError
from paraformer_nb.journal.records import RunEnded
from paraformer_nb.paths import expand


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a finished journal in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    write_journal(tmp_path / "run.jsonl", result("a b", 0, 1000), RunEnded(1.0, "finished"))
    return tmp_path


def test_a_tilde_is_expanded_where_there_is_such_a_home(home: Path) -> None:
    assert expand("~/a.wav") == expand(Path("~/a.wav")) == home / "a.wav"
    assert expand("~") == home
    assert [str(expand(path)) for path in ("a~", "./~/a", "~no such user~/a")] == ["a~", "~/a", "~no such user~/a"]


def test_every_path_of_a_run_may_begin_with_a_tilde(home: Path) -> None:
    run = pnb.load("~/run.jsonl")
    assert run.text == "a b"
    run.save("~/copy.jsonl")
    assert run.export("~/words.txt").path == home / "words.txt"
    with pytest.raises(JournalError, match="recognised to its end"):
        pnb.resume("~/copy.jsonl")
    assert (home / "words.txt").read_text() == "a b\n"
    assert classify("~/a.wav").name == "a.wav"
    assert getattr(classify("~/a.wav"), "path", None) == home / "a.wav"


def test_a_journal_may_be_saved_at_home(home: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save="~/new.jsonl"))
    assert run.journal.path == home / "new.jsonl"
    assert (home / "new.jsonl").exists()


def test_the_command_line_s_paths_may_be_quoted_tildes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "~/run.jsonl", "--output", "~/words.txt"]) == 0
    assert (home / "words.txt").exists()
    script = ["serve", "--port", "0", "--engine", "scripted"]
    assert main([*script, "--script", "~/none.json"]) != 0
    assert str(home / "none.json") in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--api-key-file", "~/none.key"]) != 0
    assert str(home / "none.key") in capsys.readouterr().err


LONG = "a" * 300
CALLS: dict[str, Callable[[pnb.Run, Path], Any]] = {
    "load": lambda _run, folder: pnb.load(folder / LONG),
    "save": lambda run, folder: run.save(folder / LONG),
    "export": lambda run, folder: run.export(folder / f"{LONG}.txt"),
    "export a page": lambda run, folder: run.export(folder / f"{LONG}.html", audio=None),
    "transcribe": lambda _run, folder: pnb.transcribe(folder / LONG, service=pnb.Embedded("scripted", script=folder)),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_name_that_is_too_long_is_an_error_of_ours(call: str, home: Path) -> None:
    run = pnb.load(home / "run.jsonl")
    with pytest.raises((AudioError, ExportError, JournalError, ParameterError)) as refused:
        CALLS[call](run, home)
    if call.startswith("export"):
        assert "File name too long. Choose a shorter name." in str(refused.value)
    assert sorted(path.name for path in home.iterdir()) == ["run.jsonl"], "nothing was written"


@pytest.mark.parametrize("size", [243, 244, 249, 255])
@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".html"])
def test_the_longest_names_that_a_system_takes_are_written(size: int, suffix: str, home: Path) -> None:
    run = pnb.load(home / "run.jsonl")
    options = {"audio": None} if suffix == ".html" else {}
    name = "字" * ((size - len(suffix)) // 3) + "a" * ((size - len(suffix)) % 3) + suffix
    assert len(name.encode()) == size
    assert run.export(home / name, **options).path.exists()
    run.save(home / f"{'b' * (size - 6)}.jsonl") if suffix == ".txt" else None
    assert not [path for path in home.iterdir() if path.name.endswith(".draft")]


class AnyPath:
    """A path object that gives what it was made with."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def __fspath__(self) -> Any:
        return self._given


def test_a_path_may_be_an_object_of_bytes_and_the_url_of_a_file(home: Path) -> None:
    """`os.scandir` of a folder that was named in bytes gives such objects; browsers and editors copy such URLs."""
    clip = home / "l #1 100%.wav"
    write_wav(clip, bytes(32_000))
    (entry,) = (entry for entry in os.scandir(os.fsencode(home)) if entry.name.endswith(b".wav"))
    urls = [clip.as_uri(), f"FILE://LocalHost{quote(str(clip))}", f"file:{clip}", f"file://{clip}"]
    for given in (entry, AnyPath(os.fsencode(clip)), AnyPath(str(clip)), *urls):
        opened = classify(given)
        assert (opened.name, getattr(opened, "path", None)) == (clip.name, clip), given
    run = pnb.load(AnyPath(os.fsencode(home / "run.jsonl")))
    assert pnb.load((home / "run.jsonl").as_uri()).text == run.text == "a b"
    run.save(AnyPath(os.fsencode(home / "copy.jsonl")))
    assert run.export((home / "words of it.txt").as_uri()).path == home / "words of it.txt"
    assert paths_of("--output", "{name}.txt", ["a.wav", clip.as_uri()]) == [Path("a.txt"), Path("l #1 100%.txt")]


@pytest.mark.parametrize("given", [5, None, b"\xff", 1.5], ids=repr)
def test_a_path_object_that_gives_no_path_is_an_error_of_ours(given: Any, home: Path) -> None:
    run = pnb.load(home / "run.jsonl")
    for call in (pnb.load, classify, run.save, run.export, pnb.read_words):
        if isinstance(given, bytes) and call not in (pnb.load, pnb.read_words):
            continue  # a name that may be written
        with pytest.raises((ParameterError, JournalError, ReadError)):
            call(AnyPath(given))


@pytest.mark.parametrize(
    ("given", "shown", "advice"),
    [
        ("HTTP://Example.com/a.wav", "HTTP://Example.com/a.wav", "Download the clip first"),
        (" https://u:secret@x.org/a.wav?sign=secret", "x.org/a.wav", "Download the clip first"),
        (Path("https://u:secret@x.org/a.wav"), "https:/x.org/a.wav", "Download the clip first"),
        ("s3://bucket/a.wav", "s3://bucket/a.wav", "Download the clip first"),
        ("rtsp://camera/1", "rtsp://camera/1", "Download the clip first"),
        ("file://server/share/a.wav", "file://server/share/a.wav", "another machine: copy the clip here"),
        ("data:audio/wav;base64," + "A" * 10**6, "data:audio/wav;base64,AAA", "base64.b64decode"),
        ("", "''", "Give its path"),
    ],
)
def test_the_address_of_a_clip_is_refused_with_what_to_do(given: Any, shown: str, advice: str) -> None:
    with pytest.raises(AudioError) as refused:
        classify(given)
    message = str(refused.value)
    assert shown in message and advice in message
    assert "secret" not in message and len(message) < 500


def test_a_text_that_is_no_path_at_all_is_not_repeated_whole() -> None:
    """As the audio itself, in Base64."""
    with pytest.raises(AudioError, match="cannot be opened: File name too long") as refused:
        pnb.transcribe("UklGR" * 10**5, service=pnb.DashScope("k", url="ws://127.0.0.1:1/"))
    assert len(str(refused.value)) < 500
