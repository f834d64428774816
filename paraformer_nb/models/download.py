"""Download one file whose size and hash are known: continue after a cut, try one address after the other.

The bytes are collected in ``NAME.part``, which survives everything but wrong bytes; only a verified file gets its name.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

from .. import __version__
from ..client.http import new_session, request_problem
from ..errors import ModelFilesError
from ..text import sanitise
from .location import FOLDER_VARIABLE
from .table import Archive, ModelFile
from .verification import hash_file

_BLOCK = 2**13  # bytes; what has arrived of a block is lost when a connection is cut
_ATTEMPTS = 3  # at one address, without a new byte
_HEADERS = {
    "User-Agent": f"paraformer-nb/{__version__}",  # ModelScope's servers refuse requests without one
    "Accept-Encoding": "identity",  # else the size and the ranges are those of the compressed file
}
Report = Callable[[int], None]
"""Is called with the number of bytes of a file that are there so far."""


class Timeouts(NamedTuple):
    """Seconds until a connection is made, and between two arrivals of bytes."""

    connect: float = 10.0
    read: float = 30.0


class _WrongAnswer(Exception):
    """An address does not give the file; its text is a clause."""


def download(
    wanted: ModelFile | Archive,
    target: Path,
    urls: Sequence[str],
    report: Report,
    *,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
) -> None:
    """Download a file to `target`. Raises ModelFilesError, with what each address answered."""
    part = target.with_name(f"{target.name}.part")
    problems = []
    with new_session() as session, writing(target):
        session.headers.update(_HEADERS)
        for url in urls:
            try:
                _complete(session, wanted, part, url, report, timeouts)
            except (_WrongAnswer, requests.RequestException) as error:
                problems.append(f"{sanitise(url)}: {_clause(error, timeouts)}")
            else:
                part.replace(target)
                return
    kept = _size(part)
    state = (
        f"{kept:,} of {wanted.size:,} bytes are kept: the same command continues there"
        if kept
        else "Nothing of it is kept: try the same command again later"
    )
    raise ModelFilesError(
        f"{target.name} could not be downloaded. {'; '.join(problems)}. {state}. Behind a firewall, set HF_ENDPOINT or "
        "https_proxy, or copy the files from another machine and use: paraformer-nb models import FOLDER."
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise ModelFilesError for a folder that cannot be written, or a disk that is full."""
    try:
        yield
    except requests.RequestException:  # it is an OSError
        raise
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise ModelFilesError(
            f"{str(path)!r} cannot be written: {error.strerror or error}. What is there already is kept. "
            f"{'Make room' if is_full else 'Make the folder writable'}, or set {FOLDER_VARIABLE} to another folder; "
            "then run the same command again."
        ) from error


def _complete(
    session: requests.Session,
    wanted: ModelFile | Archive,
    part: Path,
    url: str,
    report: Report,
    timeouts: Timeouts,
) -> None:
    """Get all bytes that are missing from one address, and verify them."""
    is_resumed = _size(part) > 0
    attempts = 0
    while (size := _size(part)) < wanted.size:
        try:
            _append(session, wanted.size, part, url, report, timeouts)
            attempts = 0 if _size(part) > size else attempts + 1
            problem: Exception = _WrongAnswer("the connection is cut")
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            attempts = 0 if _size(part) > size else attempts + 1
            problem = error
        if _size(part) < wanted.size and attempts >= _ATTEMPTS:
            raise problem
    if size > wanted.size or hash_file(part) != wanted.sha256:
        part.unlink()
        report(0)
        if is_resumed:  # the wrong bytes may be of an earlier download
            _complete(session, wanted, part, url, report, timeouts)
            return
        raise _WrongAnswer("it sends other bytes than the published file's (the SHA-256 differs), they were deleted")


def _append(session: requests.Session, size: int, part: Path, url: str, report: Report, timeouts: Timeouts) -> None:
    """Request what is missing, and append it as it arrives."""
    offset = _size(part)
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    with session.get(url, headers=headers, stream=True, timeout=timeouts) as response:
        begin = _begin(response, offset, size)
        with part.open("r+b" if begin else "wb") as file:
            file.seek(begin)
            done = begin
            for block in response.iter_content(_BLOCK):
                file.write(block)
                done += len(block)
                if done > size:
                    break  # the hash will differ
                report(done)


def _begin(response: requests.Response, offset: int, size: int) -> int:
    """Where the bytes of a response begin in the file. Raises _WrongAnswer if they are not of this file."""
    if response.status_code not in (200, 206):
        raise _WrongAnswer(f"HTTP {response.status_code} {sanitise(response.reason or '')}".rstrip())
    if response.status_code == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not match or int(match[1]) != offset or match[2] not in (str(size), "*"):
            raise _WrongAnswer("it answers with another range than the requested one")
        return offset
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) != size:
        raise _WrongAnswer(f"it sends {int(length):,} bytes instead of {size:,}, so it is another file")
    return 0


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _clause(error: Exception, timeouts: Timeouts) -> str:
    if isinstance(error, requests.RequestException):
        return sanitise(request_problem(error, timeouts.read).reason)[:300]
    return sanitise(str(error))[:200]
