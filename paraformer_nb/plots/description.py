"""The alternative text of a picture, for people who cannot see it."""

from __future__ import annotations

from ..text import sanitise

_MAX_TEXT = 1000  # characters of the transcript


def describe_picture(title: str, text: str) -> str:
    """Describe a transcript's picture on one line: its title, and the words as far as a description should be long.

    Example:
        >>> describe_picture("a.wav: finished", "Good morning.")
        'a.wav: finished. Good morning.'
    """
    words = " ".join(sanitise(text).split())
    shown = words if len(words) <= _MAX_TEXT else f"{words[:_MAX_TEXT].rstrip()}…"
    return " ".join([f"{sanitise(title)}.", shown] if shown else [sanitise(title)])
