"""``paraformer-nb models``: fetch, list, check, break, repair, import and remove a model, by the messages alone."""

from __future__ import annotations

import hashlib
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
    published: Path, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Models:
    """Runs ``paraformer-nb models`` with a table that has the model."""
    files = tuple(
        ModelFile(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(published.iterdir())
    )
    repositories = (Repository("huggingface", "owner/tiny", "0123abc"),)
    model = Model(
        name="tiny",
        kind="paraformer",
        summary="a crafted model",
        licence="Apache-2.0",
        source="https://example.org/tiny",
        files=files,
        repositories=repositories,
    )
    (tmp_path / "table.json").write_bytes(msgspec.json.encode([model]))
    monkeypatch.setenv("PARAFORMER_NB_MODEL_TABLE", str(tmp_path / "table.json"))
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        texts = ["models", *map(str, arguments)]
        code = main(texts)
        output = capsys.readouterr()
        return subprocess.CompletedProcess(texts, code, output.out, output.err)

    return run


def test_a_model_s_life(models: Models, hub: Hub, published: Path, tmp_path: Path) -> None:
    assert "not fetched; fetch it with: paraformer-nb models fetch tiny" in models().stdout
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
    assert "is not a folder" in models("import", tmp_path / "nowhere").stderr
    assert "To download that model: paraformer-nb models fetch tiny" in models("import", "tiny").stderr
    assert not (tmp_path / "models" / "tiny").exists()


@pytest.mark.parametrize("arguments", [("fetch",), ("remove",), ("import",), ("fetch", "large"), ("check", "large")])
def test_wrong_usage_is_explained(arguments: tuple[str, ...], models: Models) -> None:
    done = models(*arguments)
    assert done.returncode == 2
    assert "name a" in done.stderr or "Known: tiny" in done.stderr


def test_another_text_than_the_published_one_is_reported(models: Models, english: Path) -> None:
    models("fetch", "tiny")
    done = models("check", "tiny", "--clip", english)
    assert done.returncode == 1
    assert f"published:  {PUBLISHED}" in done.stdout
    assert "recognised:" in done.stdout
    assert "differ from the published text" in done.stderr


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
