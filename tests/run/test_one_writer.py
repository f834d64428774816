"""A journal has one writer: a second one is refused, and nothing is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import Cloud, ended, eventually, recognise_last_word_late, texts, tone

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_journal_that_is_being_written_cannot_be_resumed(tmp_path: Path) -> None:
    with Cloud(recognise_last_word_late) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        assert eventually(lambda: len(run.words) == 3)
        early = pnb.load(run.journal)
        assert "still writing" in str(early.error)
        with pytest.raises(errors.JournalError, match=r"a run is writing the journal 'run\.jsonl'"):
            pnb.resume(run.journal, clip=tone(60), service=cloud.service())
        run.stop()
        ended(run)
    loaded = pnb.load(run.journal)
    assert texts(loaded) == texts(run) == ["hello", "there", "goodbye"]
    assert loaded.state == "stopped"
