"""Temporary journals are deleted with their run; where the system refuses that, it is no error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paraformer_nb.journal.temporary import create_temporary, remove_temporary


def test_a_file_that_is_open_where_the_system_deletes_no_open_file_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows when Python exits during a run: no traceback."""
    path, file = create_temporary(-1)
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    monkeypatch.setattr(Path, "unlink", refuse)
    remove_temporary(path, os.getpid())
    monkeypatch.setattr(Path, "unlink", unlink)
    assert path.exists()
    file.close()
    remove_temporary(path, os.getpid())
    assert not path.exists()
