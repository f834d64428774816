"""Fetch a model: download what is missing or damaged, from the hubs or as an archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

from ..errors import ModelFilesError
from .addresses import addresses, offline_variables
from .download import Timeouts, download
from .faults import Fault
from .folders import SOURCE, check_own_folder, find_folder, unused_copies
from .location import own_folder
from .progress import Progress, ProgressBar
from .source import licence, write_source
from .state import failure, offline_failure, reporting_stop
from .table import Archive, Model, ModelFile, get_model
from .verification import blocks_of, faults_of
from .writing import check_room, locked, write_verified, writing


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
    for clause in unused_copies(model):
        progress.message(clause)
    fault = check_own_folder(model, "nothing was fetched")
    if variables := offline_variables():
        raise offline_failure(model, _describe(model, fault), variables)
    with locked(model, progress):
        if found := find_folder(model):
            return found  # another process has fetched it meanwhile
        folder = own_folder(model)
        with reporting_stop(model, folder, progress, "continues there"):
            _fetch_into(folder, model, progress, timeouts)
        return folder


def _fetch_into(folder: Path, model: Model, progress: Progress, timeouts: Timeouts) -> None:
    faults = dict(faults_of(model, folder))
    if (folder / SOURCE).is_file():
        states = (f"{file.name} ({'missing' if fault.is_missing else 'damaged'})" for file, fault in faults.items())
        progress.message(f"{model.name}: fetching again {', '.join(states)}")
    else:
        progress.message(licence(model, sum(file.size for file in faults)))
    with writing(folder):
        folder.mkdir(exist_ok=True)
    try:
        check_room(folder, list(faults), "downloaded")
        _download(model, list(faults), folder, progress, timeouts)
    finally:
        progress.close()
    write_source(model, folder, "Fetched")


def _describe(model: Model, fault: Fault | None) -> str:
    """What of a model is there, where it is not complete."""
    if fault is None:
        return f"{model.name} is not on this machine"
    problem = "is missing" if fault.is_missing else f"is damaged: it {fault.problem}"
    return f"{fault.path.name} of {model.name} {problem}"


def _download(model: Model, wanted: list[ModelFile], folder: Path, progress: Progress, timeouts: Timeouts) -> None:
    """Download files: each from the repositories, or all at once as an archive."""
    for file in wanted:
        urls = [url for repository in model.repositories for url in addresses(repository, file.name)]
        progress.begin(file.name, file.size)
        refusals = download(file, folder, urls, progress.update, timeouts=timeouts)
        if not refusals:
            continue
        if model.archive is None:
            raise failure(model, folder, file, refusals)
        progress.message(f"{file.name} could not be downloaded; trying {model.archive.url} instead.")
        for refusal in refusals:
            progress.message(f"  {refusal.host}: {refusal.reason}")
        _download_archive(model, model.archive, folder, progress, timeouts)
        return


def _download_archive(model: Model, archive: Archive, folder: Path, progress: Progress, timeouts: Timeouts) -> None:
    file = model.archive_file
    assert file
    progress.begin(file.name, file.size)
    if refusals := download(file, folder, [archive.url], progress.update, timeouts=timeouts):
        raise failure(model, folder, file, refusals)
    target = folder / file.name
    with tarfile.open(target) as tar:
        for member in model.files:
            source = tar.extractfile(f"{archive.folder}/{member.name}")
            if source is None or not write_verified(blocks_of(source), member, folder):
                raise ModelFilesError(f"{archive.url} does not contain {member.name} as published.")
    with writing(target):
        target.unlink()
