"""Normalise texts before they are compared, in steps that can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ParameterError
from ..tables.frame import frame_of
from . import steps
from .chinese_numbers import write_digits
from .traced import Replacement, TracedText

if TYPE_CHECKING:
    import pandas as pd

Step = Callable[[str], Iterable[Replacement]]


@dataclass(frozen=True)
class Normaliser:
    """What is made equal in two texts before they are compared. Both sides are normalised alike, in this order:

    Attributes:
        width: wide, narrow and composed forms become the usual ones (NFKC: ％ → %, ﾊﾟ → パ, ① → 1), ’ becomes ', and
            invisible characters are dropped.
        case: upper and lower case are one (casefold: ß → ss).
        script: "simplified" or "traditional": Chinese is converted to it, by opencc; None: it stays.
        fillers: words to drop, as a list, or the code of a language in `FILLERS` ("en": um, uh ...; "zh": 嗯, 呃 ...).
        numbers: "digits": Chinese numbers of at least two numerals become digits (二十五 → 25, 零八二 → 082); None.
        marks: punctuation and symbols become spaces, but for ``.,:`` between digits, and ``%+#`` and currencies beside
            a letter or digit: 3.14, 25%, C++ stay.
        inner_marks: further marks that stay between letters: ``'`` and ``-``, as in don't and well-known.
        spaces: several spaces become one, and none stays beside Chinese and Japanese.
        variants: texts that count as another one: ``{"GPT-4": "GPT4"}``.

    Each is off with False. Raises ParameterError for a value that is not one of these.

    Example:
        >>> Normaliser()("Ｃ++ is 25％, don’t you think?")
        "c++ is 25% don't you think"
        >>> Normaliser(numbers="digits", marks=False)("二零二六年，一心一意。")
        '2026年,一心一意。'
    """

    width: bool = True
    case: bool = True
    script: Literal["simplified", "traditional", False] | None = None
    fillers: str | Iterable[str] | Literal[False] | None = None
    numbers: Literal["digits", False] | None = None
    marks: bool = True
    inner_marks: str = "'-"
    spaces: bool = True
    variants: Mapping[str, str] | Literal[False] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.script and self.script not in ("simplified", "traditional"):
            raise ParameterError(f'script={self.script!r}: give "simplified", "traditional" or None.')
        if self.numbers and self.numbers != "digits":
            raise ParameterError(f'numbers={self.numbers!r}: give "digits" or None.')
        if not isinstance(self.inner_marks, str):
            raise ParameterError(f'inner_marks={self.inner_marks!r}: give the marks as one string, such as "\'-".')
        fillers = _fillers(self.fillers)
        if fillers:  # as texts are when the step comes
            fold = Normaliser(width=self.width, case=self.case, script=self.script, marks=False)
            fillers = tuple(map(fold, fillers))
        object.__setattr__(self, "fillers", fillers)
        variants = dict(self.variants or {})
        if not all(isinstance(text, str) and text for pair in variants.items() for text in pair):
            raise ParameterError(f"variants={variants!r}: give texts and what they count as, {{'GPT-4': 'GPT4'}}.")
        object.__setattr__(self, "variants", variants)

    def __hash__(self) -> int:
        return hash((self.steps, self.inner_marks, self.script, self.fillers, tuple(self.variants or ())))

    def __call__(self, text: str) -> str:
        """The normalised text."""
        return self.trace(text).text

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps that are on, in their order."""
        return tuple(name for name, _ in self._steps())

    def explain(self, text: str) -> pd.DataFrame:
        """What each step does to a text: one row a step, ``step``, ``before`` and ``after`` strings.

        Example:
            >>> Normaliser().explain("Well, 3.14!")["after"].tolist()
            ['Well, 3.14!', 'well, 3.14!', 'well  3.14 ', 'well 3.14']
        """
        rows, now = [], TracedText.of(_checked(text))
        for name, step in self._steps():
            before, now = now, now.replace(step(now.text))
            rows.append((name, before.text, now.text))
        names, befores, afters = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        return frame_of(step=(names, "string"), before=(befores, "string"), after=(afters, "string"))

    def trace(self, text: str) -> TracedText:
        """The normalised text, and where in `text` each of its characters came from."""
        now = TracedText.of(_checked(text))
        for _, step in self._steps():
            now = now.replace(step(now.text))
        return now

    def _steps(self) -> list[tuple[str, Step]]:
        chosen: list[tuple[str, Any, Step]] = [
            ("width", self.width, steps.fold_width),
            ("case", self.case, steps.fold_case),
            ("script", self.script, partial(steps.convert_script, script=self.script or "")),
            ("fillers", self.fillers, partial(steps.drop_fillers, fillers=self.fillers or ())),
            ("numbers", self.numbers, write_digits),
            ("marks", self.marks, partial(steps.drop_marks, inner=self.inner_marks)),
            ("spaces", self.spaces, steps.tidy_spaces),
            ("variants", self.variants, self._unify_variants),
        ]
        return [(name, step) for name, is_on, step in chosen if is_on]

    def _unify_variants(self, text: str) -> Iterable[Replacement]:
        plain = replace(self, variants={})
        variants = {plain(one): plain(other) for one, other in (self.variants or {}).items()}
        return steps.unify_variants(text, variants)


def _fillers(given: Any) -> tuple[str, ...]:
    if not given:
        return ()
    if isinstance(given, str):
        if given not in steps.FILLERS:
            raise ParameterError(f"fillers={given!r}: give a list of words, or one of {', '.join(steps.FILLERS)}.")
        return steps.FILLERS[given]
    words = tuple(given)
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise ParameterError(f"fillers={given!r}: give a list of words, or one of {', '.join(steps.FILLERS)}.")
    return words


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise ParameterError(f"{text!r} is not a text to normalise: give a string.")
    return text


DEFAULT = Normaliser()
"""Width, case, marks and spaces."""
