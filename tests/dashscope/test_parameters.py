"""The service's parameters: every documented range at its ends, and what a person is told beyond them."""

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

# As the vendor's pages have it, written out once more: which models know which parameter, and a value that will do.
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


def test_every_parameter_that_can_be_given_is_stated_here() -> None:
    assert KNOWN.keys() == Parameters.__annotations__.keys()
    assert set(MODELS) == {V2, V2_8K, V1, V1_8K, FUN, FUN_8K}


@pytest.mark.parametrize(("model", "name"), PAIRS)
def test_a_model_takes_its_own_parameters_and_for_others_says_which_models_have_them(model: str, name: str) -> None:
    having, value = KNOWN[name]
    if model in having:
        assert check_parameters(model, {name: value})[name] == value  # type: ignore[literal-required]
        return
    told = refusal(model, **{name: value})
    assert f"{model} has no parameter {name}" in told
    assert set(re.findall(r"[\w-]+", told.partition("these models have it:")[2])) == having


@pytest.mark.parametrize(
    ("model", "name", "low", "high", "step"),
    [
        (V2, "max_sentence_silence", 200, 6000, 1),
        (FUN, "speech_noise_threshold", -1.0, 1.0, 0.001),
        (V2, "sample_rate", 8000, 48000, 1),
    ],
)
def test_a_range_is_taken_at_its_ends_and_refused_beyond_by_name(
    model: str, name: str, low: float, high: float, step: float
) -> None:
    for value in (low, high):
        assert check_parameters(model, {name: value})[name] == value  # type: ignore[literal-required]
    for value, bound in ((low - step, low), (high + step, high)):
        told = refusal(model, **{name: value})
        assert told.startswith(f"{name}={value!r}:")
        assert str(bound) in told
        assert "Nothing was sent" in told


BOOLEANS = [name for name, (_, value) in KNOWN.items() if isinstance(value, bool)]


@pytest.mark.parametrize("name", BOOLEANS)
def test_a_switch_is_true_or_false_and_nothing_else(name: str) -> None:
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
def test_a_threshold_that_is_no_number_is_refused(threshold: float) -> None:
    assert "speech_noise_threshold" in refusal(FUN, speech_noise_threshold=threshold)


@pytest.mark.parametrize("language", ["zh", "en", "ja", "yue", "ko", "de", "fr", "ru"])
def test_every_language_that_is_documented_is_taken(language: str) -> None:
    assert check_parameters(V2, {"language_hints": [language]})["language_hints"] == [language]


def test_a_language_that_is_not_known_is_refused_with_those_that_are() -> None:
    told = refusal(language_hints=["en-US"])
    for language in ("zh", "en", "ja", "yue", "ko", "de", "fr", "ru"):
        assert re.search(rf"\b{language}\b", told.replace("en-US", "")), told


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("language_hint", "language_hints"),
        ("vocabularyid", "vocabulary_id"),
        ("samplerate", "sample_rate"),
        ("heart_beat", "heartbeat"),
        ("max_sentence_silense", "max_sentence_silence"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(typed: str, meant: str) -> None:
    told = refusal(**{typed: 1})
    assert repr(typed) in told
    assert f"Did you mean {meant}?" in told


def test_a_name_like_none_is_answered_with_those_that_the_model_has() -> None:
    told = refusal(V1, zzz=1)
    assert set(re.findall(r"\w+", told.partition("Known:")[2])) == {
        "sample_rate",
        "phrase_id",
        "disfluency_removal_enabled",
    }


def test_format_is_not_for_the_user() -> None:
    assert "sent as PCM" in refusal(format="mp3")


@pytest.mark.parametrize("model", ["", None, 5])
def test_what_is_no_models_name_is_answered_with_those_that_are(model: Any) -> None:
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
        told = refusal(model, sample_rate=44100)
        assert "sample_rate=44100" in told
        assert str(rate) in told


@pytest.mark.parametrize(("model", "silence"), [(V2, 800), (V2_8K, 800), (FUN, 1300), (FUN_8K, 1300)])
def test_the_silence_that_ends_a_sentence_is_always_sent_as_the_pages_disagree(model: str, silence: int) -> None:
    assert check_parameters(model, {})["max_sentence_silence"] == silence
    assert check_parameters(model, {"max_sentence_silence": 200})["max_sentence_silence"] == 200
    assert "max_sentence_silence" not in check_parameters(model, {"semantic_punctuation_enabled": True})


@pytest.mark.parametrize("model", [V1, V1_8K])
def test_models_that_know_no_silence_are_sent_none(model: str) -> None:
    assert check_parameters(model, {}) == {"sample_rate": MODELS[model].sample_rate}


def test_none_means_not_given_and_the_callers_mapping_stays_as_it_was() -> None:
    given = {"heartbeat": None, "language_hints": ["en"]}
    checked = check_parameters(V2, given)
    assert "heartbeat" not in checked
    assert given == {"heartbeat": None, "language_hints": ["en"]}


def test_a_model_of_the_future_is_checked_for_names_types_and_ranges_alone() -> None:
    assert check_parameters("paraformer-realtime-v3", {"phrase_id": "x", "speech_noise_threshold": 0.1})
    assert "max_sentence_silence=1" in refusal("paraformer-realtime-v3", max_sentence_silence=1)


# -------------------------------------------------------------------------------------------------------------- wire


def test_parameters_stand_where_the_wire_has_them() -> None:
    parameters, resources, task_input = wire_form(check_parameters(V2, {"language_hints": ["en"]}))
    assert parameters == {"format": "pcm", "sample_rate": 16000, "language_hints": ["en"], "max_sentence_silence": 800}
    assert (resources, task_input) == ([], {})


def test_v1_hotwords_travel_beside_the_parameters_and_context_in_the_input() -> None:
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
def test_what_is_taken_can_be_sent_and_what_is_not_is_a_parameter_error(model: str, given_: dict[str, Any]) -> None:
    try:
        checked = check_parameters(model, given_)
    except ParameterError as error:
        assert str(error)
        return
    text = encode_command(RunTask("t", model, *wire_form(checked)))
    assert json.loads(text)["payload"]["parameters"]["sample_rate"] == checked["sample_rate"]
