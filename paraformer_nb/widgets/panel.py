"""A form for people who write no code: choose a clip, a service and a language, press Transcribe.

It is made of plain ipywidgets, but for the upload, and knows nothing of runs: a callback starts them. It has no field
for a key, because what is typed into a widget is saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..dashscope.parameters import LANGUAGE_NAMES
from .upload import Upload

AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".amr", ".webm", ".mp4")
_DETECT = ""


class Panel(widgets.VBox):
    """The form. `run` is the last run that was started with it, or None.

    Args:
        begin: starts a run: called with the clip (a path or bytes), whether the cloud is chosen, and a language or
            None; returns the run and the widget that shows it.
        has_cloud: whether the cloud is chosen at first.
        folder: the folder with the clips to choose from.
        errors: the exceptions of `begin` whose messages are shown in the form.
    """

    def __init__(
        self,
        begin: Callable[[Any, bool, str | None], tuple[Any, widgets.Widget]],
        has_cloud: bool,
        folder: Path,
        errors: tuple[type[Exception], ...],
    ) -> None:
        self.run: Any = None
        self._begin = begin
        self._folder = folder
        self._errors = errors
        self.clip = widgets.Dropdown(description="Clip", options=_clips(folder), layout={"width": "28em"})
        self.upload = Upload(self._on_upload, AUDIO)
        services = [("Embedded (no key, English only)", False), ("DashScope (cloud)", True)]
        self.service = widgets.Dropdown(
            description="Service", options=services, value=has_cloud, layout={"width": "28em"}
        )
        self.language = widgets.Dropdown(description="Language")
        self.transcribe = widgets.Button(description="Transcribe", button_style="primary", icon="play")
        self.message = widgets.HTML()
        self.view = widgets.Box(layout={"width": "100%"})
        self.service.observe(self._on_service, "value")
        self.transcribe.on_click(self._on_transcribe)
        self._on_service(None)
        source = widgets.HBox([self.clip, self.upload], layout={"flex_flow": "row wrap"})
        service = widgets.HBox([self.service, self.language], layout={"flex_flow": "row wrap"})
        super().__init__([source, service, self.transcribe, self.message, self.view])

    def _on_service(self, _change: object) -> None:
        is_cloud = self.service.value
        names = [(name, code) for code, name in LANGUAGE_NAMES.items()]
        self.language.options = [("detect", _DETECT), *names] if is_cloud else [(LANGUAGE_NAMES["en"], "en")]
        self.language.index = 0

    def _on_upload(self, name: str, data: bytes) -> None:
        """Choose the uploaded file as the clip."""
        self.clip.options = [(name, data), *_clips(self._folder)]
        self.clip.index = 0

    def _on_transcribe(self, _button: object) -> None:
        if self.clip.value is None:
            self._show_message(f"No clip to transcribe: upload one, or put one into {self._folder}.")
            return
        self._show_message("")
        try:
            self.run, view = self._begin(self.clip.value, self.service.value, self.language.value or None)
        except self._errors as error:
            self._show_message(str(error))
            return
        self.view.children = (view,)

    def _show_message(self, text: str) -> None:
        self.message.value = f"<b role='alert'>{escape(text)}</b>" if text else ""


def _clips(folder: Path) -> list[tuple[str, str]]:
    """The audio files in the folder and one level below it, as (name, path)."""
    found = sorted(path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.suffix.lower() in AUDIO)
    return [(str(path.relative_to(folder)), str(path)) for path in found]
