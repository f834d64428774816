"""Download one file whose size and hash are known: continue after a cut, try one address after the other.

The bytes are collected in ``NAME.part``, which survives everything but wrong bytes; only a verified file gets its name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from .. import __version__
from ..client.http import host_of, new_session, request_host, request_problem
from ..text import sanitise
from .table import ModelFile
from .verification import hash_file
from .writing import clear_part, writing

_BLOCK = 2**16  # bytes, at most; fewer where fewer have arrived
_ATTEMPTS = 3  # at one address, each with fewer than `_ADVANCE` new bytes
_ADVANCE = 2**13
_TEMPORARY = (408, 425, 429)  # and all above 499
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


class Refusal(NamedTuple):
    """Why an address did not give a file.

    Attributes:
        url: the address.
        reason: a clause.
        is_temporary: whether it may give it later.
        has_ranges: whether a download can continue there; True where that was not tried.
    """

    url: str
    reason: str
    is_temporary: bool
    has_ranges: bool = True

    @property
    def host(self) -> str:
        """The address without its path."""
        return f"{urlsplit(self.url).scheme}://{host_of(self.url)}"


class _WrongAnswer(Exception):
    """An address does not give the file; its text is a clause."""

    def __init__(self, reason: str, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


def download(
    wanted: ModelFile,
    folder: Path,
    urls: Sequence[str],
    report: Report,
    *,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
) -> list[Refusal]:
    """Download a file into a folder. Returns no refusals if it is there, else one for each address.

    Raises ModelFilesError if it cannot be written.
    """
    target = folder / wanted.name
    part = target.with_name(f"{target.name}.part")
    clear_part(part)
    refusals = []
    with new_session() as session:
        session.headers.update(_HEADERS)
        for url in urls:
            transfer = _Transfer(session, url, wanted, part, report, timeouts)
            refusal = transfer.run()
            if refusal is None:
                with writing(target):
                    transfer.part.replace(target)
                return []
            refusals.append(refusal)
    return refusals


@dataclass
class _Transfer:
    """The download of a file from one address."""

    session: requests.Session
    url: str
    wanted: ModelFile
    part: Path
    report: Report
    timeouts: Timeouts
    has_ranges: bool = True

    def run(self) -> Refusal | None:
        """Get all bytes that are missing, and verify them."""
        try:
            self._complete()
        except requests.RequestException as error:
            problem = request_problem(error, self.timeouts.read)
            host = request_host(error)
            redirect = "" if host in ("", host_of(self.url)) else f"it redirects to {host}: "
            reason = sanitise(f"{redirect}{problem.reason}")[:300]
            return Refusal(self.url, reason, problem.is_temporary, self.has_ranges)
        except _WrongAnswer as error:
            return Refusal(self.url, sanitise(str(error))[:300], error.is_temporary, self.has_ranges)
        return None

    def _complete(self) -> None:
        is_resumed = self._size() > 0
        attempts = 0
        while (size := self._size()) < self.wanted.size:
            problem: Exception = _WrongAnswer("the connection was cut", is_temporary=True)
            try:
                self._append()
            except (requests.ConnectionError, requests.Timeout) as error:
                problem = error
            attempts = 0 if self._size() >= size + _ADVANCE else attempts + 1
            if self._size() < self.wanted.size and attempts >= _ATTEMPTS:
                raise problem
        if size == self.wanted.size and hash_file(self.part) == self.wanted.sha256:
            return
        with writing(self.part):
            self.part.unlink()
        self.report(0)
        if not is_resumed:
            raise _WrongAnswer("it sends other bytes than the published file's (the SHA-256 differs); they are deleted")
        self._complete()  # the wrong bytes may be of an earlier download

    def _append(self) -> None:
        """Request what is missing, and write it as it arrives. What is there already stays, even if all is sent."""
        offset = self._size()
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self.session.get(self.url, headers=headers, stream=True, timeout=self.timeouts) as response:
            done = self._begin(response, offset)
            with writing(self.part):
                self.part.touch()
                file = self.part.open("r+b", buffering=0)  # closing a buffer would write to a full disk again
            with file:
                file.seek(done)
                for block in _blocks(response):
                    with writing(self.part):
                        _write(file, block)
                    done += len(block)
                    if done > self.wanted.size:
                        break  # the hash will differ
                    self.report(done)

    def _begin(self, response: requests.Response, offset: int) -> int:
        """Where the bytes of a response begin in the file. Raises _WrongAnswer if they are not of this file."""
        size = self.wanted.size
        if response.status_code not in (200, 206):
            status = f"HTTP {response.status_code} {sanitise(response.reason or '')}".rstrip()
            is_temporary = response.status_code >= 500 or response.status_code in _TEMPORARY
            host = host_of(response.url)
            other = "" if host == host_of(self.url) else host
            raise _WrongAnswer(f"{status} for {other}{urlsplit(response.url).path}", is_temporary=is_temporary)
        self.has_ranges = response.status_code == 206 or not offset
        if response.status_code == 206:
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if not match or int(match[1]) != offset or match[2] not in (str(size), "*"):
                raise _WrongAnswer("it answers with another range than the requested one")
            return offset
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) != size:
            raise _WrongAnswer(f"it sends {int(length):,} bytes instead of {size:,}, so it is another file")
        return 0

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


def _write(file: io.FileIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """The bytes of a response as they arrive: requests would discard a block that is cut."""
    try:
        while block := response.raw.read1(_BLOCK):
            yield block
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
