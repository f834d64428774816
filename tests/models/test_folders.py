"""Folders with models: those of other programs are found and used, damaged files are named with the repair."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import msgspec
import pytest
from fetching import Log, content
from full_disk import small_disk
from model_hub import Hub, paths, serving
from paraformer_streams import RATE, sound
from servers import ended

import paraformer_nb as pnb
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.models.addresses import addresses
from paraformer_nb.models.folders import find_folder, find_kind, find_model
from paraformer_nb.models.importing import import_folder
from paraformer_nb.models.location import own_folder
from paraformer_nb.models.state import format_size
from paraformer_nb.models.table import Archive, Model, Repository, models

HUGGING_FACE = "models--owner--tiny/snapshots/0123abc"


def test_the_table_has_hashes_sizes_and_licences() -> None:
    assert list(models()) == ["paraformer-zh-en", "paraformer-zh", "punctuation-zh-en"]
    for model in models().values():
        assert model.licence
        assert model.source.startswith("https://")
        for file in (*model.files, *([model.archive] if model.archive else [])):
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size > 10_000


def test_addresses_are_those_of_the_hubs() -> None:
    encoder = addresses(models()["paraformer-zh-en"].repositories[0], "encoder.int8.onnx")
    assert [address.split("/")[2] for address in encoder] == ["huggingface.co", "hf-mirror.com"]
    assert all("/resolve/8e40c43232a1c5c66c82111efc5820d3accca11b/encoder.int8.onnx" in each for each in encoder)
    cmvn = addresses(models()["paraformer-zh"].repositories[0], "am.mvn")
    assert all(address.startswith("https://modelscope.cn/") for address in cmvn)
    assert cmvn[1].endswith("/repo?Revision=master&FilePath=am.mvn")


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, f"home/.cache/huggingface/hub/{HUGGING_FACE}"),
        ({"XDG_CACHE_HOME": "cache"}, f"cache/huggingface/hub/{HUGGING_FACE}"),
        ({"HF_HOME": "hf"}, f"hf/hub/{HUGGING_FACE}"),
        ({"HF_HUB_CACHE": "hub"}, f"hub/{HUGGING_FACE}"),
        ({}, "home/.cache/modelscope/hub/models/iic/tiny"),
        ({}, "home/.cache/modelscope/hub/iic/tiny"),
        ({"MODELSCOPE_CACHE": "ms"}, "ms/models/iic/tiny"),
        ({}, "unpacked-tiny"),
        ({}, "home/unpacked-tiny"),
    ],
)
def test_models_of_other_programs_are_found_and_used(
    variables: dict[str, str],
    folder: str,
    table: Path,
    model: Model,
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    assert find_model("tiny") is None
    shutil.copytree(published, tmp_path / folder)
    found = find_model("tiny")
    assert found is not None
    assert found.resolve() == (tmp_path / folder).resolve()
    assert pnb.fetch_model("tiny", progress=False).resolve() == found.resolve()  # without a hub
    service = pnb.Embedded("paraformer")
    run = ended(pnb.transcribe((sound((600, 3480), ms=4000), RATE), service=service))
    service.close()
    assert run.text.startswith("今天 hello world")


def test_a_damaged_copy_of_another_program_is_passed_over(model: Model, published: Path, home: Path) -> None:
    copy = home / ".cache" / "huggingface" / "hub" / HUGGING_FACE
    shutil.copytree(published, copy)
    (copy / "tokens.txt").write_bytes((copy / "tokens.txt").read_bytes()[:-1])
    assert find_folder(model) is None


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: data[:-4] + b"\0\0\0\1", "its SHA-256 differs"),
        (None, "is missing"),
    ],
)
def test_a_damaged_fetched_file_is_named_and_repaired_by_the_command(
    damage: object, reason: str, table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    file = pnb.fetch_model("tiny", progress=False) / "encoder.onnx"
    assert find_kind("paraformer") == file.parent
    data = file.read_bytes()
    file.unlink()
    if callable(damage):
        file.write_bytes(damage(data))
    with pytest.raises(ModelFilesError) as raised:
        pnb.Embedded("paraformer")
    for expected in (str(file), reason, "paraformer-nb models fetch tiny"):
        assert expected in str(raised.value)
    hubs[0].requests.clear()
    assert pnb.fetch_model("tiny", progress=False) == file.parent
    assert [path for path, _ in hubs[0].requests] == [paths("encoder.onnx")[0]], "only what is damaged is fetched"
    assert file.read_bytes() == data


def test_a_known_file_with_other_bytes_is_found_in_any_folder(table: Path, published: Path) -> None:
    file = published / "decoder.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    with pytest.raises(ModelFilesError, match="decoder.onnx.*SHA-256 differs.*paraformer-nb models fetch tiny"):
        pnb.Embedded("paraformer", model_dir=published)


def test_a_file_is_hashed_once(model: Model, published: Path, home: Path, tmp_path: Path) -> None:
    shutil.copytree(published, own_folder(model))
    assert find_folder(model)
    file = own_folder(model) / "encoder.onnx"
    before = file.stat()
    file.write_bytes(b"x" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert find_folder(model), "with the same size and time it is not read again"
    os.utime(file)
    assert find_folder(model) is None
    (tmp_path / "models" / "verified.json").write_bytes(b"{damaged")
    assert find_folder(model) is None


@pytest.mark.parametrize("name", [b"\xc4\xa3\xd0\xcd", b"caf\xe9", "模型 2".encode()])
def test_a_folder_whose_name_is_not_utf_8_is_used_and_imported(
    name: bytes, table: Path, model: Model, published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(name)
    published.rename(folder)
    pnb.Embedded("paraformer", model_dir=folder).close()
    assert import_folder(folder, Log()) == find_model("tiny")
    assert list((tmp_path / "models").glob("verified.json.*")) == []


def test_a_disk_without_room_is_refused_before_anything_is_copied(
    table: Path, model: Model, published: Path, tmp_path: Path
) -> None:
    size = sum(file.size for file in model.files)
    own_folder(model).parent.mkdir()
    with small_disk(own_folder(model).parent, size // 2), pytest.raises(ModelFilesError) as raised:
        import_folder(published, Log())
    assert f"needs {format_size(size)} more, and " in str(raised.value)
    assert "are free on its disk. Nothing was copied. Make room" in str(raised.value)
    assert content(import_folder(published, Log())) == content(published)


def test_what_was_found_and_cannot_be_kept_leaves_nothing(model: Model, published: Path, tmp_path: Path) -> None:
    (tmp_path / "models" / "verified.json").mkdir(parents=True)
    published.rename("unpacked-tiny")
    assert find_folder(model)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["verified.json"]


def test_an_archive_is_the_last_resort(model: Model, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:bz2") as tar:
        for path in published.iterdir():
            tar.add(path, f"tiny-1/{path.name}")
        tar.addfile(tarfile.TarInfo("tiny-1/../../evil"))
    hub = Hub({"/release/tiny.tar.bz2": data.getvalue()})
    with serving(hub):
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        archive = Archive(
            f"{hub.address}/release/tiny.tar.bz2",
            "tiny-1",
            len(data.getvalue()),
            hashlib.sha256(data.getvalue()).hexdigest(),
        )
        fields = {name: getattr(model, name) for name in model.__struct_fields__}
        with_archive = Model(**fields | {"archive": archive, "repositories": (Repository("huggingface", "a/b", "c"),)})
        table = Path("own.json")
        table.write_bytes(msgspec.json.encode([with_archive]))
        monkeypatch.setenv("PARAFORMER_NB_MODEL_TABLE", str(table))
        folder = pnb.fetch_model("tiny", progress=False)
    assert {path.name for path in folder.iterdir()} == {file.name for file in model.files} | {"SOURCE.txt"}
    assert find_folder(model) == folder


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[{}]", "is not a table of models"),
        ("nonsense", "is not a table of models"),
        (None, "cannot be read"),
        ("NAME", "cannot be the name"),
    ],
)
def test_a_bad_table_is_an_error(text: str | None, reason: str, table: Path) -> None:
    if text is None:
        table.unlink()
    else:
        evil = table.read_text(encoding="utf-8").replace('"tokens.txt"', '"../tokens.txt"')
        table.write_text(evil if text == "NAME" else text, encoding="utf-8")
    with pytest.raises(ParameterError, match=f"PARAFORMER_NB_MODEL_TABLE.*{reason}"):
        pnb.fetch_model("tiny")
