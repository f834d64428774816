"""The page: what a reader of the picture sees, measured on the drawn figure itself."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from drawn import assert_nothing_overlaps, boxes, collection, dots, heard, pixels, said, shares, speech, talk, texts
from matplotlib.backends.backend_agg import FigureCanvasAgg

from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Audio, Gap, Peaks, ServiceSource
from paraformer_nb.plots.plot import plot, png
from paraformer_nb.plots.row import frame
from paraformer_nb.transcript.transcript import Transcript


@pytest.mark.parametrize(
    ("seconds", "rows", "readable"), [(3, (1, 1), 1.0), (40, (4, 6), 0.9), (180, (16, 26), 0.9), (3600, (20, 40), 0.0)]
)
def test_rows_are_as_many_as_words_need_to_be_read(seconds: float, rows: tuple[int, int], readable: float) -> None:
    words = talk(seconds)
    figure = plot(heard(words, seconds=seconds))
    whole, dotted = shares(figure)
    assert whole + dotted == len(words)
    assert rows[0] <= len(figure.axes) <= rows[1]
    assert whole >= readable * len(words)


def test_rows_are_equally_long_and_cover_the_clip_once() -> None:
    figure = plot(heard(talk(40), seconds=40))
    spans = [ax.get_xlim() for ax in figure.axes]
    assert spans[0][0] == 0
    assert spans[-1][0] < 40 <= spans[-1][1]
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(spans))
    assert len({round(last - first, 6) for first, last in spans}) == 1


def test_words_are_blocks_at_their_spans_on_the_drawn_page() -> None:
    """One word from 1.0 to 2.5 s of 4: measured in the PNG's own pixels."""
    transcript = heard([("word", 1.0, 2.5)], seconds=4.0)
    figure = plot(transcript)
    picture = pixels(png(transcript))
    left, right = figure.axes[0].bbox.x0, figure.axes[0].bbox.x1
    y = picture.shape[0] - round(figure.axes[0].transData.transform((0, 19))[1])
    blue = np.flatnonzero(np.abs(picture[y] - (0xDB, 0xE7, 0xFF)).max(axis=1) <= 8)
    assert blue[0] == pytest.approx(left + (right - left) * 1.0 / 4, abs=2)
    assert blue[-1] == pytest.approx(left + (right - left) * 2.5 / 4, abs=2)


def test_equal_times_are_equal_widths_in_every_row() -> None:
    words = talk(40)
    figure = plot(heard(words, seconds=40))
    drawn = sorted(span for ax in figure.axes for span in boxes(ax, "_settled"))
    ends = {round(edge, 3) for span in drawn for edge in span}
    assert {round(edge, 3) for _, first, last in words for edge in (first, last)} <= ends
    assert sum(last - first for first, last in drawn) == pytest.approx(
        sum(last - first for _, first, last in words), abs=0.1
    )
    scales = {round(ax.bbox.width / (ax.get_xlim()[1] - ax.get_xlim()[0]), 6) for ax in figure.axes}
    assert len(scales) == 1


@pytest.mark.parametrize("seconds", [3, 40, 180])
@pytest.mark.parametrize("width", [5.0, 10.0])
def test_texts_are_whole_and_never_overlap(seconds: float, width: float) -> None:
    words = talk(seconds, seed=round(seconds))
    figure = plot(heard(words, seconds=seconds), width=width)
    assert_nothing_overlaps(figure)
    assert {text.get_text() for ax in figure.axes for text in texts(ax)} <= {word[0] for word in words}


@pytest.mark.parametrize("width", [4.0, 10.0])
def test_a_text_stands_at_its_own_word(width: float) -> None:
    """In its block, or, where it is wider, all over it."""
    words = [(f"{text}{number}", first, last) for number, (text, first, last) in enumerate(talk(120))]
    spans = {text: (first, last) for text, first, last in words}
    figure = plot(heard(words, seconds=120), width=width)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for ax in figure.axes:
        row = ax.get_xlim()
        for text in texts(ax):
            box = text.get_window_extent(renderer).transformed(ax.transData.inverted())
            first, last = max(spans[text.get_text()][0], row[0]), min(spans[text.get_text()][1], row[1])
            pixel = 1.5 * (row[1] - row[0]) / ax.bbox.width
            inside = first - pixel <= box.x0 and box.x1 <= last + pixel
            covering = box.x0 <= first + 2 * pixel and last - 2 * pixel <= box.x1
            assert inside or covering


