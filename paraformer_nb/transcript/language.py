"""The language of a transcript, as an HTML `lang` attribute names it."""

from __future__ import annotations

import re
from typing import Any

from .transcript import Transcript

_DEFAULT = "en"
_SAMPLE = 100  # sentences, from all over the transcript: a view asks many times a second
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_KANA = "[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]"
_KANA_SHARE = 0.1  # of Chinese characters and kana; Chinese quotes a little kana, Japanese has more than half
_WORDS = {  # what counts as a word of each script, and the language that it most likely is; compiled when used
    "en": "[A-Za-z\u00c0-\u024f]+",
    "ru": "[\u0400-\u052f]+",
    "ko": "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+",
    "ar": "[\u0600-\u06ff\u0750-\u077f]+",
    "he": "[\u0590-\u05ff]+",
    "el": "[\u0370-\u03ff]+",
    "hi": "[\u0900-\u097f]+",
    "th": "[\u0e00-\u0e7f]{1,4}",  # without spaces between words
}
_LATIN = "en de fr es pt it nl sv da fi no pl cs hu ro hr sk vi id ms tl"
_SAME_SCRIPT = {"zh": "zh yue", "en": _LATIN, "ru": "ru bg uk"}  # languages that one guess stands for
_OTHERWISE = {"zh": "ja"}  # short Japanese texts may have no kana


def language_of(transcript: Transcript) -> str:
    """The language of a run: the one that `language_hints` names; of several, the first one in the script of most
    words. Without hints the script decides; Latin letters count as English.

    Example:
        >>> from paraformer_nb.transcript.language import guess_language
        >>> guess_language("我们今天用 Python 写代码"), guess_language("Привет, мир")
        ('zh', 'ru')
    """
    hints = _valid(transcript.run.parameters.get("language_hints"))
    if len(hints) == 1:
        return hints[0]
    guess = guess_language(_sample(transcript))
    if not hints:
        return guess
    for alike in (_SAME_SCRIPT.get(guess, guess), _OTHERWISE.get(guess, "")):
        for hint in hints:
            if hint.partition("-")[0].lower() in alike.split():
                return hint
    return hints[0]


def guess_language(text: str) -> str:
    """Guess the language of a text from the script of most of its words. A Chinese character counts as a word."""
    han, kana = len(re.findall(_HAN, text)), len(re.findall(_KANA, text))
    counts = {language: len(re.findall(pattern, text)) for language, pattern in _WORDS.items()}
    counts["ja" if kana > _KANA_SHARE * (han + kana) else "zh"] = han + kana
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else _DEFAULT


def _valid(hints: Any) -> list[str]:
    """The hints that name a language; a journal may hold anything."""
    given = hints if isinstance(hints, list) else []
    return [hint for hint in given if isinstance(hint, str) and _LANGUAGE_TAG.fullmatch(hint)]


def _sample(transcript: Transcript) -> str:
    """The text of sentences from all over a transcript."""
    finals = transcript.finals
    sentences = [*finals[:: len(finals) // _SAMPLE + 1], *transcript.partials]
    return " ".join(sentence.text for sentence in sentences)
