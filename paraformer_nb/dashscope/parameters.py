"""The parameters of a task: names, types, ranges, and the parameters of each model.

Source: the vendor's "client events" pages for Paraformer and Fun-ASR. The pages disagree on two defaults
(`max_sentence_silence` 800 or 1300, `language_hints` unset or zh and en), so `max_sentence_silence` is always sent.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
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
    """A task's parameters, under the service's own names.

    ``format`` is not one of them: the clip is decoded here and always sent as 16-bit mono PCM.
    """

    sample_rate: Annotated[int, Meta(ge=8000, le=48000)]
    """Hz; the clip is resampled to it. Default: the model's own (16000, or 8000 for the 8k models)."""
    vocabulary_id: Annotated[str, Meta(min_length=1)]
    """Hotwords: the id of a vocabulary created with the vendor's hotword API (v2 models, Fun-ASR)."""
    phrase_id: Annotated[str, Meta(min_length=1)]
    """Hotwords of the v1 models; sent in ``resources``."""
    language_hints: Annotated[list[Language], Meta(min_length=1)]
    """The languages spoken (paraformer-realtime-v2, Fun-ASR; Fun-ASR uses only the first)."""
    disfluency_removal_enabled: bool
    """Leave out filler words. Default False."""
    semantic_punctuation_enabled: bool
    """Split sentences by meaning (True) or at pauses (False, the default)."""
    max_sentence_silence: Annotated[int, Meta(ge=200, le=6000)]
    """Milliseconds of silence that end a sentence, if split at pauses. Default here 800 (Fun-ASR 1300)."""
    multi_threshold_mode_enabled: bool
    """Limit the length of sentences that are split at pauses. Default False."""
    punctuation_prediction_enabled: bool
    """Default True."""
    inverse_text_normalization_enabled: bool
    """Write numbers as digits. Default True."""
    heartbeat: bool
    """Keep the task alive during silence; without it the service ends a task after 60 s of silence."""
    speech_noise_threshold: Annotated[float, Meta(ge=-1, le=1)]
    """Fun-ASR: the sensitivity of speech detection."""
    special_word_filter: dict[str, Any]
    """Fun-ASR: words to mask or remove."""
    context: list[dict[str, Any]]
    """Fun-ASR: the subject of the speech; sent in ``input``."""


class _Model(NamedTuple):
    family: str
    sample_rate: int
    has_any_rate: bool
    parameters: frozenset[str]


