"""`pnb.score`, `run.score` and `pnb.compare`: what they are given, their tables, the lanes and the timeline."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib.colors
import matplotlib.figure
import matplotlib.style
import pandas as pd
import pytest
from records import timed_final, write_journal

import paraformer_nb as pnb
from paraformer_nb.journal.records import Connected, RunEnded

WORDS = (("Good", 0, 400), ("morning.", 400, 900), ("We", 2000, 2300), ("look", 2300, 2800), ("at", 2800, 3000))
OTHER = (("Good", 100, 500), ("evening.", 500, 1000), ("look", 2450, 2900), ("at", 2900, 3100), ("it", 3100, 3300))


def journal(path: Path, words: tuple[tuple[str, int, int], ...], engine: str) -> Path:
    return write_journal(path, Connected(0.1, "t", engine), timed_final(*words), RunEnded(9.0, "finished"))


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The journals of two runs of one clip."""
    return journal(tmp_path / "a.jsonl", WORDS, "one"), journal(tmp_path / "b.jsonl", OTHER, "two")


@pytest.fixture
def runs(paths: tuple[Path, Path]) -> tuple[pnb.Run, pnb.Run]:
    return pnb.load(paths[0]), pnb.load(paths[1])


@pytest.fixture
def comparison(runs: tuple[pnb.Run, pnb.Run]) -> pnb.Comparison:
    return pnb.compare(*runs, reference="good morning we looked at it")


# -------------------------------------------------------------------------------------------------------------- sides


