"""The service's parameters: their names, types and ranges, and which model knows which.

Source: the vendor's "client events" pages for Paraformer and Fun-ASR. The pages disagree on two defaults
(`max_sentence_silence` 800 or 1300, `language_hints` unset or zh and en), so the first is always sent.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, get_args

import msgspec
from msgspec import Meta

from ..errors import ParameterError

Language = Literal["zh", "en", "ja", "yue", "ko", "de", "fr", "ru"]

LANGUAGE_NAMES: dict[Language, str] = {
    "en": "English",
    "zh": "中文",
    "ja": "日本語",
    "yue": "粤语",
    "ko": "한국어",
    "de": "Deutsch",
    "fr": "Français",
    "ru": "Русский",
}
"""Each language's name in the language itself."""


class Parameters(TypedDict, total=False):
    """What a task may be asked for, by the service's own names.

    The clip is decoded here and sent as 16-bit mono PCM, so the wire's ``format`` is no parameter.
    """

    sample_rate: Annotated[int, Meta(ge=8000, le=48000)]
    """Hz; the clip is resampled to it. Default: the model's own (16000, or 8000 for the 8k models)."""
    vocabulary_id: Annotated[str, Meta(min_length=1)]
    """Hotwords: the id of a vocabulary made with the vendor's hotword API (v2 models, Fun-ASR)."""
    phrase_id: Annotated[str, Meta(min_length=1)]
    """Hotwords of the v1 models; travels as ``resources``."""
    language_hints: Annotated[list[Language], Meta(min_length=1)]
    """What is spoken (paraformer-realtime-v2, Fun-ASR; Fun-ASR reads the first only)."""
    disfluency_removal_enabled: bool
    """Leave out filler words. Default False."""
    semantic_punctuation_enabled: bool
    """Cut sentences by sense (True) or at pauses (False, the default)."""
    max_sentence_silence: Annotated[int, Meta(ge=200, le=6000)]
    """Milliseconds of silence that end a sentence that is cut at pauses. Default here 800 (Fun-ASR 1300)."""
    multi_threshold_mode_enabled: bool
    """Keep sentences that are cut at pauses from growing too long. Default False."""
    punctuation_prediction_enabled: bool
    """Default True."""
    inverse_text_normalization_enabled: bool
    """Write numbers as digits. Default True."""
    heartbeat: bool
    """Keep the connection while silence is being sent; without it the service ends a task after 60 s of silence."""
    speech_noise_threshold: Annotated[float, Meta(ge=-1, le=1)]
    """Fun-ASR: how readily sound counts as speech."""
    special_word_filter: dict[str, Any]
    """Fun-ASR: words to be masked or removed."""
    context: list[dict[str, Any]]
    """Fun-ASR: what the talk is about; travels in ``input``."""


class _Model(NamedTuple):
    family: str
    sample_rate: int
    any_rate: bool
    parameters: frozenset[str]


_ALL = frozenset({"sample_rate"})
_V2 = _ALL | {
    "vocabulary_id",
    "disfluency_removal_enabled",
    "semantic_punctuation_enabled",
    "max_sentence_silence",
    "multi_threshold_mode_enabled",
    "punctuation_prediction_enabled",
    "inverse_text_normalization_enabled",
    "heartbeat",
}
_FUN = _ALL | {
    "vocabulary_id",
    "language_hints",
    "semantic_punctuation_enabled",
    "max_sentence_silence",
    "multi_threshold_mode_enabled",
    "heartbeat",
    "speech_noise_threshold",
    "special_word_filter",
    "context",
}
_V1 = _ALL | {"phrase_id", "disfluency_removal_enabled"}

DEFAULT_MODEL = "paraformer-realtime-v2"

MODELS = {
    "paraformer-realtime-v2": _Model("paraformer", 16000, True, _V2 | {"language_hints"}),
    "paraformer-realtime-8k-v2": _Model("paraformer", 8000, False, _V2),
    "paraformer-realtime-v1": _Model("paraformer", 16000, False, _V1),
    "paraformer-realtime-8k-v1": _Model("paraformer", 8000, False, _V1),
    "fun-asr-realtime": _Model("fun-asr", 16000, True, _FUN),
    "fun-asr-flash-8k-realtime": _Model("fun-asr", 8000, False, _FUN),
}
"""The models whose parameters are documented. Another model's are checked for name, type and range alone."""

