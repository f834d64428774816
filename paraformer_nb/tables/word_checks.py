"""Whether a table that a person gives is one of words: its times, and words that are there twice."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from .given import check_one_clip, check_order, check_unit, invalid, seconds_of, strings_of, values_of

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

_LONGEST_WORD = 20.0  # seconds; where half of the words last longer, times are milliseconds
_QUICKEST = 30.0  # words a second, over a whole table: more than several people say at once
_FEWEST = 20  # words of which the pace is judged
_SAME = 0.001  # seconds: what lies nearer may be the same when it is rounded as files have it


class WordTimes(NamedTuple):
    """The times of words in the order of a table, in seconds, and their position by start, words that start together in
    their order; None where the table is in that order."""

    starts: Array
    ends: Array
    order: Array | None

    @classmethod
    def of(cls, starts: Array, ends: Array) -> WordTimes:
        """Find the order."""
        return cls(starts, ends, order_of(starts))

    def sorted(self) -> tuple[Array, Array]:
        """Starts and ends, by start."""
        return (self.starts, self.ends) if self.order is None else (self.starts[self.order], self.ends[self.order])

    def position(self, index: Any) -> Any:
        """The position in the table of a word, by its number in the order of starts; of an array of them, an array."""
        return index if self.order is None else self.order[index]

    def positions(self) -> Array:
        """The positions in the table of all words, by start."""
        import numpy as np

        return np.arange(len(self.starts)) if self.order is None else self.order


def word_times(
    frame: pd.DataFrame,
    advice: str = "give the rows of one. Nothing was changed.",
    *,
    is_of_one_clip: bool = True,
) -> WordTimes:
    """The times of words. Warns of times that may be minutes. `advice`: for words of several clips.

    Raises ParameterError for times that are no seconds, missing, before 0 or in the wrong order, and as `check_names`;
    in a table of one clip also for words of several, and for those of two readings.
    """
    starts, ends = (seconds_of(frame, name, "s") for name in ("start", "end"))
    check_order(starts, ends)
    check_seconds(starts, ends)
    times = WordTimes.of(starts, ends)
    if is_of_one_clip:
        check_one_clip(frame, advice)
        if again := repeated_words(frame, times):
            problem = f"the word {strings_of(frame, 'text')[again[0]]!r} is there twice, at the same time."
            raise invalid(again[0], f"{problem} Leave such rows out with table.speech.repair()", len(again))
    check_names(frame)
    return times


def check_names(frame: pd.DataFrame) -> None:
    """Raise ParameterError for a speaker or a sentence that is a list or another object that cannot be compared."""
    import pandas as pd

    for name in ("speaker", "sentence_id"):
        if name not in frame.columns or frame[name].dtype != object:
            continue
        if pd.api.types.infer_dtype(frame[name], skipna=True) == "mixed":
            odd = [row for row, value in enumerate(frame[name].tolist()) if not isinstance(value, Hashable)]
            if odd:
                problem = f"{name} is {frame[name].iloc[odd[0]]!r}. Give a text or a number"
                raise invalid(odd[0], problem, len(odd))


def check_seconds(starts: Array, ends: Array) -> None:
    """Raise ParameterError if times of words look like milliseconds; warn if they look like minutes."""
    if len(starts) and float((ends - starts).mean()) > _LONGEST_WORD / 2:  # quicker than the median that it checks
        check_unit(starts, ends, None, _LONGEST_WORD, "or call table.speech.scale(0.001)")
    _warn(quick_pace(starts, ends))


def repeated_words(frame: pd.DataFrame, times: WordTimes) -> list[int]:
    """The positions of words that are there before, as in two readings in one table: at the same time to the
    millisecond, of the same speaker, and where the table has these, with the same number in the same sentence, as a
    service itself may send two words with the same times. Words without a text or a length do not count."""
    import numpy as np

    steps = np.diff(times.sorted()[0])
    if not len(steps) or steps.min() >= _SAME:
        return []
    is_near = steps < _SAME
    some = times.positions()[np.append(is_near, False) | np.append(False, is_near)]
    near = frame.iloc[some]
    firsts, lasts = np.round(times.starts[some], 3).tolist(), np.round(times.ends[some], 3).tolist()
    names = [map(str, values_of(near, name)) for name in ("speaker", "sentence_id", "word") if name in frame.columns]
    seen, again = set(), []
    for position, *word in zip(some.tolist(), strings_of(near, "text"), firsts, lasts, *names, strict=True):
        text, start, end = word[:3]
        if not text or end <= start:
            continue
        if tuple(word) in seen:
            again.append(position)
        seen.add(tuple(word))
    return sorted(again)


def order_of(starts: Array) -> Array | None:
    """The positions by start, words that start together in their order; None: they are in that order."""
    import numpy as np

    is_sorted = not len(starts) or bool((starts[1:] >= starts[:-1]).all())
    return None if is_sorted else np.argsort(starts, kind="stable")


def quick_pace(starts: Array, ends: Array) -> str:
    """A warning where there are more words a second than people can say, as where times are minutes, or ``""``."""
    seconds = float(ends.max() - starts.min()) if len(ends) >= _FEWEST else math.inf
    pace = len(ends) / seconds if seconds else 0.0  # times that are all the same say nothing of their unit
    if pace <= _QUICKEST:
        return ""
    factor, unit = (60, "minutes") if pace <= 60 * _QUICKEST else (3600, "hours")
    return (
        f"these look like {unit}: {len(ends)} words within {seconds:.10g} s are {pace:.0f} a second, and times are to "
        f"be seconds. They were kept as they are. If so, call table.speech.scale({factor}) first."
    )


def _warn(text: str) -> None:
    """Warn the user's own line."""
    if not text:
        return
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
