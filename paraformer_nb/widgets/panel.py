"""A form for people who write no code: choose a clip, a service and a language, press Transcribe.

It is made of plain ipywidgets and knows no run: what begins one is handed to it. It asks for no key: what is typed into
a widget is saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".amr", ".webm", ".mp4")
_LANGUAGES = {
    "English": "en",
    "中文": "zh",
    "日本語": "ja",
    "粤语": "yue",
    "한국어": "ko",
    "Deutsch": "de",
    "Français": "fr",
    "Русский": "ru",
}
_DETECT = ""


class Panel(widgets.VBox):
    """The form. `run` is the last transcription begun with it, or None.

    Args:
        begin: starts a transcription: called with the clip (a path or bytes), whether the cloud is wanted, and a
            language or None; returns the run and the widget that shows it.
        has_cloud: whether the cloud is chosen at first.
        folder: where the clips to choose from lie.
        errors: what `begin` may raise for a person to read.
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
        self.upload = widgets.FileUpload(
            accept=",".join(AUDIO), multiple=False, description="Upload (to 9 MB)", layout={"width": "auto"}
        )
        services = [("Embedded (no key, English only)", False), ("DashScope (cloud)", True)]
        self.service = widgets.Dropdown(
            description="Service", options=services, value=has_cloud, layout={"width": "28em"}
        )
        self.language = widgets.Dropdown(description="Language")
        self.transcribe = widgets.Button(description="Transcribe", button_style="primary", icon="play")
        self.message = widgets.HTML()
        self.view = widgets.Box(layout={"width": "100%"})
        self.service.observe(self._on_service, "value")
        self.upload.observe(self._on_upload, "value")
        self.transcribe.on_click(self._on_transcribe)
        self._on_service(None)
        source = widgets.HBox([self.clip, self.upload], layout={"flex_flow": "row wrap"})
        service = widgets.HBox([self.service, self.language], layout={"flex_flow": "row wrap"})
        super().__init__([source, service, self.transcribe, self.message, self.view])

    def _on_service(self, _change: object) -> None:
        is_cloud = self.service.value
        self.language.options = [("detect", _DETECT), *_LANGUAGES.items()] if is_cloud else [("English", "en")]
        self.language.index = 0

    def _on_upload(self, _change: object) -> None:
        """What was uploaded becomes the clip that is chosen; it is kept out of what a notebook saves."""
        files = [(file["name"], bytes(file["content"])) for file in self.upload.value]
        if files:
            self.clip.options = [*files, *_clips(self._folder)]
            self.clip.index = 0
            self.upload.value = ()

    def _on_transcribe(self, _button: object) -> None:
        if self.clip.value is None:
            self._say(f"There is no clip to transcribe: upload one, or put one into {self._folder}.")
            return
        self._say("")
        try:
            self.run, view = self._begin(self.clip.value, self.service.value, self.language.value or None)
        except self._errors as error:
            self._say(str(error))
            return
        self.view.children = (view,)

    def _say(self, text: str) -> None:
        self.message.value = f"<b role='alert'>{escape(text)}</b>" if text else ""


def _clips(folder: Path) -> list[tuple[str, str]]:
    """Audio files in the folder and one level below it."""
    found = sorted(path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.suffix.lower() in AUDIO)
    return [(str(path.relative_to(folder)), str(path)) for path in found]
