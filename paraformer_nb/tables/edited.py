"""An edited words table, as the corrections that make the transcript equal to it."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ParameterError
from ..transcript.corrections import Correction, appearance, find_words, replace_words, speaker_at
from ..transcript.transcript import ENDED, Transcript
from ..transcript.words import Word
from .given import beyond_clip, check_unit, clip_end
from .rows import Row, Rows
from .snapshots import SentenceVersions, Snapshot
from .word_checks import quick_pace

if TYPE_CHECKING:
    import pandas as pd

_LONG_WORD = 20.0  # seconds: words that are longer, and twice as long as the run's longest, are in milliseconds
_MANY = 0.3  # the share of words that is deleted without a warning


class Comparison(NamedTuple):
    """What an edited table changes: at most one correction a sentence, and what the person should know about it."""

    corrections: list[Correction]
    warnings: list[str]


def compare(
    rows: Rows, transcript: Transcript, words: pd.DataFrame, snapshot: Snapshot | None, *, delete_all: bool
) -> Comparison:
    """Compare an edited table with what it was made of. The order of its rows means nothing.

    What the table lacks is deleted, as far as it may have had it: everything, once the run has ended. Where the table
    does not say when it was read, and the run goes on, sentences after its last one are kept.

    Args:
        words: the words table of now.
        snapshot: what the table was made of; None where it does not say.
        delete_all: whether a table without rows deletes all words.

    Raises ParameterError for rows that are invalid, or that look like a mistake.
    """
    if not len(rows.ids) and len(words) and not delete_all:
        raise ParameterError(
            "the table has no rows, which would delete all words: say delete_all=True if you mean it. Nothing was "
            "changed."
        )
    changed = rows.changed_sentences(words)
    present = set(rows.ids.tolist())
    deletable, kept = _deletable(changed - present, present, transcript, snapshot)
    now = snapshot or Snapshot.of(transcript)
    versions = now.versions(transcript, (changed & present) | deletable | now.replaced(transcript))
    if unknown := sorted(present & changed - set(versions)):
        raise ParameterError(
            f"the table has a sentence_id that the run does not have: {', '.join(map(str, unknown[:5]))}. A new word "
            "needs the sentence_id of the sentence that it belongs to. Nothing was changed."
        )
    by_sentence = {
        number: [row.with_text((*versions[number].corrected.words, *versions[number].recognised.words)) for row in own]
        for number, own in rows.by_sentence(versions).items()
    }
    moved = [row for number, own in by_sentence.items() for row in _moved(own, versions[number])]
    problem = _check_times(moved, transcript, words)
    corrections = [each for number in sorted(versions) if (each := _correction(versions[number], by_sentence[number]))]
    for correction in corrections:
        correction.check()
    corrections = [each for each in corrections if not _is_already_applied(each, versions[each.sentence])]
    deletes = _deletes_many(corrections, len(words)) if len(rows.ids) else ""
    return Comparison(corrections, [each for each in (_names_kept(kept), problem, deletes) if each])


def _deletable(
    missing: set[int], present: set[int], transcript: Transcript, snapshot: Snapshot | None
) -> tuple[set[int], list[int]]:
    """Of the sentences that the table lacks: those that it may have had, and those that are kept though it may."""
    if snapshot is not None:
        return missing & snapshot.ids(transcript), []
    if transcript.state in ENDED:
        return missing, []
    last = max(present, default=0)
    return {number for number in missing if number < last}, sorted(number for number in missing if number > last)


def _names_kept(kept: Sequence[int]) -> str:
    if not kept:
        return ""
    which = f"sentence {kept[0]} was" if len(kept) == 1 else f"sentences {kept[0]} to {kept[-1]} were"
    return (
        f"{which} kept, though not in the table: it does not say when it was read, and they may have been recognised "
        "since. To delete them as well, read run.words again, and delete their rows in that table."
    )


def _deletes_many(corrections: Iterable[Correction], words: int) -> str:
    deleted = sum(max(0, len(each.old) - len(each.new)) for each in corrections)
    if deleted <= _MANY * words:
        return ""
    return f"this table deleted {deleted} of {words} words. If that was not meant: run.undo() brings them back."


# ------------------------------------------------------------------------------------------------------------- checks


def _moved(rows: Iterable[Row], version: SentenceVersions) -> list[Row]:
    """The rows whose times are those of no word."""
    known = {(round(word.start, 3), round(word.end, 3)) for each in version for word in each.words}
    return [row for row in rows if row.times not in known]


def _check_times(rows: Sequence[Row], transcript: Transcript, words: pd.DataFrame) -> str:
    """Raise ParameterError if new times look like milliseconds. Returns a warning about minutes, or an end behind the
    clip."""
    import numpy as np

    starts, ends = np.array([row.start for row in rows]), np.array([row.end for row in rows])
    longest = max(_LONG_WORD, 2 * float((words["end"] - words["start"]).max() if len(words) else 0.0))
    end = clip_end(transcript)
    if end is not None and len(words):  # a service's clock may run ahead
        end = max(end, float(words["end"].max()))
    check_unit(starts, ends, end, longest)
    return " ".join(filter(None, (quick_pace(starts, ends), beyond_clip(ends, end))))


def _check_repeated(rows: Sequence[Row], sentence: SentenceVersions) -> None:
    """Raise ParameterError if a row is there twice, as in a table that was concatenated with itself."""
    first: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        first[row.appearance()].append(row)
    for same in first.values():
        if len(same) > 1 and len(same) > max(_count(same[0], each.words) for each in sentence):
            raise ParameterError(
                f"rows {same[0].number} and {same[-1].number} of the table (counted from 0) are the same word: "
                f"{same[0].text!r} at {same[0].start:.10g} s. Leave out such rows with table.drop_duplicates(). "
                "Nothing was changed."
            )


def _count(row: Row, words: Iterable[Word]) -> int:
    return sum(row.appearance_for(word) == row.appearance() for word in words)


# ----------------------------------------------------------------------------------------------------------- comparing


def _correction(sentence: SentenceVersions, rows: list[Row]) -> Correction | None:
    """Replace the words that differ, and those between them; None where all are equal."""
    words = sentence.corrected.words
    _check_repeated(rows, sentence)
    free: dict[tuple[object, ...], deque[int]] = defaultdict(deque)
    for index, word in enumerate(words):
        free[rows[0].appearance_for(word) if rows else ()].append(index)
    new = []
    for row in rows:
        if equal := free[row.appearance()]:
            equal.popleft()
        else:
            new.append(row)
    removed = sorted(index for indices in free.values() for index in indices)
    if not new and not removed:
        return None
    first, last = (removed[0], removed[-1] + 1) if removed else (0, 0)
    old = words[first:last]
    if old and find_words(words, old) != [*range(first, last)]:  # equal words: only the whole sentence is unambiguous
        first, last, old = 0, len(words), words
    between = [words[index] for index in range(first, last) if index not in set(removed)]
    made = [_word(row, words, sentence.recognised.words) for row in new]
    return Correction(
        "replace", sentence.recognised.id, old, tuple(sorted([*between, *made], key=lambda word: word.start))
    )


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


def _word(row: Row, words: Iterable[Word], recognised: Iterable[Word]) -> Word:
    """Make a word of a row. One with the text of one of `words` keeps what is known of that one; the speaker follows
    from its time."""
    same_text = [word for word in words if word.text.strip() == row.text]
    same = min(same_text, key=lambda word: abs(word.start - row.start), default=None)
    if same is None:
        mark = next((word.punctuation for word in words if round(word.end, 3) == round(row.end, 3)), "")
        same = Word(row.text, row.start, row.end, mark)
    mark = same.punctuation if row.punctuation is None else row.punctuation
    speaker = speaker_at(recognised, row.start, row.end)
    return Word(same.text, row.start, row.end, mark, same.confidence, speaker)
