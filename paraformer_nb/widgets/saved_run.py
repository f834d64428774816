"""The data of a page without a kernel: all that a kernel would send."""

from __future__ import annotations

from msgspec import Struct

from .messages import Update


class SavedUpdate(Struct, frozen=True):
    """An update and its buffers, in base64."""

    update: Update
    buffers: list[str]


class SavedSound(Struct, frozen=True):
    """A file with the clip's sound."""

    mime: str
    url: str | None
    """null: the file is in the page."""
    start: float
    """The position at which the file begins."""


class SavedRun(Struct, frozen=True):
    """What a page without a kernel holds: all that a kernel would send."""

    updates: list[SavedUpdate]
    sound: SavedSound | None
    """null: the page is silent."""
