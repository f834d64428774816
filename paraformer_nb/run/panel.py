"""`panel`: the form that transcribes without code; joins the panel widget and `transcribe`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..client.service import Service
from ..errors import ParaformerError, ParameterError
from ..paths import expand
from ..services.dashscope import DashScope
from ..services.embedded import Embedded
from ..services.keys import known_key
from ..transcript.transcript import ENDED
from .run import Run
from .start import transcribe

if TYPE_CHECKING:
    from ..widgets.panel import Panel


def panel(folder: str | os.PathLike[str] = ".", *, service: Service | None = None) -> Panel:
    """A form: choose a clip from `folder` or upload one, choose service and language, press Transcribe.

    The live view appears under it, and the run is the panel's ``run``. `service` is used where the cloud is chosen;
    None means DashScope with the key from `login` or DASHSCOPE_API_KEY.
    """
    from ..widgets.panel import Panel

    embedded = Embedded()
    runs: list[Run] = []

    def begin(clip: Any, is_cloud: bool, language: str | None) -> tuple[Run, Any]:
        if runs and runs[-1].state not in ENDED:
            raise ParameterError("a clip is being transcribed: wait for its end, or press Stop in its view.")
        chosen = (service or DashScope()) if is_cloud else embedded
        hints: dict[str, Any] = {"language_hints": [language]} if language else {}
        run = transcribe(clip, service=chosen, **hints)
        runs[:] = [run]
        return run, run.timeline()

    has_cloud = service is not None or known_key() is not None
    return Panel(begin, has_cloud, expand(folder), (ParaformerError,))
