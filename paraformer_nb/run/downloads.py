"""The files that the view of a run offers: every format of the registry, made as `Run.export` makes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from ..formats.html import page_within
from ..formats.registry import SUFFIXES, written_suffixes
from ..playback.playable import OpenAudio
from ..transcript.transcript import Transcript
from ..widgets.files import Files
from ..widgets.run_data import FileFormat


def downloads(export: Callable[[Path], object], transcript: Transcript, open_audio: OpenAudio) -> Files:
    """The files of a run. `export` writes one, in the format of the path's suffix."""

    def make(suffix: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="paraformer_nb-") as folder:
            path = Path(folder) / f"transcript{suffix}"
            export(path)
            return path.read_bytes()

    formats = tuple(FileFormat(suffix, SUFFIXES[suffix].summary) for suffix in written_suffixes())
    return Files(formats, make, lambda max_bytes: page_within(transcript, open_audio, max_bytes))
