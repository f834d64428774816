"""Where model files are kept, and where others may have put them: the hubs' caches, folders unpacked by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..paths import expand
from .location import own_folder
from .table import Model, Repository, get_model, models
from .verification import fault_of, first_fault


def possible_folders(model: Model) -> Iterator[Path]:
    """Folders in which a model may be: ours, the hubs' caches, and where its archive may have been unpacked."""
    yield own_folder(model)
    for repository in model.repositories:
        yield from _cached(repository)
    if model.folder_name:
        yield Path(model.folder_name)
        yield expand("~") / model.folder_name


def find_folder(model: Model) -> Path | None:
    """The first folder that has all of a model's files, with the right bytes. The first look at a file reads it."""
    return next((folder for folder in possible_folders(model) if first_fault(model, folder) is None), None)


def find_model(name: str) -> Path | None:
    """The folder of a model by its name; None if it is nowhere. Raises ParameterError for an unknown name."""
    return find_folder(get_model(name))


def find_kind(kind: str) -> Path | None:
    """The folder of the first model of a kind that is on this machine, in the table's order."""
    found = (find_folder(model) for model in models().values() if model.kind == kind)
    return next((folder for folder in found if folder), None)


def damage_of_kind(kind: str) -> str:
    """Why models of a kind that were fetched cannot be used, and what to do; ``""`` if there are none such."""
    for model in models().values():
        folder = own_folder(model)
        fault = first_fault(model, folder) if model.kind == kind and folder.is_dir() else None
        if fault:
            return f"{fault}. Repair it with: {fetch_command(model)}."
    return ""


def damage_in(folder: Path) -> str:
    """Which network in a folder has the name and the size of a known one but other bytes, and what to do; ``""`` if
    none has."""
    known = [(model, file) for model in models().values() for file in model.files if file.name.endswith(".onnx")]
    for model, file in known:
        path = folder / file.name
        has_size = path.is_file() and path.stat().st_size == file.size
        if has_size and (fault := fault_of(file, path)):
            return f"{fault}. Repair it with: {fetch_command(model)}."
    return ""


def fetch_command(model: Model) -> str:
    """The command that fetches or repairs a model."""
    return f"paraformer-nb models fetch {model.name}"


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
