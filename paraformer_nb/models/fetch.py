"""Fetch, import and remove models, with a lock between processes."""

from __future__ import annotations

import shutil
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import ModelFilesError, ParameterError
from .addresses import addresses, is_offline
from .download import Timeouts, download, writing
from .folders import fetch_command, find_folder
from .location import models_folder, own_folder
from .progress import Progress, ProgressBar
from .table import Archive, Model, ModelFile, get_model, models
from .verification import fault_of, first_fault, hash_file

_SOURCE = "SOURCE.txt"
_WAITING = 0.2  # seconds between two looks at a lock


def fetch_model(name: str = "paraformer-zh-en", *, progress: bool = True) -> Path:
    """Fetch a model's files, if they are not on this machine yet; return their folder.

    It downloads from the model's hub and verifies each file's size and SHA-256. A download that was cut continues
    where it ended. The licence and the source are printed once, and kept beside the files in ``SOURCE.txt``.
    Files that the hubs' own clients have on this machine are used where they are. An interrupt keeps what has arrived.

    Args:
        name: of a model, as ``paraformer-nb models list`` prints them.
        progress: whether to show a bar.

    Raises ParameterError for an unknown name, ModelFilesError if the files cannot be downloaded or written.

        folder = pnb.fetch_model("paraformer-zh-en")
        pnb.transcribe(clip, service=pnb.Embedded("paraformer"))
    """
    return fetch(get_model(name), ProgressBar(is_shown=progress))


def fetch(model: Model, progress: Progress, *, timeouts: Timeouts = Timeouts()) -> Path:  # noqa: B008 - immutable
    """Fetch a model as `fetch_model`."""
    if found := find_folder(model):
        return found
    if is_offline():
        raise ModelFilesError(
            f"{model.name} is not on this machine, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids to use the "
            "network. Unset it, or copy the files from another machine and use: paraformer-nb models import FOLDER."
        )
    with _locked(model, progress):
        if found := find_folder(model):
            return found  # another process has fetched it meanwhile
        folder = own_folder(model)
        missing = [file for file in model.files if fault_of(file, folder / file.name)]
        if (folder / _SOURCE).is_file():
            progress.message(
                f"{model.name}: fetching again what is damaged: {', '.join(file.name for file in missing)}"
            )
        else:
            progress.message(_licence(model, sum(file.size for file in missing)))
        _check_room(folder, missing)
        try:
            _get(model, missing, folder, progress, timeouts)
        finally:
            progress.close()
        _write_source(model, folder)
        return folder


def import_folder(folder: Path, progress: Progress) -> Path:
    """Copy a model's files from a folder to where fetched ones are kept; return that folder.

    Raises ParameterError if it does not hold the files of a known model, ModelFilesError if they cannot be written.
    """
    if not folder.is_dir():
        named = models().get(str(folder))
        advice = f"To download that model: {fetch_command(named)}" if named else "Nothing was copied"
        raise ParameterError(f"{str(folder)!r} is not a folder. {advice}.")
    model = _recognise(folder)
    target = own_folder(model)
    with _locked(model, progress):
        if first_fault(model, target):
            progress.message(_licence(model, model.size))
            for file in model.files:
                progress.begin(file.name, file.size)
                part = target / f"{file.name}.part"
                with writing(target / file.name):
                    shutil.copyfile(folder / file.name, part)
                    part.replace(target / file.name)
                progress.update(file.size)
            progress.close()
            _write_source(model, target)
        else:
            progress.message(f"{model.name} is complete already, so nothing was copied.")
    return target


def remove(model: Model, progress: Progress) -> int:
    """Delete a fetched model; return the number of bytes that were freed. Files elsewhere are never deleted.

    Raises ParameterError if it was not fetched, ModelFilesError if it cannot be deleted.
    """
    folder = own_folder(model)
    if not folder.is_dir():
        elsewhere = find_folder(model)
        where = f" It is in {str(elsewhere)!r}, which another program made: delete it there." if elsewhere else ""
        raise ParameterError(f"{model.name} was not fetched, so nothing was deleted.{where}")
    with _locked(model, progress):
        freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        with writing(folder):
            shutil.rmtree(folder)
    return freed


