"""Where model files are kept, and where others may have put them: the hubs' caches, folders unpacked by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import ModelFilesError
from ..paths import expand
from .faults import Fault, fetch_command
from .location import models_folder, own_folder
from .table import Model, ModelFile, Repository, get_model, models
from .verification import fault_of, faults_of, first_fault

SOURCE = "SOURCE.txt"
"""The file that is written beside a model's files when all of them are there."""


def possible_folders(model: Model) -> Iterator[Path]:
    """Folders in which a model may be: ours, and those of other programs."""
    yield own_folder(model)
    yield from _folders_of_others(model)


def find_folder(model: Model) -> Path | None:
    """The first folder that has all of a model's files, with the right bytes. The first look at a file reads it."""
    return next((folder for folder in possible_folders(model) if first_fault(model, folder) is None), None)


def find_model(name: str) -> Path | None:
    """The folder of a model by its name; None if it is nowhere. Raises ParameterError for an unknown name."""
    return find_folder(get_model(name))


def find_kind(kind: str) -> Path | None:
    """The folder of the first model of a kind that is on this machine, in the table's order; None if there is none.

    Raises ModelFilesError if a model before it is damaged, because another model gives another text; and if there is
    none but one that was fetched in part.
    """
    incomplete = ""
    for model in models().values():
        if model.kind != kind:
            continue
        if folder := find_folder(model):
            return folder
        if fault := own_fault(model):
            if fault.remedy or (own_folder(model) / SOURCE).is_file():
                raise ModelFilesError(f"{fault.sentence(model)}{_other_model(model)}")
            incomplete = incomplete or fault.sentence(model)
    if incomplete:
        raise ModelFilesError(incomplete)
    return None


def own_fault(model: Model) -> Fault | None:
    """What is wrong with a model that was fetched, wholly or in part; None if nothing is, or nothing of it is there."""
    folder = own_folder(model)
    wanted = (*model.files, *([model.archive_file] if model.archive_file else []))
    if fault := _fault_of_part(model, folder, models_folder()):
        return fault
    has_part = any(os.path.exists(folder / f"{file.name}.part") for file in wanted)  # noqa: PTH110 - never raises
    return first_fault(model, folder) if has_part else None


def check_own_folder(model: Model, consequence: str) -> Fault | None:
    """What is wrong with a model that was fetched, as `own_fault`. Raises ModelFilesError if writing its files cannot
    mend it; `consequence`: such as ``nothing was fetched``."""
    fault = own_fault(model)
    if fault and fault.remedy:
        raise ModelFilesError(f"{fault.clause}, so {consequence}. {fault.remedy}; then run the same command again.")
    return fault


def unused_copies(model: Model) -> list[str]:
    """Which copies of a model that other programs made are not used, and why, as clauses."""
    faults = {folder: _fault_of_part(model, folder, folder) for folder in _folders_of_others(model)}
    return [f"the copy in {folder} is not used: {each.short_clause}" for folder, each in faults.items() if each]


def _fault_of_part(model: Model, folder: Path, root: Path) -> Fault | None:
    """The most telling fault in a folder that has some of a model's files; None if it has all or none.

    A folder above `root` that cannot be read, such as another user's home, is not a fault of the model.
    """
    faults = [fault for _, fault in faults_of(model, folder)]
    damaged = [each for each in faults if not each.is_missing and each.path.is_relative_to(root)]
    return (damaged or faults)[0] if damaged or 0 < len(faults) < len(model.files) else None


def damaged_network(folder: Path) -> str:
    """Which network in a folder has the name and the size of a known one but other bytes, and what to do; ``""`` if
    none has."""
    for model in models().values():
        for path, file in _networks(model, folder):
            if fault := fault_of(file, path):
                return fault.sentence(model, is_fetched=_are_same(folder, own_folder(model)))
    return ""


def damage_in(folder: Path) -> str:
    """What is wrong in a folder of a known model, after its bytes were read anew, and what to do; ``""`` if nothing is,
    or it is not of a known model."""
    for model in models().values():
        is_known = any(_are_same(folder, each) for each in possible_folders(model)) or any(_networks(model, folder))
        if is_known and (fault := first_fault(model, folder, is_fresh=True)):
            return fault.sentence(model, is_fetched=_are_same(folder, own_folder(model)))
    return ""


def advice_on_name(text: str) -> str:
    """What to do where the name of a model was given instead of a folder; ``""`` if it is not one."""
    model = models().get(text)
    if model is None:
        return ""
    if folder := find_folder(model):
        return f"The model of that name is in {str(folder)!r}: give that folder."
    return f"Fetch the model of that name with: {fetch_command(model)}. It prints the folder to give."


def _other_model(model: Model) -> str:
    """A hint at another model of the same kind that is complete."""
    for other in models().values():
        if other.kind == model.kind and other.name != model.name and (folder := find_folder(other)):
            option = "model_dir" if model.kind == "paraformer" else "punctuation_dir"
            return f" {other.name} is complete in {str(folder)!r}: to use it instead, give that folder as {option}."
    return ""


def _networks(model: Model, folder: Path) -> Iterator[tuple[Path, ModelFile]]:
    """The networks in a folder that have the name and the size of one of a model's."""
    for file in model.files:
        path = folder / file.name
        if path.suffix == ".onnx" and path.is_file() and path.stat().st_size == file.size:
            yield path, file


def _are_same(folder: Path, other: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(other)


def _folders_of_others(model: Model) -> Iterator[Path]:
    """The hubs' caches, and where a model's archive may have been unpacked."""
    for repository in model.repositories:
        yield from _cached(repository)
    if model.folder_name:
        yield Path(model.folder_name).absolute()
        yield expand("~") / model.folder_name


def _cached(repository: Repository) -> Iterator[Path]:
    """The folders in which the hubs' own clients keep a repository."""
    cache = expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    if repository.hub == "huggingface":
        home = expand(os.environ.get("HF_HOME") or cache / "huggingface")
        hub = expand(os.environ.get("HF_HUB_CACHE") or home / "hub")
        yield hub / f"models--{repository.id.replace('/', '--')}" / "snapshots" / repository.revision
        return
    # The clients' versions differ in the folders between; a dot in a name is written as three underscores.
    root = expand(os.environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope")
    for name in {repository.id: None, repository.id.replace(".", "___"): None}:
        for between in ("hub/models", "hub", "models", "."):
            yield root / between / name
