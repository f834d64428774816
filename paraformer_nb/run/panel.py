"""`panel`: the form that transcribes without code; joins the panel widget and `transcribe`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..client.service import Service, default_model
from ..dashscope.languages import LanguageName
from ..dashscope.models import MODELS, languages
from ..errors import ParaformerError
from ..paths import expand
from ..services.dashscope import DashScope
from ..services.default import cloud_without_key
from ..services.embedded import Embedded
from ..services.keys import keep_key, known_key
from .run import Run
from .start import transcribe

if TYPE_CHECKING:
    from ..widgets.panel import Panel


def panel(folder: str | os.PathLike[str] = ".", *, service: Service | None = None) -> Panel:
    """A form: drop a clip or choose one from `folder`, choose service, model and language, press Transcribe.

    The live view appears under it; the panel's ``run`` is the last run, ``runs`` are all. `service` is used where the
    cloud is chosen; None means DashScope with the key that was typed in the form, from `login` or DASHSCOPE_API_KEY.
    """
    from ..widgets.panel import Panel, Start

    embedded = Embedded()

    def models(is_cloud: bool) -> dict[str, list[LanguageName]]:
        return _models((service or cloud_without_key()) if is_cloud else embedded)

    def run(clip: str, is_cloud: bool, model: str, language: str | None) -> tuple[Run, Any]:
        chosen = (service or DashScope()) if is_cloud else embedded
        hints: dict[str, Any] = {"language_hints": [language]} if language else {}
        started = transcribe(clip, service=chosen, model=model, **hints)
        return started, started.timeline()

    def has_key() -> bool:
        return service is not None or known_key() is not None

    start = Start(models, run, keep_key if service is None else None, has_key, (ParaformerError,))
    return Panel(start, has_key(), expand(folder))


def _models(service: Service) -> dict[str, list[LanguageName]]:
    """The models that a service serves, its default first, each with the languages that both know."""
    first, region, known = default_model(service), service.source.region, service.languages
    names = [first]
    if service.source.kind != "embedded":
        names += [name for name, model in MODELS.items() if name != first and region in (None, *model.regions)]
    return {name: [each for each in languages(name) if known is None or each.code in known] for name in names}