_COMMON = frozenset({"sample_rate"})
_V2 = _COMMON | {
    "vocabulary_id",
    "disfluency_removal_enabled",
    "semantic_punctuation_enabled",
    "max_sentence_silence",
    "multi_threshold_mode_enabled",
    "punctuation_prediction_enabled",
    "inverse_text_normalization_enabled",
    "heartbeat",
}
_FUN_ASR = _COMMON | {
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
_V1 = _COMMON | {"phrase_id", "disfluency_removal_enabled"}

DEFAULT_MODEL = "paraformer-realtime-v2"

MODELS = {
    "paraformer-realtime-v2": _Model("paraformer", 16000, True, _V2 | {"language_hints"}),
    "paraformer-realtime-8k-v2": _Model("paraformer", 8000, False, _V2),
    "paraformer-realtime-v1": _Model("paraformer", 16000, False, _V1),
    "paraformer-realtime-8k-v1": _Model("paraformer", 8000, False, _V1),
    "fun-asr-realtime": _Model("fun-asr", 16000, True, _FUN_ASR),
    "fun-asr-flash-8k-realtime": _Model("fun-asr", 8000, False, _FUN_ASR),
}
"""The documented models. For other models only names, types and ranges are checked."""

_NAMES = frozenset(Parameters.__annotations__)
_UNKNOWN_MODEL = _Model("", 16000, True, _NAMES)


def has_parameter(model: str, parameter: str) -> bool:
    """Whether a model has a parameter; undocumented models are assumed to have all of them."""
    return parameter in MODELS.get(model, _UNKNOWN_MODEL).parameters


def check_parameters(model: str, parameters: Mapping[str, Any]) -> Parameters:
    """Check the parameters, and return them completed with `sample_rate` and `max_sentence_silence`.

    Raises ParameterError with the parameter's name, the problem and the valid values.
    """
    if not isinstance(model, str) or not model:
        raise ParameterError(f"model={model!r}: give a model's name. Known: {', '.join(MODELS)}.")
    known = MODELS.get(model, _UNKNOWN_MODEL)
    given = {name: value for name, value in parameters.items() if value is not None}
    for name in given:
        _check_name(name, model, known)
    try:
        checked = msgspec.convert(given, Parameters)
    except msgspec.ValidationError as error:
        raise ParameterError(f"{_readable(error, given)} Nothing was sent.") from error
    for name, value in checked.items():
        if not _is_json_value(value):
            raise ParameterError(f"{name}={value!r}: this value cannot be represented in JSON. Nothing was sent.")
    rate = checked.setdefault("sample_rate", known.sample_rate)
    if rate != known.sample_rate and not known.has_any_rate:
        raise ParameterError(f"sample_rate={rate}: {model} accepts {known.sample_rate} Hz only. Nothing was sent.")
    if "max_sentence_silence" in known.parameters and not checked.get("semantic_punctuation_enabled"):
        checked.setdefault("max_sentence_silence", 1300 if known.family == "fun-asr" else 800)
    return checked


def has_known_language(hints: Iterable[str] | None, known: Iterable[str] | None) -> bool:
    """Whether a recogniser knows one of the languages that are hinted at. True if there are no hints, or it does not
    say which languages it knows."""
    return not hints or not known or bool(set(hints) & set(known))


def find_parameter_error(given: Mapping[str, Any]) -> str | None:
    """Return a message about the first documented parameter with a wrong type or range; None if all are valid.

    Unknown names are ignored: how the service treats them is not documented.
    """
    try:
        msgspec.convert({name: value for name, value in given.items() if name in _NAMES}, Parameters)
    except msgspec.ValidationError as error:
        return _readable(error, given)
    return None


def wire_form(parameters: Parameters) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Return the `parameters`, `resources` and `input` of a run-task."""
    plain: dict[str, Any] = {"format": "pcm", **parameters}
    phrase_id, context = plain.pop("phrase_id", None), plain.pop("context", None)
    resources = [{"resource_id": phrase_id, "resource_type": "asr_phrase"}] if phrase_id else []
    return plain, resources, {"context": context} if context else {}


def _is_json_value(value: Any) -> bool:
    """Whether the value survives encoding as JSON and decoding unchanged."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _check_name(name: str, model: str, known: _Model) -> None:
    if name == "format":
        raise ParameterError("format cannot be set: the clip is decoded here and sent as PCM.")
    if name not in _NAMES:
        near = difflib.get_close_matches(name, _NAMES, 1)
        hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(known.parameters))}."
        raise ParameterError(f"unknown parameter {name!r}.{hint}")
    if name not in known.parameters:
        models = [other for other, its in MODELS.items() if name in its.parameters]
        raise ParameterError(f"{model} has no parameter {name}; these models have it: {', '.join(models)}.")


def _readable(error: msgspec.ValidationError, given: Mapping[str, Any]) -> str:
    """Rewrite msgspec's message ("Expected `int` >= 200 - at `$.max_sentence_silence`"): name and value come first."""
    problem, _, path = str(error).partition(" - at ")
    name = re.split(r"[\[.`]", path.partition("$.")[2])[0]
    if name == "language_hints":
        problem = f"give a list of some of {', '.join(get_args(Language))}"
    return f"{name}={given.get(name)!r}: {problem[:1].lower()}{problem[1:].replace('`', '')}."
