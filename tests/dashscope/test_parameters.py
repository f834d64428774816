"""The service's parameters: every documented range at its ends, and the errors beyond them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paraformer_nb as pnb
from paraformer_nb.dashscope.messages import RunTask, encode_command
from paraformer_nb.dashscope.models import MODELS, check_model
from paraformer_nb.dashscope.parameters import Parameters, check_parameters, wire_form
from paraformer_nb.errors import ParameterError

V2, V2_8K, V1, V1_8K = (f"paraformer-realtime-{name}" for name in ("v2", "8k-v2", "v1", "8k-v1"))
FUN, FUN_8K = "fun-asr-realtime", "fun-asr-flash-8k-realtime"
FUN_26, FUN_1107, FUN_0915 = (f"{FUN}-{date}" for date in ("2026-02-28", "2025-11-07", "2025-09-15"))
FUN_8K_26 = f"{FUN_8K}-2026-01-28"
QWEN, QWEN_30 = "qwen-audio-3.1-asr-flash-streaming", "qwen-audio-3.0-asr-flash-streaming"
MESSAGE = "qwen-audio-3.1-asr-flash-message"
FUNS = {FUN, FUN_26, FUN_1107, FUN_0915, FUN_8K, FUN_8K_26}
STREAMING = {QWEN, QWEN_30}
ALL = {V2, V2_8K, V1, V1_8K, MESSAGE} | FUNS | STREAMING
CONTEXT = [{"role": "user", "content": [{"type": "input_text", "text": "a lecture on sound"}]}]

# A second copy of the vendor's pages: the models that have each parameter, and a valid value.
KNOWN: dict[str, tuple[set[str], Any]] = {
    "sample_rate": (ALL, None),
    "vocabulary_id": (ALL - {V1, V1_8K}, "vocab-lecture-1"),
    "vocabulary": ({FUN, FUN_1107, MESSAGE} | STREAMING, {"Fourier": 4}),
    "phrase_id": ({V1, V1_8K}, "phrase-1"),
    "language_hints": ({V2} | FUNS | STREAMING, ["zh"]),
    "disfluency_removal_enabled": ({V2, V2_8K, V1, V1_8K, MESSAGE}, True),
    "semantic_punctuation_enabled": ({V2, V2_8K} | FUNS | STREAMING, True),
    "max_sentence_silence": ({V2, V2_8K, QWEN_30, MESSAGE} | FUNS, 800),
    "multi_threshold_mode_enabled": ({V2, V2_8K} | FUNS | STREAMING, True),
    "punctuation_prediction_enabled": ({V2, V2_8K}, False),
    "inverse_text_normalization_enabled": ({V2, V2_8K}, False),
    "heartbeat": (ALL - {V1, V1_8K}, True),
    "speech_noise_threshold": ({MESSAGE} | FUNS | STREAMING, 0.5),
    "vad_model": ({QWEN, MESSAGE}, "near_meeting_16k"),
    "keep_dialect": ({QWEN, MESSAGE}, True),
    "intermediate_result_enabled": ({MESSAGE}, False),
    "special_word_filter": (FUNS | STREAMING, {"filter_with_signed": {"word_list": ["x"]}}),
    "context": ({FUN, FUN_1107, MESSAGE} | STREAMING, CONTEXT),
}
PAIRS = [(model, name) for model in sorted(MODELS) for name in KNOWN if name != "sample_rate"]


def refusal(model: str = V2, **parameters: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        check_parameters(model, parameters)
    return str(caught.value)


def test_this_table_is_complete() -> None:
    assert KNOWN.keys() == Parameters.__annotations__.keys()
    assert set(MODELS) == ALL


@pytest.mark.parametrize(("model", "name"), PAIRS)
def test_a_model_has_its_own_parameters_and_other_errors_name_the_models_that_have_them(model: str, name: str) -> None:
    models, value = KNOWN[name]
    if model in models:
        assert check_parameters(model, {name: value})[name] == value  # type: ignore[literal-required]
        return
    error = refusal(model, **{name: value})
    assert f"{model} has no parameter {name}" in error
    assert set(error.removesuffix(".").partition("these models have it: ")[2].split(", ")) == models


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


BOOLEANS = [name for name, (models, value) in KNOWN.items() if isinstance(value, bool)]


@pytest.mark.parametrize("name", BOOLEANS)
def test_a_boolean_is_true_or_false_and_nothing_else(name: str) -> None:
    model = min(KNOWN[name][0])
    for value in (True, False):
        assert check_parameters(model, {name: value})[name] is value  # type: ignore[literal-required]
    for wrong in (1, "true", [], 0.0):
        assert refusal(model, **{name: wrong}).startswith(f"{name}={wrong!r}: expected bool")


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


@pytest.mark.parametrize("name", ["special_word_filter", "context", "vocabulary"])
@pytest.mark.parametrize(
    "wrong",
    [b"text", 1, {1: 2}, [1], [{1: 2}], {"a": object()}, [{"a": object()}]],
    ids=["text", "number", "number as key", "list of numbers", "number as key in a list", "object", "object in a list"],
)
def test_a_nested_value_that_cannot_be_sent_is_refused_by_name(name: str, wrong: Any) -> None:
    assert refusal(QWEN, **{name: wrong}).startswith(f"{name}=")


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


def test_the_nearest_name_comes_before_the_way_round_the_check() -> None:
    error = refusal(langauge_hints=["zh"])
    assert error.index("Did you mean language_hints?") < error.index("extra={'langauge_hints'")


def test_a_value_of_a_few_lists_them() -> None:
    assert "near_meeting_16k or far_field_meeting_16k" in refusal(QWEN, vad_model="near")
    assert "role is user or assistant" in refusal(QWEN, context=[said("x", "system")])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"filter_with_sign": {"word_list": ["x"]}}, "'filter_with_sign' is not one of its fields; did you mean "),
        ({"filter_with_empty": {"words": ["x"]}}, "'words' is not one of its fields"),
        ({"filter_with_empty": {"word_list": [" "]}}, "not an empty text"),
        ({"filter_with_empty": ["x"]}, "expected object"),
        ({"system_reserved_filter": 1}, "expected bool"),
    ],
)
def test_a_filter_of_another_shape_is_refused_with_what_was_given(given: dict[str, Any], problem: str) -> None:
    error = refusal(QWEN, special_word_filter=given)
    assert error.startswith(f"special_word_filter={given!r}: ")
    assert problem in error


def test_format_cannot_be_set() -> None:
    assert "sent as PCM" in refusal(format="mp3")


@pytest.mark.parametrize("model", ["", None, 5])
def test_the_error_for_an_invalid_model_lists_the_known_ones(model: Any) -> None:
    with pytest.raises(ParameterError, match=V2):
        check_parameters(model, {})


# ---------------------------------------------------------------------------------------------------------- defaults


@pytest.mark.parametrize(
    ("model", "rate"),
    [
        (V2, 16000),
        (V1, 16000),
        (FUN, 16000),
        (V2_8K, 8000),
        (V1_8K, 8000),
        (FUN_8K, 8000),
        (QWEN, 16000),
        (MESSAGE, 16000),
    ],
)
def test_each_model_has_its_sample_rate(model: str, rate: int) -> None:
    assert check_parameters(model, {})["sample_rate"] == rate
    assert check_parameters(model, {"sample_rate": None})["sample_rate"] == rate
    if model in (V2, FUN, QWEN):
        assert check_parameters(model, {"sample_rate": 44100})["sample_rate"] == 44100
    else:
        error = refusal(model, sample_rate=44100)
        assert "sample_rate=44100" in error
        assert str(rate) in error


@pytest.mark.parametrize(
    ("model", "silence"), [(V2, 800), (V2_8K, 800), *((model, 1300) for model in sorted(FUNS)), (QWEN_30, 1300)]
)
def test_max_sentence_silence_is_always_sent_as_its_default_is_ambiguous(model: str, silence: int) -> None:
    assert check_parameters(model, {})["max_sentence_silence"] == silence
    assert check_parameters(model, {"max_sentence_silence": 200})["max_sentence_silence"] == 200
    assert "max_sentence_silence" not in check_parameters(model, {"semantic_punctuation_enabled": True})


@pytest.mark.parametrize("model", [V1, V1_8K, QWEN, "a-model-of-the-future"])
def test_models_whose_page_does_not_list_max_sentence_silence_are_sent_none(model: str) -> None:
    rate = MODELS[model].sample_rate if model in MODELS else 16000
    assert check_parameters(model, {}) == {"sample_rate": rate}


def test_the_message_model_is_asked_for_partials_which_it_would_not_send() -> None:
    assert check_parameters(MESSAGE, {})["intermediate_result_enabled"] is True
    assert check_parameters(MESSAGE, {"intermediate_result_enabled": False})["intermediate_result_enabled"] is False


@pytest.mark.parametrize("model", [f"{QWEN}-2027-01-01", f"{FUN_8K}-2027-01-01"])
def test_a_dated_snapshot_that_is_not_in_the_table_is_checked_as_its_model(model: str) -> None:
    assert check_parameters(model, {}) == check_parameters(model[:-11], {})
    assert "phrase_id" in refusal(model, phrase_id="x")
    assert model in check_model(model)


def test_a_model_that_is_not_in_the_table_has_a_notice_with_the_nearest_name() -> None:
    assert check_model(QWEN) == ""
    assert f"Did you mean {QWEN}?" in check_model("qwen-audio-3.1-asr-flash-streeming")
    assert "not checked" in check_model("whisper")


@pytest.mark.parametrize(
    "model", ["gummy-realtime-v1", "gummy-chat-v1", "qwen3-asr-flash-realtime", "qwen3-asr-flash-realtime-2026-02-10"]
)
def test_a_model_that_cannot_be_used_is_refused_with_one_that_can(model: str) -> None:
    assert QWEN in refusal(model)


# ------------------------------------------------------------------------------------------------- values by model


@pytest.mark.parametrize(("model", "count"), [(QWEN, 4), (QWEN_30, 4), (FUN, 1), (FUN_26, 1), (V2, 8)])
def test_a_model_uses_so_many_language_hints(model: str, count: int) -> None:
    hints = list(MODELS[model].languages)[: count + 1]
    assert check_parameters(model, {"language_hints": hints[:count]})["language_hints"] == hints[:count]
    if len(hints) > count:
        assert f"this model uses {count}" in refusal(model, language_hints=hints)


def test_each_model_has_its_languages() -> None:
    assert len(MODELS[QWEN].languages) == 30
    assert MODELS[FUN_26].languages == ("zh", "en", "ja")
    assert "give a list of some of zh, en." in refusal(FUN_0915, language_hints=["ja"])
    assert "yue" in refusal(QWEN, language_hints=["yue"])


def test_languages_have_names_in_english_and_chinese() -> None:
    assert [tuple(name) for name in pnb.languages(FUN_0915)] == [("zh", "Chinese", "中文"), ("en", "English", "英语")]
    assert {name.code for name in pnb.languages(V2)} == {"zh", "en", "ja", "yue", "ko", "de", "fr", "ru"}
    assert pnb.languages(MESSAGE) == []
    assert len({name.chinese for name in pnb.languages()}) == len({name.english for name in pnb.languages()}) == 31
    assert pnb.languages("a-model-of-the-future") == pnb.languages()
    for wrong in ("gummy-realtime-v1", "", 5):
        with pytest.raises(ParameterError, match="model="):
            pnb.languages(wrong)  # type: ignore[arg-type]


def words(count: int, weight: int = 4) -> dict[str, int]:
    return {f"word {number}": weight for number in range(count)}


@pytest.mark.parametrize(
    ("model", "vocabulary", "problem"),
    [
        (QWEN, {}, "at least one word"),
        (QWEN, words(2001), "2001 words, and at most 2000"),
        (MESSAGE, words(2001), "2001 words, and at most 2000"),
        (FUN, words(2001), "2001 words, and at most 2000"),
        (FUN, words(1, 50), "has the weight 50"),
        (QWEN, words(51, 50), "51 words have the weight 50, and at most 50 may"),
        (MESSAGE, words(51, 50), "51 words have the weight 50"),
        (QWEN, {"Fourier": 0}, "weight 0: give 1 to 5 or 50"),
        (QWEN, {"Fourier": 6}, "weight 6"),
        (QWEN, {"Fourier": 49}, "weight 49"),
        (QWEN, {"": 4}, "a word or phrase"),
        (QWEN, {"two\nlines": 4}, "a word or phrase"),
        (QWEN, {"傅" * 16: 4}, "16 characters"),
        (QWEN, {"a b c d e f g h": 4}, "8 parts"),
    ],
)
def test_inline_hotwords_outside_their_limits_are_refused(model: str, vocabulary: dict[str, int], problem: str) -> None:
    error = refusal(model, vocabulary=vocabulary)
    assert error.startswith("vocabulary=")
    assert problem in error
    assert "Nothing was sent" in error
    assert len(error) < 300, "thousands of words would hide the problem"


def test_inline_hotwords_at_their_limits_are_accepted() -> None:
    for vocabulary in (words(2000), words(2000) | words(50, 50), {"傅" * 15: 1, "a b c d e f g": 5}):
        assert check_parameters(QWEN, {"vocabulary": vocabulary})["vocabulary"] == vocabulary


def said(text: str, role: str = "user") -> dict[str, Any]:
    kind = "input_text" if role == "user" else "text"
    return {"role": role, "content": [{"type": kind, "text": text}]}


def test_a_context_is_a_text_or_up_to_five_rounds_of_messages() -> None:
    assert check_parameters(QWEN, {"context": "傅里叶 变换"})["context"] == [said("傅里叶 变换")]
    rounds = [said("x" * 200), said("y" * 200, "assistant")] * 5
    assert check_parameters(QWEN, {"context": rounds})["context"] == rounds


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ([said("x")] * 6, "6 rounds"),
        ("", "without a text"),
        ([said(" ")], "without a text"),
        ([said("x"), said("y", "assistant")] * 6, "6 rounds"),
        ([said("x" * 401)], "401 characters"),
        ([said("x" * 300), said("y" * 101, "assistant")], "401 characters"),
        ("x" * 401, "401 characters"),
        ([said("y", "assistant")], "answers"),
        ([said("x"), said("y", "assistant"), said("z", "assistant")], "answers"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}]}], "input_text"),
        ([{"role": "system", "content": [{"type": "text", "text": "x"}]}], "role is user or assistant"),
        ([{"role": "user", "content": []}], "length >= 1"),
        ([], "length >= 1"),
        ([{"text": "x"}], "missing required field"),
        ([said("x") | {"name": "Ann"}], "'name' is not one of its fields"),
    ],
)
def test_a_context_beyond_its_form_is_refused_as_the_service_would_cut_it(context: Any, problem: str) -> None:
    error = refusal(QWEN, context=context)
    assert error.startswith("context=")
    assert problem in error


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"filter_with_signed": {"word_list": ["x"] * 33}}, "33 words"),
        ({"filter_with_signed": {"word_list": ["x"] * 16}, "filter_with_empty": {"word_list": ["y"] * 17}}, "33 words"),
        ({"filter_with_stars": {"word_list": ["x"]}}, "'filter_with_stars' is not one of its fields"),
        ({"filter_with_empty": {"words": ["x"]}}, "'words' is not one of its fields"),
        ({"filter_with_empty": ["x"]}, "expected object"),
        ({"system_reserved_filter": "yes"}, "expected bool"),
    ],
)
def test_a_special_word_filter_of_another_shape_is_refused(value: Any, problem: str) -> None:
    error = refusal(FUN, special_word_filter=value)
    assert error.startswith("special_word_filter=")
    assert problem in error


# ------------------------------------------------------------------------------------------------------------- extra


def test_extra_parameters_are_sent_unchecked_beside_the_others() -> None:
    parameters, _, _ = wire_form(check_parameters(QWEN, {}, {"new_thing": [1, {"a": None}]}), {"new_thing": 1})
    assert parameters == {"format": "pcm", "sample_rate": 16000, "new_thing": 1}


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"heartbeat": False}, "given twice"),
        ({"format": "mp3"}, "describes the audio"),
        ({"sample_rate": 8000}, "describes the audio"),
        ({"x": object()}, "JSON"),
        ({"x": float("nan")}, "JSON"),
        ({1: 2}, "dictionary"),
        ("x", "dictionary"),
    ],
)
def test_extra_parameters_that_cannot_be_sent_are_refused(extra: Any, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(QWEN, {"heartbeat": True}, extra)


def test_the_error_for_an_unknown_name_says_how_to_send_it_and_knows_the_caller_s_arguments() -> None:
    assert "extra={'new_thing': ...}" in refusal(QWEN, new_thing=1)
    with pytest.raises(ParameterError, match=r"Did you mean retry\?"):
        check_parameters(QWEN, {"retries": 1}, None, ("retry", "save"))


def test_none_means_not_given_and_the_callers_mapping_is_not_changed() -> None:
    given = {"heartbeat": None, "language_hints": ["en"]}
    checked = check_parameters(V2, given)
    assert "heartbeat" not in checked
    assert given == {"heartbeat": None, "language_hints": ["en"]}


def test_an_undocumented_model_is_checked_only_for_names_types_and_ranges() -> None:
    assert check_parameters("paraformer-realtime-v3", {"phrase_id": "x", "speech_noise_threshold": 0.1})
    assert check_parameters("paraformer-realtime-v3", {"sample_rate": 48000, "language_hints": ["xx"] * 9})
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
    parameters, _, task_input = wire_form(check_parameters(FUN, {"context": CONTEXT}))
    assert "context" not in parameters
    assert task_input == {"context": CONTEXT}


_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text() | st.integers(), max_size=3)
)


@settings(deadline=None, derandomize=True, database=None)
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
