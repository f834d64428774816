"""The table of real-time models: parameters, rates, languages, regions, billing, status.

Sources: the vendor's "client events" pages of Paraformer, Fun-ASR, Qwen-Audio-ASR-Streaming and Qwen-Audio-ASR-Message,
"Improve recognition accuracy" (hotwords and context per model) and the list of models, read in November 2026.
"""

from __future__ import annotations

import difflib
import re
from typing import Literal, NamedTuple

from ..errors import ParameterError
from .languages import LANGUAGES, PARAFORMER, THIRTY, LanguageName
from .regions import BEIJING, SINGAPORE

Status = Literal["mainline", "other", "earlier generation"]


class Model(NamedTuple):
    """What the vendor documents of a model.

    Attributes:
        family: "paraformer", "fun-asr" or "qwen-audio".
        status: the vendor's: "mainline", "other" (still maintained) or "earlier generation" (to migrate from).
        sample_rate: Hz, the default.
        has_any_rate: whether it accepts every rate from 8000 to 48000 Hz; otherwise `sample_rate` only.
        parameters: the names that it accepts, of those in `Parameters`.
        languages: the values of `language_hints`; empty without that parameter.
        max_hints: how many `language_hints` it uses.
        regions: where it is served.
        billing: what its usage counts.
        sentence_silence: its default of `max_sentence_silence`, in ms; None without that parameter.
        max_hotwords: words that a stored list may have, and `vocabulary` where it has that parameter; 0: it uses none.
        has_super_hotwords: whether a weight may be 50 (for up to 50 words).
    """

    family: str
    status: Status
    sample_rate: int
    has_any_rate: bool
    parameters: frozenset[str]
    languages: tuple[str, ...] = ()
    max_hints: int = 0
    regions: tuple[str, ...] = (BEIJING,)
    billing: Literal["seconds", "tokens"] = "seconds"
    sentence_silence: int | None = None
    max_hotwords: int = 0
    has_super_hotwords: bool = False


_BOTH = (BEIJING, SINGAPORE)
_V1 = frozenset({"sample_rate", "phrase_id", "disfluency_removal_enabled"})
_PAUSES = frozenset({"semantic_punctuation_enabled", "max_sentence_silence", "multi_threshold_mode_enabled"})
_V2 = _PAUSES | {
    "sample_rate",
    "vocabulary_id",
    "disfluency_removal_enabled",
    "punctuation_prediction_enabled",
    "inverse_text_normalization_enabled",
    "heartbeat",
}
_FUN_ASR = _PAUSES | {
    "sample_rate",
    "vocabulary_id",
    "language_hints",
    "heartbeat",
    "speech_noise_threshold",
    "special_word_filter",
}
_QWEN = _FUN_ASR | {"vocabulary", "context"}
# 3.1 cuts sentences with `vad_model`; its page does not list `max_sentence_silence`.
_QWEN_31 = _QWEN - {"max_sentence_silence"} | {"vad_model", "keep_dialect"}
_MESSAGE = frozenset(
    {
        "sample_rate",
        "vocabulary_id",
        "vocabulary",
        "context",
        "max_sentence_silence",
        "heartbeat",
        "speech_noise_threshold",
        "vad_model",
        "keep_dialect",
        "disfluency_removal_enabled",
        "intermediate_result_enabled",
    }
)
MOST_HOTWORDS = 2000
"""Hotwords of the models that use the most."""

_QWEN_STREAMING = Model(
    family="qwen-audio",
    status="mainline",
    sample_rate=16000,
    has_any_rate=True,
    parameters=_QWEN_31,
    languages=THIRTY,
    max_hints=4,
    regions=_BOTH,
    billing="tokens",
    max_hotwords=MOST_HOTWORDS,
    has_super_hotwords=True,
)
_FUN = Model(
    family="fun-asr",
    status="other",
    sample_rate=16000,
    has_any_rate=True,
    parameters=_FUN_ASR | {"vocabulary", "context"},
    languages=THIRTY,
    max_hints=1,
    regions=_BOTH,
    sentence_silence=1300,
    max_hotwords=MOST_HOTWORDS,
)
_FUN_SNAPSHOT = _FUN._replace(parameters=_FUN_ASR, regions=(BEIJING,), max_hotwords=500)
_FUN_8K = _FUN_SNAPSHOT._replace(sample_rate=8000, has_any_rate=False, languages=("zh",))
_PARAFORMER = Model(
    family="paraformer",
    status="earlier generation",
    sample_rate=16000,
    has_any_rate=True,
    parameters=_V2 | {"language_hints"},
    languages=PARAFORMER,
    max_hints=len(PARAFORMER),
    sentence_silence=800,
    max_hotwords=500,
)
_PARAFORMER_8K = _PARAFORMER._replace(sample_rate=8000, has_any_rate=False, parameters=_V2, languages=(), max_hints=0)
_PARAFORMER_V1 = Model("paraformer", "earlier generation", 16000, False, _V1)

