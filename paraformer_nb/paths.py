"""Paths that a user gives."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import ParameterError

_FILE_URL = "file:/"
_MAX_SHOWN = 300  # characters
_HERE = ("", "localhost")  # the hosts of a file's URL that are this machine


def expand(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> Path:
    """A path whose ``~`` or ``~name`` is the home folder. Where there is no such home it stays as it is.

    The URL of a file on this machine (``file:///tmp/a%20clip.wav``) is its path. Raises ParameterError for what is not
    a path.
    """
    try:
        text = os.fsdecode(path)
    except TypeError as error:
        raise ParameterError(f"an object of type {type(path).__name__} is not a path here: {error}.") from error
    if text[: len(_FILE_URL)].lower() == _FILE_URL:
        text = _path_of_url(text)
    return Path(os.path.expanduser(text))  # noqa: PTH111 - unlike pathlib's it never raises


def is_local_url(text: str, path: Path) -> bool:
    """Whether a text is the URL of a file on this machine, of which `expand` made the path."""
    return text[: len(_FILE_URL)].lower() == _FILE_URL and path != Path(text)


def shortened(text: str) -> str:
    """A path for a message: what is not one may be megabytes long."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _path_of_url(url: str) -> str:
    """The path in a file's URL; the URL itself where it names another machine.

    ``#`` and ``?`` stay part of the path: most such URLs are put together by hand, as f"file://{path}".
    """
    from urllib.request import url2pathname  # slow to import

    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        rest = slash + path if host.lower() in _HERE else ""
    return url2pathname(rest) if rest else url
