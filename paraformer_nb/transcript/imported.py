"""Words from elsewhere as the records of a journal: everything that is shown of a run is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ..audio.whole_clip import WholeClip
from ..dashscope.messages import (
    ResultGeneratedEvent,
    SentenceResult,
    TaskFinishedEvent,
    TaskStartedEvent,
    WordResult,
    encode_event,
)
from ..journal.records import (
    PEAK_STEP,
    VERSION,
    Audio,
    ClipSource,
    Peaks,
    Received,
    Record,
    RunEnded,
    RunStarted,
    ServiceSource,
)
from ..text import ends_sentence, is_cjk, join, sanitise

TASK = "import"
"""The id of the task that imported words belong to."""

_RATE = 16_000  # Hz, of a clip that is not known
_LONGEST_PAUSE = 1.0  # seconds within a sentence
_MARKS = ",.;:!?…，。！？；：、"


class ImportedWord(NamedTuple):
    """A word from elsewhere. Times are seconds.

    Attributes:
        sentence: the number of its sentence; 0: not known.
        punctuation: the mark after it; None: it may be at the end of `text`.
        is_timed: whether the times are its own, and not its share of a longer text's.
    """

    text: str
    start: float
    end: float
    sentence: int = 0
    punctuation: str | None = None
    confidence: float | None = None
    speaker: str | None = None
    is_timed: bool = True


def imported_records(
    words: Sequence[ImportedWord],
    clip: ClipSource,
    source: str,
    end: float,
    started: str,
    *,
    peaks: bytes = b"",
    sha256: str | None = None,
) -> Iterator[Record]:
    """Yield the records of a run that has finished, whose service is ``file: SOURCE``.

    Args:
        words: in any order; words of one sentence have its number.
        source: the tool or format that the words are from.
        end: seconds at which the clip ends.
        started: the time of the import, as text.
        peaks: the waveform of the clip, as of a `Peaks` record from 0 on.
        sha256: the digest of the clip's file.
    """
    service = ServiceSource("file", f"file: {source}")
    yield RunStarted(0.0, VERSION, started, clip, _RATE, 0.0, end, service, "", {})
    yield _received(TaskStartedEvent(TASK))
    if end > 0:
        yield Audio(0.0, TASK, 0.0, end)
    if peaks:
        yield Peaks(0.0, 0.0, PEAK_STEP, peaks)
    for number, sentence in enumerate(_sentences(words), start=1):
        yield _received(ResultGeneratedEvent(TASK, _result(number, sentence)))
    yield _received(TaskFinishedEvent(TASK))
    yield RunEnded(0.0, "finished", seconds=end, sha256=sha256)


def records_of_words(
    words: Sequence[ImportedWord],
    source: str,
    started: str,
    *,
    name: str,
    end: float | None = None,
    clip: WholeClip | None = None,
) -> Iterator[Record]:
    """As `imported_records`, with what is known of the clip: all of it, or its `name` and perhaps its `end`."""
    last = max((word.end for word in words), default=0.0)
    if clip is None:
        return imported_records(words, ClipSource(sanitise(name)), source, max(last, end or 0.0), started)
    known = ClipSource(clip.name, clip.path, clip.size)
    length = max(last, clip.end)
    return imported_records(words, known, source, length, started, peaks=clip.peaks, sha256=clip.sha256)


def number_sentences(words: Sequence[ImportedWord]) -> list[int]:
    """The number of each word's sentence, from 1: words that have none begin a new one after the end of a sentence, a
    pause of more than a second, and another speaker."""
    numbers: list[int] = []
    last: dict[str | None, tuple[int, ImportedWord]] = {}  # by speaker
    newest = max((word.sentence for word in words), default=0)
    for word in words:
        number = word.sentence
        if not number:
            before = last.get(word.speaker)
            if before is None or _ends_before(before[1], word):
                newest += 1
                number = newest
            else:
                number = before[0]
        last[word.speaker] = number, word
        numbers.append(number)
    return numbers


def split_marks(text: str) -> tuple[str, str]:
    """A word without the marks at its end, and these; a text of nothing else stays as it is.

    Example:
        >>> split_marks("well,"), split_marks("..."), split_marks("3.14")
        (('well', ','), ('...', ''), ('3.14', ''))
    """
    word = text.rstrip(_MARKS)
    return (word, text[len(word) :]) if word else (text, "")


def split_text(text: str) -> list[str]:
    """The words of a text: what spaces separate, and each Chinese or Japanese character; marks stay with their word.

    Example:
        >>> split_text("Good morning. 今天GPT好。")
        ['Good', 'morning.', '今', '天', 'GPT', '好。']
    """
    words: list[str] = []
    for part in text.split():
        current = ""
        for sign in part:
            if current and _splits(current, sign):
                words.append(current)
                current = ""
            current += sign
        words.append(current)
    return words


def share(
    words: Sequence[str], start: float, end: float, *, sentence: int = 0, speaker: str | None = None
) -> Iterator[ImportedWord]:
    """Yield the words of a text that is timed as a whole: each has a share of its time by its length."""
    total = sum(map(len, words))
    done = 0
    for word in words:
        begin = start + (end - start) * done / total
        done += len(word)
        last = start + (end - start) * done / total
        yield ImportedWord(word, begin, last, sentence, speaker=speaker, is_timed=False)


def _splits(before: str, sign: str) -> bool:
    """Whether a new word begins with `sign`."""
    last = next((each for each in reversed(before) if each.isalnum()), "")
    return bool(last) and sign.isalnum() and (is_cjk(sign) or is_cjk(last))


def _ends_before(before: ImportedWord, word: ImportedWord) -> bool:
    shown = before.text + (before.punctuation or "")
    return ends_sentence(shown) or word.start - before.end > _LONGEST_PAUSE


def _sentences(words: Sequence[ImportedWord]) -> list[list[ImportedWord]]:
    """The words of each sentence by start, and the sentences by their first word."""
    numbered = sorted(zip(number_sentences(words), words, strict=True), key=lambda pair: (pair[0], pair[1].start))
    groups = [[word for _, word in group] for _, group in groupby(numbered, key=lambda pair: pair[0])]
    return sorted(groups, key=lambda group: group[0].start)


def _result(number: int, words: Iterable[ImportedWord]) -> SentenceResult:
    shown, results = [], []
    for word in words:
        text, marks = (word.text.strip(), word.punctuation) if word.punctuation is not None else split_marks(word.text)
        shown.append(text + marks)
        estimated = None if word.is_timed else True
        begin, end = _milliseconds(word.start), _milliseconds(word.end)
        own: dict[str, Any] = {"speaker_id": word.speaker, "confidence": word.confidence, "estimated": estimated}
        results.append(WordResult(begin, end, text, marks, **own))
    last = max(word.end_time for word in results if word.end_time is not None)
    return SentenceResult(results[0].begin_time, last, join(shown), results, sentence_end=True, sentence_id=number)


def _received(event: TaskStartedEvent | ResultGeneratedEvent | TaskFinishedEvent) -> Received:
    return Received.of(0.0, TASK, encode_event(event).encode())


def _milliseconds(seconds: float) -> int | float:
    time = round(seconds * 1000, 3)
    return int(time) if time == int(time) else time
