"""The page as its reader sees it, measured on the drawn figure."""

from __future__ import annotations

import math
import threading
import time
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from drawn import (
    assert_nothing_overlaps,
    boxes,
    captions,
    collection,
    dots,
    labels_and_dots,
    pixels,
    recognised,
    run_started,
    speech,
    talk,
    texts,
)
from matplotlib.backends.backend_agg import FigureCanvasAgg
from records import event

from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Audio, Gap, Peaks, ServiceSource
from paraformer_nb.plots.plot import plot, png
from paraformer_nb.transcript.transcript import Transcript


@pytest.mark.parametrize(("seconds", "rows", "readable"), [(3, (1, 1), 1.0), (40, (4, 6), 0.9), (180, (16, 26), 0.9)])
def test_the_number_of_rows_gives_words_room_for_their_labels(
    seconds: float, rows: tuple[int, int], readable: float
) -> None:
    words = talk(seconds)
    figure = plot(recognised(words, seconds=seconds))
    labels, dotted = labels_and_dots(figure)
    assert labels + dotted == len(words)
    assert rows[0] <= len(figure.axes) <= rows[1]
    assert labels >= readable * len(words)


def test_rows_are_equally_long_and_cover_the_clip_once() -> None:
    figure = plot(recognised(talk(40), seconds=40))
    spans = [ax.get_xlim() for ax in figure.axes]
    assert spans[0][0] == 0
    assert spans[-1][0] < 40 <= spans[-1][1]
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(spans))
    assert len({round(last - first, 6) for first, last in spans}) == 1


def test_words_are_boxes_at_their_spans_on_the_drawn_page() -> None:
    """One word from 1.0 to 2.5 s of 4, measured in the pixels of the PNG."""
    transcript = recognised([("word", 1.0, 2.5)], seconds=4.0)
    figure = plot(transcript)
    picture = pixels(png(transcript))
    left, right = figure.axes[0].bbox.x0, figure.axes[0].bbox.x1
    y = picture.shape[0] - round(figure.axes[0].transData.transform((0, 19))[1])
    blue = np.flatnonzero(np.abs(picture[y] - (0xDB, 0xE7, 0xFF)).max(axis=1) <= 8)
    assert blue[0] == pytest.approx(left + (right - left) * 1.0 / 4, abs=2)
    assert blue[-1] == pytest.approx(left + (right - left) * 2.5 / 4, abs=2)


def test_equal_times_are_equal_widths_in_every_row() -> None:
    words = talk(40)
    figure = plot(recognised(words, seconds=40))
    drawn = sorted(span for ax in figure.axes for span in boxes(ax, "_final"))
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
    figure = plot(recognised(words, seconds=seconds), width=width)
    assert_nothing_overlaps(figure)
    assert {text.get_text() for ax in figure.axes for text in texts(ax)} <= {word[0] for word in words}


@pytest.mark.parametrize("width", [4.0, 10.0])
def test_a_label_is_at_its_own_word(width: float) -> None:
    """In its box or, where it is wider, covering it."""
    words = [(f"{text}{number}", first, last) for number, (text, first, last) in enumerate(talk(120))]
    spans = {text: (first, last) for text, first, last in words}
    figure = plot(recognised(words, seconds=120), width=width)
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


def test_a_short_word_has_a_label_over_the_silence_beside_it_and_a_shorter_one_is_a_dot() -> None:
    words = [("a", 0.4 * number, 0.4 * number + 0.3) for number in range(20)]
    short, shorter = ("the", 8.7, 8.85), ("the", 9.5, 9.52)
    (ax,) = plot(recognised([*words, short, shorter])).axes
    (text,) = (text for text in texts(ax) if text.get_text() == "the")
    assert text.get_position()[0] == pytest.approx(8.775)
    assert [time for time, _ in dots(ax)] == [pytest.approx(9.51)]
    assert "dot: a word with no room for its text" in captions(ax.figure)


