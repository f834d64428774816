"""The folder in which model files are kept."""

from __future__ import annotations

import os
from pathlib import Path

from ..paths import expand
from .table import Model

FOLDER_VARIABLE = "PARAFORMER_NB_MODELS"


def models_folder() -> Path:
    """The folder of fetched models: `PARAFORMER_NB_MODELS`, else one in the user's cache."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return expand(given).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("paraformer_nb", appauthor=False) / "models"


def folder_problem() -> str:
    """A sentence where `PARAFORMER_NB_MODELS` does not name a folder, such as that of a disk that is not connected;
    ``""`` otherwise."""
    given = os.environ.get(FOLDER_VARIABLE)
    problem = "is not a folder"
    try:
        if not given or models_folder().is_dir():
            return ""
        models_folder().stat()
    except FileNotFoundError:
        problem = "does not exist yet; fetching makes it, unless its disk is not connected"
    except PermissionError:  # what cannot be read is reported with the files in it
        return ""
    return f"{FOLDER_VARIABLE}={given!r} {problem}."


def own_folder(model: Model) -> Path:
    """The folder into which a model is fetched, whether it exists or not."""
    return models_folder() / model.name
