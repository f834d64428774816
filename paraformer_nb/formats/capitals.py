"""Capitals out of a sentence's text, laid over its words: services may give them in one of the two only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

_LETTERS = re.compile(r"[^\W\d_]+")
_MAX_ALIGNED = 1000
"""Words of a sentence that is aligned where its text and its words differ; aligning is quadratic."""


def with_capitals(texts: Sequence[str], sentence_ids: Sequence[object], sentences: Mapping[object, str]) -> list[str]:
    """The texts of words with the capitals of their sentences, by id. Nothing but the case of letters changes.

    Example:
        >>> from paraformer_nb.formats.capitals import with_capitals
        >>> with_capitals(["dr", "smith", "said", "six"], [1, 1, 1, 1], {1: "Dr. Smith said 6."})
        ['Dr', 'Smith', 'said', 'six']
    """
    rows: dict[object, list[int]] = {}
    for row, sentence in enumerate(sentence_ids):
        rows.setdefault(sentence, []).append(row)
    found = list(texts)
    for sentence, own in rows.items():
        if text := sentences.get(sentence):
            laid = _lay_over("\n".join(texts[row].replace("\n", " ") for row in own), text)
            for row, word in zip(own, laid.split("\n"), strict=True):
                found[row] = word
    return found


def _lay_over(line: str, text: str) -> str:
    """A line with the letters of those words that the text has, too, in the same order."""
    ours = list(_LETTERS.finditer(line))
    theirs = _LETTERS.findall(text)
    plain, other = [word.group().lower() for word in ours], [word.lower() for word in theirs]
    if plain == other:
        pairs = list(zip(ours, theirs, strict=True))
    elif max(len(plain), len(other)) <= _MAX_ALIGNED:
        blocks = SequenceMatcher(None, plain, other, autojunk=False).get_matching_blocks()
        pairs = [(ours[mine + n], theirs[index + n]) for mine, index, size in blocks for n in range(size)]
    else:
        pairs = []
    letters = list(line)
    for word, model in pairs:
        if len(model) == len(word.group()):  # the lower case of some letters is longer than they are
            letters[word.start() : word.end()] = model
    return "".join(letters)