def _get(model: Model, missing: list[ModelFile], folder: Path, progress: Progress, timeouts: Timeouts) -> None:
    """Download the missing files: each from the repositories, or all at once as an archive."""
    try:
        for file in missing:
            urls = [url for repository in model.repositories for url in addresses(repository, file.name)]
            progress.begin(file.name, file.size)
            download(file, folder / file.name, urls, progress.update, timeouts=timeouts)
    except ModelFilesError as error:
        if model.archive is None or isinstance(error.__cause__, OSError):
            raise
        progress.message(f"{error} Trying {model.archive.url} instead.")
        _get_archive(model, model.archive, folder, progress, timeouts)


def _get_archive(model: Model, archive: Archive, folder: Path, progress: Progress, timeouts: Timeouts) -> None:
    target = folder / archive.url.rpartition("/")[2]
    progress.begin(target.name, archive.size)
    download(archive, target, [archive.url], progress.update, timeouts=timeouts)
    with writing(target), tarfile.open(target) as tar:
        for file in model.files:
            source = tar.extractfile(f"{archive.folder}/{file.name}")
            if source is None:
                raise _not_as_published(archive, file)
            part = folder / f"{file.name}.part"
            with part.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            if hash_file(part) != file.sha256:
                raise _not_as_published(archive, file)
            part.replace(folder / file.name)
        target.unlink()


def _not_as_published(archive: Archive, file: ModelFile) -> ModelFilesError:
    return ModelFilesError(f"{archive.url} does not contain {file.name} as published.")


@contextmanager
def _locked(model: Model, progress: Progress) -> Iterator[None]:
    """Let one process at a time write a model's folder, which is created."""
    folder = own_folder(model)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(models_folder() / f"{model.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.message(f"Another process is fetching {model.name}: waiting for it.")
            lock.acquire(poll_interval=_WAITING)
    try:
        yield
    finally:
        lock.release()


def _recognise(folder: Path) -> Model:
    """The model whose files a folder holds. Raises ParameterError, with the fault of the most similar model."""
    faults = []
    for model in models().values():
        fault = first_fault(model, folder)
        if fault is None:
            return model
        there = sum((folder / file.name).is_file() for file in model.files)
        faults.append((there, f"It looks like {model.name}, but {fault}. Copy it again, or: {fetch_command(model)}."))
    there, fault = max(faults, key=lambda pair: pair[0])
    advice = f" {fault}" if there else ""
    raise ParameterError(
        f"{str(folder)!r} does not hold the files of a known model ({', '.join(models())}), so nothing was copied."
        f"{advice} A folder of another streaming Paraformer can be used where it is: Embedded('paraformer', "
        "model_dir=FOLDER)."
    )


def _check_room(folder: Path, missing: list[ModelFile]) -> None:
    """Raise ModelFilesError if the disk has not enough room, before anything is downloaded."""
    needed = sum(file.size - _size(folder / f"{file.name}.part") for file in missing)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelFilesError(
            f"{str(folder)!r} needs {needed / 1e6:,.1f} MB more, and {free / 1e6:,.1f} MB are free on its disk. "
            "Nothing was downloaded. Make room, or set PARAFORMER_NB_MODELS to a folder on another disk."
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _licence(model: Model, size: int) -> str:
    return f"{model.name}: {size / 1e6:,.1f} MB. Licence: {model.licence}. Source: {model.source}"


def _write_source(model: Model, folder: Path) -> None:
    """Write the licence and the source beside the files."""
    lines = [
        f"{model.name}: {model.summary}",
        f"Licence: {model.licence}",
        f"Source: {model.source}",
        *(f"Repository: {each.hub} {each.id}, revision {each.revision}" for each in model.repositories),
        f"Fetched: {time.strftime('%Y-%m-%d')}",
        f"Check or repair: {fetch_command(model)}",
        "",
        *(f"{file.sha256}  {file.name}" for file in model.files),
    ]
    with writing(folder / _SOURCE):
        (folder / _SOURCE).write_text("\n".join(lines) + "\n", encoding="utf-8")
