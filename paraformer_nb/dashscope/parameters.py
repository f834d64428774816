"""The parameters of a task: names, types, ranges; checked against the table of models before anything is sent.

Source: the vendor's "client events" pages. The pages disagree on two defaults (`max_sentence_silence` 800 or 1300,
`language_hints` unset or zh and en), so `max_sentence_silence` is always sent to the models that have it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypedDict, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from ..errors import ParameterError
from .context import Context, ContextMessage, ContextPart, context_of, find_context_problem
from .hotwords import find_hotword_problem, hotwords_of
from .languages import LANGUAGES
from .models import MOST_HOTWORDS, Model, check_model, find_model, models_with


class WordList(TypedDict, total=False):
    """Words to filter."""

    word_list: list[str]


class SpecialWordFilter(TypedDict, total=False):
    """Words to mask with ``*``, words to leave out, and whether the service's own list applies as well."""

    filter_with_signed: WordList
    filter_with_empty: WordList
    system_reserved_filter: bool


class Parameters(TypedDict, total=False):
    """A task's parameters, under the service's own names. `MODELS` says which model has which.

    ``format`` is not one of them: the clip is decoded here and always sent as 16-bit mono PCM.
    """

    sample_rate: Annotated[int, Meta(ge=8000, le=48000)]
    """Hz; the clip is resampled to it. Default: the model's own (16000, or 8000 for the 8k models)."""
    vocabulary_id: Annotated[str, Meta(min_length=1)]
    """Hotwords: the id of a stored list, from `pnb.hotwords.create`. It must be made for the same model."""
    vocabulary: dict[str, int]
    """Hotwords inline: each word and its weight, 1 to 5, or 50 for up to 50 words; at most 2000 words."""
    phrase_id: Annotated[str, Meta(min_length=1)]
    """Hotwords of the Paraformer v1 models; sent in ``resources``."""
    language_hints: Annotated[list[str], Meta(min_length=1)]
    """The languages spoken, as codes of `pnb.languages(model)`; Qwen-Audio uses up to 4, Fun-ASR one."""
    disfluency_removal_enabled: bool
    """Leave out filler words. Default False."""
    semantic_punctuation_enabled: bool
    """Split sentences by meaning (True) or at pauses (False, the default)."""
    max_sentence_silence: Annotated[int, Meta(ge=200, le=6000)]
    """Milliseconds of silence that end a sentence, if split at pauses. Default 800 for Paraformer, 1300 for others."""
    multi_threshold_mode_enabled: bool
    """Limit the length of sentences that are split at pauses. Default False."""
    punctuation_prediction_enabled: bool
    """Default True."""
    inverse_text_normalization_enabled: bool
    """Write numbers as digits. Default True."""
    heartbeat: bool
    """Keep the task alive during silence; without it the service ends a task after 60 s of silence."""
    speech_noise_threshold: Annotated[float, Meta(ge=-1, le=1)]
    """The sensitivity of speech detection: towards -1 more noise counts as speech, towards 1 less speech does."""
    vad_model: Literal["near_meeting_16k", "far_field_meeting_16k"]
    """Qwen-Audio 3.1: how speech is detected, for a near or a far microphone (the default)."""
    keep_dialect: bool
    """Qwen-Audio 3.1: write dialect as it is spoken, not as standard Mandarin. Default False."""
    intermediate_result_enabled: bool
    """qwen-audio-3.1-asr-flash-message: send partials. Default of the service False; here True, for the live view."""
    special_word_filter: SpecialWordFilter
    """Words to mask or leave out, at most 32."""
    context: Context | str
    """The subject of the speech, as a text, or as the messages of up to 5 rounds of a conversation; sent in
    ``input``. `Run.update_context` changes it in mid-run."""


MAX_FILTERED = 32
"""Words of a `special_word_filter`."""

_NAMES = frozenset(Parameters.__annotations__)
_NESTED = (*SpecialWordFilter.__annotations__, *WordList.__annotations__, "role", "content", "type", "text")
_VALUES = {
    name: get_args(hint)
    for kind in (Parameters, ContextMessage, ContextPart)
    for name, hint in get_type_hints(kind).items()
    if get_origin(hint) is Literal
}
"""The values of each parameter and nested field that has a few."""

_MAX_SHOWN = 100  # characters of a value in a message


