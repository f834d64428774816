"""A recording has one writer: whoever comes second is told so, and nothing is spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import Cloud, ended, eventually, keeps_its_tail, texts, tone

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_recording_that_is_being_written_is_not_gone_on_with(tmp_path: Path) -> None:
    with Cloud(keeps_its_tail) as cloud:
        run = pnb.transcribe(tone(60), service=cloud.service(), pace=1.0, save=tmp_path / "run.jsonl")
        assert eventually(lambda: len(run.words) == 3)
        early = pnb.load(run.journal)
        assert "still writing" in str(early.error)
        with pytest.raises(errors.JournalError, match=r"a run is writing the recording 'run\.jsonl'"):
            pnb.resume(run.journal, clip=tone(60), service=cloud.service())
        run.stop()
        ended(run)
    loaded = pnb.load(run.journal)
    assert texts(loaded) == texts(run) == ["hello", "there", "goodbye"]
    assert loaded.state == "stopped"
