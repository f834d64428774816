"""The page that a transcript is drawn on: a title, rows, and a legend."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..text import join
from ..transcript.transcript import Transcript
from ..transcript.words import Sentence
from . import palette
from .captions import legend, no_words, shorten, title_facts, wrap
from .description import describe_picture
from .figure import DPI, TranscriptFigure, without_glyph_warnings
from .layout import MAX_WITH_WORDS, Row, WordBox, lay_out, lay_out_overview
from .pen import TEXT_SIZE, Pen, one_line
from .row import (
    BASELINE,
    draw_axis,
    draw_gaps,
    draw_labels,
    draw_sentences,
    draw_speech,
    draw_waveform,
    draw_words,
    row_height,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Points.
_SIDE = 20  # beside the rows
_HEAD = 8  # above the title
_LINE = 14  # height of a line of text outside of the rows
_TITLE_GAP = 6  # under the title
_TIMES = 19  # under each row, for its times
_FOOT = 8  # under the legend
_MARGIN = 3  # beside a word's text, in sum

_MAX_WORD = 1000  # characters; a longer one has no room on any page, and measuring it may take seconds
_TITLE: dict[str, Any] = {"size": TEXT_SIZE + 1, "weight": "bold"}
_LEGEND: dict[str, Any] = {"size": 7, "color": palette.MUTED_TEXT}


def draw(transcript: Transcript, start: float, end: float, width: float) -> TranscriptFigure:
    """Draw the part from `start` to `end` seconds as a figure `width` inches wide."""
    all_sentences = transcript.sentences  # read once: a live transcript may change meanwhile
    total = sum(len(sentence.words) for sentence in all_sentences)
    # Only the texts of the part are measured: measuring is slow.
    sentences = [sentence for sentence in all_sentences if _touches(sentence, start, end)]
    is_overview = end - start > MAX_WITH_WORDS
    name = one_line(transcript.run.clip.name)
    inner_width = width * 72 - 2 * _SIDE
    with without_glyph_warnings():
        words = [] if is_overview else [word for sentence in sentences for word in sentence.words]
        pen = Pen("".join([name, one_line(transcript.notice), *(word.text + word.punctuation for word in words)]))
        if is_overview:
            rows = lay_out_overview(start, end)
            shown = sum(_count_words(sentence, start, end) for sentence in sentences)
        else:
            rows = lay_out(_word_boxes(sentences, pen), start, end, inner_width)
            shown = sum(len(row.labels) + len(row.dots) for row in rows)
        name = shorten(name, inner_width, partial(pen.width, **_TITLE))
        indent = pen.width(name, **_TITLE) + 4
        facts = wrap(title_facts(transcript, total, shown), inner_width, indent, pen)
        entries = wrap(legend(transcript, rows, is_overview=is_overview), inner_width, 0, pen)
        page = _Page(width * 72, rows, title_lines=len(facts), legend_lines=len(entries))
        page.write_title(pen, name, facts, indent)
        page.write_legend(pen, entries)
        axes = page.add_rows(rows)
        _draw_rows(axes, rows, transcript, sentences, end, pen, is_overview)
        if not shown:
            middle = (rows[0].start + min(rows[0].end, end)) / 2
            message = no_words(transcript, total)
            pen.write(axes[0], middle, BASELINE, message, ha="center", color=palette.MUTED_TEXT)
    part = join(sentence.text for sentence in sentences[:100])  # more than a description holds
    page.figure.description = describe_picture(f"{name}: {start:.1f} to {end:.1f} s on the waveform", part)
    return page.figure


def _touches(sentence: Sentence, start: float, end: float) -> bool:
    """Whether a sentence or one of its words, which may lie outside of it, is in a part of the clip."""
    if sentence.start <= end and sentence.end >= start:
        return True
    return any(word.start <= end and max(word.start, word.end) >= start for word in sentence.words)


def _count_words(sentence: Sentence, start: float, end: float) -> int:
    if start <= sentence.start and sentence.end <= end:
        return len(sentence.words)
    return sum(word.start <= end and max(word.start, word.end) >= start for word in sentence.words)


def _word_boxes(sentences: list[Sentence], pen: Pen) -> list[WordBox]:
    boxes = []
    for sentence in sentences:
        for word in sentence.words:
            text = one_line(word.text + word.punctuation)
            width = pen.width(text) + _MARGIN if len(text) <= _MAX_WORD else math.inf
            end = max(word.start, word.end)
            boxes.append(WordBox(word.start, end, text, width, sentence.is_final, word.is_doubtful))
    return boxes


class _Page:
    """A white figure, measured in points from its upper left corner."""

    def __init__(self, width: float, rows: list[Row], *, title_lines: int, legend_lines: int) -> None:
        self._swing = 24 if len(rows) == 1 else 18 if len(rows) <= 8 else 13  # one row may be tall
        self._head = _HEAD + _LINE * title_lines + _TITLE_GAP
        self._row = row_height(self._swing) + _TIMES
        self._width = width
        self._height = self._head + self._row * len(rows) + _LINE * legend_lines + _FOOT
        size = (width / 72, self._height / 72)
        self.figure = TranscriptFigure(figsize=size, dpi=DPI, facecolor=palette.PAGE)
        self.figure.set_layout_engine("none")  # no style of the user may move the rows

    def write_title(self, pen: Pen, name: str, facts: list[str], indent: float) -> None:
        """The clip's name, and facts behind it; lines after the first one are not indented."""
        self._write(pen, _SIDE, _HEAD + _LINE - 4, name, **_TITLE)
        for number, line in enumerate(facts):
            left = _SIDE + (0 if number else indent)
            self._write(pen, left, _HEAD + _LINE * (number + 1) - 4, line, color=palette.MUTED_TEXT)

    def write_legend(self, pen: Pen, lines: list[str]) -> None:
        for number, line in enumerate(reversed(lines)):
            self._write(pen, _SIDE, self._height - _FOOT - _LINE * number, line, **_LEGEND)

    def add_rows(self, rows: list[Row]) -> list[Axes]:
        """Empty axes for each row."""
        height = row_height(self._swing)
        axes = []
        for number, row in enumerate(rows):
            bottom = 1 - (self._head + self._row * number + height) / self._height
            box = (_SIDE / self._width, bottom, 1 - 2 * _SIDE / self._width, height / self._height)
            ax = self.figure.add_axes(box, xmargin=0, ymargin=0)
            ax.set(xlim=(row.start, row.end), ylim=(0, height), autoscale_on=False)
            axes.append(ax)
        return axes

    def _write(self, pen: Pen, x: float, y: float, text: str, **style: Any) -> None:
        if text:
            pen.write(self.figure, x / self._width, 1 - y / self._height, text, va="baseline", **style)


