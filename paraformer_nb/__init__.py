"""Streaming speech recognition in a Jupyter cell: words appear live on the clip's waveform and stay as a DataFrame.

    import paraformer_nb as pnb

    run = pnb.transcribe("lecture.mp3")   # returns at once; as a cell's last line it shows the live view
    run.words                             # a DataFrame: text, start, end, confidence ...; grows while it runs
    await run                             # or run.wait(); interrupting either keeps the words
    run.plot()                            # a matplotlib Figure

Names are loaded when they are first used, so that the import itself costs next to nothing.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Nothing is ever printed into somebody's cell; who wants to read along sets up logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())

if TYPE_CHECKING:
    from . import errors, messages
    from .client import stream
    from .errors import ParaformerError
    from .keys import login, logout
    from .panels import panel
    from .protocol.parameters import MODELS, Parameters
    from .runs import load, resume, transcribe
    from .server.limits import Limits
    from .services import DashScope, Embedded
    from .transcription import Transcription

_HOME = {
    "DashScope": "services",
    "Embedded": "services",
    "Limits": "server.limits",
    "MODELS": "protocol.parameters",
    "ParaformerError": "errors",
    "Parameters": "protocol.parameters",
    "Transcription": "transcription",
    "errors": "",
    "load": "runs",
    "login": "keys",
    "logout": "keys",
    "messages": "",
    "panel": "panels",
    "resume": "runs",
    "stream": "client",
    "transcribe": "runs",
}

__all__ = [
    "MODELS", "DashScope", "Embedded", "Limits", "ParaformerError", "Parameters", "Transcription", "errors", "load",
    "login", "logout", "messages", "panel", "resume", "stream", "transcribe",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not _HOME[name]:
        return importlib.import_module(f".{name}", __name__)
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
