"""A button and a place to drop a file of the person's own computer, which is uploaded in blocks.

Jupyter's server closes the kernel's connection at a message of more than 10 MB, which is what ipywidgets' own button
sends for a larger file. Here each block is sent when the one before it has arrived, and written to a temporary file: a
file may be as large as the disk has room for. The messages:

- `Begin`, then `Block`s with their bytes in the message's buffer; each is answered by
  ``{"kind": "received", "bytes"}``;
- what is refused is answered by ``{"kind": "refused", "reason"}``, and ends the upload;
- `Reader`, once a page shows the button.

No file is kept in a synced trait: it would be saved with the notebook.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO, Literal

import anywidget
import msgspec
import traitlets

from . import panel_texts
from .linker import link

_STATIC = Path(__file__).parent / "static" / "upload"
_SPARE = 100_000_000  # bytes of the disk that are left free
_MAX_NAME = 100  # characters of a file's name


class Begin(msgspec.Struct, frozen=True, tag_field="kind", tag="begin"):
    """A file follows; one that was not complete is dropped."""

    name: str
    size: int


class Block(msgspec.Struct, frozen=True, tag_field="kind", tag="block"):
    """The file's bytes from an offset on."""

    offset: int


class Reader(msgspec.Struct, frozen=True, tag_field="kind", tag="reader"):
    """The language of the person at the page: the one that was chosen there before, or the browser's."""

    language: Literal["en", "zh"]


class Upload(anywidget.AnyWidget):
    """The button. `on_file` is called with the path of each file that has arrived; it is deleted with the widget.

    Args:
        accept: suffixes of files to choose from.
        free_bytes: returns the room for a file; None: that of the disk with temporary files.
        on_reader: called with the language of the person at the page.
    """

    _esm = link(_STATIC / "index.js")
    _css = (_STATIC / "upload.css").read_text(encoding="utf-8")

    accept = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    """What is shown in place of English texts."""

    def __init__(
        self,
        on_file: Callable[[Path], None],
        accept: tuple[str, ...],
        free_bytes: Callable[[], int] | None = None,
        on_reader: Callable[[str], None] = lambda _language: None,
        **traits: Any,
    ) -> None:
        super().__init__(accept=",".join(accept), **traits)
        self._on_file = on_file
        self._on_reader = on_reader
        self._language = "en"
        self._free_bytes = free_bytes or self._free_on_disk
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._begun: Begin | None = None
        self._file: BinaryIO | None = None
        self._received = 0
        self.on_msg(self._on_message)

    def speak(self, language: str) -> None:
        """Show texts in "en" or "zh" from now on."""
        self._language = language
        self.texts = panel_texts.table(panel_texts.FOR_UPLOAD, language)

    def _on_message(self, _widget: object, content: Any, buffers: list[memoryview]) -> None:
        try:
            message = msgspec.convert(content, Begin | Block | Reader)
        except msgspec.ValidationError:
            return  # anywidget's own
        try:
            if isinstance(message, Reader):
                self._on_reader(message.language)
            elif isinstance(message, Begin):
                self._begin(message)
            else:
                self._append(message, bytes(buffers[0]) if buffers else b"")
        except OSError as error:
            self._refuse("the file cannot be written here: {0}. Nothing of it was kept.", error.strerror)

    def _begin(self, begin: Begin) -> None:
        self._drop()
        if begin.size <= 0:
            self._refuse("{0!r} is empty: choose another file.", begin.name)
            return
        free = self._free_bytes()
        if begin.size > free:
            self._refuse(
                "{0!r} has {1:.0f} MB, and the kernel has room for {2:.0f} MB: free some there. Nothing was sent.",
                begin.name,
                begin.size / 1e6,
                max(0, free) / 1e6,
            )
            return
        self._file = self._new_path(begin.name).open("xb")
        self._begun = begin
        self._answer()

    def _append(self, block: Block, data: bytes) -> None:
        if self._begun is None or self._file is None:
            self._refuse("the file was not announced, or the kernel was restarted. Choose it again.")
        elif not data or block.offset != self._received or self._received + len(data) > self._begun.size:
            self._refuse("a part of the file is missing. Choose it again.")
        else:
            self._file.write(data)
            self._received += len(data)
            if self._received == self._begun.size:
                self._complete(self._file)
            self._answer()

    def _complete(self, file: BinaryIO) -> None:
        file.close()
        self._file = None
        self._begun = None
        self._on_file(Path(file.name))

    def _drop(self) -> None:
        """Delete what has arrived of a file that is not complete."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
        self._begun = None
        self._file = None
        self._received = 0

    def _new_path(self, name: str) -> Path:
        """A path for a file, in a folder of its own: two files may have the same name."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="paraformer_nb-upload-")
        self._count += 1
        folder = Path(self._folder.name) / str(self._count)
        folder.mkdir()
        last = PureWindowsPath(PurePosixPath(name).name).name.lstrip(".")
        stem, suffix = PurePosixPath(last).stem, PurePosixPath(last).suffix
        safe = "".join(sign for sign in stem[:_MAX_NAME] if sign.isprintable() and sign not in ':*?"<>|') or "clip"
        return folder / f"{safe}{suffix[:10] if suffix[1:].isalnum() else ''}"

    def _free_on_disk(self) -> int:
        return shutil.disk_usage(tempfile.gettempdir()).free - _SPARE

    def _answer(self) -> None:
        self.send({"kind": "received", "bytes": self._received})

    def _refuse(self, reason: str, *values: object) -> None:
        self._drop()
        self.send({"kind": "refused", "reason": panel_texts.translate(self._language, reason, *values)})
