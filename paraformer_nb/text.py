"""Text: join words, decide where spaces go, sanitise what others sent, format times."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "�")
"""For `str.translate`: lone surrogates, which cannot be encoded, to U+FFFD."""

_LINE_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SANITISED = {code: "" for code in _CONTROLS} | {ord(sign): " " for sign in _LINE_BREAKS} | SURROGATES

_CLOSING = ",.;:!?)]}%…’”»"
_SENTENCE_END = tuple(".!?…。！？｡")
_QUOTES_AND_BRACKETS = "\"'”’»」』）)]】》〉"  # which may follow the mark that ends a sentence
_EMOJI = range(0x1F000, 0x20000)  # as wide as a Chinese character, but part of no script


def sanitise(text: str) -> str:
    """Make a text from outside safe to show: one line, no control or bidirectional-override characters.

    Line breaks and tabs become spaces, lone surrogates become U+FFFD.

    Example:
        >>> sanitise("two\\nlines")
        'two lines'
    """
    return text if text.isprintable() else text.translate(_SANITISED)


def join(texts: Iterable[str]) -> str:
    """Join words or sentences to one line, with one space wherever `separator` wants one.

    Example:
        >>> join(["Good", "morning.", "今天", "天气好。"])
        'Good morning. 今天天气好。'
    """
    line = ""
    for text in texts:
        if needs_space(line, text):
            line += " "
        elif line and line[-1].isspace():
            text = text.lstrip()
        line += text
    return line


def ends_sentence(text: str) -> bool:
    """Whether a text ends in a mark that ends a sentence; closing quotes and brackets may follow it.

    Example:
        >>> ends_sentence('"Go."'), ends_sentence("他说：“走。”"), ends_sentence("3.5")
        (True, True, False)
    """
    return text.rstrip(_QUOTES_AND_BRACKETS).endswith(_SENTENCE_END)


def separator(before: str, after: str) -> str:
    """The text between two texts that are shown without spaces around them: a space or nothing."""
    if not before or not after.strip():
        return ""
    return " " if before[-1].isspace() or after[0].isspace() or needs_space(before, after) else ""


def needs_space(before: str, after: str) -> bool:
    """Whether a space must be added between two texts. The one rule for every line of text, table and view:

    - none where there is one already, and none within Chinese and Japanese;
    - one between words of other scripts, and where these meet Chinese or Japanese (``你好。 Hello``), but none beside
      Chinese or Japanese for digits (``3个``, as recognisers write numbers) and for quotation marks and dashes, which
      all scripts share;
    - none before closing punctuation and none after an opening bracket or quotation mark.
    """
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return False
    if _is_opening(before[-1]) or _is_closing(after):
        return False
    if is_cjk(before[-1]):
        return not is_cjk(after[0]) and not _is_shared(after[0])
    return not is_cjk(after[0]) or not _is_shared(before[-1])


def is_cjk(character: str) -> bool:
    """Whether a character is Chinese, kana or their punctuation, on any Unicode plane: written without spaces.

    Korean, which puts spaces between words, is not.
    """
    code = ord(character)
    if code < 0x2E80 or code in _EMOJI or unicodedata.east_asian_width(character) not in "WFH":
        return False
    return not is_hangul(character)


def is_hangul(character: str) -> bool:
    """Whether a character is Korean."""
    return character >= "\u1100" and "HANGUL" in unicodedata.name(character, "")


def _is_opening(character: str) -> bool:
    return unicodedata.category(character) in ("Ps", "Pi")


def _is_closing(text: str) -> bool:
    """Whether a text begins with closing punctuation; Western marks only if the text has no letters (not ``.NET``)."""
    is_wide_mark = is_cjk(text[0]) and unicodedata.category(text[0]) in ("Pe", "Pf", "Po")
    return is_wide_mark or not text.strip(_CLOSING)


def _is_shared(character: str) -> bool:
    """Whether a character stands beside Chinese without a space, though it is not Chinese."""
    return character.isdecimal() or (character > "\x7f" and unicodedata.category(character).startswith("P"))


def unit_advice(time: float, end: float | None) -> str:
    """Advice where a time in seconds looks like milliseconds of a clip that ends at `end`; else ``""``.

    Example:
        >>> unit_advice(1500.0, 39.0), unit_advice(15.0, 39.0)
        (' These look like milliseconds: give seconds.', '')
    """
    is_likely = end is not None and 2 * end < time <= 1000 * end
    return " These look like milliseconds: give seconds." if is_likely else ""


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
