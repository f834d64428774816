"""The file of a clip that is played: opened anew where it was touched, refused where its bytes are others."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ..audio.clip_input import JournalInput, PathInput
from ..audio.known_file import Stamp, open_known, open_regular, sha256_of, stamp_of
from ..errors import AudioError


class ClipOnDisk:
    """A clip's file. A path that the user gave is believed as long as its stamp is that of now; a journal's never.

    Attributes:
        paths: where the file is, or may be; none of a journal's was looked at.
    """

    def __init__(self, given: PathInput | JournalInput, *, is_believed: bool) -> None:
        """`is_believed`: whether the file that is there now is the clip. Raises AudioError if there is none."""
        self.paths = (given.path,) if isinstance(given, PathInput) else given.paths
        self._given = given
        self._path: Path | None = None
        self._stamp: Stamp | None = None
        if isinstance(given, PathInput):
            self._path = given.path
            self._check_regular(given.path)
            self._stamp = _stamp(given.path) if is_believed else None

    def open(self, sha256: str | None) -> BinaryIO:
        """Open the file. `sha256`: the digest by which a file that was touched is recognised, where it is known.

        Raises AudioError if it is gone, has changed or is another one, OSError if it cannot be read.
        """
        if isinstance(self._given, JournalInput):
            known = open_known(self._given)
            self._path = known.path
            self._stamp = stamp_of(known.file)
            return known.file
        _stamp(self._given.path)
        file = open_regular(self._given.path)
        if stamp_of(file) != self._stamp:
            if sha256 is None or sha256_of(file) != sha256:
                file.close()
                raise AudioError(
                    f"{self._given.name!r} has changed on disk since: its sound and these words may not belong "
                    "together. Transcribe it again."
                )
            self._stamp = stamp_of(file)
        return file

    def was_touched(self) -> bool:
        """Whether the file that was opened last was changed or replaced since. Raises AudioError if it is gone."""
        return self._path is not None and _stamp(self._path) != self._stamp

    def _check_regular(self, path: Path) -> None:
        _stamp(path)
        if not path.is_file():
            raise AudioError(
                f"{str(path)!r} is not a file but a directory, a pipe or a device, which cannot be played. Keep the "
                "sound in a file to hear it again."
            )


def _stamp(path: Path) -> Stamp:
    try:
        return stamp_of(path)
    except OSError as error:
        raise AudioError(
            f"the clip is gone from disk ({path}), so it cannot be played; its words are kept. Put it back to hear it."
        ) from error
