"""``paraformer-nb models``: list, fetch, check, import and remove the files of models."""

from __future__ import annotations

import argparse

from ..errors import ParameterError
from ..models.folders import fetch_command, find_folder
from ..models.location import own_folder
from ..models.progress import ProgressBar
from ..models.table import Model, get_model, models
from ..paths import expand
from .arguments import Commands, add_file
from .model_check import check
from .streams import message, write_line

_ACTIONS = ("list", "fetch", "check", "import", "remove")


def add_to(commands: Commands) -> None:
    """Add ``models`` to the commands."""
    parser = commands.add_parser("models", help="list, fetch, check, import or remove model files")
    parser.add_argument("action", choices=_ACTIONS, nargs="?", default="list", help="default: list")
    add_file(parser, "names", nargs="*", metavar="NAME", help="models; for import: a folder that holds the files")
    add_file(parser, "--clip", type=expand, metavar="FILE", help="for check: the model's published test clip, 0.wav")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if options.action == "import":
        _import(options.names)
        return
    chosen = [get_model(name) for name in options.names] or list(models().values())
    if options.action == "list":
        _list(chosen)
    elif options.action == "check":
        check(chosen if options.names else [model for model in chosen if _is_there(model)], options.clip)
    elif not options.names:
        raise ParameterError(f"{options.action}: name a model. Known: {', '.join(models())}.")
    else:
        action = _fetch if options.action == "fetch" else _remove
        for model in chosen:
            action(model)


def _list(chosen: list[Model]) -> None:
    for model in chosen:
        write_line(f"{model.name:20} {model.size / 1e6:6.1f} MB  {_state(model)}")
        write_line(f"{'':20} {model.summary}. Licence: {model.licence}")


def _state(model: Model) -> str:
    if folder := find_folder(model):
        return f"in {folder}"
    if own_folder(model).is_dir():
        return f"incomplete or damaged; repair it with: {fetch_command(model)}"
    return f"not fetched; fetch it with: {fetch_command(model)}"


def _is_there(model: Model) -> bool:
    return own_folder(model).is_dir() or find_folder(model) is not None


def _fetch(model: Model) -> None:
    from ..models.fetch import fetch  # with requests: 0.2 s, which no other command needs

    write_line(f"{model.name} is in {fetch(model, ProgressBar())}")
    if model.kind == "paraformer" and not any(_is_there(each) for each in models().values() if each.kind != model.kind):
        message("for punctuation fetch as well: paraformer-nb models fetch punctuation-zh-en")


def _import(folders: list[str]) -> None:
    if not folders:
        raise ParameterError("import: name a folder that holds the files of a model.")
    from ..models.fetch import import_folder

    for folder in folders:
        write_line(f"its files are in {import_folder(expand(folder), ProgressBar())}")


def _remove(model: Model) -> None:
    from ..models.fetch import remove

    write_line(f"removed {model.name}: {remove(model, ProgressBar()) / 1e6:,.1f} MB freed")