def test_a_short_word_is_written_over_the_silence_beside_it_and_a_shorter_one_is_a_dot() -> None:
    words = [("a", 0.4 * number, 0.4 * number + 0.3) for number in range(20)]
    short, shorter = ("the", 8.7, 8.85), ("the", 9.5, 9.52)
    (ax,) = plot(heard([*words, short, shorter])).axes
    (text,) = (text for text in texts(ax) if text.get_text() == "the")
    assert text.get_position()[0] == pytest.approx(8.775)
    assert [time for time, _ in dots(ax)] == [pytest.approx(9.51)]
    assert "dot: a word with no room for its text" in said(ax.figure)


def test_a_word_over_the_end_of_a_row_is_drawn_in_both_and_written_once_where_most_of_it_is() -> None:
    rows = [ax.get_xlim() for ax in plot(heard(talk(40), seconds=40)).axes]
    edge = rows[0][1]
    words = [word for word in talk(40) if word[2] < edge - 1 or word[1] > edge + 1.5]
    crossing = ("crossing", edge - 0.3, edge + 0.9)
    figure = plot(heard(sorted([*words, crossing], key=lambda word: word[1]), seconds=40))
    assert figure.axes[0].get_xlim()[1] == edge
    before, after = figure.axes[:2]
    assert boxes(before, "_settled")[-1] == pytest.approx((edge - 0.3, edge), abs=1e-3)
    assert boxes(after, "_settled")[0] == pytest.approx((edge, edge + 0.9), abs=1e-3)
    written = [["crossing" in [text.get_text() for text in texts(ax)] for ax in (before, after)]]
    assert written == [[False, True]]
    assert sum(shares(figure)) == len(words) + 1


def test_what_is_unsettled_doubtful_or_unheard_is_marked_by_more_than_colour() -> None:
    words = [("sure", 0.5, 1.5, 0.9), ("doubtful", 1.5, 2.5, 0.3), ("unknown", 2.5, 3.5), ("open", 6.0, 7.0, 0.8)]
    transcript = heard(words, seconds=8.0, per_sentence=3, open_sentences=1, ended=False)
    transcript.apply(Gap(1, 4.0, 5.5, "lost"))
    figure = plot(transcript)
    (ax,) = figure.axes
    assert boxes(ax, "_unsettled") == [pytest.approx((6.0, 7.0))]
    assert collection(ax, "_unsettled").get_linestyle()[0][1] is not None  # a dash pattern
    assert collection(ax, "_settled").get_linestyle()[0][1] is None
    assert boxes(ax, "_doubtful") == [pytest.approx((1.5, 2.5))]
    hatched = [each for each in ax.collections if each.get_hatch()]
    assert [each.get_datalim(ax.transData).intervalx.tolist() for each in hatched] == [[4.0, 5.5]]
    for note in ("dashed: may still change", "underlined: confidence below 0.5", "hatched: never heard"):
        assert note in said(figure)
    assert "dot:" not in said(figure)
    plain = plot(heard(words[:1], seconds=8.0))
    assert not any(note in said(plain) for note in ("dashed", "underlined", "hatched"))


def test_sentences_have_bars() -> None:
    figure = plot(heard([("one", 0.5, 1.0), ("two", 1.0, 2.0), ("three", 3.0, 3.5)], seconds=4.0, per_sentence=2))
    assert boxes(figure.axes[0], "_sentences") == [pytest.approx((0.5, 2.0)), pytest.approx((3.0, 3.5))]


