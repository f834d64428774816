"""The service's parameters: every documented range at its ends, and the errors beyond them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import RunTask, encode_command
from paraformer_nb.dashscope.parameters import MODELS, Parameters, check_parameters, wire_form
from paraformer_nb.errors import ParameterError

V2, V2_8K, V1, V1_8K = (f"paraformer-realtime-{name}" for name in ("v2", "8k-v2", "v1", "8k-v1"))
FUN, FUN_8K = "fun-asr-realtime", "fun-asr-flash-8k-realtime"

# A second copy of the vendor's pages: the models that have each parameter, and a valid value.
KNOWN: dict[str, tuple[set[str], Any]] = {
    "sample_rate": ({V2, V2_8K, V1, V1_8K, FUN, FUN_8K}, None),
    "vocabulary_id": ({V2, V2_8K, FUN, FUN_8K}, "vocab-lecture-1"),
    "phrase_id": ({V1, V1_8K}, "phrase-1"),
    "language_hints": ({V2, FUN, FUN_8K}, ["zh", "en"]),
    "disfluency_removal_enabled": ({V2, V2_8K, V1, V1_8K}, True),
    "semantic_punctuation_enabled": ({V2, V2_8K, FUN, FUN_8K}, True),
    "max_sentence_silence": ({V2, V2_8K, FUN, FUN_8K}, 800),
    "multi_threshold_mode_enabled": ({V2, V2_8K, FUN, FUN_8K}, True),
    "punctuation_prediction_enabled": ({V2, V2_8K}, False),
    "inverse_text_normalization_enabled": ({V2, V2_8K}, False),
    "heartbeat": ({V2, V2_8K, FUN, FUN_8K}, True),
    "speech_noise_threshold": ({FUN, FUN_8K}, 0.5),
    "special_word_filter": ({FUN, FUN_8K}, {"filter_with_signed": {"word_list": ["x"]}}),
    "context": ({FUN, FUN_8K}, [{"text": "a lecture on sound"}]),
}
PAIRS = [(model, name) for model in sorted(MODELS) for name in KNOWN if name != "sample_rate"]


def refusal(model: str = V2, **parameters: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        check_parameters(model, parameters)
    return str(caught.value)


def test_this_table_is_complete() -> None:
    assert KNOWN.keys() == Parameters.__annotations__.keys()
    assert set(MODELS) == {V2, V2_8K, V1, V1_8K, FUN, FUN_8K}


@pytest.mark.parametrize(("model", "name"), PAIRS)
def test_a_model_has_its_own_parameters_and_other_errors_name_the_models_that_have_them(model: str, name: str) -> None:
    models, value = KNOWN[name]
    if model in models:
        assert check_parameters(model, {name: value})[name] == value  # type: ignore[literal-required]
        return
    error = refusal(model, **{name: value})
    assert f"{model} has no parameter {name}" in error
    assert set(re.findall(r"[\w-]+", error.partition("these models have it:")[2])) == models


@pytest.mark.parametrize(
    ("model", "name", "low", "high", "step"),
    [
        (V2, "max_sentence_silence", 200, 6000, 1),
        (FUN, "speech_noise_threshold", -1.0, 1.0, 0.001),
        (V2, "sample_rate", 8000, 48000, 1),
    ],
)
def test_a_range_includes_its_ends_and_the_error_beyond_names_parameter_and_bound(
    model: str, name: str, low: float, high: float, step: float
) -> None:
    for value in (low, high):
        assert check_parameters(model, {name: value})[name] == value  # type: ignore[literal-required]
    for value, bound in ((low - step, low), (high + step, high)):
        error = refusal(model, **{name: value})
        assert error.startswith(f"{name}={value!r}:")
        assert str(bound) in error
        assert "Nothing was sent" in error


BOOLEANS = [name for name, (_, value) in KNOWN.items() if isinstance(value, bool)]


@pytest.mark.parametrize("name", BOOLEANS)
def test_a_boolean_is_true_or_false_and_nothing_else(name: str) -> None:
    for value in (True, False):
        assert check_parameters(V2, {name: value})[name] is value  # type: ignore[literal-required]
    for wrong in (1, "true", [], 0.0):
        assert refusal(**{name: wrong}).startswith(f"{name}={wrong!r}: expected bool")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sample_rate", "16000"),
        ("sample_rate", True),
        ("sample_rate", 16000.5),
        ("vocabulary_id", ""),
        ("vocabulary_id", 7),
        ("language_hints", "en"),
        ("language_hints", []),
        ("language_hints", ["xx"]),
        ("language_hints", [1]),
        ("max_sentence_silence", "800"),
        ("max_sentence_silence", float("nan")),
    ],
)
def test_a_value_of_another_type_is_refused_with_name_and_value(name: str, wrong: Any) -> None:
    assert refusal(**{name: wrong}).startswith(f"{name}={wrong!r}: ")


@pytest.mark.parametrize("name", ["special_word_filter", "context"])
@pytest.mark.parametrize(
    "wrong",
    ["text", 1, {1: 2}, [1], [{1: 2}], {"a": object()}, [{"a": object()}]],
    ids=["text", "number", "number as key", "list of numbers", "number as key in a list", "object", "object in a list"],
)
def test_a_nested_value_that_cannot_be_sent_is_refused_by_name(name: str, wrong: Any) -> None:
    assert refusal(FUN, **{name: wrong}).startswith(f"{name}=")


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), -float("inf")])
def test_a_threshold_that_is_not_a_finite_number_is_refused(threshold: float) -> None:
    assert "speech_noise_threshold" in refusal(FUN, speech_noise_threshold=threshold)


@pytest.mark.parametrize("language", ["zh", "en", "ja", "yue", "ko", "de", "fr", "ru"])
def test_every_documented_language_is_accepted(language: str) -> None:
    assert check_parameters(V2, {"language_hints": [language]})["language_hints"] == [language]


def test_the_error_for_an_unknown_language_lists_the_known_ones() -> None:
    error = refusal(language_hints=["en-US"])
    for language in ("zh", "en", "ja", "yue", "ko", "de", "fr", "ru"):
        assert re.search(rf"\b{language}\b", error.replace("en-US", "")), error


@pytest.mark.parametrize(
    ("typed", "intended"),
    [
        ("language_hint", "language_hints"),
        ("vocabularyid", "vocabulary_id"),
        ("samplerate", "sample_rate"),
        ("heart_beat", "heartbeat"),
        ("max_sentence_silense", "max_sentence_silence"),
    ],
)
def test_the_error_for_a_misspelt_name_suggests_the_right_one(typed: str, intended: str) -> None:
    error = refusal(**{typed: 1})
    assert repr(typed) in error
    assert f"Did you mean {intended}?" in error


def test_the_error_for_an_unknown_name_lists_those_of_the_model() -> None:
    error = refusal(V1, zzz=1)
    assert set(re.findall(r"\w+", error.partition("Known:")[2])) == {
        "sample_rate",
        "phrase_id",
        "disfluency_removal_enabled",
    }


def test_format_cannot_be_set() -> None:
    assert "sent as PCM" in refusal(format="mp3")


@pytest.mark.parametrize("model", ["", None, 5])
def test_the_error_for_an_invalid_model_lists_the_known_ones(model: Any) -> None:
    with pytest.raises(ParameterError, match=V2):
        check_parameters(model, {})


# ---------------------------------------------------------------------------------------------------------- defaults


@pytest.mark.parametrize(
    ("model", "rate"), [(V2, 16000), (V1, 16000), (FUN, 16000), (V2_8K, 8000), (V1_8K, 8000), (FUN_8K, 8000)]
)
def test_each_model_has_its_sample_rate(model: str, rate: int) -> None:
    assert check_parameters(model, {})["sample_rate"] == rate
    assert check_parameters(model, {"sample_rate": None})["sample_rate"] == rate
    if model in (V2, FUN):
        assert check_parameters(model, {"sample_rate": 44100})["sample_rate"] == 44100
    else:
        error = refusal(model, sample_rate=44100)
        assert "sample_rate=44100" in error
        assert str(rate) in error


@pytest.mark.parametrize(("model", "silence"), [(V2, 800), (V2_8K, 800), (FUN, 1300), (FUN_8K, 1300)])
def test_max_sentence_silence_is_always_sent_as_its_default_is_ambiguous(model: str, silence: int) -> None:
    assert check_parameters(model, {})["max_sentence_silence"] == silence
    assert check_parameters(model, {"max_sentence_silence": 200})["max_sentence_silence"] == 200
    assert "max_sentence_silence" not in check_parameters(model, {"semantic_punctuation_enabled": True})


@pytest.mark.parametrize("model", [V1, V1_8K])
def test_models_without_max_sentence_silence_are_sent_none(model: str) -> None:
    assert check_parameters(model, {}) == {"sample_rate": MODELS[model].sample_rate}


def test_none_means_not_given_and_the_callers_mapping_is_not_changed() -> None:
    given = {"heartbeat": None, "language_hints": ["en"]}
    checked = check_parameters(V2, given)
    assert "heartbeat" not in checked
    assert given == {"heartbeat": None, "language_hints": ["en"]}


def test_an_undocumented_model_is_checked_only_for_names_types_and_ranges() -> None:
    assert check_parameters("paraformer-realtime-v3", {"phrase_id": "x", "speech_noise_threshold": 0.1})
    assert "max_sentence_silence=1" in refusal("paraformer-realtime-v3", max_sentence_silence=1)


# -------------------------------------------------------------------------------------------------------------- wire


def test_parameters_are_sent_in_parameters() -> None:
    parameters, resources, task_input = wire_form(check_parameters(V2, {"language_hints": ["en"]}))
    assert parameters == {"format": "pcm", "sample_rate": 16000, "language_hints": ["en"], "max_sentence_silence": 800}
    assert (resources, task_input) == ([], {})


def test_v1_hotwords_are_sent_in_resources_and_context_in_input() -> None:
    parameters, resources, _ = wire_form(check_parameters(V1, {"phrase_id": "p-1"}))
    assert parameters == {"format": "pcm", "sample_rate": 16000}
    assert resources == [{"resource_id": "p-1", "resource_type": "asr_phrase"}]
    parameters, _, task_input = wire_form(check_parameters(FUN, {"context": [{"text": "x"}]}))
    assert "context" not in parameters
    assert task_input == {"context": [{"text": "x"}]}


_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text() | st.integers(), max_size=3)
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from([*MODELS, "a-model-of-the-future"]),
    st.dictionaries(
        st.sampled_from([*KNOWN, "format"]) | st.text(), _values | st.dictionaries(st.text(), _values), max_size=4
    ),
)
def test_accepted_parameters_can_be_sent_and_others_raise_parameter_errors(model: str, given_: dict[str, Any]) -> None:
    try:
        checked = check_parameters(model, given_)
    except ParameterError as error:
        assert str(error)
        return
    text = encode_command(RunTask("t", model, *wire_form(checked)))
    assert json.loads(text)["payload"]["parameters"]["sample_rate"] == checked["sample_rate"]