def test_a_word_across_two_rows_is_drawn_in_both_with_one_label_in_its_longer_part() -> None:
    rows = [ax.get_xlim() for ax in plot(recognised(talk(40), seconds=40)).axes]
    edge = rows[0][1]
    words = [word for word in talk(40) if word[2] < edge - 1 or word[1] > edge + 1.5]
    crossing = ("crossing", edge - 0.3, edge + 0.9)
    figure = plot(recognised(sorted([*words, crossing], key=lambda word: word[1]), seconds=40))
    assert figure.axes[0].get_xlim()[1] == edge
    before, after = figure.axes[:2]
    assert boxes(before, "_final")[-1] == pytest.approx((edge - 0.3, edge), abs=1e-3)
    assert boxes(after, "_final")[0] == pytest.approx((edge, edge + 0.9), abs=1e-3)
    written = [["crossing" in [text.get_text() for text in texts(ax)] for ax in (before, after)]]
    assert written == [[False, True]]
    assert sum(labels_and_dots(figure)) == len(words) + 1


def test_partial_and_doubtful_words_and_gaps_differ_by_more_than_colour() -> None:
    words = [("sure", 0.5, 1.5, 0.9), ("doubtful", 1.5, 2.5, 0.3), ("unknown", 2.5, 3.5), ("partial", 6.0, 7.0, 0.8)]
    transcript = recognised(words, seconds=8.0, per_sentence=3, partial_sentences=1, ended=False)
    transcript.apply(Gap(1, 4.0, 5.5, "disconnected"))
    figure = plot(transcript)
    (ax,) = figure.axes
    assert boxes(ax, "_partial") == [pytest.approx((6.0, 7.0))]
    assert collection(ax, "_partial").get_linestyle()[0][1] is not None  # a dash pattern
    assert collection(ax, "_final").get_linestyle()[0][1] is None
    assert boxes(ax, "_doubtful") == [pytest.approx((1.5, 2.5))]
    hatched = [each for each in ax.collections if each.get_hatch()]
    assert [each.get_datalim(ax.transData).intervalx.tolist() for each in hatched] == [[4.0, 5.5]]
    for note in ("dashed: may still change", "underlined: confidence below 0.5", "hatched: not recognised"):
        assert note in captions(figure)
    assert "dot:" not in captions(figure)
    plain = plot(recognised(words[:1], seconds=8.0))
    assert not any(note in captions(plain) for note in ("dashed", "underlined", "hatched"))


def test_sentences_have_bars() -> None:
    figure = plot(recognised([("one", 0.5, 1.0), ("two", 1.0, 2.0), ("three", 3.0, 3.5)], seconds=4.0, per_sentence=2))
    assert boxes(figure.axes[0], "_sentences") == [pytest.approx((0.5, 2.0)), pytest.approx((3.0, 3.5))]


