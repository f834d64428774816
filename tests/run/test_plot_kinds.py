"""``run.plot``: every chart of a run that was recognised by the embedded service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lessons import faultless_run
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"


@pytest.fixture(scope="module")
def run() -> Iterator[pnb.Run]:
    run = faultless_run(LESSON)
    yield run
    run.close()


def test_words_are_a_figure_of_rows_or_a_strip_on_given_axes(run: pnb.Run) -> None:
    assert isinstance(run.plot(), Figure)
    assert len(run.plot(start=0, end=5).axes) < len(run.plot("words").axes)
    ax = Figure().subplots()
    assert run.plot(ax=ax, start=0, end=5) is ax
    assert ax.get_xlim() == (0, 5)


@pytest.mark.parametrize(("kind", "options"), [("rate", {"window": "5s"}), ("pauses", {}), ("turns", {"gap": 0.3})])
def test_charts_of_the_words(run: pnb.Run, kind: str, options: dict[str, object]) -> None:
    ax = run.plot(kind, **options)
    assert isinstance(ax, Axes)
    assert ax.get_xlabel()
    part = run.plot(kind, start=5, end=15, ax=Figure().subplots())
    if kind != "pauses":
        assert part.get_xlim()[0] >= 4
        assert part.get_xlim()[1] <= 16


def test_rate_reaches_to_the_end_of_the_clip(run: pnb.Run) -> None:
    assert run.plot("rate").get_xlim() == (0, pytest.approx(run.transcript.sent_until, abs=0.1))


def test_a_spectrogram_is_made_of_the_clip_s_sound(run: pnb.Run) -> None:
    ax = run.plot("spectrogram", start=1, end=4)
    (image,) = ax.images
    assert image.get_extent() == pytest.approx([1, 4, 0, 8000])
    assert image.get_array().max() > 100, "it is not silence"
    assert any(text.get_text() for text in ax.texts)


def test_a_number_as_kind_is_explained(run: pnb.Run) -> None:
    with pytest.raises(ParameterError, match=r"words, rate.*plot\(start=\.\.\., end=\.\.\.\)"):
        run.plot(0.0, 5.0)
    with pytest.raises(ParameterError, match="'rate'.*it has size, window"):
        run.plot("rate", gap=1)
