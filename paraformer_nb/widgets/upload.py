"""A button that uploads a file of the person's own computer in blocks.

Jupyter's server closes the kernel's connection at a message of more than 10 MB, which is what ipywidgets' own button
sends for a larger file. Here each block is sent when the one before it has arrived. The messages:

- `Begin`, then `Block`s with their bytes in the message's buffer; each is answered by
  ``{"kind": "received", "bytes"}``;
- what is refused is answered by ``{"kind": "refused", "reason"}``, and ends the upload.

No file is kept in a synced trait: it would be saved with the notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import msgspec
import traitlets

from .linker import link

_STATIC = Path(__file__).parent / "static" / "upload"
MAX_BYTES = 1_000_000_000  # of a file: it is kept in memory


class Begin(msgspec.Struct, frozen=True, tag_field="kind", tag="begin"):
    """A file follows; one that was not complete is dropped."""

    name: str
    size: int


class Block(msgspec.Struct, frozen=True, tag_field="kind", tag="block"):
    """The file's bytes from an offset on."""

    offset: int


class Upload(anywidget.AnyWidget):
    """The button. `on_file` is called with the name and the bytes of each file that has arrived.

    Args:
        accept: suffixes of files to choose from.
        max_bytes: a larger file is refused before anything of it is sent.
    """

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "upload.css").read_text(encoding="utf-8")

    accept = traitlets.Unicode().tag(sync=True)
    max_bytes = traitlets.Int(MAX_BYTES).tag(sync=True)

    def __init__(self, on_file: Callable[[str, bytes], None], accept: tuple[str, ...], **traits: Any) -> None:
        super().__init__(accept=",".join(accept), **traits)
        self._on_file = on_file
        self._begun: Begin | None = None
        self._data = bytearray()
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: Any, buffers: list[memoryview]) -> None:
        try:
            message = msgspec.convert(content, Begin | Block)
        except msgspec.ValidationError:
            return  # anywidget's own
        if isinstance(message, Begin):
            self._begin(message)
        else:
            self._append(message, bytes(buffers[0]) if buffers else b"")

    def _begin(self, begin: Begin) -> None:
        self._begun = None
        self._data = bytearray()
        if not 0 < begin.size <= self.max_bytes:
            self._refuse(f"{begin.name!r} has {begin.size} bytes: a file of 1 to {self.max_bytes} can be uploaded.")
            return
        self._begun = begin
        self._answer()

    def _append(self, block: Block, data: bytes) -> None:
        if self._begun is None:
            self._refuse("the file was not announced, or the kernel was restarted. Choose it again.")
        elif not data or block.offset != len(self._data) or len(self._data) + len(data) > self._begun.size:
            self._begun = None
            self._refuse("a part of the file is missing. Choose it again.")
        else:
            self._data += data
            self._answer()
            self._end_if_complete(self._begun)

    def _end_if_complete(self, begun: Begin) -> None:
        if len(self._data) < begun.size:
            return
        data = bytes(self._data)
        self._begun = None
        self._data = bytearray()
        self._on_file(begun.name, data)

    def _answer(self) -> None:
        self.send({"kind": "received", "bytes": len(self._data)})

    def _refuse(self, reason: str) -> None:
        self.send({"kind": "refused", "reason": reason})
