"""``paraformer-nb models``: fetch, list, check, break, repair, import and remove a model, by the messages alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from command_line import command
from model_hub import Hub, paths, serving
from tiny_paraformer import RECITED, build

from paraformer_nb.cli.main import main
from paraformer_nb.cli.model_check import PUBLISHED, count_differences
from paraformer_nb.models.table import Model, ModelFile, Repository

Models = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The model's files, as they were published."""
    return build(tmp_path / "published", weight=0.25, recites=RECITED)


@pytest.fixture
def hub(published: Path) -> Iterator[Hub]:
    """A hub that has them."""
    with serving(Hub({paths(path.name)[0]: path.read_bytes() for path in published.iterdir()})) as served:
        yield served


@pytest.fixture
def models(
    published: Path,
    hub: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Models:
    """Runs ``paraformer-nb models`` with a table that has the model, as ``tiny`` or under the parameter's name."""
    files = tuple(
        ModelFile(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(published.iterdir())
    )
    repositories = (Repository("huggingface", "owner/tiny", "0123abc"),)
    model = Model(
        name=getattr(request, "param", "tiny"),
        kind="paraformer",
        summary="a crafted model",
        licence="Apache-2.0",
        source="https://example.org/tiny",
        files=files,
        repositories=repositories,
        folder_name="unpacked-tiny",
    )
    (tmp_path / "table.json").write_bytes(msgspec.json.encode([model]))
    monkeypatch.setenv("PARAFORMER_NB_MODEL_TABLE", str(tmp_path / "table.json"))
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        texts = ["models", *map(str, arguments)]
        code = main(texts)
        output = capsys.readouterr()
        return subprocess.CompletedProcess(texts, code, output.out, output.err)

    return run


def test_a_model_s_life(models: Models, hub: Hub, published: Path, tmp_path: Path) -> None:
    listed = models()
    assert "not fetched; fetch it with: paraformer-nb models fetch tiny" in listed.stdout
    assert f"PARAFORMER_NB_MODELS={str(tmp_path / 'models')!r} does not exist yet" in listed.stderr
    missing = models("check", "tiny")
    assert missing.returncode == 1
    assert "tiny was not fetched. Fetch it with: paraformer-nb models fetch tiny." in missing.stderr
    fetched = models("fetch", "tiny")
    folder = tmp_path / "models" / "tiny"
    assert fetched.returncode == 0
    assert fetched.stdout == f"tiny is in {folder}\n"
    for expected in ("Licence: Apache-2.0", "https://example.org/tiny", "models fetch punctuation-zh-en"):
        assert expected in fetched.stderr
    assert f"in {folder}" in models("list", "tiny").stdout
    assert models("list").stderr == ""
    checked = models("check", "tiny")
    assert checked.returncode == 0
    assert "the sizes and SHA-256 of all 3 files are right" in checked.stdout
    assert "its networks run on this machine" in checked.stdout
    assert "its text was not checked: none was published" in checked.stderr

    (folder / "encoder.onnx").write_bytes(b"broken")
    assert "repair it with: paraformer-nb models fetch tiny" in models("list", "tiny").stdout
    broken = models("check", "tiny")
    assert broken.returncode == 1
    assert "encoder.onnx" in broken.stderr
    assert "Repair it with: paraformer-nb models fetch tiny" in broken.stderr
    hub.status = 503
    assert models("fetch", "tiny").returncode == 1
    hub.status = None
    assert models("fetch", "tiny").returncode == 0
    assert models("check", "tiny").returncode == 0

    removed = models("remove", "tiny")
    assert removed.returncode == 0
    assert "freed" in removed.stdout
    assert not folder.exists()
    again = models("remove", "tiny")
    assert again.returncode == 2
    assert "was not fetched, so nothing was deleted" in again.stderr


def test_a_folder_is_imported(models: Models, hub: Hub, published: Path, tmp_path: Path) -> None:
    imported = models("import", published)
    assert imported.returncode == 0
    assert "Licence: Apache-2.0" in imported.stderr
    assert models("check").returncode == 0
    assert hub.agents == set()
    assert (tmp_path / "models" / "tiny" / "SOURCE.txt").is_file()
    assert "complete already, so nothing was copied" in models("import", published).stderr


def test_a_folder_that_is_cut_or_another_one_is_not_imported(models: Models, published: Path, tmp_path: Path) -> None:
    (published / "decoder.onnx").write_bytes((published / "decoder.onnx").read_bytes()[:-9])
    cut = models("import", published)
    assert cut.returncode == 2
    assert f"{str(published)!r} is tiny, but decoder.onnx has " in cut.stderr
    for expected in (
        "cut short",
        "nothing was copied. Copy that file into it again",
        "paraformer-nb models fetch tiny",
    ):
        assert expected in cut.stderr
    (published / "tokens.txt").unlink()
    both = models("import", published)
    assert "is tiny without tokens.txt, but decoder.onnx has " in both.stderr
    assert "Copy those files into it again" in both.stderr
    assert "--engine-option model_dir=FOLDER" in both.stderr
    (tmp_path / "empty").mkdir()
    empty = models("import", tmp_path / "empty")
    assert "does not hold the files of a known model (tiny, " in empty.stderr
    assert "--engine-option model_dir=FOLDER" in empty.stderr
    assert "does not exist" in models("import", tmp_path / "nowhere").stderr
    assert "To download that model: paraformer-nb models fetch tiny" in models("import", "tiny").stderr
    assert not (tmp_path / "models" / "tiny").exists()


@pytest.mark.parametrize("arguments", [("fetch",), ("remove",), ("import",), ("fetch", "large"), ("check", "large")])
def test_wrong_usage_is_explained(arguments: tuple[str, ...], models: Models) -> None:
    done = models(*arguments)
    assert done.returncode == 2
    assert "name a" in done.stderr or "Known: tiny" in done.stderr


@pytest.mark.parametrize("models", ["paraformer-zh-en"], indirect=True)
def test_another_text_than_the_published_one_is_reported(models: Models, english: Path, tmp_path: Path) -> None:
    models("fetch", "paraformer-zh-en")
    clip = tmp_path / "0.wav"
    shutil.copy(english, clip)
    for arguments in (("check", "--clip", clip, "paraformer-zh-en"), ("check", "paraformer-zh-en", "--clip", clip)):
        done = models(*arguments)
        assert done.returncode == 1
        assert f"published:  {PUBLISHED}" in done.stdout
        assert "recognised:" in done.stdout
        assert "differ from the published text" in done.stderr
        assert f"If {str(clip)!r} is the clip of https://huggingface.co/" in done.stderr
    other = models("check", "--clip", english)
    assert other.returncode == 2
    assert f"--clip {str(english)!r} is not the published clip, 0.wav" in other.stderr
    assert "is not the published clip" not in models("check", "--clip", tmp_path / "nowhere.wav").stderr


def test_a_model_without_a_published_text_has_nothing_to_compare(models: Models, english: Path, tmp_path: Path) -> None:
    models("fetch", "tiny")
    shutil.copy(english, tmp_path / "0.wav")
    done = models("check", "--clip", tmp_path / "0.wav", "tiny")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--clip: no text was published for tiny" in done.stderr


def test_check_reads_all_bytes_whatever_was_found_before(models: Models, tmp_path: Path) -> None:
    models("fetch", "tiny")
    assert models("check", "tiny").returncode == 0
    file = tmp_path / "models" / "tiny" / "decoder.onnx"
    before = file.stat()
    file.write_bytes(b"x" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    wrong = models("check", "tiny")
    assert wrong.returncode == 1
    assert "decoder.onnx' has the right size but other bytes (its SHA-256 differs). Repair it with:" in wrong.stderr
    assert "tiny: fetching again decoder.onnx (damaged)" in models("fetch", "tiny").stderr
    assert models("check", "tiny").returncode == 0


def test_check_goes_on_after_a_damaged_model(models: Models, published: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    (first,) = msgspec.json.decode(table.read_bytes(), type=list[Model])
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    table.write_bytes(msgspec.json.encode([first, Model(**fields | {"name": "second"})]))
    for name in ("tiny", "second"):
        shutil.copytree(published, tmp_path / "models" / name)
    (tmp_path / "models" / "tiny" / "encoder.onnx").unlink()
    (tmp_path / "models" / "tiny" / "tokens.txt").write_bytes(b"broken")
    done = models("check")
    assert done.returncode == 1
    assert (
        "encoder.onnx' is missing. Repair it with: paraformer-nb models fetch tiny. As well: tokens.txt" in done.stderr
    )
    assert "second: the sizes and SHA-256 of all 3 files are right" in done.stdout
    assert "1 of 2 models are not as they should be" in done.stderr


def test_what_is_fetched_in_part_or_not_at_all_is_listed_as_that(models: Models, hub: Hub, tmp_path: Path) -> None:
    hub.status = 404
    failed = models("fetch", "tiny")
    assert failed.returncode == 1
    first, *hosts = failed.stderr.split("paraformer-nb: ")[1].splitlines()
    assert "decoder.onnx could not be downloaded" in first
    assert hosts == [f"  {hub.address}: HTTP 404 Not Found for /owner/tiny/resolve/0123abc/decoder.onnx"]
    assert (tmp_path / "models" / "tiny").is_dir()
    assert "not fetched; fetch it with" in models("list", "tiny").stdout
    assert "tiny was not fetched, so nothing was deleted" in models("remove", "tiny").stderr
    assert "no model was fetched" in models("check").stderr
    hub.status, hub.cut_after = None, 700
    models("fetch", "tiny")
    listed = models("list", "tiny").stdout
    assert (
        "incomplete: decoder.onnx is complete, 2,100 of 79,902 bytes of encoder.onnx are kept; go on with: " in listed
    )
    assert "freed" in models("remove", "tiny").stdout


def test_a_copy_that_is_not_used_is_listed(models: Models, published: Path, tmp_path: Path) -> None:
    published.rename(tmp_path / "unpacked-tiny")
    assert f"in {tmp_path / 'unpacked-tiny'}" in models("list", "tiny").stdout
    os.truncate(tmp_path / "unpacked-tiny" / "tokens.txt", 10)
    clause = f"he copy in {tmp_path / 'unpacked-tiny'} is not used: tokens.txt has 10 bytes instead of "
    assert clause in models("list", "tiny").stdout
    assert clause in models("check", "tiny").stderr
    assert clause in models("fetch", "tiny").stderr


def test_check_and_fetch_agree_on_a_copy_that_is_used(models: Models, published: Path, tmp_path: Path) -> None:
    models("fetch", "tiny")
    copy = tmp_path / "unpacked-tiny"
    published.rename(copy)
    os.truncate(tmp_path / "models" / "tiny" / "encoder.onnx", 50)
    for action in ("list", "fetch"):
        assert f"in {copy}\n" in models(action, "tiny").stdout
    checked = models("check", "tiny")
    assert checked.returncode == 0
    assert f"right, in {copy}\n" in checked.stdout
    assert "encoder.onnx' has 50 bytes instead of 79,902 (it is cut short, or another file), so it" in checked.stderr
    assert "paraformer-nb models remove tiny" in checked.stderr
    models("remove", "tiny")
    assert "remove tiny" not in models("check", "tiny").stderr


def test_hints_are_given_once_and_are_not_errors(models: Models, hub: Hub) -> None:
    first, second = models("fetch", "tiny"), models("fetch", "tiny")
    assert first.stdout == second.stdout
    assert "For punctuation fetch as well: paraformer-nb models fetch punctuation-zh-en" in first.stderr
    assert "paraformer-nb: " not in first.stderr
    assert second.stderr == "tiny is complete already, so nothing was fetched.\n"


def test_an_import_that_fails_ends_the_progress_bar_first(models: Models, published: Path, tmp_path: Path) -> None:
    obstacle = tmp_path / "models" / "tiny" / "encoder.onnx.part"
    obstacle.mkdir(parents=True)
    failed = models("import", published)
    assert failed.returncode == 1
    before, error = failed.stderr.split("paraformer-nb: ")
    assert before.endswith("\n")
    assert f"{str(obstacle)!r} cannot be written" in error
    obstacle.rmdir()
    assert models("import", published).returncode == 0
    assert "Imported: " in (tmp_path / "models" / "tiny" / "SOURCE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (PUBLISHED, 0),
        ("昨天是 Monday, today day is 零八二，the day after tomorrow 是星期三。", 0),
        (PUBLISHED.replace("昨", "今"), 1),
        (PUBLISHED.replace("today day ", ""), 2),
    ],
)
def test_differences_from_the_published_text_are_counted(text: str, count: int) -> None:
    assert count_differences(text) == count


def test_a_fetched_model_serves_the_command_line(models: Models, tmp_path: Path, chinese: Path) -> None:
    models("fetch", "tiny")
    variables = {"PARAFORMER_NB_MODELS": str(tmp_path / "models")}
    table = {"PARAFORMER_NB_MODEL_TABLE": str(tmp_path / "table.json")}
    done = command("transcribe", chinese, "--engine", "paraformer", **variables, **table)
    assert done.returncode == 0
    assert "hello" in done.stdout
    shutil.rmtree(tmp_path / "models")
    missing = command("transcribe", chinese, "--engine", "paraformer", **variables)
    assert missing.returncode == 1
    assert "paraformer-nb models fetch paraformer-zh-en" in missing.stderr
