"""The page that a transcript is drawn on: a title, its rows, and notes on the marks that are in them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..transcript.transcript import Transcript
from ..transcript.words import DOUBTFUL_BELOW, Sentence
from .figure import DPI, TranscriptFigure, quiet
from .layout import Block, Row, lay_out
from .pen import SIZE, SOFT, Pen, plain
from .row import BASELINE, draw_blocks, draw_gaps, draw_sentences, draw_texts, draw_waveform, frame, height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE, HEAD, LINE, TIMES, FOOT = 20, 8, 14, 19, 8
"""Points beside the rows, over the title, of a line outside of the rows, under each row for its times, under it all."""
AIR = 3  # points beside a word's text
_LONGEST = 1000  # characters of a word: no page has room for more, and to measure them may take seconds
_BOLD: dict[str, Any] = {"size": SIZE + 1, "weight": "bold"}


def draw(transcript: Transcript, start: float, end: float, width: float) -> TranscriptFigure:
    """The figure of the part from `start` to `end`, in seconds, `width` inches wide."""
    everything = transcript.sentences  # once: a live one may change while this draws
    total = sum(len(sentence.words) for sentence in everything)
    # Measuring texts is what costs: of a long clip only those of the part are measured.
    sentences = [sentence for sentence in everything if sentence.start <= end and _reach(sentence) >= start]
    name = plain(transcript.run.clip.name)
    across = width * 72 - 2 * SIDE
    with quiet():
        pen = Pen("".join([name, *(word.text for sentence in sentences for word in sentence.words)]))
        blocks = _blocks(sentences, pen)
        rows = lay_out(blocks, start, end, across)
        name = _shorten(name, across, partial(pen.width, **_BOLD))
        facts = _lines(_facts(transcript, total, rows), across, pen.width(name, **_BOLD) + 4, pen)
        notes = _lines(_notes(transcript, rows), across, 0, pen)
        swing = 24 if len(rows) == 1 else 18 if len(rows) <= 8 else 13  # a lone row may be tall
        head, each = HEAD + LINE * len(facts) + 6, height(swing) + TIMES
        page = _Page(width * 72, head + each * len(rows) + LINE * len(notes) + FOOT)
        page.write(pen, SIDE, HEAD + LINE - 4, name, **_BOLD)
        for number, line in enumerate(facts):
            indent = 0 if number else pen.width(name, **_BOLD) + 4
            page.write(pen, SIDE + indent, HEAD + LINE * (number + 1) - 4, line, color=SOFT)
        axes = [page.axes(row, head + each * number, swing) for number, row in enumerate(rows)]
        _fill(axes, rows, transcript, sentences, end, pen)
        if not any(row.pieces for row in rows):
            middle = (rows[0].start + min(rows[0].end, end)) / 2
            pen.write(axes[0], middle, BASELINE, _nothing(transcript, total), ha="center", color=SOFT)
        for number, line in enumerate(reversed(notes)):
            page.write(pen, SIDE, page.down - FOOT - LINE * number, line, size=7, color=SOFT)
    return page.figure


def _reach(sentence: Sentence) -> float:
    """Where the last of its words ends, which may be behind its own end."""
    return max(sentence.end, *(word.end for word in sentence.words)) if sentence.words else sentence.end


def _blocks(sentences: list[Sentence], pen: Pen) -> list[Block]:
    """The words as blocks, each with its text and the mark after it."""
    blocks = []
    for sentence in sentences:
        for word in sentence.words:
            text = plain(word.text + word.punctuation)
            room = pen.width(text) + AIR if len(text) <= _LONGEST else math.inf
            blocks.append(Block(word.start, max(word.start, word.end), text, room, sentence.is_final, word.is_doubtful))
    return blocks


class _Page:
    """A white figure, measured in points from its upper left corner."""

    def __init__(self, across: float, down: float) -> None:
        self.across, self.down = across, down
        self.figure = TranscriptFigure(figsize=(across / 72, down / 72), dpi=DPI, facecolor="white")
        self.figure.set_layout_engine("none")  # whatever the user's style says: rows stand where they are put

    def write(self, pen: Pen, x: float, y: float, text: str, **style: Any) -> None:
        if text:
            pen.write(self.figure, x / self.across, 1 - y / self.down, text, va="baseline", **style)

    def axes(self, row: Row, top: float, swing: float) -> Axes:
        """Axes for a row, `top` points from the page's upper edge."""
        tall = height(swing)
        box = (SIDE / self.across, 1 - (top + tall) / self.down, 1 - 2 * SIDE / self.across, tall / self.down)
        ax = self.figure.add_axes(box, xmargin=0, ymargin=0)
        ax.set(xlim=(row.start, row.end), ylim=(0, tall), autoscale_on=False)
        return ax


