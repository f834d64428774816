"""Write words to a file, in the format of its suffix or in one that is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import AudioError, ExportError, ParameterError
from ..journal.records import ClipSource
from ..paths import expand
from ..playback.playable import OpenAudio, PlayableClip
from ..tables.given import clip_end
from ..text import sanitise
from ..transcript.transcript import Transcript
from .base import Format
from .changes import Written
from .document import Document
from .files import cannot_write, clip_paths, is_same_file, write_file
from .registry import find_written
from .table_words import checked_words, name_of_clip


def write_words(
    path: str | os.PathLike[str],
    words: Any,
    *,
    format: str | None = None,
    overwrite: bool = True,
    clip: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Written:
    """Write a table of words, without a run. Returns what was written.

    Args:
        path: the file; its suffix chooses the format.
        words: a table with ``text``, ``start`` and ``end``; ``punctuation``, ``speaker``, ``confidence`` and
            ``sentence_id`` are used where they are there.
        format: the name of a format, such as ``"audacity"``; None: that of the suffix.
        overwrite: whether a file that is there is replaced.
        clip: the clip that the words are of: its name is written where the format has one, and its sound in a page.
            None: the name is that of the table's ``attrs``, else of its column ``clip`` or ``file``, else of the path.
        options: the format's own; see docs/formats.md.

    Raises as `paraformer_nb.Run.export`.

    Example:
        >>> write_words("words.ctm", run.words)
        Written('words.ctm', 5 words)
    """
    target = expand(path)
    found = find_written(target, format)
    table, numbers = checked_words(words)
    source = _clip_source(clip, name_of_clip(table))

    def open_audio() -> PlayableClip:
        if clip is None:
            raise AudioError("the words are of no clip that is known: there is nothing to play. Give clip=.")
        return PlayableClip(clip)

    document = Document(target, table, open_audio, clip=source, numbers=numbers)
    return _write(document, found, options, overwrite=overwrite)


def export(
    transcript: Transcript,
    words: Any,
    path: Path,
    open_audio: OpenAudio,
    options: Mapping[str, Any],
    *,
    format: str | None = None,
    given: Any = None,
    overwrite: bool = True,
) -> Written:
    """Write a run's words. `words`: its words table; `given`: a table to write instead. Raises as `write_words`."""
    found = find_written(path, format)
    if given is None:
        document = Document(path, words, open_audio, transcript=transcript)
    else:
        table, numbers = checked_words(given)
        clip, end = transcript.run.clip, clip_end(transcript)
        document = Document(path, table, open_audio, clip=clip, numbers=numbers, end=end)
    return _write(document, found, options, overwrite=overwrite)


def _write(document: Document, format: Format, options: Mapping[str, Any], *, overwrite: bool) -> Written:
    path = document.path
    _check_options(format, options)
    _check_target(document, overwrite)
    assert format.render is not None  # `find_written` gives no other
    data = format.render(document, **options)
    write_file(path, data)
    return Written(path, format.name, len(document.words), document.changes)


def _check_options(format: Format, options: Mapping[str, Any]) -> None:
    if unknown := sorted(set(options) - set(format.options)):
        has = f"its options are {', '.join(format.options)}" if format.options else "it has no options"
        name = format.suffixes[0] if format.suffixes else format.name
        raise ParameterError(f"the format {name} has no option {', '.join(unknown)}: {has}. Nothing was written.")


def _check_target(document: Document, overwrite: bool) -> None:
    """Raise ExportError or ParameterError where the file must not be written, before anything is rendered."""
    path = document.path
    try:
        if not overwrite and path.exists():
            raise ExportError(f"{str(path)!r} exists, and was not replaced: give another name, or overwrite=True.")
        path.parent.stat()
    except OSError as error:
        raise cannot_write(path, error) from error
    except ValueError as error:  # a NUL in the path
        raise ExportError(f"{str(path)!r} cannot be written: {error}. Choose another name.") from error
    if any(is_same_file(path, clip) for clip in clip_paths(document.open_audio)):
        raise ParameterError(f"{str(path)!r} would overwrite the clip itself: give another name. Nothing was written.")


def _clip_source(clip: str | os.PathLike[str] | None, name: str | None) -> ClipSource | None:
    if clip is not None:
        path = expand(clip)
        return ClipSource(sanitise(path.name), os.path.realpath(path))
    return ClipSource(sanitise(name)) if name else None