def test_the_waveform_is_at_its_time_and_as_high_as_it_is_loud() -> None:
    transcript = recognised([], seconds=4.0, waveform=False)
    loud = np.full((100, 2), (-100, 100), np.int8)
    transcript.apply(Peaks(0, 0.0, 0.01, np.concatenate([loud // 50, loud, loud // 2]).astype(np.int8).tobytes()))
    figure = plot(transcript)
    (wave,) = collection(figure.axes[0], "_waveform").get_paths()

    def tall(time: float) -> float:
        near = wave.vertices[np.abs(wave.vertices[:, 0] - time) < 0.1][:, 1]
        return float(near.max() - near.min())

    assert tall(1.5) == pytest.approx(2 * tall(2.5), rel=0.05)
    assert tall(0.5) < 0.05 * tall(1.5)
    assert wave.vertices[:, 0].min() == pytest.approx(0.0, abs=0.02)
    assert wave.vertices[:, 0].max() == pytest.approx(3.0, abs=0.02)


def test_a_live_transcript_can_grow_while_it_is_plotted() -> None:
    transcript = recognised(talk(5), seconds=10.0, ended=False)
    transcript.apply(Audio(0, "a", 0.0, 10.0))
    is_plotted = threading.Event()
    errors: list[BufferError] = []

    def grow() -> None:
        try:
            while not is_plotted.is_set():
                transcript.apply(Peaks(1, transcript.sent_until, 0.01, speech(1)))
                transcript.apply(Audio(1, "a", transcript.sent_until, 1.0))
                time.sleep(0.005)
        except BufferError as error:  # the plot keeps a view of the waveform
            errors.append(error)

    growing = threading.Thread(target=grow)
    growing.start()
    figure = plot(transcript)
    is_plotted.set()
    growing.join()
    assert errors == []
    assert figure.axes[-1].get_xlim()[1] < transcript.sent_until, "the figure shows an earlier state"
    assert plot(transcript).axes[-1].get_xlim()[1] >= transcript.sent_until


@pytest.mark.parametrize(
    ("seconds", "first", "second"), [(3, "0:00.0", "0:00.5"), (40, "0:00", "0:01"), (4000, "0:00:00", "0:01:00")]
)
def test_times_are_minutes_and_seconds_with_hours_in_long_clips(seconds: float, first: str, second: str) -> None:
    ax = plot(recognised(talk(seconds), seconds=seconds)).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()][:2] == [first, second]


@pytest.mark.parametrize(("seconds", "apart", "written"), [(40, 1, 1), (4000, 60, 120), (36000, 600, 1200)])
def test_times_are_written_under_their_marks(seconds: float, apart: float, written: float) -> None:
    """With hours, which are long texts, under every second mark; each row begins with one."""
    figure = plot(recognised(talk(20), seconds=seconds))
    renderer = FigureCanvasAgg(figure).get_renderer()
    for ax in figure.axes:
        times = [text for text in ax.texts if text.get_label() == "_time"]
        labels = dict(zip(ax.get_xticks(), (label.get_text() for label in ax.get_xticklabels()), strict=True))
        assert np.diff(ax.get_xticks()) == pytest.approx(apart)
        assert [text.get_text() for text in times] == [labels[text.get_position()[0]] for text in times]
        assert np.diff([text.get_position()[0] for text in times]) == pytest.approx(written)
        assert times[0].get_position()[0] == pytest.approx(ax.get_xlim()[0])
        extents = [text.get_window_extent(renderer) for text in times]
        assert all(one.x1 + 10 < other.x0 for one, other in pairwise(extents))
        assert all(box.y1 < ax.bbox.y0 for box in extents), "below the line"


def test_a_word_before_its_sentences_start_is_drawn() -> None:
    """A service may time a word earlier than the sentence that it is in."""
    transcript = recognised([("middle", 5, 5.5), ("early", 1, 2)], per_sentence=2, seconds=8.0)
    (ax, *_) = plot(transcript, start=0, end=3).axes
    assert "early" in [text.get_text() for text in texts(ax)]


def test_a_part_of_the_clip() -> None:
    transcript = recognised([("before", 1, 2), ("over", 2.5, 3.5), ("within", 4, 5), ("after", 7, 8)])
    figure = plot(transcript, start=3, end=6)
    (ax,) = figure.axes
    assert ax.get_xlim() == (3, 6)
    assert [text.get_text() for text in texts(ax)] == ["over", "within"]
    assert "2 of 4 words" in captions(figure)
    assert "no words in this part" in [text.get_text() for text in plot(transcript, start=5.5, end=6).axes[0].texts]


def test_a_word_outside_of_its_sentence_is_in_its_part() -> None:
    """Some services time a sentence from its second word on."""
    transcript = recognised([])
    sentence = {"sentence_id": 1, "begin_time": 5000, "end_time": 6000, "sentence_end": True, "text": "so long"}
    words = [("so", 3000, 3500), ("long", 7000, 7500)]
    spans = [{"text": text, "begin_time": first, "end_time": last} for text, first, last in words]
    transcript.apply(event("result-generated", {"output": {"sentence": sentence | {"words": spans}}}, task="a"))
    for part, expected in (((2.5, 4.0), ["so"]), ((6.5, 7.8), ["long"]), ((5.2, 5.8), [])):
        (ax,) = plot(transcript, start=part[0], end=part[1]).axes
        assert [text.get_text() for text in texts(ax)] == expected


def test_an_invalid_part_that_looks_like_milliseconds_is_named_as_such() -> None:
    with pytest.raises(ParameterError, match="look like milliseconds"):
        plot(recognised(talk(10)), start=1000, end=2500)
    with pytest.raises(ParameterError, match=r"start comes before end\.$"):
        plot(recognised(talk(10)), start=5, end=12)


@pytest.mark.parametrize(
    "part",
    [{"start": -1}, {"end": 10.1}, {"start": 4, "end": 4}, {"start": 5, "end": 4}, {"start": math.nan}, {"end": "5"}],
)
def test_the_error_for_an_invalid_part_gives_the_range(part: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"seconds from 0 to 10"):
        plot(recognised(talk(10)), **part)
    with pytest.raises(ParameterError, match=r"seconds from 0 to 10"):
        png(recognised(talk(10)), **part)


@pytest.mark.parametrize("width", [0, -3, 2.9, 1000, math.nan])
def test_an_invalid_width_raises_an_error(width: float) -> None:
    with pytest.raises(ParameterError, match="3 to 40 inches"):
        plot(recognised(talk(10)), width=width)


def test_the_title_names_the_recogniser_and_the_state() -> None:
    title = captions(plot(recognised(talk(10), name="lecture.mp3")))
    for fact in ("lecture.mp3", "embedded service, pocketsphinx", "finished"):
        assert fact in title
    assert "paraformer" not in title, "the embedded service does not run this model"
    assert f"{len(talk(10))} words" in title
    assert "1 word " in captions(plot(recognised([("one", 1, 2)])))
    cloud = ServiceSource("dashscope", "dashscope.aliyuncs.com")
    title = captions(plot(recognised(talk(10), service=cloud)))
    assert "dashscope.aliyuncs.com" in title
    assert "paraformer-realtime-v2" in title
    assert "embedded" not in title


def test_the_title_has_the_notice_of_the_service() -> None:
    notice = "Scripted: words from a file, nothing is recognised."
    for service in (ServiceSource("embedded", "127.0.0.1", "scripted"), ServiceSource("dashscope", "a.example", "x")):
        title = captions(plot(recognised(talk(10), service=service, notice=notice)))
        assert notice in title
        assert f"{service.engine} · Scripted" in title
    assert "Scripted" not in captions(plot(recognised(talk(10))))


@pytest.mark.parametrize("width", [3.0, 10.0])
def test_a_long_title_stays_on_the_page(width: float) -> None:
    words = [(*word, 0.2) for word in talk(10)]
    figure = plot(recognised(words, name="very long name " * 40 + ".wav", partial_sentences=1), width=width)
    renderer = FigureCanvasAgg(figure).get_renderer()
    title = [text.get_window_extent(renderer) for text in figure.texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in title)
    assert not any(one.overlaps(other) for one, other in combinations(title, 2))
    assert ".wav" in captions(figure)
    assert "finished" in captions(figure)


def test_a_transcript_without_words_has_a_message() -> None:
    def message(transcript: Transcript) -> list[str]:
        figure = plot(transcript)
        assert figure.to_png()
        return [text.get_text() for text in figure.axes[0].texts if text.get_label() != "_time"]

    assert message(recognised([])) == ["no speech was found"]
    assert message(recognised([], ended=False)) == ["nothing recognised yet"]
    assert message(recognised([], seconds=None, ended=False)) == ["nothing recognised yet"]
    assert message(Transcript(run_started())) == ["nothing recognised yet"]
    drawn = [each.get_label() for each in plot(recognised([])).axes[0].collections]
    assert drawn == ["_grid", "_axis", "_waveform"], "nothing else"