def _draw_rows(
    axes: list[Axes],
    rows: list[Row],
    transcript: Transcript,
    sentences: list[Sentence],
    end: float,
    pen: Pen,
    is_overview: bool,
) -> None:
    # A copy: while a view of the bytes exists, a live waveform cannot grow.
    peaks = np.frombuffer(bytes(transcript.waveform.data), np.int8).reshape(-1, 2).astype(np.float32)
    peaks /= max(16, np.abs(peaks).max(initial=0))  # a whisper fills its row, noise does not
    gaps = [(gap.start, gap.end) for gap in transcript.gaps]
    speech = np.stack([[each.start for each in sentences], [each.end for each in sentences]], axis=1)
    for ax, row in zip(axes, rows, strict=True):
        row_end = min(row.end, end)
        scale = ax.bbox.width * 72 / DPI / (row.end - row.start)  # points a second
        draw_axis(ax, row, row_end, scale, pen, hours=end >= 3600)
        draw_waveform(ax, row, row_end, transcript.waveform, peaks)
        draw_gaps(ax, row, gaps)
        if is_overview:
            draw_speech(ax, row, speech, 1 / scale)
            continue
        draw_sentences(ax, row, sentences)
        draw_words(ax, row, scale)
        draw_labels(ax, row, scale, pen)
