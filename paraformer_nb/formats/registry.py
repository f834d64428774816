"""Which format a file's suffix means. To add one: a module beside this one with a `Format`, and a line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ExportError, ParameterError
from ..playback.playable import OpenAudio
from ..transcript.transcript import Transcript
from . import html, jsonl, text
from .base import Format

FORMATS: dict[str, Format] = {each.suffix: each for each in (html.FORMAT, text.FORMAT, jsonl.FORMAT)}


def export(transcript: Transcript, path: Path, open_audio: OpenAudio, options: Mapping[str, Any]) -> Path:
    """Write a transcript in the format of the path's suffix. Returns the path.

    Raises ExportError for an unknown suffix or a file that cannot be written, ParameterError for an unknown option, and
    what the format raises.
    """
    known = FORMATS.get(path.suffix.lower())
    if known is None:
        raise ExportError(
            f"{str(path)!r}: the format {path.suffix!r} is not known. Nothing was written. Known: {', '.join(FORMATS)}."
        )
    if unknown := sorted(set(options) - set(known.options)):
        has = f"its options are {', '.join(known.options)}" if known.options else "it has no options"
        raise ParameterError(
            f"the format {known.suffix} has no option {', '.join(unknown)}: {has}. Nothing was written."
        )
    known.write(transcript, path, open_audio, **options)
    return path
