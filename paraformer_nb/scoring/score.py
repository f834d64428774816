"""`Score`: the errors of a text against a reference, and the alignment that they were counted on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from .align import align
from .alignment_table import Aligned, alignment_table, confusions_table
from .normalise import DEFAULT, Normaliser
from .sides import locate, sentences_of, source_of
from .tokens import RATE_NAMES, Tokenise, Unit, choose_unit, split

if TYPE_CHECKING:
    import pandas as pd

_AS_WRITTEN = Normaliser(width=False, case=False, marks=False, spaces=False)
_PLURALS = {"character": "characters", "word": "words", "mixed": "words and characters", "custom": "tokens"}
_SUSPICIOUS = 20  # tokens of a reference, none of which was recognised


@dataclass(frozen=True, eq=False, repr=False)
class Score:
    """The errors of a hypothesis against a reference. Scores add up: ``sum(scores)`` pools their counts.

    Attributes:
        unit: what was counted: "character", "word", "mixed" or "custom".
        substitutions, deletions, insertions, hits: counts of tokens.
        steps: the steps of normalisation that both sides went through, in order.
        parts: 1, or the number of parts that long texts were aligned in, each by itself.

    Example:
        >>> result = score("the cat sat on the mat", "the cat sat on mat ok")
        >>> print(result)
        WER 33.3 % (2 of 6: 0 sub, 1 del, 1 ins), after width, case, marks
        >>> print(result + score("a dog", "a dog"))
        WER 25.0 % (2 of 8: 0 sub, 1 del, 1 ins), after width, case, marks
    """

    unit: str
    substitutions: int
    deletions: int
    insertions: int
    hits: int
    steps: tuple[str, ...]
    aligned: tuple[Aligned, ...] = field(repr=False)
    """The alignment itself; of added scores, one after the other."""
    parts: int = 1

    @property
    def errors(self) -> int:
        """The fewest substitutions, deletions and insertions that make the hypothesis of the reference."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def reference_length(self) -> int:
        """The tokens of the reference."""
        return self.hits + self.substitutions + self.deletions

    @property
    def hypothesis_length(self) -> int:
        """The tokens of the hypothesis."""
        return self.hits + self.substitutions + self.insertions

    @property
    def is_empty(self) -> bool:
        """Whether neither side has tokens."""
        return not self.reference_length and not self.hypothesis_length

    @property
    def rate(self) -> float:
        """Errors a token of the reference: WER, CER or MER by `unit`; NaN where the reference is empty."""
        return self.errors / self.reference_length if self.reference_length else float("nan")

    @property
    def alignment(self) -> pd.DataFrame:
        """One row a token or pair of tokens, in order; see `alignment_table`.

        Of added scores the column ``part`` counts them from 1.

        Example:
            >>> score("the cat", "a cat").alignment[["op", "reference", "hypothesis"]].to_numpy().tolist()
            [['substitute', 'the', 'a'], ['equal', 'cat', 'cat']]
        """
        return alignment_table(self.aligned)

    @property
    def reference(self) -> str:
        """The reference as compared; of added scores one a line."""
        return "\n".join(each.texts[0] for each in self.aligned)

    @property
    def hypothesis(self) -> str:
        """The hypothesis as compared; of added scores one a line."""
        return "\n".join(each.texts[1] for each in self.aligned)

    @property
    def confusions(self) -> pd.DataFrame:
        """What was recognised as what: ``reference``, ``hypothesis`` strings, ``count`` int64, most frequent first.

        ``""`` stands for nothing: a deletion or an insertion.

        Example:
            >>> score("the cat the mat", "a cat a mat").confusions.to_numpy().tolist()
            [['the', 'a', 2]]
        """
        return confusions_table(self.alignment)

    def __add__(self, other: object) -> Score:
        if not isinstance(other, Score):
            return NotImplemented
        mine, theirs = (None if each.is_empty else each.unit for each in (self, other))
        if mine and theirs and mine != theirs:
            raise ParameterError(
                f"scores in units of {mine}s and {theirs}s do not add up. Score all clips with one unit, such as "
                'unit="mixed".'
            )
        if self.steps != other.steps:
            raise ParameterError(
                f"scores after different steps do not add up: {', '.join(self.steps)} and {', '.join(other.steps)}. "
                "Give all of them the same normalise=."
            )
        return replace(
            self,
            unit=mine or other.unit,
            substitutions=self.substitutions + other.substitutions,
            deletions=self.deletions + other.deletions,
            insertions=self.insertions + other.insertions,
            hits=self.hits + other.hits,
            aligned=(*self.aligned, *other.aligned),
            parts=self.parts + other.parts - 1,
        )

    def __radd__(self, other: object) -> Score:
        return self if other == 0 else NotImplemented  # sum() begins with 0

    def __str__(self) -> str:
        name = RATE_NAMES[self.unit]
        counts = f"{self.substitutions} sub, {self.deletions} del, {self.insertions} ins"
        head = f"{name} {100 * self.rate:.1f} % ({self.errors} of {self.reference_length}: {counts})"
        if not self.reference_length:
            head = f"{name} undefined (no {_PLURALS[self.unit]} in the reference: {counts})"
        steps = ", ".join(step for step in self.steps if step != "spaces")  # which changes no token
        parts = f"; aligned in {self.parts} parts, cut where both are silent" if self.parts > 1 else ""
        return f"{head}, {f'after {steps}' if steps else 'as written'}{parts}"

    def __repr__(self) -> str:
        return f"Score({self})"


