"""Model files that are damaged, hidden or something else: what is found, and what a user is advised to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import permissions
import pytest
from fetching import Log, failure, refused
from model_hub import Hub
from paraformer_streams import RATE, sound
from servers import failure as failed

import paraformer_nb as pnb
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.models.addresses import addresses
from paraformer_nb.models.fetch import fetch
from paraformer_nb.models.folders import find_folder
from paraformer_nb.models.importing import import_folder
from paraformer_nb.models.location import own_folder
from paraformer_nb.models.removal import remove
from paraformer_nb.models.state import format_size
from paraformer_nb.models.table import Model, Repository, models
from paraformer_nb.models.writing import writing


def overwrite(path: Path) -> None:
    """Replace a file by other bytes of the same size, with the time of its last change as it was."""
    before = path.stat()
    path.write_bytes(os.urandom(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", ["decoder.onnx", "tokens.txt"])
@pytest.mark.parametrize("cut", [None, 100])
@pytest.mark.parametrize("is_given", [True, False])
def test_a_file_that_changed_secretly_is_named_with_its_own_model(
    name: str, cut: int | None, is_given: bool, table: Path, model: Model, hubs: tuple[Hub, Hub]
) -> None:
    folder = fetch(model, Log())
    assert find_folder(model) == folder
    overwrite(folder / name)
    if cut:
        os.truncate(folder / name, cut)
    message = refused(**({"model_dir": folder} if is_given else {}))
    assert name in message
    assert "Repair it with: paraformer-nb models fetch tiny." in message
    assert "paraformer-zh-en" not in message
    fetch(model, Log())
    pnb.Embedded("paraformer").close()


def test_a_network_that_cannot_be_loaded_is_named_with_its_own_model(
    table: Path, model: Model, hubs: tuple[Hub, Hub]
) -> None:
    file = fetch(model, Log()) / "encoder.onnx"
    assert find_folder(model) == file.parent
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"HardSigmoid", b"HardSigmoix"))  # its header stays valid
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    service = pnb.Embedded("paraformer")
    run = pnb.transcribe((sound((600, 3480), ms=4000), RATE), service=service, retry=pnb.Retry(attempts=1))
    error = failed(run)
    service.close()
    assert "encoder.onnx' has the right size but other bytes" in str(error)
    assert "Repair it with: paraformer-nb models fetch tiny" in str(error)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokens.txt"])
def test_a_file_that_cannot_be_read_needs_no_download(
    name: str, table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    file = fetch(model, Log()) / name
    hubs[0].requests.clear()
    with permissions.mode(file, 0):
        advice = f"{str(file)!r} cannot be read: Permission denied"
        for message in (refused(), refused(model_dir=file.parent), failure(model)):
            assert advice in message
            assert f"Make it readable: chmod u+r {file}" in message
            assert "models fetch" not in message
    with permissions.mode(published / name, 0), pytest.raises(ModelFilesError, match=r"chmod u\+r "):
        shutil.rmtree(file.parent)
        import_folder(published, Log())
    assert hubs[0].requests == []


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a file to another user needs root")
def test_a_file_of_another_user_s_is_asked_for(
    table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    file = published / "tokens.txt"
    os.chown(file, 65534, 65534)
    with permissions.mode(file, 0), pytest.raises(ModelFilesError) as raised:
        import_folder(published, Log())
    assert f"{str(file)!r} cannot be read: Permission denied" in str(raised.value)
    assert "Ask its owner for the right to read it, or for a copy." in str(raised.value)
    assert "chmod" not in str(raised.value)


@pytest.mark.parametrize("bits", [0, 0o600])
def test_a_folder_that_cannot_be_searched_is_named_as_that(
    bits: int, table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    folder = fetch(model, Log())
    with permissions.mode(folder, bits):
        for message in (refused(), refused(model_dir=folder), refused(model_dir=folder / "in"), failure(model)):
            assert f"{str(folder)!r} cannot be read: Permission denied" in message
            assert f"Make it readable: chmod u+rx {folder}" in message
    shutil.rmtree(folder)
    with permissions.mode(published, bits), pytest.raises(ModelFilesError) as raised:
        import_folder(published, Log())
    assert f"{str(published)!r} cannot be read: Permission denied" in str(raised.value)


def test_a_folder_with_a_file_s_name_must_be_removed(table: Path, model: Model, hubs: tuple[Hub, Hub]) -> None:
    file = fetch(model, Log()) / "tokens.txt"
    file.unlink()
    file.mkdir()
    for message in (refused(), failure(model)):
        assert f"{str(file)!r} is a folder" in message
        assert f"Remove it: rm -r {file}" in message
        assert "bytes" not in message
    file.rmdir()
    assert fetch(model, Log()) == file.parent


@pytest.mark.parametrize(
    "variables", [("HF_HUB_OFFLINE",), ("TRANSFORMERS_OFFLINE",), ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")]
)
@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda file: file.write_bytes(b"broken"), "encoder.onnx of tiny is damaged: it has 6 bytes instead of"),
        (overwrite, "encoder.onnx of tiny is damaged: it has the right size but other bytes"),
        (Path.unlink, "encoder.onnx of tiny is missing, and"),
        (lambda file: shutil.rmtree(file.parent), "tiny is not on this machine, and"),
    ],
)
def test_offline_the_state_and_the_variable_that_is_set_are_named(
    variables: tuple[str, ...],
    change: Callable[[Path], object],
    state: str,
    model: Model,
    hubs: tuple[Hub, Hub],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(fetch(model, Log()) / "encoder.onnx")
    for name in variables:
        monkeypatch.setenv(name, "1")
    message = failure(model)
    assert message.startswith(state)
    verb = "forbids" if len(variables) == 1 else "forbid"
    assert f", and {' and '.join(variables)} {verb} using the network. Unset " in message
    assert message.count("OFFLINE") == len(variables)


# --------------------------------------------------------------------------------------------- copies, several models


def test_a_copy_that_is_not_used_is_named_with_the_reason(
    table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "unpacked-tiny"
    shutil.copytree(published, copy)
    os.truncate(copy / "tokens.txt", 10)
    size = (published / "tokens.txt").stat().st_size
    clause = f"the copy in {copy} is not used: tokens.txt has 10 bytes instead of {size}"
    assert clause[1:] in refused()
    log = Log()
    fetch(model, log)
    assert log.messages[0].startswith(clause)


def with_second(model: Model, path: Path, published: Path) -> Model:
    """Add a complete model of the same kind to the table, after the first one."""
    fields = {name: getattr(model, name) for name in model.__struct_fields__}
    second = Model(**fields | {"name": "second", "folder_name": ""})
    path.write_bytes(msgspec.json.encode([model, second]))
    shutil.copytree(published, own_folder(second))
    return second


def test_a_damaged_model_is_not_replaced_by_another_one_unasked(
    table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    second = with_second(model, table, published)
    pnb.Embedded("paraformer").close()
    (fetch(model, Log()) / "encoder.onnx").write_bytes(b"broken")
    message = refused()
    assert "encoder.onnx' has 6 bytes" in message
    assert "Repair it with: paraformer-nb models fetch tiny." in message
    assert f"second is complete in {str(own_folder(second))!r}" in message
    remove(model, Log())
    pnb.Embedded("paraformer").close()


def test_a_download_that_has_not_ended_does_not_hide_another_model(
    table: Path, model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    with_second(model, table, published)
    for hub in hubs:
        hub.cut_after = 1000
    failure(model)
    pnb.Embedded("paraformer").close()


# -------------------------------------------------------------------------------------------- names, addresses, sizes


def test_the_name_of_a_model_is_not_a_folder(table: Path, model: Model, hubs: tuple[Hub, Hub]) -> None:
    message = refused(model_dir="tiny")
    assert message.startswith(
        "model_dir='tiny' is not a folder. Fetch the model of that name with: paraformer-nb models"
    )
    assert "paraformer-zh-en" not in message
    folder = fetch(model, Log())
    assert f"The model of that name is in {str(folder)!r}" in refused(model_dir="tiny")
    assert refused(model_dir=folder, punctuation_dir="nonesuch").startswith(
        "punctuation_dir='nonesuch' is not a folder."
    )
    (folder / "empty").mkdir()
    message = refused(model_dir=folder, punctuation_dir=folder / "empty")
    assert "/empty' has neither model.onnx nor model.int8.onnx. A folder with" in message
    assert "models fetch punctuation-zh-en" in message
    assert refused(model="tiny").endswith("has no option model. Its options: model_dir, punctuation_dir.")


@pytest.mark.parametrize(
    ("hub", "variable", "value"),
    [
        ("huggingface", "HF_ENDPOINT", "127.0.0.1:9"),
        ("huggingface", "HF_ENDPOINT", "ftp://mirror"),
        ("huggingface", "HF_ENDPOINT", "https:///"),
        ("modelscope", "MODELSCOPE_DOMAIN", "ftp://mirror"),
    ],
)
def test_an_endpoint_that_is_not_an_address_is_refused(
    hub: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ParameterError, match=f"{variable}={value!r} must begin with http:// or https://"):
        addresses(Repository(hub, "owner/tiny", "0123abc"), "tokens.txt")


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "Make room, or set"), (errno.EFBIG, "ulimit -f"), (errno.EACCES, "Make the folder writable")],
)
def test_what_cannot_be_written_is_advised_on_by_its_cause(number: int, advice: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=f"cannot be written: .*{advice}"), writing(tmp_path / "file"):
        raise OSError(number, os.strerror(number))


def test_small_sizes_are_in_kilobytes(hubs: tuple[Hub, Hub]) -> None:
    assert [format_size(size) for size in (0, 999, 75_756, 999_949, 10**6)] == [
        "0 bytes",
        "999 bytes",
        "75.8 kB",
        "999.9 kB",
        "1.0 MB",
    ]


def test_the_folder_of_a_copy_is_absolute(table: Path, published: Path, model: Model, tmp_path: Path) -> None:
    published.rename("unpacked-tiny")
    assert find_folder(model) == tmp_path / "unpacked-tiny"
    assert "paraformer-zh" in models()


def test_a_folder_of_models_that_is_read_only_keeps_an_empty_folder(model: Model, hubs: tuple[Hub, Hub]) -> None:
    folder = fetch(model, Log())
    log = Log()
    with permissions.mode(folder.parent, 0o500):
        assert remove(model, log) > model.size
    assert log.messages == [f"its files are deleted; the empty folder {str(folder)!r} could not be: Permission denied"]
    assert list(folder.iterdir()) == []
    with pytest.raises(ParameterError, match="was not fetched"):
        remove(model, log)


def test_files_that_cannot_be_deleted_are_counted(model: Model, hubs: tuple[Hub, Hub]) -> None:
    folder = fetch(model, Log())
    with permissions.mode(folder, 0o500), pytest.raises(ModelFilesError) as raised:
        remove(model, Log())
    assert "4 of its 4 files are left" in str(raised.value)
    assert "PARAFORMER_NB_MODELS" not in str(raised.value)


def test_a_home_that_cannot_be_read_does_not_matter(
    table: Path, home: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(home / ".cache" / "models"))
    with permissions.mode(home, 0):
        pnb.Embedded("paraformer", model_dir=published).close()
        message = refused()
        assert "there are none on this machine. Fetch them once" in message


def test_a_folder_of_models_that_cannot_be_read_is_named(table: Path, model: Model, hubs: tuple[Hub, Hub]) -> None:
    folder = fetch(model, Log()).parent
    with permissions.mode(folder, 0):
        for message in (refused(), failure(model)):
            assert f"{str(folder)!r} cannot be read: Permission denied" in message