_NAMES = frozenset(Parameters.__annotations__)
_UNKNOWN_MODEL = _Model("", 16000, True, _NAMES)


def knows(model: str, parameter: str) -> bool:
    """Whether a model is known to have a parameter; one that is not documented is taken to have it."""
    return parameter in MODELS.get(model, _UNKNOWN_MODEL).parameters


def check_parameters(model: str, parameters: Mapping[str, Any]) -> Parameters:
    """The parameters, checked and completed with `sample_rate` and `max_sentence_silence`.

    Raises ParameterError naming the parameter, what is wrong with it and what would do.
    """
    if not isinstance(model, str) or not model:
        raise ParameterError(f"model={model!r} is no model's name. Known: {', '.join(MODELS)}.")
    known = MODELS.get(model, _UNKNOWN_MODEL)
    given = {name: value for name, value in parameters.items() if value is not None}
    for name in given:
        _check_name(name, model, known)
    try:
        checked = msgspec.convert(given, Parameters)
    except msgspec.ValidationError as error:
        raise ParameterError(f"{_readable(error, given)} Nothing was sent.") from error
    for name, value in checked.items():
        if not _can_travel(value):
            raise ParameterError(f"{name}={value!r}: this cannot be written as JSON. Nothing was sent.")
    rate = checked.setdefault("sample_rate", known.sample_rate)
    if rate != known.sample_rate and not known.any_rate:
        raise ParameterError(f"sample_rate={rate}: {model} takes {known.sample_rate} Hz only. Nothing was sent.")
    if "max_sentence_silence" in known.parameters and not checked.get("semantic_punctuation_enabled"):
        checked.setdefault("max_sentence_silence", 1300 if known.family == "fun-asr" else 800)
    return checked


def wrong_parameter(given: Mapping[str, Any]) -> str | None:
    """What is wrong with the type or range of a documented parameter that a client sent; None: nothing is.

    Others are let be: what the service does with names that it does not know is not documented.
    """
    try:
        msgspec.convert({name: value for name, value in given.items() if name in _NAMES}, Parameters)
    except msgspec.ValidationError as error:
        return _readable(error, given)
    return None


def wire_form(parameters: Parameters) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """A task's `parameters`, `resources` and `input`, as they stand in run-task."""
    plain: dict[str, Any] = {"format": "pcm", **parameters}
    phrase_id, context = plain.pop("phrase_id", None), plain.pop("context", None)
    resources = [{"resource_id": phrase_id, "resource_type": "asr_phrase"}] if phrase_id else []
    return plain, resources, {"context": context} if context else {}


def _can_travel(value: Any) -> bool:
    """Whether JSON brings the value back as it is."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _check_name(name: str, model: str, known: _Model) -> None:
    if name == "format":
        raise ParameterError("format is not to be set: the clip is decoded here and sent as PCM.")
    if name not in _NAMES:
        near = difflib.get_close_matches(name, _NAMES, 1)
        hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(known.parameters))}."
        raise ParameterError(f"there is no parameter {name!r}.{hint}")
    if name not in known.parameters:
        having = [other for other, its in MODELS.items() if name in its.parameters]
        raise ParameterError(f"{model} has no parameter {name}; these models have it: {', '.join(having)}.")


def _readable(error: msgspec.ValidationError, given: Mapping[str, Any]) -> str:
    """msgspec's message ("Expected `int` >= 200 - at `$.max_sentence_silence`") with the name and value in front."""
    what, _, where = str(error).partition(" - at ")
    name = re.split(r"[\[.`]", where.partition("$.")[2])[0]
    if name == "language_hints":
        what = f"give a list of some of {', '.join(get_args(Language))}"
    return f"{name}={given.get(name)!r}: {what[:1].lower()}{what[1:].replace('`', '')}."
