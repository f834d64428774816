"""Every table has the columns and dtypes of the schema: empty, of a live run, of a finished one, with any options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest
from records import RUN, event, result, sent_audio

from paraformer_nb.journal.records import Connected, Disconnected, Gap, Peaks, Record, Resumed, RunEnded
from paraformer_nb.journal.writer import JournalWriter
from paraformer_nb.run.history_tables import HistoryTables
from paraformer_nb.run.live_transcript import LiveTranscript
from paraformer_nb.tables.schema import TABLES
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word

LIVE: list[Record] = [
    Connected(0.1, "t", "scripted"),
    event("task-started"),
    sent_audio(0.0, 3.0),
    Peaks(1.0, 0.0, 0.01, b"\x80\x7f" * 300),
    result("good mourning all", 0, 1200),
    result("and by", 2000, number=2),
]
FINISHED: list[Record] = [
    *LIVE,
    Disconnected(2.0, "t", "reset", 1006),
    Gap(2.1, 1.5, 1.8, "late"),
    Resumed(2.2, "u", 1.8, 2),
    sent_audio(1.8, 2.0, "u"),
    result("and bye.", 200, 1500, task="u"),
    RunEnded(9.0, "finished", None, 4.0),
]


@contextmanager
def tables_of(records: list[Record]) -> Iterator[dict[str, pd.DataFrame]]:
    """The tables of a run of these records."""
    live = LiveTranscript(Transcript(RUN), JournalWriter.temporary(RUN)[0], lambda: 1.0)
    for record in (RUN, *records):
        live.append(record)
    run = HistoryTables(live)
    if records is FINISHED:
        run.correct(Correction("replace", 1, (Word("mourning", 0.4, 0.8),), (Word("morning", 0.4, 0.8),)))
    values = {name: getattr(run, name) for name in TABLES}
    methods = {"find": ("good",), "word_times": (), "drift": ()}
    try:
        yield {name: value(*methods[name]) if name in methods else value for name, value in values.items()}
    finally:
        live.close()


@pytest.mark.parametrize("storage", ["auto", "python", "pyarrow"])
@pytest.mark.parametrize("records", [[], LIVE, FINISHED], ids=["empty", "live", "finished"])
def test_every_table_is_as_the_schema_has_it(records: list[Record], storage: str) -> None:
    """pandas' own texts are stored as the option says, or as pyarrow is installed or not."""
    if storage == "pyarrow":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed: its storage of texts was NOT tested")
    text = pd.StringDtype("python", na_value=pd.NA)
    with pd.option_context("mode.string_storage", storage), tables_of(records) as tables:
        for name, columns in TABLES.items():
            table = tables[name]
            assert list(table.columns) == [column.name for column in columns], name
            assert isinstance(table.index, pd.RangeIndex), name
            for column in columns:
                dtype = table[column.name].dtype
                if column.dtype == "category":
                    assert isinstance(dtype, pd.CategoricalDtype)
                    assert (tuple(dtype.categories), dtype.categories.dtype) == (column.categories, text)
                elif column.dtype == "string":
                    assert (dtype, dtype.storage, dtype.na_value) == (text, "python", pd.NA), (name, column.name)
                else:
                    assert dtype == column.dtype, (name, column.name)


def test_each_table_of_a_finished_run_has_rows_and_can_be_written() -> None:
    with tables_of(FINISHED) as tables:
        for name, table in tables.items():
            assert len(table), name
            assert table.to_csv(index=False).count("\n") == len(table) + 1 or name == "events"


def test_every_column_has_a_unit_where_it_is_a_time_and_a_meaning() -> None:
    for columns in TABLES.values():
        for column in columns:
            assert column.meaning
            assert column.unit == "s" or not re.search(r"^seconds|in seconds", column.meaning), column
            assert bool(column.categories) == (column.dtype == "category")


def test_an_empty_run_has_empty_tables_but_one_row_of_summary() -> None:
    with tables_of([]) as tables:
        assert {name: len(table) for name, table in tables.items() if len(table)} == {"summary": 1}
        row = tables["summary"].iloc[0]
        assert (row["words"], row["duration"], row["state"], row["gaps"]) == (0, 0.0, "connecting", 0)
        assert pd.isna(row["rate"]) and pd.isna(row["shown_p50"])
