"""The texts around the rows of a plot: the title's facts, the legend, the message where there are no words."""

from __future__ import annotations

from collections.abc import Callable

from ..transcript.transcript import Transcript
from ..transcript.words import DOUBTFUL_BELOW
from .layout import MAX_WITH_WORDS, Row
from .pen import Pen, one_line


def title_facts(transcript: Transcript, total: int, shown: int) -> list[str]:
    """Who recognised the clip, with which model, how many words there are and are shown, and the run's state."""
    service = transcript.run.service
    engine = transcript.engine
    # The embedded service is always on this host; other services rarely name their engine.
    who = "embedded service" if service.kind == "embedded" else one_line(service.host)
    if engine or service.kind == "embedded":
        who = f"{who}, {one_line(engine or 'unknown engine')}"
    notice = [one_line(transcript.notice)] if transcript.notice else []
    # The embedded service accepts a model's name, but its engine is another one; words from a file have none.
    model = [] if engine or not transcript.run.model else [one_line(transcript.run.model)]
    words = f"{total} word{'s' * (total != 1)}" if shown == total else f"{shown} of {total} words"
    return [who, *notice, *model, words, transcript.state]


def legend(transcript: Transcript, rows: list[Row], *, is_overview: bool) -> list[str]:
    """The meaning of the marks that are in the picture."""
    boxes = [part.box for row in rows for part in row.parts]
    start, end = rows[0].start, rows[-1].end
    entries = {
        f"blue: sentences; plot(start, end) of up to {MAX_WITH_WORDS:.0f} s shows their words": is_overview,
        "dashed: may still change": any(not box.is_final for box in boxes),
        f"underlined: confidence below {DOUBTFUL_BELOW}": any(box.is_doubtful for box in boxes),
        "hatched: not recognised": any(gap.end > start and gap.start < end for gap in transcript.gaps),
        "dot: a word with no room for its text": any(row.dots for row in rows),
    }
    return [entry for entry, is_shown in entries.items() if is_shown]


def no_words(transcript: Transcript, total: int) -> str:
    """The message where the picture has no words; `total` is the number of words of the whole clip."""
    if total:
        return "no words in this part"
    if transcript.end is None:
        return "nothing recognised yet"
    return "nothing was recognised: the run failed" if transcript.state == "failed" else "no speech was found"


def wrap(parts: list[str], width: float, indent: float, pen: Pen) -> list[str]:
    """Join the parts with dots, in as many lines as they need; the first one begins after a text of `indent` points."""
    lines = [""]
    for part in parts:
        part = shorten(part, width, pen.width)
        follows = lines[-1] or indent
        longer = f"{lines[-1]} · {part}" if follows else part
        if follows and pen.width(longer) > width - indent:
            lines.append(part)
            indent = 0
        else:
            lines[-1] = longer.lstrip()
    return lines if parts else []


def shorten(text: str, width: float, measure: Callable[[str], float]) -> str:
    """Replace the middle of a text that is wider than `width` by an ellipsis."""
    half = len(text) // 2
    short = text
    while measure(short) > width and half > 1:
        half = half * 9 // 10
        short = f"{text[:half]}…{text[-half:]}"
    return short
