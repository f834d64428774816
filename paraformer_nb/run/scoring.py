"""`score`: two runs, files, tables or texts against each other."""

from __future__ import annotations

from typing import Any

from ..scoring.normalise import DEFAULT, Normaliser
from ..scoring.score import Score
from ..scoring.score import score as score_sides
from ..scoring.tokens import Tokenise, Unit
from .sides import side_of


def score(
    reference: Any,
    hypothesis: Any,
    *,
    unit: Unit = "auto",
    normalise: Normaliser | None = DEFAULT,
    tokenise: Tokenise | None = None,
) -> Score:
    """Score a hypothesis against a reference: WER, CER or MER, and the alignment.

    Args:
        reference, hypothesis: each a run, a table of words (``text``, and where known ``start`` and ``end`` in
            seconds), a text, the path of a text file or a journal, or a list of sentences. Two lists are scored
            sentence by sentence. A string is a path where such a file exists.
        unit: "character" (CER), "word" (WER), "mixed" (MER: a character of Chinese and Japanese, else a word), or
            "auto": what fits the reference.
        normalise: what is made equal before: width, case, marks and spaces with `pnb.Normaliser()`; None: nothing.
        tokenise: a function that splits a normalised text into tokens, instead of `unit`.

    The alignment has the fewest errors, then the most equal tokens, then the smallest differences of time.

    Raises ParameterError for what cannot be compared, with the row where it is a row. Warns where nothing matches.

    Example:
        >>> print(score("Good morning. 今天天气很好。", "run.jsonl"))
        MER 12.5 % (1 of 8: 0 sub, 1 del, 0 ins), after width, case, marks
        >>> sum([score("a b", "a"), score("c", "c")]).rate
        0.3333333333333333
    """
    sides = side_of(reference), side_of(hypothesis)
    return score_sides(*sides, unit=unit, normalise=normalise, tokenise=tokenise)
