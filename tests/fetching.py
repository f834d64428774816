"""Fetching a model in a test: what is reported, what is there, how it fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import paraformer_nb as pnb
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.models.download import Timeouts
from paraformer_nb.models.fetch import fetch
from paraformer_nb.models.table import Model

QUICK = Timeouts(connect=5.0, read=0.3)
LARGEST = "encoder.onnx"


@dataclass
class Log:
    """A progress that notes what it gets."""

    messages: list[str] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def begin(self, name: str, total: int) -> None:
        self.files.append((name, total))

    def update(self, done: int) -> None:
        self.done.append(done)

    def message(self, text: str) -> None:
        self.messages.append(text)

    def close(self) -> None:
        pass


def content(folder: Path) -> dict[str, bytes]:
    """The bytes of a folder's files, without what is written beside them."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "SOURCE.txt"}


def failure(model: Model, log: Log | None = None) -> str:
    """The error of a fetch that fails, and its notes in lines below."""
    with pytest.raises(ModelFilesError) as raised:
        fetch(model, log or Log(), timeouts=QUICK)
    return "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])


def refused(**options: object) -> str:
    """The error of a Paraformer engine that cannot be made."""
    with pytest.raises((ModelFilesError, ParameterError)) as raised:
        pnb.Embedded("paraformer", **options)
    return str(raised.value)
