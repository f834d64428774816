"""The separators between words and between sentences: one rule for search, views and pages."""

from __future__ import annotations

from ..text import separator
from .words import Sentence, Word


def separators(sentence: Sentence) -> list[str]:
    """The text before each word of a sentence, a space or nothing; before the first word, nothing.

    The sentence's text decides where the words spell it. Where they do not (a service may write numbers as digits in
    one of the two only), `paraformer_nb.text.separator` does.
    """
    spelled = _from_text(sentence)
    return _from_words(sentence.words) if spelled is None else spelled


def separator_before(sentence: Sentence, before: Sentence | None) -> str:
    """The text between a sentence and the one `before` it, a space or nothing; None: it is the first."""
    return "" if before is None else separator(before.text, sentence.text)


def _from_text(sentence: Sentence) -> list[str] | None:
    """The spaces that the text has between the words, or None where the words do not spell the text."""
    text = sentence.text
    end = 0  # of the words so far
    found: list[str] = []
    for word in sentence.words:
        start = end
        while start < len(text) and text[start].isspace():
            start += 1
        shown = shown_text(word)
        if not text.startswith(shown, start):
            return None
        found.append(" " if found and start > end else "")
        end = start + len(shown)
    return None if text[end:].strip() else found


def _from_words(words: tuple[Word, ...]) -> list[str]:
    line = ""
    found: list[str] = []
    for word in words:
        found.append(separator(line, word.text) if line.strip() else "")
        line += word.text + word.punctuation
    return found


def shown_text(word: Word) -> str:
    """A word and its punctuation without spaces around them: those are its separator's."""
    return word.text.strip() + word.punctuation.rstrip()