def has_parameter(model: str, parameter: str) -> bool:
    """Whether a model has a parameter; unknown models are assumed to have all of them."""
    known = find_model(model)
    return parameter in (_NAMES if known is None else known.parameters)


def check_parameters(
    model: str,
    parameters: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    arguments: Iterable[str] = (),
) -> Parameters:
    """Check the parameters, and return them completed with the model's defaults.

    Args:
        extra: further parameters, which are only checked for being JSON and not given twice.
        arguments: the caller's other arguments, which a misspelt name may have meant.

    Raises ParameterError with the parameter's name, the problem and the valid values.
    """
    check_model(model)
    known = find_model(model)
    given = {name: value for name, value in parameters.items() if value is not None}
    for name in given:
        _check_name(name, model, known, arguments)
    _check_extra(extra or {}, given)
    checked = _converted(given)
    for name, value in checked.items():
        problem = _unknown_field(given[name], value) or find_value_problem(name, value, known)
        if problem is None and not _is_json_value(value):
            problem = "this value cannot be represented in JSON"
        if problem is not None:
            raise ParameterError(f"{name}={_shown(given[name])}: {problem}. Nothing was sent.")
    return _completed(checked, model, known)


def check_context(model: str, context: Any) -> list[ContextMessage]:
    """Check a new context for a task of a model. Returns its messages; raises ParameterError."""
    if not isinstance(context, (str, list, tuple)):
        raise ParameterError(f"context={context!r}: give a text, or a list of messages. Nothing was sent.")
    messages: list[ContextMessage] = check_parameters(model, {"context": context})["context"]  # type: ignore[assignment]
    return messages


def _converted(given: Mapping[str, Any]) -> Parameters:
    if isinstance(given.get("context"), str):
        given = {**given, "context": context_of(given["context"])}
    try:
        return msgspec.convert(given, Parameters)
    except msgspec.ValidationError as error:
        raise ParameterError(f"{_readable(error, given)} Nothing was sent.") from error


def _completed(checked: Parameters, model: str, known: Model | None) -> Parameters:
    if known is None:
        checked.setdefault("sample_rate", 16000)
        return checked
    rate = checked.setdefault("sample_rate", known.sample_rate)
    if rate != known.sample_rate and not known.has_any_rate:
        raise ParameterError(f"sample_rate={rate}: {model} accepts {known.sample_rate} Hz only. Nothing was sent.")
    if known.sentence_silence is not None and not checked.get("semantic_punctuation_enabled"):
        checked.setdefault("max_sentence_silence", known.sentence_silence)
    if "intermediate_result_enabled" in known.parameters:
        checked.setdefault("intermediate_result_enabled", True)
    return checked


def find_value_problem(name: str, value: Any, model: Model | None) -> str | None:
    """Return what is wrong with a value of the right type for a model (None: an unknown one), or None."""
    match name:
        case "language_hints":
            return _hints_problem(value, model)
        case "vocabulary":
            limit = model.max_hotwords if model else MOST_HOTWORDS
            has_super = model is None or model.has_super_hotwords
            return find_hotword_problem(hotwords_of(value), limit=limit, has_super=has_super)
        case "context":
            return find_context_problem(value)
        case "special_word_filter":
            words = [word for part in value.values() if isinstance(part, dict) for word in part.get("word_list", ())]
            if not all(word.strip() for word in words):
                return "a word to filter is not an empty text"
            return f"{len(words)} words, and at most {MAX_FILTERED} are allowed" if len(words) > MAX_FILTERED else None
    return None


def _unknown_field(given: Any, checked: Any) -> str | None:
    """Return a message about a field of a nested value that was dropped because it is not documented, or None."""
    if isinstance(given, Mapping) and isinstance(checked, dict):
        if unknown := [name for name in given if name not in checked]:
            near = difflib.get_close_matches(str(unknown[0]), _NESTED, 1)
            return f"{unknown[0]!r} is not one of its fields" + (f"; did you mean {near[0]}?" if near else "")
        problems = (_unknown_field(given[name], value) for name, value in checked.items())
    elif isinstance(given, (list, tuple)) and isinstance(checked, list):
        problems = (_unknown_field(one, other) for one, other in zip(given, checked, strict=True))
    else:
        return None
    return next(filter(None, problems), None)


