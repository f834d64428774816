"""Characters that the chosen fonts lack: find another installed font for them, or name them in a warning."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

_VARIATION_SELECTORS = {*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}
_PLACEHOLDERS = "Last Resort"  # matplotlib's own last font, which has a box for every character
_MAX_NAMED = 20  # characters in the warning
_named: set[str] = set()


def with_fallbacks(families: list[str], text: str, advised: Iterable[str] = ()) -> list[str]:
    """The families, and others that have the text's remaining characters. Warns, once a process for each character,
    where no installed font has one; not of the `advised`, which were named elsewhere."""
    missing = {sign for sign in set(text) - set(advised) if _is_drawn(sign)}
    missing -= set(_covered(families, frozenset(missing)))
    fallbacks: list[str] = []
    if missing:
        fallbacks, missing = _search(frozenset(missing))
    if unnamed := sorted(missing - _named):
        _named.update(unnamed)
        _warn(unnamed)
    return [*families, *fallbacks]


def _is_drawn(sign: str) -> bool:
    """Whether a character is one that a reader would miss."""
    return not sign.isspace() and unicodedata.category(sign)[0] != "C" and sign not in _VARIATION_SELECTORS


def _covered(families: Iterable[str], signs: frozenset[str]) -> Iterator[str]:
    """Those of the characters that one of these families has."""
    for name in families:
        font = font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=[name])))
        yield from (sign for sign in signs if font.get_char_index(ord(sign)))


@cache
def _search(missing: frozenset[str]) -> tuple[list[str], set[str]]:
    """Installed families that have these characters, and the characters that none has. Opens every font once."""
    found: list[str] = []
    left = set(missing)
    listed = font_manager.fontManager.ttflist
    # matplotlib's list of fonts is not updated when one is installed.
    new = set(font_manager.findSystemFonts()) - {font.fname for font in listed}
    plain = sorted(listed, key=lambda font: (not font.name.startswith("Noto Sans"), font.style != "normal", font.name))
    for path in (*(font.fname for font in plain), *sorted(new)):
        if not left:
            break
        with suppress(OSError, RuntimeError):  # a file that cannot be read as a font
            font = FT2Font(path)
            is_usable = font.scalable and not font.family_name.startswith(_PLACEHOLDERS)
            if is_usable and (has := {sign for sign in left if font.get_char_index(ord(sign))}):
                if path in new:
                    font_manager.fontManager.addfont(path)
                found.append(font.family_name)
                left -= has
    return found, left


def _warn(signs: list[str]) -> None:
    names = " ".join(signs[:_MAX_NAMED]) + (" …" if len(signs) > _MAX_NAMED else "")
    warnings.warn(
        f"no installed font has {names} – these characters are boxes in the plot. Install a font that has them, and "
        "restart the kernel: on Debian and Ubuntu `apt-get install fonts-noto-core`, for emoji `fonts-symbola` "
        "(coloured ones cannot be drawn). 系统中没有字体包含这些字符，图中会显示为方框；请安装字体后重启内核。",
        UserWarning,
        stacklevel=2,
    )
