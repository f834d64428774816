"""An edited table of words, as the changes that make the transcript say the same."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple

from ..errors import ParameterError
from ..transcript.corrections import Correction, appearance, replace_words, speaker_at
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Sentence, Word

NEEDED = ("sentence_id", "text", "start", "end")

_READINGS = 256  # that a run remembers: a sentence or two each, and somebody may read its words at every turn


class SentenceVersions(NamedTuple):
    """A sentence as it was heard and corrected when a table was read, and as it is corrected now."""

    heard: Sentence
    corrected: Sentence
    now: Sentence


class Snapshot:
    """The words as somebody read them: a run may go on while the table is being edited.

    Attributes:
        is_whole: whether nothing was heard afterwards, so that what a table lacks was deleted from it.
    """

    def __init__(self, transcript: Transcript, *, is_known: bool = True) -> None:
        self.is_whole = is_known and transcript.state in ENDED
        self._open = {sentence.id: (sentence, transcript.corrected(sentence)) for sentence in transcript.open}

    def sentences(self, transcript: Transcript) -> dict[int, SentenceVersions]:
        """Sentences by id: what was heard anew since as it was read, all others as they are now."""
        heard = {sentence.id: sentence for sentence in transcript.heard}
        now = {number: transcript.corrected(sentence) for number, sentence in heard.items()}
        sentences = {number: SentenceVersions(heard[number], now[number], now[number]) for number in heard}
        for number, (was, read) in self._open.items():
            if heard.get(number) is not was:
                sentences[number] = SentenceVersions(was, read, now.get(number, read))
        return sentences


class Snapshots:
    """The last readings of a run's words, each by a number that its table carries along: ``attrs["reading"]``.

    The number is one of its own among those of all runs, for tables outlive them: in files, in other runs' hands.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Snapshot] = {}

    def add(self, reading: Snapshot) -> int:
        """Remember one, and forget the oldest. Returns its number."""
        number = secrets.randbits(52)  # JSON takes it
        self._by_number[number] = reading
        if len(self._by_number) > _READINGS:
            del self._by_number[next(iter(self._by_number))]
        return number

    def of(self, frame: Any) -> Snapshot | None:
        """The one that a table comes from; None where it does not say, or it is too long ago."""
        number = getattr(frame, "attrs", {}).get("reading")
        return self._by_number.get(number) if isinstance(number, int) else None


class _Row(NamedTuple):
    text: str
    punctuation: str | None  # None: the table does not say
    start: float
    end: float

    def is_for(self, word: Word) -> bool:
        """Whether it says what the word says."""
        text, punctuation, *times = appearance(word)
        same_mark = self.punctuation is None or self.punctuation == punctuation
        return text == self.text and same_mark and times == [round(self.start, 3), round(self.end, 3)]


def corrections_of(frame: Any, sentences: Mapping[int, SentenceVersions], *, is_whole: bool) -> list[Correction]:
    """What differs between an edited table and the `sentences` that it was made of: at most one change a sentence.

    Where the table is not the whole one, a sentence after its last is one that was heard since, and not deleted.
    Raises ParameterError for whatever the table has that cannot be meant.
    """
    rows = _rows(frame)
    if strangers := sorted(set(rows) - set(sentences)):
        raise ParameterError(
            f"the table has a sentence_id that the run does not know: {', '.join(map(str, strangers[:5]))}. A new word "
            "takes the sentence_id of the sentence that it belongs to. Nothing was changed."
        )
    last = math.inf if is_whole else max(rows, default=0)
    changes = [_change(sentences[number], rows.get(number, [])) for number in sorted(sentences) if number <= last]
    meant = [Correction.of(change) for change in changes if change is not None]
    return [change for change in meant if not _is_made(change, sentences[change.sentence])]


