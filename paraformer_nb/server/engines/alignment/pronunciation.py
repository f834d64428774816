"""How a written English word may be pronounced, in the phones of PocketSphinx's en-us model.

This is for alignment, not for reading aloud: a rough pronunciation is enough to find a word in its audio. What is in
the model's dictionary is pronounced as there; numbers, abbreviations and letters are spelled out; the rest is
pronounced by rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product

from .numbers import number_readings

Lookup = Callable[[str], list[str]]
"""Returns a word's pronunciations in the dictionary, such as ``["HH AH L OW"]``; an empty list if it has none."""

_MAX_PRONUNCIATIONS = 4  # each further one makes the alignment's graph larger
_SPOKEN = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "jr": "junior",
    "sr": "senior",
    "vs": "versus",
    "etc": "et cetera",
    "ok": "okay",
    "km": "kilometers",
    "kg": "kilograms",
    "&": "and",
    "%": "percent",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "°": "degrees",
    "#": "number",
}
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "EY",
            "B IY",
            "S IY",
            "D IY",
            "IY",
            "EH F",
            "JH IY",
            "EY CH",
            "AY",
            "JH EY",
            "K EY",
            "EH L",
            "EH M",
            "EH N",
            "OW",
            "P IY",
            "K Y UW",
            "AA R",
            "EH S",
            "T IY",
            "Y UW",
            "V IY",
            "D AH B AH L Y UW",
            "EH K S",
            "W AY",
            "Z IY",
        ],
        strict=True,
    )
)
_SPELLINGS = (  # longer ones first; those that begin alike belong together
    "tion:SH AH N,sion:ZH AH N,ture:CH ER,eigh:EY,ough:AO,augh:AO,igh:AY,tch:CH,dge:JH,sch:SH,que:K,ous:AH S,ch:CH,"
    "ck:K,sh:SH,th:TH,ph:F,wh:W,gh:G,qu:K W,ng:NG,kn:N,wr:R,ee:IY,ea:IY,ie:IY,ei:IY,ey:IY,oo:UW,oa:OW,ou:AW,ow:OW,"
    "oi:OY,oy:OY,ai:EY,ay:EY,au:AO,aw:AO,ew:UW,eu:Y UW,ue:UW,ui:UW,ar:AA R,er:ER,ir:ER,ur:ER,or:AO R,ce:S EH,ci:S IH,"
    "cy:S IY,ge:JH EH,gi:JH IH,a:AE,b:B,c:K,d:D,e:EH,f:F,g:G,h:HH,i:IH,j:JH,k:K,l:L,m:M,n:N,o:AA,p:P,q:K,r:R,s:S,t:T,"
    "u:AH,v:V,w:W,x:K S,y:IY,z:Z"
)
_RULES = [tuple(rule.split(":")) for rule in _SPELLINGS.split(",")]
_ENDINGS = {
    "ed": "D",
    "ing": "IH NG",
    "er": "ER",
    "est": "AH S T",
    "ly": "L IY",
    "ness": "N AH S",
    "less": "L AH S",
    "ment": "M AH N T",
    "ful": "F AH L",
    "'d": "D",
    "'ve": "V",
    "'ll": "L",
    "'re": "ER",
    "n't": "AH N T",
}


class Lexicon:
    """Pronunciations of written words.

    Example:
        >>> Lexicon(lambda word: {"two": ["T UW"], "cents": ["S EH N T S"]}.get(word, [])).pronounce("2")
        ['T UW']
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def pronounce(self, token: str) -> list[str]:
        """Return up to four pronunciations, the likeliest first; none for a token that is not spoken."""
        word = plain(token)
        return list(dict.fromkeys(islice(self._pronounce(word), _MAX_PRONUNCIATIONS))) if word else []

    def _pronounce(self, word: str) -> Iterator[str]:
        lower = word.lower()
        yield from self._lookup(lower)
        if lower in _SPOKEN:
            yield from self._join(_SPOKEN[lower].split())
        if re.search(r"\d", lower):
            for reading in number_readings(lower):
                yield from self._join(reading)
        elif re.fullmatch(r"[a-z']+", lower):
            if word.isupper() and len(word) < 6:
                yield _spell(lower)
            if not self._lookup(lower):
                yield from self._guess(lower)
        else:
            yield from self._join(part for part in re.findall(r"[a-z']+|[%&+=@°#]", lower) if part.strip("'"))

    def _join(self, words: Iterable[str]) -> Iterator[str]:
        """Combine the pronunciations of several words."""
        each = [list(islice(self._one_word(word), 2)) for word in words]
        return (" ".join(parts) for parts in islice(product(*(some for some in each if some)), _MAX_PRONUNCIATIONS))

    def _one_word(self, word: str) -> Iterator[str]:
        if known := self._lookup(word):
            yield from known
        elif word in _SPOKEN:
            yield from self._join(_SPOKEN[word].split())
        elif len(word) == 1:
            yield _spell(word)
        else:
            yield from self._guess(word)

    def _guess(self, word: str) -> Iterator[str]:
        """Pronounce a word that is in no dictionary: by its stem, by two known words, by its letters."""
        for ending, phones in _ENDINGS.items():
            stem = word.removesuffix(ending)
            if len(stem) > 1 and stem != word:
                for known in (stem, stem + "e", stem[:-1]):
                    yield from (f"{each} {phones}" for each in self._lookup(known)[:1])
        for plural in ("'s", "es", "s"):
            if len(word) > len(plural) + 1 and word.endswith(plural):
                yield from (each + _plural(each) for each in self._lookup(word.removesuffix(plural))[:1])
        middle = len(word) / 2
        for cut in sorted(range(3, len(word) - 2), key=lambda cut: abs(cut - middle)):
            if (first := self._lookup(word[:cut])) and (second := self._lookup(word[cut:])):
                yield f"{first[0]} {second[0]}"
                break
        yield by_rules(word)


def plain(token: str) -> str:
    """Return a token without punctuation around it and without accents: what is pronounced."""
    folded = unicodedata.normalize("NFKD", token.replace("’", "'"))
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return re.sub(r"^[^\w$£€¥%&+=@°#]+|[^\w%&+=@°#]+$", "", folded)


def by_rules(word: str) -> str:
    """Pronounce a word by its letters alone."""
    rest = word.replace("'", "")
    if len(rest) > 3 and rest.endswith("e") and rest[-2] not in "aeiouy":
        rest = rest[:-1]
    phones: list[str] = []
    while rest:
        spelling, sound = next(((a, b) for a, b in _RULES if rest.startswith(a)), (rest[0], ""))
        if sound and not (len(spelling) == 1 and rest[:2] == 2 * spelling and spelling not in "aeiou"):
            phones.append(sound)  # a doubled consonant sounds once
        rest = rest[len(spelling) :]
    return " ".join(phones) or "AH"


def _spell(word: str) -> str:
    return " ".join(_LETTERS[letter] for letter in word if letter in _LETTERS) or "AH"


def _plural(phones: str) -> str:
    last = phones.split()[-1]
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return " IH Z"
    return " S" if last in ("P", "T", "K", "F", "TH") else " Z"