MODELS: dict[str, Model] = {
    "paraformer-realtime-v2": _PARAFORMER,
    "paraformer-realtime-8k-v2": _PARAFORMER_8K,
    "paraformer-realtime-v1": _PARAFORMER_V1,
    "paraformer-realtime-8k-v1": _PARAFORMER_V1._replace(sample_rate=8000),
    "qwen-audio-3.1-asr-flash-streaming": _QWEN_STREAMING,
    "qwen-audio-3.1-asr-flash-message": _QWEN_STREAMING._replace(
        has_any_rate=False, parameters=_MESSAGE, languages=(), max_hints=0, sentence_silence=1300
    ),
    "qwen-audio-3.0-asr-flash-streaming": _QWEN_STREAMING._replace(
        parameters=_QWEN, billing="seconds", sentence_silence=1300
    ),
    "fun-asr-realtime": _FUN,
    "fun-asr-realtime-2026-02-28": _FUN_SNAPSHOT._replace(languages=("zh", "en", "ja")),
    "fun-asr-realtime-2025-11-07": _FUN._replace(max_hotwords=500),
    "fun-asr-realtime-2025-09-15": _FUN_SNAPSHOT._replace(languages=("zh", "en")),
    "fun-asr-flash-8k-realtime": _FUN_8K,
    "fun-asr-flash-8k-realtime-2026-01-28": _FUN_8K,
}
"""The documented models, by name; the default first."""

DEFAULT_MODEL = "paraformer-realtime-v2"
"""The default in Beijing and of the embedded service: served with every Beijing key, with or without a workspace."""

MAINLINE_MODEL = "qwen-audio-3.1-asr-flash-streaming"
"""The vendor's recommendation, and the default where Paraformer is not served."""

_REFUSED = {
    "gummy-realtime-v1": "is to be retired, and its results have another form",
    "gummy-chat-v1": "is to be retired, and its results have another form",
    "qwen3-asr-flash-realtime": "speaks another protocol, without the times of words",
}
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def undated(name: str) -> str:
    """The name of the model of which a dated snapshot is one; any other name as it is."""
    return _DATE.sub("", name)


def find_model(name: str) -> Model | None:
    """A model of the table; a dated snapshot that is not in it is like the model without the date. None: unknown."""
    return MODELS.get(name) or MODELS.get(undated(name))


def check_model(name: str) -> str:
    """What the user should know about a model that is not in the table: a notice, ``""`` for one that is.

    Raises ParameterError for something that is not a name, and for a model that this client cannot use.
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ParameterError(f"model={name!r}: give a model's name. Known: {', '.join(MODELS)}. Nothing was sent.")
    if problem := _REFUSED.get(undated(name)):
        raise ParameterError(f"model={name!r} {problem}: use {MAINLINE_MODEL}. Nothing was sent.")
    if name in MODELS:
        return ""
    if (base := undated(name)) in MODELS:
        return f"{name} is not in this version's table of models: checked as {base}, of which it is a snapshot."
    near = difflib.get_close_matches(name, MODELS, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{name} is not in this version's table of models: it is used, but its parameters were not checked.{hint}"


def check_region(name: str, region: str | None) -> None:
    """Raise ParameterError if a known region does not serve a known model."""
    model = find_model(name)
    if model is None or region is None or region in model.regions:
        return
    here = [other for other, its in MODELS.items() if region in its.regions]
    advice = f"There: {', '.join(here)}." if here else "No real-time model is documented there."
    raise ParameterError(
        f"model={name!r} is not served in {region}, only in {', '.join(model.regions)}; an API key belongs to one "
        f"region. {advice} Nothing was sent."
    )


def languages(model: str | None = None) -> list[LanguageName]:
    """The languages that a model's ``language_hints`` accepts; of all documented models together by default.

    Args:
        model: a model's name. One that is not in `MODELS` may accept any of them.

    Returns a list of named tuples ``(code, english, chinese)``; an empty one for a model without language hints.

    Raises ParameterError for what is not a name, and for a model that this client cannot use.

    Example:
        >>> languages("paraformer-realtime-v2")[1]
        LanguageName(code='en', english='English', chinese='英语')
    """
    if model is not None:
        check_model(model)
    known = None if model is None else find_model(model)
    return list(LANGUAGES.values()) if known is None else [LANGUAGES[code] for code in known.languages]


def models_with(parameter: str) -> list[str]:
    """The names of the documented models that have a parameter."""
    return [name for name, model in MODELS.items() if parameter in model.parameters]
