"""What stands for a view where it cannot be drawn: its title, its text, a note, and the description of its picture."""

from __future__ import annotations

from ..plots.description import describe_picture
from ..text import join, sanitise
from ..transcript.transcript import ENDED, Transcript

_MAX_TEXT = 20_000  # characters, about 20 minutes of speech: more makes a notebook large, and is not read there


def title_of(transcript: Transcript) -> str:
    """The clip and the run's state on one line."""
    error = transcript.end.error if transcript.end else None
    reason = f" ({error.kind}: {error.message})" if error else ""
    return sanitise(f"{transcript.run.clip.name}: {transcript.state}{reason}")


def text_of(transcript: Transcript) -> str:
    """The transcript's text on one line; of a long one the beginning, and where all of it is."""
    sentences = transcript.sentences
    texts: list[str] = []
    length = 0
    for sentence in sentences:
        length += len(sentence.text)
        if length > _MAX_TEXT:
            shown = join(texts) or sentence.text[:_MAX_TEXT]
            return f"{shown} … (the beginning: run.text has all {len(sentences):,} sentences)"
        texts.append(sentence.text)
    return join(texts)


def description_of(transcript: Transcript) -> str:
    """The alternative text of the picture."""
    return describe_picture(title_of(transcript), text_of(transcript))


def note_of(transcript: Transcript) -> str:
    """What a notebook keeps that was saved before the end was drawn."""
    name = sanitise(transcript.run.clip.name)
    if transcript.state in ENDED:
        return f"{name}: this was saved before its view was drawn. Show the run again for its words."
    return f"{name}: it was still being recognised when this was shown. Show the run again for all its words."