def _hints_problem(hints: list[str], model: Model | None) -> str | None:
    if model is None or not model.languages:
        return None
    if set(hints) - set(model.languages):
        return f"give a list of some of {', '.join(model.languages)}"
    if len(hints) > model.max_hints:
        return f"{len(hints)} hints, and this model uses {model.max_hints}: give the most likely, or none to detect"
    return None


def has_known_language(hints: Iterable[str] | None, known: Iterable[str] | None) -> bool:
    """Whether a recogniser knows one of the languages that are hinted at. True if there are no hints, or it does not
    say which languages it knows."""
    return not hints or not known or bool(set(hints) & set(known))


def find_parameter_error(given: Mapping[str, Any], model: Model | None = None) -> str | None:
    """Return a message about the first documented parameter with a wrong type or value; None if all are valid.

    Unknown names are ignored: how the service treats them is not documented.
    """
    known = {name: value for name, value in given.items() if name in _NAMES}
    try:
        checked = msgspec.convert(known, Parameters)
    except msgspec.ValidationError as error:
        return _readable(error, given)
    if model is None and set(checked.get("language_hints", ())) - set(LANGUAGES):
        return f"language_hints: give some of {', '.join(LANGUAGES)}"
    if isinstance(given.get("context"), str):
        return "context: expected array"  # a text is a convenience of this client
    for name, value in checked.items():
        if name in (model.parameters if model else ()) and (problem := find_value_problem(name, value, model)):
            return f"{name}: {problem}"
    return None


def wire_form(
    parameters: Parameters, extra: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Return the `parameters`, `resources` and `input` of a run-task."""
    plain: dict[str, Any] = {"format": "pcm", **parameters, **(extra or {})}
    phrase_id, context = plain.pop("phrase_id", None), plain.pop("context", None)
    resources = [{"resource_id": phrase_id, "resource_type": "asr_phrase"}] if phrase_id else []
    return plain, resources, {"context": context} if context else {}


def _is_json_value(value: Any) -> bool:
    """Whether the value survives encoding as JSON and decoding unchanged."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _check_extra(extra: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) and name for name in extra):
        raise ParameterError(f"extra={extra!r}: give a dictionary of names and values. Nothing was sent.")
    for name in ("format", "sample_rate"):
        if name in extra:
            raise ParameterError(f"extra: {name} describes the audio, which is sent as PCM. Nothing was sent.")
    for name, value in extra.items():
        if name in given:
            raise ParameterError(f"{name} is given twice, by itself and in extra. Nothing was sent.")
        if not _is_json_value(value):
            raise ParameterError(f"extra: {name}={value!r} cannot be represented in JSON. Nothing was sent.")


def _check_name(name: str, model: str, known: Model | None, arguments: Iterable[str]) -> None:
    if name == "format":
        raise ParameterError("format cannot be set: the clip is decoded here and sent as PCM.")
    has = _NAMES if known is None else known.parameters
    if name not in _NAMES:
        near = difflib.get_close_matches(name, [*_NAMES, *arguments], 1)
        hint, known_names = (f" Did you mean {near[0]}?", "") if near else ("", f" Known: {', '.join(sorted(has))}.")
        raise ParameterError(
            f"unknown parameter {name!r}.{hint} Nothing was sent. To send it unchecked: "
            f"extra={{{name!r}: ...}}.{known_names}"
        )
    if name not in has:
        raise ParameterError(
            f"{model} has no parameter {name}: nothing was sent; these models have it: {', '.join(models_with(name))}."
        )


def _readable(error: msgspec.ValidationError, given: Mapping[str, Any]) -> str:
    """Rewrite msgspec's message ("Expected `int` >= 200 - at `$.max_sentence_silence`"): name and value come first."""
    problem, _, path = str(error).partition(" - at ")
    names = re.findall(r"\w+", path.partition("$.")[2])
    name = names[0] if names else ""
    if name == "language_hints":
        problem = "give a list of codes such as 'zh' or 'en', see pnb.languages"
    elif names and "enum" in problem:
        problem = f"{names[-1]} is {' or '.join(_VALUES[names[-1]])}"
    return f"{name}={_shown(given.get(name))}: {problem[:1].lower()}{problem[1:].replace('`', '')}."


def _shown(value: Any) -> str:
    """A value in a message: thousands of hotwords would hide what is wrong with one."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
