"""How numbers in a text may be read, as English words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SIZES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_CURRENCIES = {"$": ("dollar", "cents"), "£": ("pound", "pence"), "€": ("euro", "cents"), "¥": ("yen", "")}
_MAX_READINGS = 4
_MAX_DIGITS = 12  # of a number that is read as one; longer ones are read digit by digit


def cardinal(number: int) -> list[str]:
    """Return a number below a thousand billion in words.

    Example:
        >>> cardinal(1045)
        ['one', 'thousand', 'forty', 'five']
    """
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        return [_TENS[number // 10], *([_ONES[number % 10]] if number % 10 else [])]
    size, name = next((size, name) for size, name in _SIZES if number >= size)
    rest = number % size
    return [*cardinal(number // size), name, *(cardinal(rest) if rest else [])]


def ordinal(number: int) -> list[str]:
    """Return a number's ordinal in words.

    Example:
        >>> ordinal(21)
        ['twenty', 'first']
    """
    *words, last = cardinal(number)
    ending = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return [*words, _ORDINALS.get(last, ending)]


def number_readings(word: str) -> list[list[str]]:
    """Return up to four ways to read a word with digits in it, the likeliest first.

    Example:
        >>> number_readings("1984")[0]
        ['nineteen', 'eighty', 'four']
    """
    word = re.sub(r"(?<=\d),(?=\d{3})", "", word.lower())
    if match := re.fullmatch(r"(\d{1,12})(?:st|nd|rd|th)", word):
        return [ordinal(int(match[1]))]
    if match := re.fullmatch(r"([$£€¥])(\d{1,12})(?:\.(\d\d))?(.*)", word):
        return list(islice(_amounts(match[1], match[2], match[3], match[4]), _MAX_READINGS))
    parts = [_part_readings(part) for part in re.findall(r"\d+|\.(?=\d)|[a-z']+|[%&+=@°#]", word)]
    return [[word for part in reading for word in part] for reading in islice(product(*parts), _MAX_READINGS)]


def _amounts(sign: str, whole: str, hundredths: str | None, rest: str) -> Iterator[list[str]]:
    unit, cents = _CURRENCIES[sign]
    is_plural = int(whole) != 1 and unit != "yen"
    for reading in _digit_readings(whole):
        if hundredths and int(hundredths):
            yield [*reading, unit + ("s" if is_plural else ""), *cardinal(int(hundredths)), cents]
            yield [*reading, *cardinal(int(hundredths))]
        else:
            scale = [rest] if rest in ("million", "billion", "thousand") else []
            yield [*reading, *scale, unit + ("s" if is_plural else "")]


def _part_readings(part: str) -> list[list[str]]:
    if part.isdigit():
        return _digit_readings(part)
    return [["point"]] if part == "." else [[part]]


def _digit_readings(digits: str) -> list[list[str]]:
    """Read a row of digits: as a year, as a number, digit by digit."""
    each = [_ONES[int(digit)] for digit in digits]
    if len(digits) > _MAX_DIGITS or (digits[0] == "0" and len(digits) > 1):
        return [each, ["oh" if word == "zero" else word for word in each]]
    number = int(digits)
    readings = [cardinal(number)]
    if len(digits) == 4 and digits[1:3] != "00":
        century, year = divmod(number, 100)
        tail = ["hundred"] if not year else cardinal(year) if year > 9 else ["oh", *cardinal(year)]
        readings.insert(0, [*cardinal(century), *tail])
    if len(digits) > 2:
        readings.append(each)
    return readings
