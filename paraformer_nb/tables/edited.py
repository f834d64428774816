"""An edited words table, as the corrections that make the transcript equal to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple

from ..errors import ParameterError
from ..transcript.corrections import Correction, appearance, replace_words, speaker_at
from ..transcript.words import Word
from .snapshots import SentenceVersions

NEEDED = ("sentence_id", "text", "start", "end")


class _Row(NamedTuple):
    text: str
    punctuation: str | None  # None: the table has no such column
    start: float
    end: float

    def equals(self, word: Word) -> bool:
        """Whether the row and a word are the same."""
        text, punctuation, *times = appearance(word)
        has_same_mark = self.punctuation is None or self.punctuation == punctuation
        return text == self.text and has_same_mark and times == [round(self.start, 3), round(self.end, 3)]


def corrections_of(table: Any, sentences: Mapping[int, SentenceVersions], *, is_whole: bool) -> list[Correction]:
    """Compare an edited table with the `sentences` that it was made of; at most one correction a sentence.

    Where the table is not the whole one, sentences after its last one were recognised since, and are not deleted.
    Raises ParameterError for invalid columns and rows.
    """
    rows = _rows(table)
    if unknown := sorted(set(rows) - set(sentences)):
        raise ParameterError(
            f"the table has a sentence_id that the run does not have: {', '.join(map(str, unknown[:5]))}. A new word "
            "needs the sentence_id of the sentence that it belongs to. Nothing was changed."
        )
    last = math.inf if is_whole else max(rows, default=0)
    corrections = []
    for number in sorted(sentences):
        correction = _correction(sentences[number], rows.get(number, [])) if number <= last else None
        if correction is not None:
            correction.check()
            if not _is_already_applied(correction, sentences[number]):
                corrections.append(correction)
    return corrections


# --------------------------------------------------------------------------------------------------- reading the table


def _rows(table: Any) -> dict[int, list[_Row]]:
    """The table's rows by sentence, sorted by start."""
    columns = list(getattr(table, "columns", ()))
    if missing := [name for name in NEEDED if columns.count(name) != 1]:
        raise ParameterError(
            f"the table lacks {', '.join(missing)}: give an edited copy of run.words, with its columns "
            f"{', '.join(NEEDED)}. Nothing was changed."
        )
    has_marks = "punctuation" in columns
    marks = table["punctuation"].tolist() if has_marks else [None] * len(table)
    rows: dict[int, list[_Row]] = {}
    for index, (number, text, start, end) in enumerate(zip(*(table[name].tolist() for name in NEEDED), strict=True)):
        if not isinstance(text, str):
            raise _invalid(index, f"text is {text!r}, not a string")
        mark = _mark(marks[index], index) if has_marks else None
        row = _Row(text.strip(), mark, _number(start, index, "start"), _number(end, index, "end"))
        rows.setdefault(_whole_number(number, index), []).append(row)
    return {number: sorted(those, key=lambda row: row.start) for number, those in rows.items()}


def _whole_number(value: Any, index: int) -> int:
    number = _number(value, index, "sentence_id")
    if not number.is_integer():
        raise _invalid(index, f"sentence_id is {value!r}, not a whole number")
    return int(number)


def _number(value: Any, index: int, column: str) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise _invalid(index, f"{column} is {value!r}, not a finite number")
    return float(value)


def _mark(value: Any, index: int) -> str:
    if isinstance(value, str):
        return str(value)
    import pandas as pd

    if not pd.api.types.is_scalar(value) or not pd.isna(value):
        raise _invalid(index, f"punctuation is {value!r}, not a string")
    return ""  # a CSV does not distinguish an empty string from a missing one


def _invalid(index: int, problem: str) -> ParameterError:
    return ParameterError(f"row {index} of the table (counted from 0): {problem}. Nothing was changed.")


# ----------------------------------------------------------------------------------------------------------- comparing


def _correction(sentence: SentenceVersions, rows: list[_Row]) -> Correction | None:
    """Replace the words that differ, without equal ones at the sentence's head and tail; None where all are equal."""
    number, recognised = sentence.recognised.id, sentence.recognised.words
    words = sorted(sentence.corrected.words, key=lambda word: word.start)
    head = _count_equal(rows, words)
    tail = _count_equal(reversed(rows[head:]), reversed(words[head:]))
    old, new = words[head : len(words) - tail], rows[head : len(rows) - tail]
    if not old and not new:
        return None
    correction = Correction("replace", number, tuple(old), tuple(_word(row, words, recognised) for row in new))
    corrected = replace_words(words, correction)
    if len(corrected) == len(rows) and all(row.equals(word) for row, word in zip(rows, corrected, strict=True)):
        return correction
    # Equal words, or words with equal starts: only the whole sentence is unambiguous.
    return Correction("replace", number, tuple(words), tuple(_word(row, words, recognised) for row in rows))


def _is_already_applied(correction: Correction, sentence: SentenceVersions) -> bool:
    """Whether a sentence that was recognised again already is as the correction would make it: the same table may be
    applied twice."""
    current = sentence.current.words
    if sentence.current is sentence.corrected:
        return False
    if not correction.new:
        return len(replace_words(current, correction)) == len(current)
    old, new, present = (
        Counter(appearance(word) for word in words) for words in (correction.old, correction.new, current)
    )
    return new <= present and not (old - new) & (present - new)


def _count_equal(rows: Iterable[_Row], words: Iterable[Word]) -> int:
    """How many rows equal the words, counted from the first on."""
    count = 0
    for row, word in zip(rows, words, strict=False):
        if not row.equals(word):
            break
        count += 1
    return count


def _word(row: _Row, words: list[Word], recognised: Iterable[Word]) -> Word:
    """Make a word of a row. One with the text of one of `words` keeps what is known of that one; the speaker follows
    from its time."""
    same_text = [word for word in words if word.text.strip() == row.text]
    same = min(same_text, key=lambda word: abs(word.start - row.start), default=None)
    if same is None:
        mark = next((word.punctuation for word in words if round(word.end, 3) == round(row.end, 3)), "")
        same = Word(row.text, row.start, row.end, mark)
    mark = same.punctuation if row.punctuation is None else row.punctuation
    if same_text and _Row(row.text, mark, row.start, row.end).equals(same):
        return same
    return Word(same.text, row.start, row.end, mark, same.confidence, speaker_at(recognised, row.start, row.end))
