"""Subtitle cues out of words, by rules: the words that each shows, on which lines, and for how long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ParameterError
from ..tables.frame import frame_of
from .cue_atoms import Atom, Entry, Unit, units_of
from .cue_language import cue_language
from .cue_lines import break_lines
from .cue_plan import Plan
from .cue_words import entries_of, language_of_words
from .subtitle_rules import SubtitleRules

if TYPE_CHECKING:
    import pandas as pd

_EXACT = 1e-6  # seconds that do not count


class Cue(NamedTuple):
    """A subtitle: its times in seconds, and for each line the words on it, as `Atom`s with times of their own.

    `columns`: of its longest line; `finding`: the rules that it breaks, or "".
    """

    start: float
    end: float
    lines: tuple[tuple[Atom, ...], ...]
    columns: int
    cps: float
    finding: str

    @property
    def text(self) -> str:
        """The lines, with a line break between them."""
        return "\n".join(
            "".join(atom.separator * (number > 0) + atom.text for number, atom in enumerate(line))
            for line in self.lines
        )


def cues(
    words: Any,
    rules: SubtitleRules | str = "netflix",
    *,
    language: str = "auto",
    sentences: Any = None,
    **overrides: Any,
) -> pd.DataFrame:
    """Subtitle cues for a table of words. No text is left out, and the time is linear in the number of words.

    Args:
        words: a table with ``text``, ``start`` and ``end`` in seconds; ``punctuation``, ``speaker`` and ``sentence_id``
            count where they are there.
        rules: a `SubtitleRules`, or the name of a preset: "netflix", "bbc", "live", "karaoke" or "tiktok".
        language: by which the preset is chosen, and articles and conjunctions are known; "auto": by the words' script.
        sentences: a table with ``sentence_id`` and ``text``, whose capitals are laid over the words.
        **overrides: values of the rules, such as ``columns=40``.

    Returns one row a cue, by start: ``start`` and ``end`` float64 seconds, ``text`` string with line breaks, ``lines``
    int64, ``columns`` int64 (of the longest line), ``cps`` float64 (characters a second), ``finding`` string: what of
    "too fast", "too short", "too long", "line too long", "too many lines" and "overlap" could not be avoided without
    rewording, or "".

    Raises ParameterError for a table without these columns, for invalid times and for unknown rules.

    Example:
        >>> import pandas as pd
        >>> from paraformer_nb.formats.cues import cues
        >>> words = pd.DataFrame({"text": ["Good", "morning."], "start": [0.0, 0.4], "end": [0.4, 1.0]})
        >>> cues(words, "netflix", columns=10)[["start", "end", "text", "finding"]].to_dict("records")
        [{'start': 0.0, 'end': 1.0, 'text': 'Good\\nmorning.', 'finding': ''}]
    """
    return cues_table(plan_cues(entries_of(words, sentences), rules, language=language, **overrides))


def cues_table(planned: Sequence[Cue]) -> pd.DataFrame:
    """Cues as a table; `cues` has its columns."""
    return frame_of(
        start=([cue.start for cue in planned], "float64"),
        end=([cue.end for cue in planned], "float64"),
        text=([cue.text for cue in planned], "string"),
        lines=([len(cue.lines) for cue in planned], "int64"),
        columns=([cue.columns for cue in planned], "int64"),
        cps=([cue.cps for cue in planned], "float64"),
        finding=([cue.finding for cue in planned], "string"),
    )


def plan_cues(
    entries: Sequence[Entry], rules: SubtitleRules | str = "netflix", *, language: str = "auto", **overrides: Any
) -> list[Cue]:
    """The cues of `cues`, with the times of the words in them. `entries`: in the order in which they are shown."""
    spoken = language_of_words(entries) if language == "auto" else language
    if isinstance(rules, str):
        rules = SubtitleRules.preset(rules, spoken)
    elif not isinstance(rules, SubtitleRules):
        raise ParameterError(f"rules={rules!r}: give the name of a preset, or a SubtitleRules. No subtitles were made.")
    rules = rules.override(**overrides)
    columns = rules.columns * 2 if rules.is_full_width else rules.columns
    units = units_of(entries, columns, rules.pause, cue_language(spoken))
    plan = Plan(units, rules)
    parts = sorted((_start(units[first : last + 1]), first, last) for first, last in plan.parts())
    next_starts = [*(start for start, _, _ in parts[1:]), math.inf]
    return [
        _cue(units[first : last + 1], start, next_start, plan, (first, last), rules)
        for (start, first, last), next_start in zip(parts, next_starts, strict=False)
    ]


def _start(units: Sequence[Unit]) -> float:
    return min(unit.start for unit in units)


def _cue(
    units: Sequence[Unit], start: float, next_start: float, plan: Plan, part: tuple[int, int], rules: SubtitleRules
) -> Cue:
    """The cue of a part of the plan: `units` are those of it."""
    speech_end = max(unit.end for unit in units)
    characters = plan.characters(*part)
    reading = characters / plan.speed
    shortest = max(rules.shortest, rules.word_seconds * len(units))
    end = _end(start, speech_end, next_start, max(reading, shortest), rules)
    spans = break_lines(plan.widths, *part, plan.columns)
    widest = max(plan.widths.line(*span) for span in spans)
    duration = end - start
    findings = {
        "too fast": duration < reading - _EXACT,
        "too short": duration < shortest - _EXACT,
        "too long": duration > rules.longest + _EXACT,
        "line too long": widest > plan.columns,
        "too many lines": len(spans) > rules.lines,
        "overlap": end > next_start + _EXACT,
    }
    lines = (units[first - part[0] : last + 1 - part[0]] for first, last in spans)
    return Cue(
        start,
        end,
        tuple(tuple(atom for unit in line for atom in unit.atoms) for line in lines),
        -(-widest // 2) if rules.is_full_width else widest,
        characters / (2 if rules.is_full_width else 1) / duration if duration > 0 else math.inf,
        ", ".join(name for name, is_found in findings.items() if is_found),
    )


def _end(start: float, speech_end: float, next_start: float, wanted: float, rules: SubtitleRules) -> float:
    """The end of a cue that is to be shown for `wanted` seconds: not into the next one, not longer than `linger` after
    its speech, except to close a gap, and never shortened under its speech."""
    room = min(next_start - rules.gap, start + rules.longest)
    end = max(speech_end, min(start + wanted, speech_end + rules.linger, room))
    return max(end, room) if next_start - end <= rules.chain else end
