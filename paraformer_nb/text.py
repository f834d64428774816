"""Text: join words, decide where spaces go, sanitise foreign text, format times."""

from __future__ import annotations

import unicodedata

SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "�")
"""For `str.translate`: lone surrogates, which cannot be encoded, to U+FFFD."""

_LINE_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SANITISED = {code: "" for code in _CONTROLS} | {ord(sign): " " for sign in _LINE_BREAKS} | SURROGATES


def sanitise(text: str) -> str:
    """Make a text from outside safe to show: one line, no control or bidirectional-override characters.

    Line breaks and tabs become spaces, lone surrogates become U+FFFD.

    Example:
        >>> sanitise("two\\nlines")
        'two lines'
    """
    return text if text.isprintable() else text.translate(_SANITISED)


def join(texts: list[str]) -> str:
    """Join words or sentences to one line, with a space wherever `needs_space` wants one.

    Example:
        >>> join(["Good", "morning.", "今天", "天气好。"])
        'Good morning.今天天气好。'
    """
    line = ""
    for text in texts:
        line += (" " if line and needs_space(line, text) else "") + text
    return line


def needs_space(before: str, after: str) -> bool:
    """Whether a space goes between two texts: not beside Chinese or Japanese, not where there is one already."""
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return False
    return not (is_wide(before[-1]) or is_wide(after[0]))


def has_space(before: str, after: str) -> bool:
    """Whether a space separates two texts once they are joined: their own, or one that `join` adds."""
    return before[-1:].isspace() or after[:1].isspace() or needs_space(before, after)


def is_wide(character: str) -> bool:
    """Whether a character is Chinese, kana or their punctuation. Korean is as wide, but puts spaces between words."""
    return unicodedata.east_asian_width(character) in "WF" and not "가" <= character <= "힣"


def format_clock(seconds: float, decimals: int = 0, *, hours: bool = False) -> str:
    """Format a time as m:ss, or with `hours` as h:mm:ss, with `decimals` digits of a second, rounded.

    Example:
        >>> format_clock(61.5, 1), format_clock(3661, hours=True)
        ('1:01.5', '1:01:01')
    """
    rounded = round(abs(seconds), decimals)
    sign = "-" if seconds < 0 and rounded else ""
    minutes, rest = divmod(rounded, 60)
    tail = f"{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
    return sign + (f"{int(minutes // 60)}:{int(minutes % 60):02}:{tail}" if hours else f"{int(minutes)}:{tail}")