def _rows(frame: Any) -> dict[int, list[_Row]]:
    """The table's rows by sentence, each sentence's by their start."""
    columns = list(getattr(frame, "columns", ()))
    if missing := [name for name in NEEDED if columns.count(name) != 1]:
        raise ParameterError(
            f"the table lacks {', '.join(missing)}: give an edited copy of run.words, with its columns "
            f"{', '.join(NEEDED)}. Nothing was changed."
        )
    marks = frame["punctuation"].tolist() if "punctuation" in columns else [None] * len(frame)
    rows: dict[int, list[_Row]] = {}
    for at, (number, text, start, end) in enumerate(zip(*(frame[name].tolist() for name in NEEDED), strict=True)):
        if not isinstance(text, str):
            raise _refusal(at, f"text is {text!r}, not a string")
        mark = _mark(marks[at], at) if "punctuation" in columns else None
        row = _Row(text.strip(), mark, _number(start, at, "start"), _number(end, at, "end"))
        rows.setdefault(_whole_number(number, at), []).append(row)
    return {number: sorted(those, key=lambda row: row.start) for number, those in rows.items()}


def _whole_number(value: Any, at: int) -> int:
    number = _number(value, at, "sentence_id")
    if not number.is_integer():
        raise _refusal(at, f"sentence_id is {value!r}, not a whole number")
    return int(number)


def _number(value: Any, at: int, column: str) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise _refusal(at, f"{column} is {value!r}, not a finite number")
    return float(value)


def _mark(value: Any, at: int) -> str:
    if isinstance(value, str):
        return str(value)
    import pandas as pd

    if not pd.api.types.is_scalar(value) or not pd.isna(value):
        raise _refusal(at, f"punctuation is {value!r}, not a string")
    return ""  # a CSV does not tell an empty string from none


def _refusal(at: int, what: str) -> ParameterError:
    return ParameterError(f"row {at} of the table (counted from 0): {what}. Nothing was changed.")


def _change(sentence: SentenceVersions, rows: list[_Row]) -> Correction | None:
    """The words that differ; of those at the sentence's head and tail that do not, none."""
    number, heard = sentence.heard.id, sentence.heard.words
    words = sorted(sentence.corrected.words, key=lambda word: word.start)
    head = _alike(rows, words)
    tail = _alike(reversed(rows[head:]), reversed(words[head:]))
    old, new = words[head : len(words) - tail], rows[head : len(rows) - tail]
    if not old and not new:
        return None
    change = Correction("replace", number, tuple(old), tuple(_word(row, words, heard) for row in new))
    made = replace_words(words, change)
    if len(made) == len(rows) and all(row.is_for(word) for row, word in zip(rows, made, strict=True)):
        return change
    # Words that are there twice, or begin at the same time: only the whole sentence says which is meant.
    return Correction("replace", number, tuple(words), tuple(_word(row, words, heard) for row in rows))


def _is_made(change: Correction, sentence: SentenceVersions) -> bool:
    """Whether a sentence that was heard anew says by now what the change would make it say: a table may come twice."""
    now = sentence.now.words
    if sentence.now is sentence.corrected:
        return False
    if not change.new:
        return len(replace_words(now, change)) == len(now)
    old, new, there = (Counter(appearance(word) for word in words) for words in (change.old, change.new, now))
    return new <= there and not (old - new) & (there - new)


def _alike(rows: Iterable[_Row], words: Iterable[Word]) -> int:
    """How many are the same from the first on."""
    count = 0
    for row, word in zip(rows, words, strict=False):
        if not row.is_for(word):
            break
        count += 1
    return count


def _word(row: _Row, words: list[Word], heard: Iterable[Word]) -> Word:
    """A row as a word. One whose text is among the `words` keeps what is known of it; its time tells the speaker."""
    alike = [word for word in words if word.text.strip() == row.text]
    same = min(alike, key=lambda word: abs(word.start - row.start), default=None)
    if same is None:
        mark = next((word.punctuation for word in words if round(word.end, 3) == round(row.end, 3)), "")
        same = Word(row.text, row.start, row.end, mark)
    mark = same.punctuation if row.punctuation is None else row.punctuation
    if alike and _Row(row.text, mark, row.start, row.end).is_for(same):
        return same
    return Word(same.text, row.start, row.end, mark, same.confidence, speaker_at(heard, row.start, row.end))
