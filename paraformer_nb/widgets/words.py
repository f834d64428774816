"""Words on their way to a front end and back."""

from __future__ import annotations

from collections.abc import Iterable

from ..text import join, sanitise
from ..transcript.corrections import Correction, speaker_at
from ..transcript.history import History
from ..transcript.spacing import separators
from ..transcript.words import Sentence, Word
from .messages import Correct, CorrectAll, Redo, Undo
from .run_data import SentenceData, WordRow

MAX_REVISIONS = 8  # texts of one word that are shown, the newest ones


def sentence_data(sentence: Sentence, separator: str) -> SentenceData:
    """Convert a sentence. `separator`: the text between it and the sentence before it."""
    rows = [_word_row(*pair) for pair in zip(sentence.words, separators(sentence), strict=True)]
    start, end = round(sentence.start, 3), round(sentence.end, 3)
    speaker = next((word.speaker for word in sentence.words if word.speaker), "")
    return SentenceData(sentence.id, sentence.is_final, start, end, separator, rows, speaker)


def _word_row(word: Word, separator: str) -> WordRow:
    start, end = round(word.start, 3), round(word.end, 3)
    return WordRow(word.text.strip(), word.punctuation.rstrip(), start, end, word.confidence, separator, word.is_edited)


def to_correction(message: Correct | CorrectAll | Undo | Redo, recognised: Iterable[Sentence]) -> Correction:
    """Convert a correction that was made in a view. A view knows no speakers: they are those of the `recognised`
    sentence's words. The correction is not checked."""
    if isinstance(message, Undo):
        return Correction("undo")
    if isinstance(message, Redo):
        return Correction("redo")
    if isinstance(message, CorrectAll):
        sentences = list(recognised)
        return Correction("batch", parts=tuple(to_correction(part, sentences) for part in message.parts))
    words = [word for sentence in recognised if sentence.id == message.sentence for word in sentence.words]
    old, new = (tuple(_word(row, words) for row in rows) for rows in (message.old, message.new))
    return Correction("replace", message.sentence, old, new)


def recognised_text(recognised: Iterable[Sentence], sentence_id: int, start: float, end: float) -> str:
    """What was recognised in a span of a sentence: the words whose middle lies in it. Empty where there were none."""
    words = [word for sentence in recognised if sentence.id == sentence_id for word in sentence.words]
    return join([word.text + word.punctuation for word in words if start <= (word.start + word.end) / 2 <= end])


def revised_texts(history: History, sentence_id: int, start: float, end: float) -> list[str]:
    """The texts that the recogniser gave the word in a span, one after the other; none where that is not one word, or
    its text never changed."""
    within = [
        each
        for sentence in history.transcript.recognised
        if sentence.id == sentence_id
        for each in history.words_of(sentence)
        if start <= (each.word.start + each.word.end) / 2 <= end
    ]
    if len(within) != 1 or within[0].changes == 0:
        return []
    changes = [each for each in history.revisions if each.history is within[0] and each.change == "text"]
    return [sanitise(text) for text in [within[0].first_text, *(each.text or "" for each in changes)]][-MAX_REVISIONS:]


def _word(row: WordRow, recognised: list[Word]) -> Word:
    speaker = speaker_at(recognised, row.start, row.end)
    return Word(row.text, row.start, row.end, row.punctuation, row.confidence, speaker)
