"""The steps of normalisation: each finds the replacements that it makes in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..errors import MissingDependency
from ..text import is_cjk
from .traced import Replacement

FILLERS: dict[str, tuple[str, ...]] = {
    "en": ("um", "umm", "uh", "uhm", "er", "erm", "hm", "hmm", "mhm", "mm", "ah", "eh"),
    "zh": ("嗯", "呃", "啊", "哦", "噢", "唔", "额"),
    "ja": ("ええと", "えっと", "えーと", "あのー", "うーん", "まあ"),
    "de": ("äh", "ähm", "öh", "hm", "hmm"),
    "fr": ("euh", "heu", "hum", "hein"),
    "es": ("eh", "em", "este", "mm"),
}
"""Words without a meaning of their own, by language; each as it is after the steps before."""

_APOSTROPHES = dict.fromkeys(map(ord, "’ʼ‘`´＇"), "'") | dict.fromkeys(map(ord, "‐‑"), "-")
_MARK = re.compile(r"[^\w\s]|_")
_SPACES = re.compile(r"\s+")
_UNTIDY_SPACES = re.compile(r"^\s+|\s+$|\s{2,}|[^\S ]")  # where there is no Chinese or Japanese
_MAYBE_CJK = re.compile("[\u2e80-\U0010ffff]")
_BETWEEN_DIGITS = ".,:"
_TOUCHING = "%‰+#"  # and every sign of a currency
_CONFIGURATIONS = {"simplified": "t2s", "traditional": "s2t"}


def fold_width(text: str) -> Iterator[Replacement]:
    """Make wide, narrow and composed forms the usual ones (NFKC), and one apostrophe and hyphen of several; drop
    invisible characters."""
    if text.isascii() and text.isprintable():
        return
    pieces = list(_composable_parts(text))
    if "".join(map(_folded, pieces)) != _folded(text):  # characters that only compose over these parts
        pieces = [text]
    position = 0
    for piece in pieces:
        if (folded := _folded(piece)) != piece:
            yield Replacement(position, position + len(piece), folded)
        position += len(piece)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))
    return folded if folded.isprintable() else "".join(filter(_is_visible, folded))


def _is_visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in ("Cf", "Cc")


def _composable_parts(text: str) -> Iterator[str]:
    """A text in parts, each a character with the marks that follow it."""
    part = ""
    for character in text:
        if part and not (character > "\x7f" and _joins(character)):
            yield part
            part = ""
        part += character
    if part:
        yield part


@lru_cache(4096)
def _joins(character: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0


def fold_case(text: str) -> Iterator[Replacement]:
    """Make letters of both cases one."""
    if text.casefold() == text:
        return
    for index, character in enumerate(text):
        if (folded := character.casefold()) != character:
            yield Replacement(index, index + 1, folded)


def convert_script(text: str, script: str) -> Iterator[Replacement]:
    """Convert traditional and simplified Chinese. Raises MissingDependency without opencc."""
    converter = opencc_converter(script)
    for run in re.finditer(r"[^\x00-\u2e7f\ud800-\udfff]+", text):  # lone surrogates cannot be encoded for it
        converted = converter.convert(run[0])
        if converted == run[0]:
            continue
        if len(converted) != len(run[0]):
            yield Replacement(*run.span(), converted)
            continue
        for index, (before, after) in enumerate(zip(run[0], converted, strict=True), run.start()):
            if before != after:
                yield Replacement(index, index + 1, after)


@lru_cache(2)
def opencc_converter(script: str) -> Any:
    try:
        import opencc
    except ImportError as error:
        raise MissingDependency(
            f"script={script!r} needs the package opencc, which is not installed. Nothing was compared. Install it "
            "with `pip install 'paraformer-nb[zh]'`, or leave script out."
        ) from error
    return opencc.OpenCC(_CONFIGURATIONS[script])


def drop_fillers(text: str, fillers: Iterable[str]) -> Iterator[Replacement]:
    """Drop words such as "um": whole words only, but anywhere in Chinese and Japanese."""
    by_length = sorted(fillers, key=len, reverse=True)
    patterns = (re.escape(each) if is_cjk(each[0]) else rf"(?<![\w'-]){re.escape(each)}(?![\w'])" for each in by_length)
    for found in re.finditer("|".join(patterns), text):
        yield Replacement(*found.span(), " ")


def drop_marks(text: str, inner: str) -> Iterator[Replacement]:
    """Make punctuation and symbols spaces, but for those that belong to a word or a number."""
    for found in _MARK.finditer(text):
        index, mark = found.start(), found[0]
        if unicodedata.category(mark)[0] in "PS" and not _belongs(text, index, mark, inner):
            yield Replacement(index, index + 1, " ")


def _belongs(text: str, index: int, mark: str, inner: str) -> bool:
    before = text[index - 1] if index else " "
    after = text[index + 1] if index + 1 < len(text) else " "
    if mark in inner and _is_letter(before) and _is_letter(after):
        return True
    if mark in _BETWEEN_DIGITS and before.isdecimal() and after.isdecimal():
        return True
    return _is_touching(mark) and (_touched(text, index, -1) or _touched(text, index, 1))


def _is_letter(character: str) -> bool:
    """Whether it is a letter, or an accent on one."""
    return character.isalpha() or unicodedata.category(character)[0] == "M"


def _is_touching(mark: str) -> bool:
    return mark in _TOUCHING or unicodedata.category(mark) == "Sc"


def _touched(text: str, index: int, step: int) -> bool:
    """Whether a letter or digit, not Chinese, stands beside a row of such signs: C++, but not in 加+减."""
    while 0 <= index < len(text) and _is_touching(text[index]):
        index += step
    return 0 <= index < len(text) and text[index].isalnum() and not is_cjk(text[index])


def tidy_spaces(text: str) -> Iterator[Replacement]:
    """Make one space of several, and none at the ends and beside Chinese and Japanese."""
    for found in (_SPACES if _MAYBE_CJK.search(text) else _UNTIDY_SPACES).finditer(text):
        start, end = found.span()
        is_edge = not start or end == len(text)
        wanted = "" if is_edge or is_cjk(text[start - 1]) or is_cjk(text[end]) else " "
        if found[0] != wanted:
            yield Replacement(start, end, wanted)


def unify_variants(text: str, variants: Mapping[str, str]) -> Iterator[Replacement]:
    """Replace whole words by what counts as the same; `variants` is normalised as the text is."""
    by_length = sorted(filter(None, variants), key=len, reverse=True)
    for found in re.finditer("|".join(map(_whole_words, by_length)), text) if by_length else ():
        yield Replacement(*found.span(), variants[found[0]])


def _whole_words(text: str) -> str:
    before = r"(?<![^\W\u2e80-\U0010ffff])" if not is_cjk(text[0]) else ""
    after = r"(?![^\W\u2e80-\U0010ffff])" if not is_cjk(text[-1]) else ""
    return before + re.escape(text) + after
