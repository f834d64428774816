"""The clip that a journal names. The journal may be a stranger's: its path is a hint, and nothing is opened here."""

from __future__ import annotations

import ntpath
from pathlib import Path

from ..audio.clip_input import JournalInput
from ..text import sanitise
from ..transcript.transcript import Transcript

_SEPARATORS = ("/", "\\")


def journal_clip(transcript: Transcript, journal: Path) -> JournalInput | None:
    """Where the clip of a journal may be: at its path, or beside the journal. None: its clip was not a file."""
    source = transcript.run.clip
    if source.path is None:
        return None
    given = source.path
    is_usable = "\0" not in given and Path(given).is_absolute() and not _is_on_network(given)
    paths = [Path(given)] if is_usable else []
    name = ntpath.basename(given)  # of a path of any system
    if name not in ("", ".", "..") and "\0" not in name:
        paths.append(journal.parent / name)
    return JournalInput(sanitise(source.name), tuple(dict.fromkeys(paths)), source.size, transcript.clip_sha256)


def _is_on_network(path: str) -> bool:
    """Whether looking at a path might contact a host: ``\\\\host\\share`` on Windows."""
    return path[:1] in _SEPARATORS and path[1:2] in _SEPARATORS