def test_the_waveform_is_drawn_at_its_time_and_follows_loudness() -> None:
    transcript = heard([], seconds=4.0, waveform=False)
    loud = np.full((100, 2), (-100, 100), np.int8)
    transcript.apply(Peaks(0, 0.0, 0.01, np.concatenate([loud // 50, loud, loud // 2]).astype(np.int8).tobytes()))
    figure = plot(transcript)
    (wave,) = (path for each in figure.axes[0].collections for path in each.get_paths())

    def tall(time: float) -> float:
        near = wave.vertices[np.abs(wave.vertices[:, 0] - time) < 0.1][:, 1]
        return float(near.max() - near.min())

    assert tall(1.5) == pytest.approx(2 * tall(2.5), rel=0.05)
    assert tall(0.5) < 0.05 * tall(1.5)
    assert wave.vertices[:, 0].min() == pytest.approx(0.0, abs=0.02)
    assert wave.vertices[:, 0].max() == pytest.approx(3.0, abs=0.02)


def test_a_live_transcript_grows_while_it_is_plotted(monkeypatch: pytest.MonkeyPatch) -> None:
    transcript = heard(talk(5), seconds=10.0, ended=False)

    def frame_and_grow(*args: Any, **kwargs: Any) -> None:
        transcript.apply(Peaks(1, transcript.sent, 0.01, speech(1)))
        transcript.apply(Audio(1, "a", transcript.sent, 1.0))
        frame(*args, **kwargs)

    monkeypatch.setattr("paraformer_nb.plots.page.frame", frame_and_grow)
    transcript.apply(Audio(0, "a", 0.0, 10.0))
    before = plot(transcript).axes
    assert before[-1].get_xlim()[1] < 11
    assert plot(transcript).axes[-1].get_xlim()[1] >= 11.0


@pytest.mark.parametrize(
    ("seconds", "first", "second"), [(3, "0:00.0", "0:00.5"), (40, "0:00", "0:01"), (4000, "0:00:00", "0:00:10")]
)
def test_times_are_minutes_and_seconds_and_hours_where_there_are(seconds: float, first: str, second: str) -> None:
    ax = plot(heard(talk(seconds), seconds=seconds)).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()][:2] == [first, second]


def test_a_part_of_the_clip() -> None:
    transcript = heard([("before", 1, 2), ("over", 2.5, 3.5), ("within", 4, 5), ("after", 7, 8)])
    figure = plot(transcript, start=3, end=6)
    (ax,) = figure.axes
    assert ax.get_xlim() == (3, 6)
    assert [text.get_text() for text in texts(ax)] == ["over", "within"]
    assert "2 of 4 words" in said(figure)
    assert "no words in this part" in [text.get_text() for text in plot(transcript, start=5.5, end=6).axes[0].texts]


@pytest.mark.parametrize(
    "part",
    [{"start": -1}, {"end": 10.1}, {"start": 4, "end": 4}, {"start": 5, "end": 4}, {"start": math.nan}, {"end": "5"}],
)
def test_a_part_that_is_none_is_refused_with_the_range(part: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"seconds from 0 to 10"):
        plot(heard(talk(10)), **part)
    with pytest.raises(ParameterError, match=r"seconds from 0 to 10"):
        png(heard(talk(10)), **part)


@pytest.mark.parametrize("width", [0, -3, 2.9, 1000, math.nan])
def test_a_width_that_cannot_be_is_refused(width: float) -> None:
    with pytest.raises(ParameterError, match="3 to 40 inches"):
        plot(heard(talk(10)), width=width)


def test_the_title_says_who_recognised_and_how_it_stands() -> None:
    title = said(plot(heard(talk(10), name="lecture.mp3")))
    for fact in ("lecture.mp3", "embedded service, pocketsphinx", "finished"):
        assert fact in title
    assert "paraformer" not in title, "no such model runs in the embedded service"
    assert f"{len(talk(10))} words" in title
    assert "1 word " in said(plot(heard([("one", 1, 2)])))
    cloud = ServiceSource("dashscope", "dashscope.aliyuncs.com")
    title = said(plot(heard(talk(10), service=cloud)))
    assert "dashscope.aliyuncs.com" in title
    assert "paraformer-realtime-v2" in title
    assert "embedded" not in title


def test_a_scripted_engine_is_called_no_recognition() -> None:
    title = said(plot(heard(talk(10), service=ServiceSource("embedded", "127.0.0.1", "scripted"))))
    assert "scripted: not recognition" in title
    assert "scripted" not in said(plot(heard(talk(10))))


@pytest.mark.parametrize("width", [3.0, 10.0])
def test_a_long_title_stays_on_the_page(width: float) -> None:
    words = [(*word, 0.2) for word in talk(10)]
    figure = plot(heard(words, name="very long name " * 40 + ".wav", open_sentences=1), width=width)
    renderer = FigureCanvasAgg(figure).get_renderer()
    title = [text.get_window_extent(renderer) for text in figure.texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in title)
    assert not any(one.overlaps(other) for one, other in combinations(title, 2))
    assert ".wav" in said(figure)
    assert "finished" in said(figure)


def test_empty_transcripts_say_so() -> None:
    def message(transcript: Transcript) -> list[str]:
        figure = plot(transcript)
        assert figure._repr_png_()
        return [text.get_text() for text in figure.axes[0].texts]

    assert message(heard([])) == ["no speech was found"]
    assert message(heard([], ended=False)) == ["nothing heard yet"]
    assert message(heard([], seconds=None, ended=False)) == ["nothing heard yet"]
    assert message(Transcript()) == ["nothing heard yet"]
    assert len(plot(heard([])).axes[0].collections) == 1  # the waveform is there
