"""What the kernel knows of a word beside its text: what was recognised in its place, and how it was revised."""

from __future__ import annotations

from pathlib import Path

from fake_front_end import FrontEnd, recognised, run_started

from paraformer_nb.errors import JournalError
from paraformer_nb.journal.records import RunEnded
from paraformer_nb.transcript.history import History

RECORDS = [
    recognised(1, ["wood"], is_final=False),
    recognised(1, ["would", "yew"], is_final=False),
    recognised(1, ["would", "you"], is_final=True),
    recognised(2, ["day"], is_final=True),
]


def history(*more: RunEnded) -> History:
    return History.from_records([run_started(), *RECORDS, *more])


def test_every_text_that_a_word_had_is_listed_in_order() -> None:
    read = history(RunEnded(2.0, "finished"))
    front_end = FrontEnd(read.transcript, read_history=lambda: read)
    front_end.send("sync")
    first, _ = front_end.request("recognised", id=1, sentence=1, start=1.0, end=1.09)
    assert (first.text, first.revisions) == ("would", ["wood", "would"])
    second, _ = front_end.request("recognised", id=2, sentence=1, start=1.1, end=1.19)
    assert (second.text, second.revisions) == ("you", ["yew", "you"])
    whole, _ = front_end.request("recognised", id=3, sentence=1, start=1.0, end=1.19)
    assert (whole.text, whole.revisions) == ("would you", [])
    never, _ = front_end.request("recognised", id=4, sentence=2, start=2.0, end=2.09)
    assert (never.text, never.revisions) == ("day", [])


def test_the_journal_is_not_read_while_the_run_goes_on() -> None:
    live, read = history(), []
    front_end = FrontEnd(live.transcript, read_history=lambda: read.append(1) or live)
    front_end.send("sync")
    reply, _ = front_end.request("recognised", id=1, sentence=1, start=1.0, end=1.09)
    assert (reply.text, reply.revisions, read) == ("would", [], [])


def test_a_journal_that_is_gone_costs_the_revisions_only(tmp_path: Path) -> None:
    def fail() -> History:
        raise JournalError(f"{tmp_path / 'a.jsonl'} does not exist.")

    front_end = FrontEnd(history(RunEnded(2.0, "finished")).transcript, read_history=fail)
    front_end.send("sync")
    reply, _ = front_end.request("recognised", id=1, sentence=1, start=1.0, end=1.09)
    assert (reply.text, reply.revisions, reply.error) == ("would", [], "")
