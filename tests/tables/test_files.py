"""Edited tables on their way through files and other libraries: what they do to words must not become corrections."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corrected_runs import result_record
from records import write_journal
from servers import texts

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import RunEnded

MISSING = ["null", "None", "NA", "nan", "n/a", "NULL"]
NUMBERS = ["1", "1.0", "007", "1e5", "-3", "0.50"]
ENDED = RunEnded(9.0, "finished")


def run_of(path: Path, *words: str) -> pnb.Run:
    return pnb.load(write_journal(path / "run.jsonl", result_record(*words), ENDED))


def through_csv(table: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **options)


@pytest.mark.filterwarnings("ignore:this table deleted")
@pytest.mark.parametrize("words", [MISSING, [*MISSING, "word"], NUMBERS, ["1", "NA"], ["True", "false"], ["inf", "2"]])
def test_words_that_a_csv_turns_into_other_values_are_kept(words: list[str], tmp_path: Path) -> None:
    run = run_of(tmp_path, *words)
    table = through_csv(run.words)
    assert table["text"].tolist() != words, "pandas reads other values"
    assert run.correct(table) == 0
    assert run.correct(table[1:]) == 1, "and the rest of the table is applied"
    assert texts(run) == words[1:]


def test_a_value_that_is_not_its_word_s_is_an_error_that_says_how_to_read_a_csv(tmp_path: Path) -> None:
    run = run_of(tmp_path, "1", "2")
    table = through_csv(run.words)
    for row, value in ((0, 5), (0, True), (1, 1)):
        changed = table.astype({"text": object})
        changed.loc[row, "text"] = value
        with pytest.raises(
            ParameterError, match=rf"row {row} .*keep_default_na=False, dtype=\{{'text': str\}}.*Nothing"
        ):
            run.correct(changed)
    table.loc[0, "start"] = 0.05
    with pytest.raises(ParameterError, match="row 0 .*keep_default_na=False"):
        run.correct(table)
    edited = through_csv(run.words, keep_default_na=False, dtype={"text": str})
    edited.loc[1, "text"] = "null"
    assert run.correct(edited) == 1
    assert texts(run) == ["1", "null"]


def test_a_table_may_come_back_through_json_and_pickle(tmp_path: Path) -> None:
    run = run_of(tmp_path, *NUMBERS, *MISSING)
    run.words.to_pickle(tmp_path / "words.pkl")
    assert run.correct(pd.read_pickle(tmp_path / "words.pkl")) == 0
    assert run.correct(pd.read_json(io.StringIO(run.words.to_json()))) == 0


class Arrow:
    """The two methods of an Arrow table that are used."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.columns = [frame[name].tolist() for name in frame]

    def to_pydict(self) -> dict[str, list[Any]]:
        return {
            str(name): [None if pd.isna(value) else value for value in self._frame[name]]
            for name in self._frame.columns
        }


class Polars(Arrow):
    """The methods of a Polars table that are used."""

    def to_dicts(self) -> list[dict[str, Any]]:
        raise AssertionError("it is slow")

    def to_dict(self, *, as_series: bool) -> dict[str, list[Any]]:
        assert not as_series
        return plain(self._frame)


def plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): [None if pd.isna(value) else value for value in frame[name]] for name in frame.columns}


def tables_of(frame: pd.DataFrame) -> dict[str, Any]:
    """The frame in other libraries, where they are installed, and in stand-ins."""
    tables: dict[str, Any] = {"Arrow": Arrow(frame)}
    polars = Polars(frame)
    tables["Polars"] = polars
    try:
        import pyarrow

        tables["pyarrow"] = pyarrow.Table.from_pandas(frame)
        tables["pyarrow batch"] = tables["pyarrow"].to_batches()[0]
    except ImportError:
        pass
    try:
        import polars as real

        tables["polars"] = real.DataFrame({name: frame[name].tolist() for name in frame if name != "speaker"})
    except ImportError:
        pass
    return tables


def test_tables_of_other_libraries_are_applied(tmp_path: Path) -> None:
    run = run_of(tmp_path, "good", "mourning", "null")
    assert [run.correct(table) for table in tables_of(run.words).values()] == [0] * len(tables_of(run.words))
    edited = run.words
    edited.loc[1, "text"] = "morning"
    for name, table in tables_of(edited).items():
        assert run.correct(table) == 1, name
        assert texts(run) == ["good", "morning", "null"], name
        assert run.undo()


def test_a_query_that_was_not_run_is_refused_with_advice(run: pnb.Run) -> None:
    class LazyFrame:
        def collect_schema(self) -> None:
            raise AssertionError

    with pytest.raises(ParameterError, match=r"give table\.collect\(\)"):
        run.correct(LazyFrame())


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.set_index(pd.Index([7] * len(table))),
        lambda table: table.sample(frac=1, random_state=3),
        lambda table: table.assign(note=[{}] * len(table), score=1),
        lambda table: table.astype({"text": "category", "start": object, "sentence_id": "category"}),
        lambda table: table.convert_dtypes(),
        lambda table: table.astype({"sentence_id": float, "start": "Float64", "text": object}),
        lambda table: table.assign(
            start=pd.to_timedelta(table["start"], unit="s"), end=pd.to_timedelta(table["end"], unit="s")
        ),
        lambda table: table.assign(start=[pd.Timedelta(seconds=start) for start in table["start"]]).astype(
            {"start": object}
        ),
        lambda table: table[["end", "start", "text", "sentence_id"]],
    ],
    ids=["index", "order", "columns", "categories", "converted", "nullable", "durations", "objects", "needed"],
)
def test_index_order_dtypes_and_other_columns_mean_nothing(change: Any, run: pnb.Run) -> None:
    assert run.correct(change(run.words)) == 0
    edited = change(run.words.assign(text=["good", "morning", "all", "by"]))
    assert run.correct(edited) == 1
    assert run.text == "good morning all by"