def _fill(
    axes: list[Axes], rows: list[Row], transcript: Transcript, sentences: list[Sentence], end: float, pen: Pen
) -> None:
    """Draw the rows on their axes."""
    # A copy: as long as there is a view of the bytes themselves, a live waveform cannot grow.
    peaks = np.frombuffer(bytes(transcript.waveform.data), np.int8).reshape(-1, 2).astype(np.float32)
    peaks /= max(16, np.abs(peaks).max(initial=0))  # a whisper fills its row, mere noise does not
    gaps = [(gap.start, gap.end) for gap in transcript.gaps]
    for ax, row in zip(axes, rows, strict=True):
        scale = ax.bbox.width * 72 / DPI / (row.end - row.start)
        frame(ax, row, min(row.end, end), scale, hours=end >= 3600)
        draw_waveform(ax, row, min(row.end, end), transcript.waveform, peaks)
        draw_gaps(ax, row, gaps)
        draw_sentences(ax, row, sentences)
        draw_blocks(ax, row, scale)
        draw_texts(ax, row, scale, pen)


def _facts(transcript: Transcript, total: int, rows: list[Row]) -> list[str]:
    """What a reader must know of the picture: who recognised, with what, how much, and whether it has ended."""
    shown = sum(len(row.texts) + len(row.dots) for row in rows)
    words = f"{total} word{'s' * (total != 1)}" if shown == total else f"{shown} of {total} words"
    if transcript.run is None:
        return [words, transcript.state]
    service = transcript.run.service
    # Of the embedded service the engine is known, of any other URL only its host.
    engine = plain(transcript.engine or "unknown engine")
    who = f"embedded service, {engine}" if service.kind == "embedded" else plain(service.host)
    if (transcript.engine or "").startswith("scripted"):
        who = "embedded service, scripted: not recognition"
    elif service.kind != "embedded" and transcript.engine:
        who = f"{who}, {engine}"
    # The embedded service answers to a model's name, but no such model runs in it.
    model = [] if transcript.engine else [plain(transcript.run.model)]
    return [who, *model, words, transcript.state]


def _notes(transcript: Transcript, rows: list[Row]) -> list[str]:
    """What the marks mean that are in the picture."""
    blocks = [piece.block for row in rows for piece in row.pieces]
    start, end = rows[0].start, rows[-1].end
    notes = {
        "dashed: may still change": any(not block.is_final for block in blocks),
        f"underlined: confidence below {DOUBTFUL_BELOW}": any(block.is_doubtful for block in blocks),
        "hatched: never heard": any(gap.end > start and gap.start < end for gap in transcript.gaps),
        "dot: a word with no room for its text": any(row.dots for row in rows),
    }
    return [note for note, there in notes.items() if there]


def _lines(parts: list[str], across: float, indent: float, pen: Pen) -> list[str]:
    """The parts, dots between them, in as many lines as they need, the first of them after something that is there."""
    lines = [""]
    for part in parts:
        part = _shorten(part, across, pen.width)
        longer = f"{lines[-1]} · {part}" if lines[-1] or indent else part
        if (lines[-1] or indent) and pen.width(longer) > across - indent:
            lines.append(part)
            indent = 0
        else:
            lines[-1] = longer.lstrip()
    return lines if parts else []


def _shorten(text: str, across: float, measure: Callable[[str], float]) -> str:
    """A text that is wider than the page, without its middle."""
    half = len(text) // 2
    short = text
    while measure(short) > across and half > 1:
        half = half * 9 // 10
        short = f"{text[:half]}…{text[-half:]}"
    return short


def _nothing(transcript: Transcript, total: int) -> str:
    if total:
        return "no words in this part"
    if transcript.end is None:
        return "nothing heard yet"
    return "nothing was heard: the run failed" if transcript.state == "failed" else "no speech was found"
