"""`compare`: two runs, files, tables or texts of one clip next to each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, cast

from ..errors import ParameterError
from ..scoring.normalise import DEFAULT, Normaliser
from ..scoring.score import Score, score
from ..scoring.sides import sentences_of
from ..scoring.tokens import Unit
from .run import Run
from .sides import side_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..scoring.comparison import Offsets
    from ..widgets.timeline import Timeline

DIFFERENCES = "differences"
"""The name of the layer that marks them on a timeline."""
_SHOWN = 20  # differences in a cell's output


class Comparison:
    """Two sides, a and b, next to each other, as they were when they were compared.

    Attributes:
        names: of both.
        table: the alignment with both sides' times and confidences; see `comparison_table` for the columns.
        differences: one row for each run of tokens that differ: ``start``, ``end``, ``a``, ``b``, ``tokens``.
        offsets: how much later b has the tokens that both have: ``median``, ``p95``, ``drift`` a minute, in seconds.
        summary: one row a side: tokens, agreement, confidence, and the errors against the reference.
        score: the `Score` of b, with a as its reference.
        scores: with a reference, the `Score` of each name; else empty.

    Example:
        >>> c = pnb.compare(run, "Good evening. 今天天气好。", names=("scripted", "by hand"))
        >>> c.differences[["a", "b"]].values.tolist()
        [['morning', 'evening']]
        >>> c
        Comparison(scripted and by hand: MER 14.3 % (1 of 7: 1 sub, 0 del, 0 ins), after width, case, marks)
    """

    def __init__(self, given: Sequence[Any], names: tuple[str, str], result: Score, scores: dict[str, Score]) -> None:
        """`given`: the runs and sides of a and b. Made by `compare`."""
        from ..scoring.comparison import comparison_table, correct_tokens, differences_table, offsets_of, summary_table

        sides = [side_of(each) for each in given]
        self._given = given
        self._sides = sides
        self.names = names
        self.score = result
        self.scores = scores
        right = [correct_tokens(each.aligned[0]) for each in scores.values()]
        self.table: pd.DataFrame = comparison_table(result, sides, right or [None, None])
        self.differences: pd.DataFrame = differences_table(self.table)
        self.offsets: Offsets = offsets_of(self.table)
        self.summary: pd.DataFrame = summary_table(names, sides, self.table, list(scores.values()))

    def plot(self, start: float | None = None, end: float | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw both as lanes over time, a above b, with the differences marked. Returns the Axes.

        `start`, `end`: seconds of the clip; None: from the first and to the last word. `ax`: an Axes to draw in; None:
        a new figure of its own. The words of a text are where the other side has them.

        Raises ParameterError where neither side has times, and for a part that is not one.

        Example:
            >>> pnb.compare(run, "Good evening.").plot(0, 1).get_xlabel()
            'seconds of the clip'
        """
        from ..plots.lanes import draw_lanes

        return draw_lanes(self.table, self.names, start=start, end=end, ax=ax)

    def timeline(self) -> Timeline:
        """One timeline with two lanes: a's words as always, b's as a layer above them, and the differences marked.

        ``n`` and ``Shift+n`` step through the differences and select them; the space bar plays the selected one.

        Raises ParameterError if neither is a run, or the other one has no times.

        Example:
            >>> [layer.name for layer in pnb.compare(run, "Good evening. 今天天气好。").timeline().layers]
            ['b', 'differences']
        """
        runs = [each for each in self._given if isinstance(each, Run)]
        if not runs:
            raise ParameterError("a timeline needs a run, and neither side is one: load its journal with pnb.load.")
        run = runs[0]
        is_first = run is self._given[0]
        view = run.timeline()
        view.highlight(self._lane("b" if is_first else "a"), self.names[1] if is_first else self.names[0])
        view.highlight(self.differences.dropna(subset=["start", "end"]), DIFFERENCES)
        return view

    def _lane(self, side: str) -> pd.DataFrame:
        """The tokens of a side as spans to lay over a timeline; those of a text are where the other side has them."""
        shown = self.table[self.table[side].notna() & self.table["start"].notna()]
        own = shown[f"{side}_start"].notna()
        return (
            shown.assign(
                label=shown[side],
                start=shown[f"{side}_start"].where(own, shown["start"]),
                end=shown[f"{side}_end"].where(own, shown["end"]),
            )[["start", "end", "label"]]
            .sort_values("start", kind="stable")
            .reset_index(drop=True)
        )

    def _repr_html_(self) -> str:
        """The score, the summary and the first differences, for a notebook."""
        shown = (
            self.differences[["start", "end", "a", "b"]]
            .head(_SHOWN)
            .rename(columns=dict(zip("ab", self.names, strict=True)))
        )
        rest = len(self.differences) - len(shown)
        more = f"<p>and {rest} more in <code>differences</code></p>" if rest else ""
        summary = self.summary.dropna(axis="columns", how="all")
        tables = [table.to_html(index=False, na_rep="", float_format="{:.3f}".format) for table in (summary, shown)]
        return f"<p>{escape(str(self.score))}</p>{''.join(tables)}{more}"

    def __repr__(self) -> str:
        return f"Comparison({self.names[0]} and {self.names[1]}: {self.score})"


def compare(
    a: Any,
    b: Any,
    *,
    names: Sequence[str] | None = None,
    reference: Any = None,
    unit: Unit = "auto",
    normalise: Normaliser | None = DEFAULT,
) -> Comparison:
    """Compare two results for one clip: what differs, by how much their times do, and which is right.

    Args:
        a, b: each a run, a table of words, a text, or the path of a text file or a journal.
        names: what to call them; None: the services or files, where they differ, else a and b.
        reference: the right words, in any of these forms: then each side is scored, too.
        unit, normalise: as in `pnb.score`.

    Raises ParameterError as `pnb.score` does, and for names that are not two different texts.

    Example:
        >>> c = compare("the cat sat", "the hat sat", reference="a cat sat")
        >>> [f"{name}: {each.rate:.2f}" for name, each in c.scores.items()]
        ['a: 0.33', 'b: 0.67']
    """
    chosen = _names(names, a, b)
    sides = [side_of(each) for each in (a, b)]
    if any(isinstance(sentences_of(each), list) for each in sides):
        raise ParameterError("lists of sentences cannot be compared: join them to one text.")
    right = None if reference is None else side_of(reference)
    if right is None:
        return Comparison((a, b), chosen, score(*sides, unit=unit, normalise=normalise), {})
    first = score(right, sides[0], unit=unit, normalise=normalise)
    second, result = (
        score(each, sides[1], unit=cast(Unit, first.unit), normalise=normalise) for each in (right, sides[0])
    )
    return Comparison((a, b), chosen, result, dict(zip(chosen, (first, second), strict=True)))


def _names(names: Sequence[str] | None, a: Any, b: Any) -> tuple[str, str]:
    if names is None:
        own = [each.transcript.engine or each.service.host if isinstance(each, Run) else "" for each in (a, b)]
        return (own[0], own[1]) if all(own) and own[0] != own[1] else ("a", "b")
    is_two = not isinstance(names, str) and len(names) == 2 and all(isinstance(name, str) and name for name in names)
    if not is_two or names[0] == names[1]:
        raise ParameterError(f"names={names!r}: give two different texts, such as ('fun-asr', 'paraformer').")
    return names[0], names[1]
