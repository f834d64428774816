"""A form for people who write no code: drop a clip, choose a service, model and language, press Transcribe.

It knows nothing of how runs are started: a callback does that. No key and no file is in a synced trait, because traits
are saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import ipywidgets as widgets
import traitlets

from ..dashscope.languages import LanguageName
from ..errors import AuthenticationError
from ..loop import get_loop
from ..transcript.transcript import ENDED, Transcript
from .key_field import KeyField
from .panel_texts import CHINESE, translate
from .upload import Upload

AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".amr", ".webm", ".mp4", ".mkv", ".mov")
_DETECT = "detect 自动", ""
_MAX_RUNS = 20  # kept to be shown again
_FIELD = {"flex": "0 1 26em", "min_width": "0"}
_ROW = {"flex_flow": "row wrap", "align_items": "center", "width": "100%"}
_ONE_LINE = {**_ROW, "flex_flow": "row nowrap"}
_SERVICES = {"On this machine: no key, English only": False, "DashScope: the cloud": True}
_KEY_REFUSED = "The service refused the key: type another one above, then press Transcribe. No sound was sent."
_BUTTONS = {False: ("Transcribe", "primary", "play"), True: ("Stop", "", "stop")}


class PanelRun(Protocol):
    """What the form needs of a run."""

    transcript: Transcript

    @property
    def state(self) -> str: ...

    def stop(self) -> None: ...

    def add_listener(self, listener: Any) -> None: ...


class Start(NamedTuple):
    """How the form starts runs.

    Attributes:
        models: the models to choose from, the default first, each with the languages that it accepts; given whether
            the cloud is chosen.
        run: starts one, given the clip's path, whether the cloud is chosen, the model, and a language or None; returns
            the run and the widget that shows it.
        keep_key: keeps an API key for the cloud; raises one of `errors` to refuse it. None: the cloud has its own.
        has_key: whether the cloud has a key.
        errors: the exceptions whose messages are shown in the form.
    """

    models: Callable[[bool], Mapping[str, Sequence[LanguageName]]]
    run: Callable[[str, bool, str, str | None], tuple[PanelRun, widgets.DOMWidget]]
    keep_key: Callable[[str], None] | None
    has_key: Callable[[], bool]
    errors: tuple[type[Exception], ...]


class Panel(widgets.VBox):
    """The form. `run` is the run that was started last, or None; `runs` are all of them.

    `interface_language` is "en" or "zh", of its texts and of the views in it; "" for the reader's own.

    Args:
        start: starts runs.
        has_cloud: whether the cloud is chosen at first.
        folder: the folder with the clips to choose from.
    """

    interface_language = traitlets.Enum(("", "en", "zh"), "")

    def __init__(self, start: Start, has_cloud: bool, folder: Path) -> None:
        self._reader = "en"  # until a page has said so
        self._shown: tuple[str, tuple[object, ...]] = ("", ())
        self.runs: list[PanelRun] = []
        self._views: list[widgets.DOMWidget] = []
        self._start = start
        self._folder = folder
        self._uploaded: list[Path] = []
        self._is_key_refused = False
        self.upload = Upload(self._on_upload, AUDIO, on_reader=self._on_reader, layout={"width": "100%"})
        self.clip = widgets.Dropdown(options=self._clips(), layout=_FIELD)
        self.look = widgets.Button(icon="refresh", layout={"width": "3em"})
        self.service = widgets.Dropdown(options=[*_SERVICES.items()], value=has_cloud, layout=_FIELD)
        self._models: Mapping[str, Sequence[LanguageName]] = {}
        self.model = widgets.Dropdown(layout=_FIELD)
        self.language = widgets.Dropdown(layout={"width": "16em"})
        self.key = KeyField(self._on_key, layout={"min_width": "0"})
        self.transcribe = widgets.Button(layout={"width": "10em", "height": "34px"})
        self.message = widgets.HTML(layout={"width": "auto"})  # with its margin no wider than the form
        self.history = widgets.Dropdown(layout={**_FIELD, "flex": "0 1 36em"})
        self.view = widgets.VBox(layout={"width": "100%", "margin": "8px 0 0"})
        self.service.observe(self._on_service, "value")
        self.model.observe(self._on_model, "value")
        self.look.on_click(lambda _: self._list_clips(self.clip.value))
        self.transcribe.on_click(self._on_transcribe)
        self.history.observe(self._on_history, "value")
        self._on_service(None)
        self._write()
        self.observe(lambda _: self._write(), "interface_language")
        rows = [[self.service], [self.model, self.language], [self.key], [self.transcribe, self.history]]
        clips = widgets.HBox([self.clip, self.look], layout=_ONE_LINE)
        form = [self.upload, clips, *(widgets.HBox(row, layout=_ROW) for row in rows), self.message]
        card = widgets.VBox(form, layout={"width": "100%", "padding": "12px", "grid_gap": "6px"})
        card.add_class("pnb-panel")
        super().__init__([card, self.view], layout={"width": "100%"})

    @property
    def run(self) -> Any:
        """The run that was started last, or None."""
        return self.runs[-1] if self.runs else None

    @property
    def is_running(self) -> bool:
        """Whether the last run goes on."""
        return self.run is not None and self.run.state not in ENDED

    def refresh(self) -> None:
        """A run has changed. Called on the background loop."""
        if self.transcribe.icon != _BUTTONS[self.is_running][2]:
            self._show_state()

    # ------------------------------------------------------------------------------------------------- what is pressed

    def _on_service(self, _change: object) -> None:
        self._models = self._start.models(self.service.value)
        self.model.options = [*self._models]
        self.model.index = 0
        self.model.layout.display = None if len(self._models) > 1 else "none"
        self._on_model(None)
        self._show_key_field()

    def _on_model(self, _change: object) -> None:
        """Offer the languages that the model accepts, and keep the one that is chosen if it is among them."""
        chosen = self.language.value
        names = [(f"{each.english} {each.chinese}", each.code) for each in self._models.get(self.model.value, ())]
        options = names if len(names) == 1 else [_DETECT, *names]
        self.language.options = options
        self.language.value = chosen if chosen in dict(options).values() else options[0][1]
        self.language.disabled = len(options) == 1

    def _show_key_field(self) -> None:
        is_needed = self.service.value and (self._is_key_refused or not self._start.has_key())
        self.key.layout.display = None if is_needed else "none"

    def _on_key(self, key: str) -> None:
        assert self._start.keep_key is not None  # else the field is hidden
        self._start.keep_key(key)
        self._is_key_refused = False
        self._show_key_field()
        self._show_message("")

    def _on_upload(self, path: Path) -> None:
        """Choose the uploaded file as the clip, in place of an earlier one of its name."""
        self._uploaded = [path, *(each for each in self._uploaded if each.name != path.name)]
        self._list_clips(str(path))

    def _list_clips(self, chosen: str | None) -> None:
        self.clip.options = self._clips()
        paths = self._paths()
        self.clip.value = chosen if chosen in paths else next(iter(paths), None)

    def _on_transcribe(self, _button: object) -> None:
        if self.is_running:
            self.run.stop()
        elif self.clip.value is None:
            self._show_message("There is no clip yet: drop one above, or put one into {0}.", self._folder)
        elif self.service.value and not self._start.has_key():
            self._show_message("The cloud needs a key: type it above. Or choose the service on this machine.")
        else:
            self._begin(self.clip.value)

    def _begin(self, clip: str) -> None:
        self._show_message("")
        try:
            run, view = self._start.run(clip, self.service.value, self.model.value, self.language.value or None)
        except self._start.errors as error:
            self._show_message(str(error))  # in English, as in Python
            return
        if view.has_trait("interface_language"):
            traitlets.link((self, "interface_language"), (view, "interface_language"))
        view.layout.width = "100%"
        self.runs.append(run)
        self._views.append(view)
        if len(self.runs) > _MAX_RUNS:
            self._views.pop(0).close()
            self.runs.pop(0)
        self._show_view(len(self.runs) - 1)  # before the loop names the runs, and chooses the one that is on view
        run.add_listener(self)
        get_loop().call_soon_threadsafe(self._show_state)

    def _on_history(self, change: Any) -> None:
        if change["new"] is not None:
            self._show_view(change["new"])

    # --------------------------------------------------------------------------------------------------- what is shown

    def _show_view(self, index: int) -> None:
        self.view.children = (self._views[index],)

    def _show_state(self) -> None:
        """Name the button, and the runs. The background loop calls this once there is a run: one thread writes."""
        name, self.transcribe.button_style, self.transcribe.icon = _BUTTONS[self.is_running]
        self.transcribe.description = self._say(name)
        names = [self._describe(number, run) for number, run in enumerate(self.runs, 1)]
        shown = self._views.index(self.view.children[0]) if self.view.children else None
        self.history.unobserve(self._on_history, "value")
        self.history.options = [(name, index) for index, name in enumerate(names)]
        self.history.value = len(names) - 1 if shown is None and names else shown
        self.history.observe(self._on_history, "value")
        self.history.layout.display = None if len(names) > 1 else "none"
        self._show_refused_key()

    def _show_refused_key(self) -> None:
        """Where the last run's key was refused, ask for another one."""
        end = self.run.transcript.end if self.run else None
        is_refused = end is not None and end.error is not None and end.error.kind == AuthenticationError.__name__
        if is_refused and self._start.keep_key is not None:
            self._is_key_refused = True
            self._show_key_field()
            self._show_message(_KEY_REFUSED)

    def _show_message(self, text: str, *values: object) -> None:
        """Show a text of the panel with its values, or that of an error."""
        self._shown = text, values
        text = self._say(text, *values) if text in CHINESE else text
        self.message.value = f"<b role='alert'>{escape(text)}</b>" if text else ""

    def _describe(self, number: int, run: PanelRun) -> str:
        """A run on one line."""
        words = sum(len(sentence.words) for sentence in run.transcript.sentences)
        name = run.transcript.run.clip.name
        return self._say("{0}. {1} · {2} · {3} words", number, name, self._say(run.state), words)

    # ---------------------------------------------------------------------------------------------------- its language

    def _on_reader(self, language: str) -> None:
        if language != self._reader:
            self._reader = language
            self._write()

    def _say(self, text: str, *values: object) -> str:
        return translate(self._language, text, *values)

    @property
    def _language(self) -> str:
        return self.interface_language or self._reader

    def _write(self) -> None:
        """Write all texts in the language in use."""
        fields = {"Clip": self.clip, "Service": self.service, "Model": self.model, "Language": self.language}
        for name, field in {**fields, "Shown": self.history}.items():
            field.description = self._say(name)
        self.look.tooltip = self._say("Look for new files in the folder")
        self.service.unobserve(self._on_service, "value")
        chosen = self.service.value
        self.service.options = [(self._say(name), value) for name, value in _SERVICES.items()]
        self.service.value = chosen
        self.service.observe(self._on_service, "value")
        self._list_clips(self.clip.value)
        self.upload.speak(self._language)
        self.key.speak(self._language)
        text, values = self._shown
        self._show_message(text, *values)
        if self.runs:
            get_loop().call_soon_threadsafe(self._show_state)
        else:
            self._show_state()

    # -------------------------------------------------------------------------------------------------------- the clips

    def _clips(self) -> list[tuple[str, str]]:
        """The clips to choose from, as (name, path): those that were uploaded, and those of the folder."""
        uploaded = [(self._say("{0} (uploaded)", path.name), str(path)) for path in self._uploaded]
        return [*uploaded, *((str(path.relative_to(self._folder)), str(path)) for path in _audio_files(self._folder))]

    def _paths(self) -> list[str]:
        return [path for _, path in self._clips()]


def _audio_files(folder: Path) -> list[Path]:
    """The audio files in the folder and one level below it."""
    return sorted(path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.suffix.lower() in AUDIO)
