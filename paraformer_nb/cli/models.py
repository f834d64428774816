"""``paraformer-nb models``: list, fetch, check, import and remove the files of models."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from ..errors import ModelFilesError, ParameterError
from ..models.faults import fetch_command
from ..models.folders import SOURCE, find_folder, own_fault, unused_copies
from ..models.location import folder_problem, own_folder
from ..models.progress import ProgressBar
from ..models.state import format_size, state_of
from ..models.table import Model, get_model, models
from ..paths import expand
from .arguments import Commands, add_file
from .model_check import check, check_clip
from .streams import message, report, write_line


def add_to(commands: Commands) -> None:
    """Add ``models`` to the commands."""
    parser = commands.add_parser("models", help="list, fetch, check, import or remove model files")
    parser.set_defaults(run=_list, names=[])
    actions = parser.add_subparsers(metavar="ACTION")
    for name, run, summary in (
        ("list", _list, "list the models, where they are, and whether they are complete (default)"),
        ("fetch", _fetch, "download what is missing or damaged"),
        ("check", _check, "read all bytes, and run the networks"),
        ("import", _import, "copy a model's files from a folder"),
        ("remove", _remove, "delete what was fetched"),
    ):
        action = actions.add_parser(name, help=summary)
        action.set_defaults(run=run)
        if name == "check":
            clip_help = "the model's published test clip, 0.wav, whose text is compared"
            add_file(action, "--clip", type=expand, metavar="FILE", help=clip_help)
        if name == "import":
            add_file(action, "names", nargs="*", metavar="FOLDER", help="a folder that holds the files of a model")
        else:
            action.add_argument("names", nargs="*", metavar="NAME", help="models")


def _list(options: argparse.Namespace) -> None:
    for model in _named(options) or models().values():
        write_line(f"{model.name:20} {format_size(model.size):>9}  {_state(model)}")
        write_line(f"{'':20} {model.summary}. Licence: {model.licence}")
        if find_folder(model) is None:
            for clause in unused_copies(model):
                write_line(f"{'':20} {clause}")
    if problem := folder_problem():
        message(problem)


def _state(model: Model) -> str:
    if folder := find_folder(model):
        return f"in {folder}"
    fault = own_fault(model)
    if fault is None:
        return f"not fetched; fetch it with: {fetch_command(model)}"
    if fault.remedy:
        return f"{fault.clause}. {fault.remedy}"
    if (own_folder(model) / SOURCE).is_file():
        return f"{fault.short_clause}; repair it with: {fetch_command(model)}"
    return f"incomplete: {state_of(model, own_folder(model)) or fault.short_clause}; go on with: {fetch_command(model)}"


def _check(options: argparse.Namespace) -> None:
    chosen = _named(options) or [model for model in models().values() if _is_there(model)]
    if not chosen:
        message("no model was fetched, so there is nothing to check. Fetch one with: paraformer-nb models fetch NAME")
    if options.clip is not None:
        check_clip(options.clip, chosen)
    _for_each(chosen, lambda model: check(model, options.clip), "are not as they should be")


def _is_there(model: Model) -> bool:
    """Whether a model is on this machine, if only in part."""
    return bool(find_folder(model) or own_fault(model) or unused_copies(model))


def _fetch(options: argparse.Namespace) -> None:
    from ..models.fetch import fetch  # with requests: 0.2 s, which no other command needs

    def fetch_one(model: Model) -> None:
        progress = ProgressBar()
        if folder := find_folder(model):
            progress.message(f"{model.name} is complete already, so nothing was fetched.")
        else:
            folder = fetch(model, progress)
            if model.kind == "paraformer" and not any(
                find_folder(each) for each in models().values() if each.kind == "punctuation"
            ):
                progress.message("For punctuation fetch as well: paraformer-nb models fetch punctuation-zh-en")
        write_line(f"{model.name} is in {folder}")

    _for_each(_required(options, "fetch"), fetch_one, "could not be fetched")


def _import(options: argparse.Namespace) -> None:
    if not options.names:
        raise ParameterError("import: name a folder that holds the files of a model.")
    from ..models.importing import import_folder

    for folder in options.names:
        write_line(f"its files are in {import_folder(expand(folder), ProgressBar())}")


def _remove(options: argparse.Namespace) -> None:
    from ..models.removal import remove

    def remove_one(model: Model) -> None:
        write_line(f"removed {model.name}: {format_size(remove(model, ProgressBar()))} freed")

    _for_each(_required(options, "remove"), remove_one, "could not be removed")


def _named(options: argparse.Namespace) -> list[Model]:
    return [get_model(name) for name in options.names]


def _required(options: argparse.Namespace, action: str) -> list[Model]:
    if not options.names:
        raise ParameterError(f"{action}: name a model. Known: {', '.join(models())}.")
    return _named(options)


def _for_each(chosen: Sequence[Model], act: Callable[[Model], None], failed: str) -> None:
    """Do something with each model, with the others too where one fails. Raises ModelFilesError if one has failed."""
    failures = 0
    for model in chosen:
        try:
            act(model)
        except ModelFilesError as error:
            if len(chosen) == 1:
                raise
            report(error)
            failures += 1
    if failures:
        raise ModelFilesError(f"{failures} of {len(chosen)} models {failed}.")
