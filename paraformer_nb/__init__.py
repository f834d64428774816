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
    from . import errors
    from .client.start import stream
    from .dashscope import messages
    from .dashscope.parameters import MODELS, Parameters
    from .errors import ParaformerError
    from .run.panel import panel
    from .run.run import Run
    from .run.start import load, resume, transcribe
    from .server.limits import Limits
    from .services.keys import login, logout
    from .services.services import DashScope, Embedded

_HOME = {
    "DashScope": "services.services",
    "Embedded": "services.services",
    "Limits": "server.limits",
    "MODELS": "dashscope.parameters",
    "ParaformerError": "errors",
    "Parameters": "dashscope.parameters",
    "Run": "run.run",
    "errors": "",
    "load": "run.start",
    "login": "services.keys",
    "logout": "services.keys",
    "messages": "dashscope",
    "panel": "run.panel",
    "resume": "run.start",
    "stream": "client.start",
    "transcribe": "run.start",
}
"""Where each public name is defined; a name with no attribute of that module is the module itself."""

__all__ = [
    "MODELS",
    "DashScope",
    "Embedded",
    "Limits",
    "ParaformerError",
    "Parameters",
    "Run",
    "errors",
    "load",
    "login",
    "logout",
    "messages",
    "panel",
    "resume",
    "stream",
    "transcribe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("errors", "messages"):  # modules
        return importlib.import_module(f".{_HOME[name]}.{name}".replace("..", "."), __name__)
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