def score(
    reference: Any,
    hypothesis: Any,
    *,
    unit: Unit = "auto",
    normalise: Normaliser | None = DEFAULT,
    tokenise: Tokenise | None = None,
) -> Score:
    """Score a hypothesis against a reference.

    Args:
        reference, hypothesis: a text, or a table of words with ``text`` and where known ``start`` and ``end`` in
            seconds (times choose between alignments that are equally good), or a list of sentences. Two lists of equal
            length are scored sentence by sentence, and pooled.
        unit: "character" (CER), "word" (WER), "mixed" (MER: a character of Chinese and Japanese, else a word), or
            "auto": what fits the reference.
        normalise: what is made equal before; None: nothing.
        tokenise: a function that splits a normalised text into tokens, instead of `unit`.

    Raises ParameterError for what is not a text or table, and for invalid rows. Warns where nothing matches at all.

    Example:
        >>> print(score("今天天气很好。", "今天天气好"))
        CER 16.7 % (1 of 6: 0 sub, 1 del, 0 ins), after width, case, marks
        >>> score("I'm 25.", "i’m ２５").rate
        0.0
    """
    if unit not in ("auto", "character", "word", "mixed"):
        raise ParameterError(f'unit={unit!r}: give "auto", "character", "word" or "mixed".')
    if normalise is None:
        normalise = _AS_WRITTEN
    if not isinstance(normalise, Normaliser):
        raise ParameterError(f"normalise={normalise!r}: give a pnb.Normaliser with its steps, or None.")
    sides = sentences_of(reference), sentences_of(hypothesis)
    result = _score(*sides, unit, normalise, tokenise)
    if not result.hits and result.reference_length >= _SUSPICIOUS and result.hypothesis_length:
        warnings.warn(
            "nothing matches: no token of the hypothesis is aligned with an equal one of the reference. Are both of "
            "the same clip, in the same language and script?",
            stacklevel=3,  # of who called `pnb.score`
        )
    return result


def _score(reference: Any, hypothesis: Any, unit: str, normalise: Normaliser, tokenise: Tokenise | None) -> Score:
    sources = source_of(reference), source_of(hypothesis)
    texts = tuple(normalise.trace(source.text) for source in sources)
    if tokenise is not None:
        unit = "custom"
    elif unit == "auto":
        unit = choose_unit(texts[0].text, texts[1].text)
    if isinstance(reference, list) and isinstance(hypothesis, list):
        return _score_sentences(reference, hypothesis, unit, normalise, tokenise)
    mine, theirs = (
        locate(source, split(text.text, unit, tokenise), text.origins)
        for source, text in zip(sources, texts, strict=True)
    )
    alignment = align(mine.side, theirs.side)
    aligned = Aligned((texts[0].text, texts[1].text), mine, theirs, alignment.pairs)
    hits, substitutions, deletions, insertions = aligned.counts()
    return Score(
        unit=unit,
        substitutions=substitutions,
        deletions=deletions,
        insertions=insertions,
        hits=hits,
        steps=normalise.steps,
        aligned=(aligned,),
        parts=alignment.parts,
    )


def _score_sentences(
    reference: list[str], hypothesis: list[str], unit: str, normalise: Normaliser, tokenise: Tokenise | None
) -> Score:
    if len(reference) != len(hypothesis):
        raise ParameterError(
            f"the reference has {len(reference)} sentences and the hypothesis {len(hypothesis)}: two lists are "
            "compared sentence by sentence. Join one of them to a text to compare them as a whole."
        )
    pairs = zip(reference, hypothesis, strict=True) if reference else [("", "")]
    scores = [_score(mine, theirs, unit, normalise, tokenise) for mine, theirs in pairs]
    return sum(scores[1:], scores[0])
