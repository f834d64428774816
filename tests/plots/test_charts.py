"""Charts of tables: their artists have the table's values, their texts touch nothing, and pyplot is not loaded."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn import talk
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

import paraformer_nb.speech  # noqa: F401
from paraformer_nb.errors import ParameterError
from paraformer_nb.plots import charts, strip

WORDS = pd.DataFrame(talk(30), columns=["text", "start", "end"])
WORDS["speaker"] = np.where(WORDS.index // 9 % 2, "客服", "customer")


def spans(ax: Axes, label: str) -> list[tuple[float, float]]:
    return [
        (float(path.vertices[:, 0].min()), float(path.vertices[:, 0].max()))
        for each in ax.collections
        if isinstance(each, PolyCollection) and each.get_label() == label
        for path in each.get_paths()
    ]


@pytest.mark.parametrize("kind", ["words", "rate", "pauses", "turns"])
def test_axes_are_shown_as_the_last_value_of_a_cell(kind: str) -> None:
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    picture, _ = formatters.PNGFormatter()(WORDS.speech.plot(kind))
    assert picture.startswith(b"\x89PNG")
    given = Figure().add_subplot()
    assert formatters.PNGFormatter()(WORDS.speech.plot(kind, ax=given)) is None, "a figure of the user is not touched"


def test_rate_is_drawn_as_steps_with_units() -> None:
    ax = WORDS.speech.plot("rate", window="5s")
    rates = WORDS.speech.rate("5s")
    line, other = ax.lines
    assert line.get_xdata().tolist() == pytest.approx([*rates["start"], rates["end"].iloc[-1]])
    assert line.get_ydata().tolist()[:-1] == pytest.approx(rates["rate"].tolist())
    assert other.get_ydata().tolist()[:-1] == pytest.approx(rates["articulation_rate"].tolist())
    assert line.get_linestyle() != other.get_linestyle(), "they differ in grey as well"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds of the clip", "words a minute")


def test_rate_by_speaker_names_them_whatever_their_script() -> None:
    ax = WORDS.speech.plot("rate", by="speaker")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["customer", "客服"]
    ax.figure.to_png()  # a warning of a missing character is an error


def test_pauses_are_counted_in_a_histogram_over_a_log_axis() -> None:
    ax = WORDS.speech.plot("pauses", min=0.1)
    assert sum(bar.get_height() for bar in ax.patches) == len(WORDS.speech.pauses(0.1))
    assert ax.get_xscale() == "log"
    assert len(ax.get_xticks()) > 2


def test_turns_are_bars_in_a_lane_for_each_speaker() -> None:
    turns = WORDS.speech.turns()
    ax = WORDS.speech.plot("turns")
    for speaker in ("customer", "客服"):
        own = turns[turns["speaker"] == speaker]
        assert spans(ax, speaker) == [pytest.approx(span) for span in zip(own["start"], own["end"], strict=True)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["customer", "客服"]


def test_latency_is_two_cumulative_distributions() -> None:
    table = pd.DataFrame({"to_shown": [0.2, 0.4, 0.1, np.nan], "to_settled": [1.0, 2.0, np.nan, np.nan]})
    ax = charts.draw_latency(table)
    shown, final = ax.lines
    assert shown.get_xdata().tolist() == [0.1, 0.1, 0.2, 0.4]
    assert shown.get_ydata().tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert final.get_xdata().tolist() == [1.0, 1.0, 2.0]
    assert "sent" in ax.get_xlabel()
    assert ax.get_title() == ""
    assert charts.draw_latency(table, pace=1.02).get_title() == "pace 1"
    assert charts.draw_latency(table, pace=8.0).get_title() == "pace 8: times in the service's queue"


def test_revisions_are_grey_until_final_with_a_mark_for_each_change() -> None:
    table = pd.DataFrame(
        {
            "t": [1.0, 1.5, 2.0, 3.0, 3.5],
            "word": pd.array([0, 0, 0, 1, None], "Int64"),
            "start": [0.5, 0.5, 0.5, 2.0, 2.5],
            "end": [0.9, 0.9, 0.9, 2.4, 2.9],
            "change": pd.Categorical(["shown", "text", "settled", "shown", "withdrawn"]),
        }
    )
    ax = charts.draw_revisions(table)
    (lines,) = [each for each in ax.collections if isinstance(each, LineCollection)]
    assert [segment.tolist() for segment in lines.get_segments()] == [
        [[1.0, 0.5], [2.0, 0.5]],
        [[3.0, 2.0], [3.0, 2.0]],
    ]
    marks = {line.get_label(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.lines}
    assert marks == {"changed": ([1.5], [0.5]), "withdrawn": ([3.5], [2.5])}


@pytest.mark.parametrize("end", [4.0, 12.0, 30.0])
def test_words_have_boxes_and_labels_that_stay_inside(end: float) -> None:
    words = pd.concat([WORDS, pd.DataFrame({"text": ["中文很长的词"], "start": [29.9], "end": [29.95]})])
    ax = words.speech.plot("words", start=0, end=end)
    inside = words.speech.between(0, end)
    assert len(spans(ax, "_words")) == len(inside)
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_label() == "_word"]
    assert boxes
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    edges = [ax.transData.transform([(start, 0), (stop, 1)]) for start, stop in spans(ax, "_words")]
    for box in boxes:
        assert any(low[0] - 1 <= box.x0 and box.x1 <= high[0] + 1 for low, high in edges)


def test_more_than_200_seconds_of_words_are_an_overview() -> None:
    words = pd.DataFrame({"text": "word", "start": np.arange(0, 1000, 0.5), "end": np.arange(0, 1000, 0.5) + 0.45})
    words = words[(words["start"] < 400) | (words["start"] >= 600)]
    ax = words.speech.plot()
    assert spans(ax, "_words") == [pytest.approx((0, 399.95)), pytest.approx((600, 999.95))]
    assert list(ax.texts) == []


def test_a_spectrogram_has_the_words_over_it() -> None:
    image = bytes(range(200)) * 4
    ax = strip.draw_spectrogram(strip.Spectrogram(image, 4, 200, 2.0, 10.0, 8000), WORDS)
    (drawn,) = ax.images
    assert drawn.get_extent() == [2.0, 10.0, 0.0, 8000]
    assert drawn.get_array().shape == (4, 200)
    assert len(spans(ax, "_words")) == ((WORDS["start"] < 10) & (WORDS["end"] > 2)).sum()
    assert ax.get_ylabel() == "Hz"


@pytest.mark.parametrize("kind", ["words", "rate", "pauses", "turns"])
def test_a_table_without_words_says_so(kind: str) -> None:
    ax = WORDS[:0].speech.plot(kind)
    assert [text.get_text()[:3] for text in ax.texts] == ["no "]


def test_given_axes_are_drawn_on_and_returned() -> None:
    axes = Figure().subplots(2, 2).flatten()
    for ax, kind in zip(axes, ("words", "rate", "pauses", "turns"), strict=True):
        assert WORDS.speech.plot(kind, ax=ax) is ax
        assert ax.has_data() or ax.collections
    with pytest.raises(ParameterError, match=r"plt\.subplots"):
        WORDS.speech.plot("rate", ax=3)


def test_a_new_figure_is_white_whatever_the_style_and_has_the_wanted_size() -> None:
    with mpl.rc_context({"figure.facecolor": "black", "axes.facecolor": "black", "text.color": "white"}):
        ax = WORDS.speech.plot("rate", size=(6, 2))
    assert mpl.colors.to_hex(ax.get_facecolor()) == "#ffffff"
    assert ax.figure.get_size_inches().tolist() == [6, 2]
    assert mpl.colors.to_rgb(ax.xaxis.label.get_color()) != (1, 1, 1)


def test_drawing_does_not_load_pyplot() -> None:
    code = (
        "import sys, pandas as pd, paraformer_nb.speech\n"
        "pd.DataFrame({'text': ['a'], 'start': [0.0], 'end': [1.0]}).speech.plot('rate')\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("rates", {}, "words, rate, pauses, turns"),
        ("latency", {}, "A run's plot has"),
        ("pauses", {"window": 3}, "it has size, min"),
        ("rate", {"size": (0, 1)}, "inches"),
    ],
)
def test_what_cannot_be_drawn_is_named(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        WORDS.speech.plot(kind, **options)