def test_both_sides_may_be_runs_files_tables_and_texts(
    runs: tuple[pnb.Run, pnb.Run], paths: tuple[Path, Path], tmp_path: Path
) -> None:
    text = tmp_path / "ref.txt"
    text.write_text("Good morning. We look at", encoding="utf-8")
    wanted = "WER 60.0 % (3 of 5: 1 sub, 1 del, 1 ins), after width, case, marks"
    for reference in (runs[0], paths[0], str(paths[0]), runs[0].words, runs[0].text, text, str(text), [runs[0].text]):
        for hypothesis in (runs[1], str(paths[1]), runs[1].words, runs[1].text):
            assert str(pnb.score(reference, hypothesis)) == wanted
    assert str(runs[1].score(text)) == wanted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_file_is_decoded(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ref.txt"
    path.write_bytes("今天天气很好。\r\n我们去公园。".encode(encoding))
    assert pnb.score(path, "今天天气很好我们去公园").errors == 0


def test_files_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    for missing in ("missing.txt", "my reference.TXT", "~/no/such.srt", "gone.jsonl"):
        with pytest.raises(pnb.errors.ParameterError, match="no such file"):
            pnb.score(missing, "a")
    with pytest.raises(pnb.errors.ParameterError, match="cannot be read"):
        pnb.score(tmp_path / "missing.txt", "a")
    for name, data, problem in (
        ("x.wav", b"RIFF", "suffix '.wav'"),
        ("x.md", b"\xff\xd8\xff\0\x10J\0", "x.md.*not a text"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises((pnb.errors.ParameterError, pnb.errors.ReadError), match=problem):
            pnb.score(tmp_path / name, "a")


def test_a_text_that_only_looks_like_a_name_is_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert pnb.score("See ref.txt here", "see ref txt here").errors == 0
    assert pnb.score(["ref.txt"], "ref txt").errors == 0
    assert pnb.score("x" * 10_000, "y").errors == 1
    assert pnb.score("\0", "").reference_length == 0
    assert pnb.score("\ud800 ~nowhere", "~x").substitutions == 1


def test_corrections_count_in_a_run_s_score(runs: tuple[pnb.Run, pnb.Run]) -> None:
    run = runs[1]
    assert run.score("good morning look at it").errors == 1
    table = run.words
    table.loc[1, "text"] = "morning"
    run.correct(table)
    assert run.score("good morning look at it").errors == 0


# ------------------------------------------------------------------------------------------------------------- tables


def test_the_table_has_both_sides(comparison: pnb.Comparison) -> None:
    table = comparison.table
    assert comparison.names == ("one", "two")
    assert table["op"].tolist() == ["equal", "substitute", "delete", "equal", "equal", "insert"]
    assert table["a"].fillna("").tolist() == ["good", "morning", "we", "look", "at", ""]
    assert table["b"].fillna("").tolist() == ["good", "evening", "", "look", "at", "it"]
    assert table["a_start"].tolist()[:5] == [0.0, 0.4, 2.0, 2.3, 2.8]
    assert table["b_word"].tolist() == [0, 1, pd.NA, 2, 3, 4]
    assert table["a_correct"].tolist() == [True, True, True, False, True, pd.NA]
    assert table["b_correct"].tolist() == [True, False, pd.NA, False, True, True]


def test_differences_are_runs_of_tokens_with_both_spans(comparison: pnb.Comparison) -> None:
    rows = comparison.differences[["start", "end", "a", "b", "tokens", "label"]].values.tolist()
    assert rows == [
        [0.4, 2.3, "morning we", "evening", 2, "morning we → evening"],
        [3.1, 3.3, "", "it", 1, "∅ → it"],
    ]
    assert pnb.compare("a b", "a b").differences.empty


def test_offsets_are_those_of_the_words_that_both_have(comparison: pnb.Comparison) -> None:
    assert comparison.offsets.tokens == 3
    assert comparison.offsets.median == pytest.approx(0.1)
    assert comparison.offsets.p95 == pytest.approx(0.145)
    assert math.isnan(pnb.compare("a b", "a b").offsets.median)


def test_a_drift_is_found() -> None:
    starts = [float(second) for second in range(60)]
    words = pd.DataFrame(
        {"text": [f"w{n}" for n in range(60)], "start": starts, "end": [each + 0.5 for each in starts]}
    )
    late = words.assign(start=words["start"] * 1.01, end=words["end"] * 1.01)
    assert pnb.compare(words, late).offsets.drift == pytest.approx(0.6)


def test_the_summary_has_a_row_a_side(comparison: pnb.Comparison) -> None:
    summary = comparison.summary.set_index("name")
    assert summary["tokens"].tolist() == [5, 5]
    assert summary["agreement"].tolist() == [0.6, 0.6]
    assert summary.loc["one", "service"] == "one"
    assert summary["rate"].tolist() == pytest.approx([2 / 6, 3 / 6])
    assert summary["rate"].tolist() == [each.rate for each in comparison.scores.values()]
    plain = pnb.compare("a b", "a c")
    assert plain.summary["rate"].isna().all()
    assert plain.summary.dtypes.to_dict() == comparison.summary.dtypes.to_dict()
    assert plain.table.dtypes.to_dict() == comparison.table.dtypes.to_dict()
    assert plain.names == ("a", "b")


def test_a_cell_shows_the_score_the_summary_and_the_first_differences(comparison: pnb.Comparison) -> None:
    page = comparison._repr_html_()
    assert "WER 60.0 %" in page
    assert "morning we" in page
    assert page.count("<table") == 2
    hostile = pnb.compare("x <script>alert(1)</script> " * 30, "x b " * 30, names=("<b>", "y"), normalise=None)
    page = hostile._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page


def test_wrong_names_and_lists_are_refused() -> None:
    for names in (("a", "a"), ("a",), "ab", ("a", "")):
        with pytest.raises(pnb.errors.ParameterError, match="two different texts"):
            pnb.compare("x", "y", names=names)
    with pytest.raises(pnb.errors.ParameterError, match="join them"):
        pnb.compare(["x"], "y")


# -------------------------------------------------------------------------------------------------------------- views


def test_lanes_have_a_box_a_token_and_their_texts(comparison: pnb.Comparison) -> None:
    ax = comparison.plot()
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["one", "two"]
    assert {"good", "morning", "we", "evening", "it"} <= set(texts[2:])
    boxes = [len(each.get_paths()) for each in ax.collections[1:]]
    assert boxes == [3, 2, 3, 2]  # equal and differing, a and b
    assert len(ax.collections[0].get_segments()) == 4  # pairs
    assert ax.get_xlabel() == "seconds of the clip"
    assert ax._repr_png_(), "shown as the last value of a cell"


def test_lanes_are_drawn_in_a_given_axes_and_part(comparison: pnb.Comparison) -> None:
    own = matplotlib.figure.Figure(figsize=(6, 2)).add_subplot()
    assert comparison.plot(2.0, 3.0, ax=own) is own
    assert own.get_xlim() == (2.0, 3.0)
    assert "good" not in [text.get_text() for text in own.texts]
    for part in ((3.0, 2.0), (math.nan, 2.0), ("1", 2.0)):
        with pytest.raises(pnb.errors.ParameterError):
            comparison.plot(*part)
    with pytest.raises(pnb.errors.ParameterError, match="neither side has times"):
        pnb.compare("a", "b").plot()


def test_lanes_of_a_new_figure_are_on_white_in_a_dark_style(comparison: pnb.Comparison) -> None:
    with matplotlib.style.context("dark_background"):
        ax = comparison.plot()
    assert ax.figure.get_facecolor() == ax.get_facecolor() == (1, 1, 1, 1)
    assert max(matplotlib.colors.to_rgb(ax.xaxis.label.get_color())) < 0.5


def test_lanes_of_a_text_are_where_the_words_of_the_other_side_are(runs: tuple[pnb.Run, pnb.Run]) -> None:
    ax = pnb.compare("good 早上 $x$ look at", runs[0], names=("by hand", "课文")).plot()
    assert {"good", "look", "课文"} <= {text.get_text() for text in ax.texts}
    assert ax.figure._repr_png_()


def test_the_timeline_has_the_other_side_and_the_differences_as_layers(comparison: pnb.Comparison) -> None:
    view = comparison.timeline()
    try:
        lane, differences = view.layers
        assert (lane.name, differences.name) == ("two", "differences")
        assert [span.label for span in lane.spans] == ["good", "evening", "look", "at", "it"]
        assert lane.spans[0].start == 0.1
        assert [(span.start, span.end, span.label) for span in differences.spans] == [
            (0.4, 2.3, "morning we → evening"),
            (3.1, 3.3, "∅ → it"),
        ]
    finally:
        view.close()


def test_a_timeline_needs_a_run(runs: tuple[pnb.Run, pnb.Run]) -> None:
    with pytest.raises(pnb.errors.ParameterError, match=r"pnb\.load"):
        pnb.compare(runs[0].words, "good").timeline()
    view = pnb.compare("good morning", runs[0]).timeline()
    assert [span.label for span in view.layers[0].spans] == ["good", "morning"]
    view.close()
