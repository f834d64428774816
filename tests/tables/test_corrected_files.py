"""Corrections of a run whose journal was cut short, is gone, is read-only or is on a full disk."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from corrected_runs import CORRECTION, count_corrections, replace
from records import write_journal
from servers import Cloud, Talk, ended, eventually, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.journal.records import RunEnded
from paraformer_nb.transcript.words import Word


def test_a_journal_that_was_cut_short_can_be_corrected(path: Path) -> None:
    whole = path.read_bytes()
    cut = whole[: whole.index(b'{"kind":"run-ended"') + 7]  # a crash in the middle of a line
    path.write_bytes(cut)
    run = pnb.load(path)
    run.correct(CORRECTION)
    run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
    again = pnb.load(path)
    assert texts(again) == ["good", "morning", "all"]
    assert "cut short" in str(again.error)
    assert path.read_bytes().startswith(cut[:-7])


@pytest.mark.parametrize("what", ["gone", "another journal", "another file"])
def test_without_its_file_a_run_warns_once_and_keeps_the_corrections(
    what: str, run: pnb.Run, path: Path, tmp_path: Path
) -> None:
    path.unlink()
    if what == "another journal":
        write_journal(path, RunEnded(1.0, "finished")).write_bytes(path.read_bytes().replace(b"today", b"tomorrow"))
    elif what == "another file":
        path.write_text("mine\n")
    before = path.read_bytes() if path.exists() else None
    with pytest.warns(UserWarning, match=r"kept in memory only.*with run\.words\.to_csv") as warned:
        run.correct(CORRECTION)
        run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
        assert run.undo()
    assert len(warned) == 1
    assert "run.save" not in str(warned[0].message), "nothing is left to copy"
    assert warned[0].filename == __file__
    assert texts(run) == ["good", "morning", "all", "by"]
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.fixture
def sealed(path: Path) -> Iterator[Path]:
    """The journal in a file that no user may write, not even root."""
    file = os.memfd_create("run", os.MFD_ALLOW_SEALING)
    os.write(file, path.read_bytes())
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    yield Path(f"/proc/self/fd/{file}")
    os.close(file)


def test_a_file_that_is_read_only_warns_once_and_a_copy_has_the_corrections(sealed: Path, tmp_path: Path) -> None:
    run = pnb.load(sealed)
    with pytest.warns(UserWarning, match=r"Operation not permitted.*run\.save") as warned:
        run.correct(CORRECTION)
        run.correct(replace(2, [Word("by", 1.0, 1.1)], []))
        run.undo()
    assert len(warned) == 1
    assert texts(run) == ["good", "morning", "all", "by"]
    assert texts(pnb.load(sealed)) == ["good", "mourning", "all", "by"]
    run.save(tmp_path / "elsewhere.jsonl")
    copy = pnb.load(tmp_path / "elsewhere.jsonl")
    assert copy.words.equals(run.words)
    assert copy.redo() is True
    assert texts(copy) == ["good", "morning", "all"]


@pytest.mark.parametrize("when", ["during the run", "after it"])
def test_a_full_disk_warns_once_and_a_copy_has_each_correction_once(when: str, tmp_path: Path) -> None:
    async def quiet(talk: Talk) -> None:
        await talk.begin()
        await talk.say("good", "mourning", "all")
        await talk.forever()

    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Cloud(quiet) as cloud:
        run = pnb.transcribe(tone(20), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        try:
            assert eventually(lambda: len(run.words) == 3)
            if when == "after it":
                run.cancel()
                ended(run)
            size = run.journal.path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, limits[1]))
            with pytest.warns(UserWarning, match="File too large.*in memory only") as warned:
                run.correct(CORRECTION)
                run.correct(replace(1, [Word("all", 0.2, 0.3)], []))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, old)
            run.cancel()
        assert len(warned) == 1
        if when == "after it":
            run.wait(15)
        else:  # later records are in memory only as well
            with pytest.warns(UserWarning, match="the run goes on and is kept in memory only"):
                run.wait(15)
    assert texts(run) == ["good", "morning"]
    run.save(tmp_path / "copy.jsonl")
    copy = pnb.load(tmp_path / "copy.jsonl")
    assert copy.words.equals(run.words)
    assert count_corrections(tmp_path / "copy.jsonl") == 2
    pnb.load(run.journal.path)


def test_a_new_run_is_corrected_without_a_warning(tmp_path: Path) -> None:
    with Cloud(well) as cloud, warnings.catch_warnings():
        warnings.simplefilter("error")
        run = ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None, save=tmp_path / "run.jsonl"))
        assert run.correct(replace(1, [Word("there", 0.1, 0.2)], [Word("you", 0.1, 0.2)]))
    assert texts(run) == texts(pnb.load(tmp_path / "run.jsonl")) == ["hello", "you"]
