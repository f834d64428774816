"""The Moonshine engine: each task is recognised by a worker process. `recogniser` describes how."""

from __future__ import annotations

import sys
from typing import Any

from ....errors import MissingDependency
from ..workers.engine import WorkerEngine
from .kind import CAPACITY, MOONSHINE, REQUIREMENT

_COMMAND = (sys.executable, "-m", "paraformer_nb.server.engines.moonshine.worker")


class Moonshine(WorkerEngine):
    """The engine; `options` are a `WorkerEngine`'s.

    Raises MissingDependency if the package or its model is not installed.
    """

    def __init__(self, *, max_workers: int = CAPACITY, **options: Any) -> None:
        if not MOONSHINE.is_installed:
            raise MissingDependency(
                "the engine 'moonshine' needs the package moonshine-voice with its English model. Install it with: "
                f"pip install '{REQUIREMENT}'. It has wheels for Linux (x86-64 and ARM), macOS on Apple silicon and "
                "Windows (x86-64); elsewhere use Embedded('pocketsphinx') or a DashScope key."
            )
        super().__init__(_COMMAND, max_workers=max_workers, **options)
