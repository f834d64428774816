"""Numbers in Chinese numerals as digits, where they are numbers beyond doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .traced import Replacement

_DIGITS = {"零": 0, "〇": 0, "○": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TWO = "两兩"
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

# Numerals that are not numbers: what the grammar below would read as one.
_SAYINGS = (
    *("三十而立", "四十不惑", "四十而不惑", "五十知天命", "五十而知天命", "六十耳顺", "六十而耳顺", "三十六计"),
    *("十万火急", "十万八千里", "三百六十行", "七十二变", "三七二十一", "三六九等", "三三两两", "七七八八"),
    *("九九归一", "三五成群", "三五知己", "一三五", "二四六", "一二九", "五四"),
)

_NUMERALS = "".join([*_DIGITS, *_TWO, *_UNITS, *_MYRIADS])
_PLAIN = "".join(_DIGITS)
_DECIMALS = f"[点點](?P<%s>[{_PLAIN}]+)(?![{_NUMERALS.translate({ord(each): None for each in _MYRIADS})}])"
_FOUND = re.compile(
    f"(?P<saying>(?:{'|'.join(_SAYINGS)})(?![{_NUMERALS}]))"
    f"|(?P<of>[{_NUMERALS}]+)分之(?P<share>[{_NUMERALS}]+)(?:{_DECIMALS % 'share_decimals'})?"
    f"|(?P<whole>[{_NUMERALS}]+)(?:{_DECIMALS % 'decimals'})?"
)
_SHARES = {"百": "%", "千": "‰"}
_APPROXIMATE = {"三五", "一两", "两三", "三两"}
_HOURS = 24
_AFTER_DECIMALS = tuple("万萬亿億倍")


def write_digits(text: str) -> Iterator[Replacement]:
    """Write numbers of at least two numerals as digits: 二十五 → 25, 二零二六 → 2026, 三点一四 → 3.14, 百分之五 → 5%.

    What is not a number beyond doubt stays: a single numeral (一起), sayings (三十而立), about so many (三四个), what
    may be a time (三点五), a fraction (二十分之一).

    Example:
        >>> list(write_digits("二十五个"))
        [Replacement(start=0, end=3, text='25')]
    """
    for found in _FOUND.finditer(text):
        if found["of"]:
            share = _share(found["of"], found["share"], found["share_decimals"])
            if share is not None:
                yield Replacement(*found.span(), share)
        elif found["whole"]:
            yield from _plain(found, text[found.end() : found.end() + 1])


def _share(of: str, share: str, decimals: str | None) -> str | None:
    """A share of a hundred or a thousand in digits; None where it may be another one."""
    sign = _SHARES.get(of)
    number = str(_DIGITS.get(share, _UNITS.get(share, ""))) or _number(share)
    if sign is None or not number:
        return None
    return f"{number}.{_spelt(decimals)}{sign}" if decimals else f"{number}{sign}"


def _plain(found: re.Match[str], after: str) -> Iterator[Replacement]:
    """A whole number, with decimals where they are not the minutes of a time."""
    whole, decimals = found["whole"], found["decimals"]
    number = _number(whole)
    if decimals and after == "分" and decimals[0] in "零〇":  # 三点零五分
        return
    if decimals and _are_decimals(whole, number, decimals, after):
        exact = str(_DIGITS[whole]) if whole in _DIGITS else number
        if exact is not None:
            yield Replacement(*found.span(), f"{exact}.{_spelt(decimals)}")
            return
    if number is not None:
        yield Replacement(*found.span("whole"), number)
    if decimals and (number := _number(decimals)) is not None:
        yield Replacement(*found.span("decimals"), number)


def _are_decimals(whole: str, number: str | None, decimals: str, after: str) -> bool:
    """Whether digits behind 点 are decimals: one may be the minutes after an hour (三点五)."""
    is_hour = whole not in "零〇" and not (number and int(number) > _HOURS)
    return len(decimals) > 1 or not is_hour or decimals in "零〇" or after in _AFTER_DECIMALS


def _spelt(digits: str) -> str:
    return "".join(str(_DIGITS[each]) for each in digits)


def _number(numerals: str) -> str | None:
    """The digits of a number; None where it may not be one."""
    if len(numerals) < 2 or numerals in _APPROXIMATE:
        return None
    if set(numerals) == {"○"}:  # blanks, as in 王○○
        return None
    if all(each in _DIGITS for each in numerals):
        return _spelt(numerals) if len(numerals) > 2 or not _is_approximate(numerals) else None
    value = _value(numerals)
    return None if value is None else str(value)


def _is_approximate(pair: str) -> bool:
    """Whether two numerals mean about so many (三四), or are a repetition (一一)."""
    first, second = _DIGITS[pair[0]], _DIGITS[pair[1]]
    return bool(first) and second - first in (0, 1)


def _value(numerals: str) -> int | None:
    """The value of numerals with units, such as 一万二千零三; None where they are not well formed."""
    for unit in ("亿億", "万萬"):
        head, mark, tail = _split_last(numerals, unit)
        if not mark:
            continue
        factor = _MYRIADS[mark]
        high, low = _value(head) if head else None, _tail_value(tail, factor)
        if high is None or low is None or (factor == 10**4 and high >= 10**4):
            return None
        return high * factor + low
    return _section(numerals)


def _split_last(text: str, marks: str) -> tuple[str, str, str]:
    index = max(text.rfind(mark) for mark in marks)
    return (text[:index], text[index], text[index + 1 :]) if index >= 0 else (text, "", "")


def _tail_value(tail: str, factor: int) -> int | None:
    """The value of what follows a unit: nothing, a single digit of the unit below (三万五), or the rest."""
    if not tail:
        return 0
    if len(tail) == 1:
        return _DIGITS[tail] * factor // 10 if _DIGITS.get(tail) else None
    value = _value(tail)
    return value if value is not None and value < factor else None


def _section(numerals: str) -> int | None:
    """The value of numerals below 10,000, with units in falling order."""
    total, digit, last_unit, has_zero = 0, None, 10**4, False
    for index, each in enumerate(numerals):
        if each in _UNITS:
            unit = _UNITS[each]
            if unit >= last_unit or (digit is None and (index or unit != 10) and not (has_zero and unit == 10)):
                return None
            total += (1 if digit is None else digit) * unit
            digit, last_unit, has_zero = None, unit, False
        elif digit is not None:
            return None
        elif each in "零〇○":
            has_zero = True
        else:
            digit = 2 if each in _TWO else _DIGITS[each]
    if digit is None:
        return None if has_zero else total
    is_short = last_unit in (100, 1000) and not has_zero  # 一百二: the unit below is left out
    return total + (digit * last_unit // 10 if is_short else digit)
