"""Copy a model's files from a folder, such as one from another machine, to where fetched ones are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import ModelFilesError, ParameterError
from .faults import Fault, fetch_command, is_folder, unreadable
from .folders import check_own_folder
from .location import own_folder
from .progress import Progress
from .source import licence, write_source
from .state import reporting_stop
from .table import Model, ModelFile, models
from .verification import blocks_of, faults_of
from .writing import check_room, locked, write_verified, writing

_IN_PLACE = (
    "Another streaming Paraformer can be used where it is: --engine paraformer --engine-option model_dir=FOLDER, in "
    "Python Embedded('paraformer', model_dir=FOLDER)"
)


def import_folder(folder: Path, progress: Progress) -> Path:
    """Copy a model's files from a folder to where fetched ones are kept; return that folder.

    Raises ParameterError if it does not hold the files of a known model, ModelFilesError if they cannot be read or
    written.
    """
    if not is_folder(folder):
        named = models().get(str(folder))
        advice = f"To download that model: {fetch_command(named)}" if named else "Nothing was copied"
        if folder.is_file():
            advice += ". Give the folder that has a model's files; unpack an archive first"
        raise ParameterError(f"{str(folder)!r} {'is not a folder' if folder.exists() else 'does not exist'}. {advice}.")
    model = _recognise(folder)
    target = own_folder(model)
    check_own_folder(model, "nothing was copied")
    with locked(model, progress):
        wanted = [file for file, _ in faults_of(model, target)]
        if not wanted:
            progress.message(f"{model.name} is complete already, so nothing was copied.")
            return target
        progress.message(licence(model, sum(file.size for file in wanted)))
        with reporting_stop(model, target, progress, "copies the rest"):
            try:
                _copy_files(folder, target, wanted, progress)
            finally:
                progress.close()
        write_source(model, target, "Imported")
    return target


def _copy_files(folder: Path, target: Path, wanted: list[ModelFile], progress: Progress) -> None:
    with writing(target):
        target.mkdir(exist_ok=True)
    check_room(target, wanted, "copied")
    for file in wanted:
        progress.begin(file.name, file.size)
        if not write_verified(_read(folder / file.name), file, target):
            raise ModelFilesError(f"{str(folder / file.name)!r} has changed while it was copied. Copy it again.")
        progress.update(file.size)


def _read(path: Path) -> Iterator[bytes]:
    """The bytes of a file. Raises ModelFilesError if it cannot be read."""
    try:
        with path.open("rb") as file:
            yield from blocks_of(file)
    except OSError as error:
        fault = unreadable(path, error)
        raise ModelFilesError(f"{fault.clause}. {fault.remedy}.") from error


def _recognise(folder: Path) -> Model:
    """The model whose files a folder holds. Raises ParameterError, with the faults of the most similar model."""
    similar: list[tuple[Model, list[Fault]]] = []
    for model in models().values():
        faults = [fault for _, fault in faults_of(model, folder)]
        if not faults:
            return model
        similar.append((model, faults))
    model, faults = max(similar, key=lambda pair: len(pair[0].files) - sum(fault.is_missing for fault in pair[1]))
    if hidden := next((fault for fault in faults if fault.remedy), None):
        raise ModelFilesError(f"{hidden.clause}, so nothing was copied. {hidden.remedy}.")
    if all(fault.is_missing for fault in faults) and len(faults) == len(model.files):
        raise ParameterError(
            f"{str(folder)!r} does not hold the files of a known model ({', '.join(models())}), so nothing was copied. "
            f"{_IN_PLACE}."
        )
    raise ParameterError(
        f"{str(folder)!r} is {model.name}{_describe(faults)}; nothing was copied. Copy "
        f"{'that file' if len(faults) == 1 else 'those files'} into it again, or download the model: "
        f"{fetch_command(model)}. {_IN_PLACE}."
    )


def _describe(faults: list[Fault]) -> str:
    """What is missing or wrong, as in " without tokens.txt", ", but encoder.onnx has 9 bytes instead of 1,000"."""
    absent = " and ".join(fault.path.name for fault in faults if fault.is_missing)
    wrong = " and ".join(fault.short_clause for fault in faults if not fault.is_missing)
    return f"{f' without {absent}' if absent else ''}{f', but {wrong}' if wrong else ''}"
