"""The licence and the source of a model, which are printed and kept beside its files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from .faults import fetch_command
from .folders import SOURCE
from .state import format_size
from .table import Model
from .writing import writing


def licence(model: Model, size: int) -> str:
    """The line that is printed before a model is fetched or copied; `size` in bytes."""
    return f"{model.name}: {format_size(size)}. Licence: {model.licence}. Source: {model.source}"


def write_source(model: Model, folder: Path, how: Literal["Fetched", "Imported"]) -> None:
    """Write the licence and the source beside the files. Raises ModelFilesError."""
    lines = [
        f"{model.name}: {model.summary}",
        f"Licence: {model.licence}",
        f"Source: {model.source}",
        *(f"Repository: {each.hub} {each.id}, revision {each.revision}" for each in model.repositories),
        f"{how}: {time.strftime('%Y-%m-%d')}",
        f"Check or repair: {fetch_command(model)}",
        "",
        *(f"{file.sha256}  {file.name}" for file in model.files),
    ]
    with writing(folder / SOURCE):
        (folder / SOURCE).write_text("\n".join(lines) + "\n", encoding="utf-8")
