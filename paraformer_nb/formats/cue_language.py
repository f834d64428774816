"""Words by which subtitles are parted: articles, which stay with the next word, and conjunctions and prepositions."""

from __future__ import annotations

from typing import NamedTuple

_MARKS = "\"'“”‘’«»()[]"


class CueLanguage(NamedTuple):
    """The words of a language, in lower case."""

    articles: frozenset[str]
    conjunctions: frozenset[str]
    abbreviations: frozenset[str]

    def is_article(self, text: str) -> bool:
        return text.lower() in self.articles

    def is_conjunction(self, text: str) -> bool:
        """Whether a word is a conjunction or a preposition: a line better ends before it."""
        return text.strip(_MARKS).lower() in self.conjunctions

    def is_abbreviation(self, text: str) -> bool:
        """Whether a word's full stop is its own: ``Dr.``, or an initial."""
        plain = text.strip(_MARKS).lower()
        return plain in self.abbreviations or (len(plain) == 2 and plain[0].isalpha() and plain[1] == ".")


def cue_language(tag: str) -> CueLanguage:
    """The words of the language with this tag, such as "en" or "de-AT"; none for a language without a list."""
    return _LANGUAGES.get(tag.partition("-")[0].lower(), _NONE)


def _of(articles: str = "", conjunctions: str = "", abbreviations: str = "") -> CueLanguage:
    return CueLanguage(*(frozenset(words.split()) for words in (articles, conjunctions, abbreviations)))


_NONE = _of()
_LANGUAGES = {
    "en": _of(
        "a an the",
        "and but or nor so because although though while when where who which that if unless until since than as of in "
        "on at by for with from to into onto over under about after before between through during without within",
        "mr. mrs. ms. dr. prof. st. jr. sr. vs. e.g. i.e. no. approx.",
    ),
    "de": _of(
        "der die das den dem des ein eine einen einem einer eines",
        "und oder aber denn sondern weil dass wenn als ob obwohl damit während bevor nachdem in an auf aus bei mit "
        "nach von zu vor über unter zwischen für gegen ohne um durch",
        "dr. prof. hr. fr. z.b. d.h. u.a. bzw. ca. nr. st. vgl.",
    ),
    "fr": _of(
        "le la les un une des du",
        "et ou mais donc or ni car que qui dont où si quand comme lorsque puisque dans en sur sous avec sans pour par "
        "de à chez vers entre",
        "m. mme. mlle. dr. p.ex.",
    ),
    "es": _of(
        "el la los las un una unos unas",
        "y e o u pero sino porque que si cuando como aunque mientras donde de en a con sin por para sobre entre desde "
        "hasta",
        "sr. sra. srta. dr. dra. ud. uds. p.ej.",
    ),
    "zh": _of(conjunctions="但是 但 可是 不过 因为 所以 而且 然后 如果 虽然 或者 还是 并且 因此 于是"),
}
