"""Advice that works: followed to the letter, it repairs, and nothing is deleted that was not fetched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import permissions
import pytest
from fetching import Log, failure, refused
from model_hub import Hub

import paraformer_nb as pnb
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.models.fetch import fetch
from paraformer_nb.models.folders import find_folder
from paraformer_nb.models.importing import import_folder
from paraformer_nb.models.location import own_folder
from paraformer_nb.models.removal import remove
from paraformer_nb.models.table import Model


@pytest.mark.parametrize("has_source", [True, False])
def test_a_damaged_folder_of_the_user_s_own_is_not_said_to_be_repaired_by_fetching(
    has_source: bool, table: Path, model: Model, hubs: tuple[Hub, Hub], tmp_path: Path
) -> None:
    own = tmp_path / "copied by hand"
    shutil.copytree(fetch(model, Log()), own)
    if not has_source:
        (own / "SOURCE.txt").unlink()
    os.truncate(own / "encoder.onnx", 7)
    message = refused(model_dir=own)
    assert "Repair it with" not in message
    assert (
        "Copy that file there again, or fetch the model and give no folder: paraformer-nb models fetch tiny" in message
    )
    pnb.Embedded("paraformer").close()


def test_a_file_that_is_too_long_is_not_said_to_be_cut_short(table: Path, model: Model, hubs: tuple[Hub, Hub]) -> None:
    file = fetch(model, Log()) / "tokens.txt"
    file.write_bytes(file.read_bytes() + b"\n")
    assert "has 393 bytes instead of 392 (it is another file)" in refused()
    os.truncate(file, 391)
    assert "has 391 bytes instead of 392 (it is cut short, or another file)" in refused()


def test_what_is_in_the_way_is_named_with_what_to_do(
    table: Path, model: Model, hubs: tuple[Hub, Hub], tmp_path: Path
) -> None:
    folder = own_folder(model)
    lock = folder.with_name("tiny.lock")
    part = folder / "decoder.onnx.part"
    folder.parent.write_bytes(b"a file")
    assert f"{str(folder.parent)!r} cannot be written: File exists" in failure(model)
    assert "Rename or remove that file, which is in the way, or set PARAFORMER_NB_MODELS" in failure(model)
    folder.parent.unlink()
    for path in (lock, part):
        path.mkdir(parents=True)
        message = failure(model)
        assert f"{str(path)!r} cannot be written: Is a directory" in message
        assert "Rename or remove that folder, which is in the way" in message
        path.rmdir()
    folder.rmdir()
    folder.symlink_to(tmp_path / "disk" / "tiny")
    message = failure(model)
    assert f"{str(folder)!r} cannot be written: File exists" in message
    assert f"Remove that link, whose target {str(tmp_path / 'disk' / 'tiny')!r} is missing, or connect" in message
    (tmp_path / "disk" / "tiny").mkdir(parents=True)
    assert fetch(model, Log()) == folder


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_part_that_is_a_link_or_a_pipe_is_not_written_through(
    table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    part = own_folder(model) / "tokens.txt.part"
    part.parent.mkdir(parents=True)
    for write in (lambda: fetch(model, Log()), lambda: import_folder(published, Log())):
        for make in (lambda: part.symlink_to(mine), lambda: os.mkfifo(part)):
            make()
            write()
            assert mine.read_text() == "precious"
            (part.parent / "tokens.txt").unlink()


def test_only_what_was_fetched_is_removed(model: Model, hubs: tuple[Hub, Hub]) -> None:
    notes = fetch(model, Log()) / "notes.txt"
    notes.write_text("mine")
    (notes.parent / "encoder.onnx.part").write_bytes(b"begun")
    log = Log()
    assert remove(model, log) > model.size
    assert list(notes.parent.iterdir()) == [notes]
    assert log.messages == [f"{str(notes.parent)!r} is kept, because it has other files than the fetched ones"]
    with pytest.raises(ParameterError, match="was not fetched, so nothing was deleted"):
        remove(model, log)
    assert notes.read_text() == "mine"


def test_of_a_link_to_a_model_only_the_link_is_removed(
    table: Path, model: Model, published: Path, tmp_path: Path
) -> None:
    folder = own_folder(model)
    folder.parent.mkdir()
    folder.symlink_to(published)
    assert find_folder(model) == folder
    log = Log()
    assert remove(model, log) == 0
    assert log.messages == [f"{str(folder)!r} is a link; the files in {str(published)!r} are kept"]
    assert not os.path.lexists(folder)
    assert len(list(published.iterdir())) == 3


def test_a_removal_that_is_refused_advises_on_that_folder_alone(
    model: Model, hubs: tuple[Hub, Hub], tmp_path: Path
) -> None:
    folder = fetch(model, Log())
    lock = folder.with_name("tiny.lock")
    with (
        permissions.mode(folder.parent, 0o500),
        permissions.mode(folder, 0o500),
        permissions.mode(lock, 0o400),
        pytest.raises(ModelFilesError, match="Make that folder writable") as raised,
    ):
        remove(model, Log())
    assert "PARAFORMER_NB_MODELS" not in str(raised.value)


def test_what_is_not_a_folder_is_not_imported(model: Model, table: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.bz2"
    archive.write_bytes(b"BZh")
    with pytest.raises(ParameterError, match="is not a folder. Nothing was copied. Give .*; unpack an archive first"):
        import_folder(archive, Log())
    with pytest.raises(ParameterError, match="' does not exist. Nothing was copied.$"):
        import_folder(tmp_path / "nowhere", Log())


def test_a_folder_of_models_that_is_not_there_is_named(table: Path, model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    named = f"PARAFORMER_NB_MODELS={str(folder)!r}"
    assert f"{named} does not exist yet; fetching makes it, unless its disk is not connected. Fetch them" in refused()
    folder.write_bytes(b"")
    assert f"{named} is not a folder. Fetch them once" in refused()
    folder.unlink()
    folder.mkdir()
    assert "PARAFORMER_NB_MODELS" not in refused()
