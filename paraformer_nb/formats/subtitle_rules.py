"""Rules for subtitles: how long lines and cues may be, how fast they may be read, and where they may be parted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from ..errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class SubtitleRules:
    """Limits for subtitle cues. Times are seconds.

    A full-width character (Chinese, Japanese, Korean) is two columns; with `is_full_width` it is one column, and other
    characters are half of one, in `columns` and in `cps` alike.

    Attributes:
        columns: of a line, at most.
        lines: of a cue, at most.
        cps: characters a second with spaces, at most; this is how fast one has to read.
        shortest, longest: a cue's duration.
        gap: between two cues, where the speech leaves room for it.
        chain: a longer gap than `gap`, up to this, is closed to `gap`.
        linger: how long a cue may stay after its speech, to be read.
        pause: a longer silence ends a cue.
        words: of a cue, at most; None: as many as fit.
        word_seconds: a cue lasts this long for each of its words, at least.
        is_full_width: whether columns count full-width characters.

    Raises ParameterError for a value out of range.

    Example:
        >>> from paraformer_nb.formats.subtitle_rules import SubtitleRules
        >>> SubtitleRules(columns=37).columns, SubtitleRules.preset("netflix", "zh").columns
        (37, 16)
    """

    columns: int = 42
    lines: int = 2
    cps: float = 17.0
    shortest: float = 5 / 6
    longest: float = 7.0
    gap: float = 2 / 24
    chain: float = 0.5
    linger: float = 0.5
    pause: float = 1.0
    words: int | None = None
    word_seconds: float = 0.0
    is_full_width: bool = False

    def __post_init__(self) -> None:
        for name in ("columns", "lines", "words"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise ParameterError(f"{name}={value!r}: a whole number of at least 1. No subtitles were made.")
        for name in ("cps", "shortest", "longest", "gap", "chain", "linger", "pause", "word_seconds"):
            value = getattr(self, name)
            if not (isinstance(value, (int, float)) and value >= 0):
                raise ParameterError(f"{name}={value!r}: a number of at least 0. No subtitles were made.")
        if not self.cps or not self.shortest <= self.longest:
            raise ParameterError(
                f"cps={self.cps!r}, shortest={self.shortest!r}, longest={self.longest!r}: cps is more than 0, and "
                "shortest is not more than longest. No subtitles were made."
            )

    @classmethod
    def preset(cls, name: str, language: str = "en") -> SubtitleRules:
        """The rules of this name for a language, a tag such as "en" or "zh". Raises ParameterError for a name that is
        not in `PRESETS`.

        Example:
            >>> SubtitleRules.preset("bbc").columns, SubtitleRules.preset("netflix", "zh-CN").cps
            (37, 9.0)
        """
        if name not in PRESETS:
            raise ParameterError(
                f"rules={name!r} are not known: give {', '.join(PRESETS)}, or a SubtitleRules. No subtitles were made."
            )
        by_language = PRESETS[name]
        return by_language.get(language.partition("-")[0].lower(), by_language[""])

    def override(self, **values: Any) -> SubtitleRules:
        """The same rules with other values. Raises ParameterError for an unknown name or a value out of range.

        Example:
            >>> SubtitleRules.preset("bbc").override(columns=40).columns
            40
        """
        known = [field.name for field in fields(self)]
        if unknown := sorted(set(values) - set(known)):
            raise ParameterError(
                f"subtitle rules have no {', '.join(unknown)}: they have {', '.join(known)}. No subtitles were made."
            )
        return replace(self, **values)


PRESETS: dict[str, dict[str, SubtitleRules]] = {
    # Netflix' timed text guides: 215758617 (general), 360051554394 (timing). The reading speed is 17, as Subtitle Edit
    # checks it; for Japanese, Korean and Chinese the figures are second-hand.
    "netflix": {
        "": SubtitleRules(),
        "zh": SubtitleRules(columns=16, cps=9.0, is_full_width=True),
        "ja": SubtitleRules(columns=13, cps=4.0, is_full_width=True),
        "ko": SubtitleRules(columns=16, cps=12.0, is_full_width=True),
    },
    # 160 to 180 words a minute, of 6 characters with their space; second-hand, as the guidelines measure words.
    "bbc": {"": SubtitleRules(columns=37, shortest=0.3, word_seconds=0.3, gap=0.0, chain=1.0, linger=1.5)},
    "live": {"": SubtitleRules(columns=32, longest=5.0)},
    "karaoke": {"": SubtitleRules(lines=1, cps=30.0, linger=0.2)},
    "tiktok": {"": SubtitleRules(columns=24, lines=1, cps=30.0, shortest=0.2, words=3, linger=0.2, pause=0.5)},
}
"""Rules by name, and by language where they differ; "" is for all others."""
