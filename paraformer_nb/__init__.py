"""Streaming speech recognition in a Jupyter cell: words appear live on the clip's waveform and stay as a DataFrame.

    import paraformer_nb as pnb

    run = pnb.transcribe("lecture.mp3")   # returns at once; as a cell's last line it shows the live view
    run.words                             # a DataFrame: text, start, end, confidence ...; grows while it runs
    await run                             # or run.wait(); interrupting either keeps the words
    run.plot()                            # a matplotlib Figure

Each name is loaded when it is first used, so that the import itself is fast.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

# The package never prints into a cell; a user who wants messages configures logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())

if TYPE_CHECKING:
    from . import errors
    from .client.retry import Retry
    from .client.timeouts import Timeouts
    from .dashscope import messages
    from .dashscope.models import MODELS, languages
    from .dashscope.parameters import Parameters
    from .dashscope.prices import PRICES, Cost, Price
    from .errors import ParaformerError
    from .formats.subtitle_rules import SubtitleRules
    from .models.fetch import fetch_model
    from .run.comparison import Comparison, compare
    from .run.estimate import estimate_cost
    from .run.panel import panel
    from .run.run import Run
    from .run.scoring import score
    from .run.start import load, resume, transcribe
    from .run.stream import stream
    from .run.words_of_file import read_words
    from .scoring.normalise import Normaliser
    from .scoring.score import Score
    from .server.limits import Limits
    from .services import hotwords
    from .services.dashscope import DashScope
    from .services.embedded import Embedded
    from .services.keys import login, logout
    from .services.temporary import temporary_key
    from .transcript.corrections import Correction
    from .transcript.words import Sentence, Word

_HOME = {
    "Comparison": "run.comparison",
    "Cost": "dashscope.prices",
    "Correction": "transcript.corrections",
    "DashScope": "services.dashscope",
    "Embedded": "services.embedded",
    "Limits": "server.limits",
    "MODELS": "dashscope.models",
    "Normaliser": "scoring.normalise",
    "ParaformerError": "errors",
    "PRICES": "dashscope.prices",
    "Parameters": "dashscope.parameters",
    "Price": "dashscope.prices",
    "Retry": "client.retry",
    "Run": "run.run",
    "Score": "scoring.score",
    "Sentence": "transcript.words",
    "SubtitleRules": "formats.subtitle_rules",
    "Timeouts": "client.timeouts",
    "Word": "transcript.words",
    "compare": "run.comparison",
    "errors": "errors",
    "fetch_model": "models.fetch",
    "estimate_cost": "run.estimate",
    "hotwords": "services.hotwords",
    "languages": "dashscope.models",
    "load": "run.start",
    "login": "services.keys",
    "logout": "services.keys",
    "messages": "dashscope.messages",
    "panel": "run.panel",
    "read_words": "run.words_of_file",
    "resume": "run.start",
    "score": "run.scoring",
    "stream": "run.stream",
    "temporary_key": "services.temporary",
    "transcribe": "run.start",
}
"""The module that defines each public name."""
_MODULES = ("errors", "hotwords", "messages")
"""Public names that are modules themselves."""

__all__ = [
    "Comparison",
    "Correction",
    "Cost",
    "DashScope",
    "Embedded",
    "Limits",
    "MODELS",
    "Normaliser",
    "PRICES",
    "ParaformerError",
    "Parameters",
    "Price",
    "Retry",
    "Run",
    "Score",
    "Sentence",
    "SubtitleRules",
    "Timeouts",
    "Word",
    "compare",
    "errors",
    "fetch_model",
    "estimate_cost",
    "hotwords",
    "languages",
    "load",
    "login",
    "logout",
    "messages",
    "panel",
    "read_words",
    "resume",
    "score",
    "stream",
    "temporary_key",
    "transcribe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_HOME[name]}", __name__)
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def load_ipython_extension(ipython: Any) -> None:
    """Add the magics ``%transcribe`` and ``%%compare``: ``%load_ext paraformer_nb``."""
    from .cli.magics import add_magics

    add_magics(ipython)


def __dir__() -> list[str]:
    return __all__
