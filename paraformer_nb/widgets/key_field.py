"""A field for an API key, which leaves no trace in a notebook.

What is typed travels once, in a message of its own: ``{"kind": "key", "key"}``, answered by ``{"kind": "kept"}`` or
``{"kind": "refused", "reason"}``. A trait, as ipywidgets' own password field has it, would be saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import msgspec
import traitlets

from ..errors import ParaformerError
from . import panel_texts
from .linker import link

_STATIC = Path(__file__).parent / "static" / "key_field"


class Key(msgspec.Struct, frozen=True, tag_field="kind", tag="key"):
    """What was typed."""

    key: str

    def __repr__(self) -> str:
        return "Key(...)"


class KeyField(anywidget.AnyWidget):
    """The field. `keep` is called with the key; it raises ParaformerError, with a sentence to show, to refuse it."""

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "key_field.css").read_text(encoding="utf-8")

    texts = traitlets.Dict().tag(sync=True)
    """What is shown in place of English texts."""

    def __init__(self, keep: Callable[[str], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._keep = keep
        self.on_msg(self._on_message)

    def speak(self, language: str) -> None:
        """Show texts in "en" or "zh" from now on."""
        self.texts = panel_texts.table(panel_texts.FOR_KEY, language)

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        try:
            message = msgspec.convert(content, Key)
        except msgspec.ValidationError:
            return  # anywidget's own
        try:
            self._keep(message.key)
        except ParaformerError as error:
            self.send({"kind": "refused", "reason": str(error)})
        else:
            self.send({"kind": "kept"})
