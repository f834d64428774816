"""What is exported: the words, with what a format may say of their clip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..journal.records import ClipSource
from ..playback.playable import OpenAudio
from ..tables.given import clip_end, values_of
from ..tables.repaired_times import repair_times
from ..text import join, sanitise
from ..transcript.imported import imported_records
from ..transcript.transcript import Transcript
from .changes import Changes
from .table_words import words_of_table

if TYPE_CHECKING:
    import pandas as pd


class Row(NamedTuple):
    """One word on one line, with its punctuation: what a format of text holds. `number`: its row in the table."""

    number: int
    sentence_id: int
    text: str
    start: float
    end: float
    speaker: str | None
    confidence: float | None


class Span(NamedTuple):
    """Consecutive words of one sentence and one speaker."""

    text: str
    rows: Sequence[Row]

    @property
    def start(self) -> float:
        """Seconds at which its first word starts."""
        return self.rows[0].start

    @property
    def end(self) -> float:
        """Seconds at which its last word ends."""
        return max(row.end for row in self.rows)

    @property
    def speaker(self) -> str | None:
        """The speaker of its words, or None."""
        return self.rows[0].speaker


class Document:
    """Words to be exported, and what is known of their clip.

    Attributes:
        path: the file to be written.
        words: the words table, sorted by start, with a RangeIndex. Formats that hold any text write it.
        clip: the clip's name, and its path where it is a file; None: it is not known.
        end: seconds at which the clip ends: at the last word, where nothing else is known.
        changes: to which a format adds what it had to change.
        open_audio: opens the clip's sound. Raises AudioError if there is none.
    """

    def __init__(
        self,
        path: Path,
        words: pd.DataFrame,
        open_audio: OpenAudio,
        *,
        transcript: Transcript | None = None,
        clip: ClipSource | None = None,
        numbers: Sequence[int] | None = None,
        end: float | None = None,
    ) -> None:
        """`transcript`: what the words are of, if they are all of it; else one is made where a format needs it.
        `numbers`: the rows of the words in the table that was given; None: as they stand here. `end`: seconds at which
        the clip ends, where no transcript says so."""
        self.path = path
        self.words = words
        self.open_audio = open_audio
        self.changes = Changes()
        self.clip = transcript.run.clip if transcript else clip
        self._given = transcript
        self._numbers = range(len(words)) if numbers is None else numbers
        known = clip_end(transcript) if transcript else end
        last = float(words["end"].max()) if len(words) else 0.0
        self.end = max(last, known or 0.0)

    @property
    def name(self) -> str:
        """The clip's name without its suffix, or the file's."""
        return sanitise(Path(self.clip.name if self.clip else self.path.name).stem) or "clip"

    @property
    def service(self) -> str:
        """Which service and model recognised the words, or ``""``."""
        known = [self.words.attrs.get(name) for name in ("service", "model")]
        return " ".join(sanitise(each) for each in known if isinstance(each, str) and each)

    @property
    def gaps(self) -> Sequence[tuple[float, float]]:
        """Parts of the clip that were never recognised, as start and end in seconds."""
        return [(gap.start, gap.end) for gap in self._given.gaps] if self._given else []

    @cached_property
    def transcript(self) -> Transcript:
        """The words as a transcript, in which each is on one line: what had to go for that is among the changes."""
        if self._given is not None:
            return self._given
        self._report_changed_texts()
        words = words_of_table(self.words)
        clip = self.clip or ClipSource(self.name)
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        return Transcript.from_records(imported_records(words, clip, "table", self.end, started))

    @cached_property
    def _texts(self) -> list[str]:
        """Each word with its punctuation."""
        table = self.words
        marks = table["punctuation"].tolist() if "punctuation" in table.columns else [""] * len(table)
        return [
            f"{text}{mark}" if isinstance(mark, str) and mark else text
            for text, mark in zip(table["text"].tolist(), marks, strict=True)
        ]

    @cached_property
    def _lines(self) -> list[str]:
        """Each word with its punctuation, on one line."""
        return [text.strip() for text in map(sanitise, self._texts)]

    def _report_changed_texts(self) -> None:
        """Add to the changes the words that are not on one line as they are. A format reads either `transcript` or
        `rows`, so that this happens once."""
        lines, texts = self._lines, self._texts
        if lines != texts:
            for number, line, text in zip(self._numbers, lines, texts, strict=True):
                if line != text.strip():
                    self.changes.add(number, line, "line break or control character", "replaced", text, line)

    @cached_property
    def rows(self) -> list[Row]:
        """The words that have a text, each on one line. What had to go is among the changes."""
        self._report_changed_texts()
        table, lines = self.words, self._lines
        columns = (
            self._numbers,
            table["sentence_id"].tolist(),
            lines,
            table["start"].tolist(),
            table["end"].tolist(),
            [None if each is None else str(each) for each in values_of(table, "speaker")],
            values_of(table, "confidence"),
        )
        rows = list(map(partial(tuple.__new__, Row), zip(*columns, strict=True)))  # a third of the time of `Row._make`
        if all(lines):
            return rows
        for row in rows:
            if not row.text:
                self.changes.add(row.number, "", "empty word", "left out")
        return [row for row in rows if row.text]

    @cached_property
    def is_by_speaker(self) -> bool:
        """Whether any word has a speaker."""
        return any(row.speaker is not None for row in self.rows)

    @cached_property
    def repaired(self) -> list[Row]:
        """The rows without overlaps (of one speaker) and without words of no length, for formats that have neither."""
        rows: list[Row] = []
        for _, own in by_speaker(self.rows):
            times = [[row.start, row.end] for row in own]
            for row, (start, end), done in zip(own, times, repair_times(times), strict=True):
                if done:
                    noun, verb = ("zero-length word", "widened") if done == "widened" else ("overlap", "trimmed")
                    before, after = f"{row.start:.3f}-{row.end:.3f}", f"{start:.3f}-{end:.3f}"
                    self.changes.add(row.number, row.text, noun, verb, before, after)
                rows.append(row._replace(start=start, end=end) if done else row)
        return sorted(rows, key=lambda row: row.start)

    def spans(self, rows: Sequence[Row]) -> list[Span]:
        """The rows of each speaker as sentences, by start: consecutive words of one sentence. Those of one speaker
        overlap only where the rows do."""
        texts = self._sentence_texts
        spans = []
        for _, of_speaker in by_speaker(rows):
            for sentence_id, group in groupby(of_speaker, key=lambda row: row.sentence_id):
                words = list(group)
                whole, count = texts.get(sentence_id, ("", 0))
                spans.append(Span(whole if count == len(words) else join(row.text for row in words), words))
        return sorted(spans, key=lambda span: span.start)

    @property
    def sentence_texts(self) -> pd.DataFrame | None:
        """The sentences as the service spelled them, with ``sentence_id`` and ``text``; None: there are only words."""
        import pandas as pd

        if self._given is None:
            return None
        texts = [(number, text) for number, (text, _) in self._sentence_texts.items()]
        return pd.DataFrame(texts, columns=["sentence_id", "text"])

    @cached_property
    def _sentence_texts(self) -> dict[int, tuple[str, int]]:
        """The text of each sentence as the service spelled it, and its number of words."""
        if self._given is None:
            return {}
        return {each.id: (sanitise(each.text).strip(), len(each.words)) for each in self._given.sentences}


def by_speaker(rows: Sequence[Row]) -> list[tuple[str | None, list[Row]]]:
    """The rows of each speaker, in the order of the speakers' first words; None: without a speaker."""
    groups: dict[str | None, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.speaker, []).append(row)
    return list(groups.items())
