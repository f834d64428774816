"""Messages are decoded leniently and without loss, and encoded so that the vendor's own clients can decode them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.event_decoder import decode_event
from paraformer_nb.dashscope.messages import (
    Command,
    ContinueTask,
    Event,
    FinishTask,
    ResultGeneratedEvent,
    RunTask,
    SentenceResult,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    TaskUsage,
    UnknownEvent,
    WordResult,
    decode_command,
    encode_command,
    encode_event,
)

TASK = "6f1d2c0a9b7e4d35a1c88e5b2f40c9d1"
WORDS = [
    {"begin_time": 1940, "end_time": 2300, "text": "今天", "punctuation": "", "fixed": False},
    {"begin_time": 2300, "end_time": 2760, "text": "天气", "punctuation": "。", "fixed": False},
]
SENTENCE: dict[str, Any] = {
    "sentence_id": 1,
    "begin_time": 1940,
    "end_time": None,
    "text": "今天天气",
    "channel_id": 0,
    "speaker_id": None,
    "sentence_begin": False,
    "sentence_end": False,
    "heartbeat": False,
    "words": WORDS,
}
FINAL = SENTENCE | {
    "end_time": 2760,
    "sentence_end": True,
    "text": "今天天气。",
    "emo_tag": "neutral",
    "emo_confidence": 0.9,
    "stash": {"sentence_id": 2, "begin_time": 2340, "text": "", "words": []},
    "vad_pre_end": False,
}


def event(name: str, payload: Any = None, **header: Any) -> dict[str, Any]:
    """Make an event as the service does."""
    body = {} if payload is None else payload
    return {"header": {"task_id": TASK, "event": name, "attributes": {}} | header, "payload": body}


def result(sentence: Any, usage: Any = None) -> dict[str, Any]:
    return event("result-generated", {"output": {"sentence": sentence}, "usage": usage})


def decode(message: Any) -> Event:
    return decode_event(json.dumps(message).encode())


def sentence_of(message: Any) -> SentenceResult:
    decoded = decode(message)
    assert isinstance(decoded, ResultGeneratedEvent)
    return decoded.sentence


REAL_EVENTS = [
    event("task-started"),
    result(SENTENCE | {"text": "", "words": [], "sentence_begin": True}),
    result(SENTENCE),
    result(FINAL, {"duration": 4}),
    result(SENTENCE | {"sentence_id": 0, "heartbeat": True, "text": "", "words": []}),
    event("task-finished", {"output": {}, "usage": None}),
    event("task-failed", error_code="CLIENT_ERROR", error_message="request timeout after 23 seconds."),
]
REAL_COMMANDS = [
    {
        "header": {"action": "run-task", "task_id": TASK, "streaming": "duplex"},
        "payload": {
            "task_group": "audio",
            "task": "asr",
            "function": "recognition",
            "model": "paraformer-realtime-v2",
            "parameters": {"format": "pcm", "sample_rate": 16000, "language_hints": ["zh", "en"]},
            "resources": [{"resource_id": "x", "resource_type": "asr_phrase"}],
            "input": {},
        },
    },
    {"header": {"action": "continue-task", "task_id": TASK}, "payload": {"input": {"context": [{"text": "x"}]}}},
    {"header": {"action": "finish-task", "task_id": TASK, "streaming": "duplex"}, "payload": {"input": {}}},
]


# -------------------------------------------------------------------------------------------------- decoding events


def test_each_documented_event_is_decoded_to_its_type() -> None:
    kinds = [type(decode(message)) for message in REAL_EVENTS]
    assert kinds == [TaskStartedEvent, *[ResultGeneratedEvent] * 4, TaskFinishedEvent, TaskFailedEvent]
    assert {decode(message).task_id for message in REAL_EVENTS} == {TASK}


def test_a_final_sentence_has_its_words_and_usage() -> None:
    final = decode(result(FINAL, {"duration": 4}))
    assert isinstance(final, ResultGeneratedEvent)
    assert final.usage == TaskUsage(4)
    sentence = final.sentence
    assert (sentence.text, sentence.begin_time, sentence.end_time) == ("今天天气。", 1940, 2760)
    assert (sentence.emo_tag, sentence.emo_confidence) == ("neutral", 0.9)
    assert sentence.words is not None
    assert [(word.text, word.begin_time, word.end_time, word.punctuation) for word in sentence.words] == [
        ("今天", 1940, 2300, ""),
        ("天气", 2300, 2760, "。"),
    ]


@pytest.mark.parametrize(
    ("flag", "end", "final"),
    [
        (True, 900, True),
        (True, None, True),
        (False, None, False),
        (False, 900, False),
        (None, 900, True),
        (None, None, False),
    ],
)
def test_sentence_end_decides_whether_a_result_is_final_or_else_the_end_time(
    flag: bool | None, end: int | None, final: bool
) -> None:
    assert sentence_of(result(SENTENCE | {"sentence_end": flag, "end_time": end})).is_final is final


def test_a_result_without_sentence_end_is_final_once_it_has_an_end_time() -> None:
    bare = {"begin_time": 0, "text": "hello"}
    assert not sentence_of(result(bare)).is_final
    assert sentence_of(result(bare | {"end_time": 900})).is_final


def test_unknown_fields_are_kept_in_raw_byte_for_byte() -> None:
    text = json.dumps(result(FINAL | {"mood": "☂"}), ensure_ascii=False, indent=2).encode()
    assert decode_event(text).raw == text
    assert b'"mood": "\xe2\x98\x82"' in decode_event(text).raw


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (event("result-revised", {"output": {"text": "x"}}), "result-revised"),
        (event("result-generated", {"output": {"transcription": {"text": "gummy"}}}), "result-generated"),
        (event("result-generated", {"output": None}), "result-generated"),
        (event("result-generated", {"output": {"sentence": {"words": "none"}}}), "result-generated"),
        (event("result-generated", {"output": {"sentence": "good morning"}}), "result-generated"),
        (event("result-generated", {"output": ["good", "morning"]}), "result-generated"),
        (event("result-generated", "good morning"), "result-generated"),
        ({"header": {"event": 7}}, "7"),
        ({"header": {"event": ["task-started"]}}, ""),
        ({"header": {}}, ""),
        ({"hello": 1}, ""),
        ([], ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_an_unknown_event_is_kept_with_its_name(message: Any, name: str) -> None:
    text = json.dumps(message).encode()
    unknown = decode_event(text)
    assert isinstance(unknown, UnknownEvent)
    assert (unknown.name, unknown.raw) == (name, text)


@pytest.mark.parametrize("payload", [None, "absent", {}, {"output": None, "usage": None}, {"output": {}, "usage": {}}])
@pytest.mark.parametrize(("name", "kind"), [("task-started", TaskStartedEvent), ("task-finished", TaskFinishedEvent)])
def test_a_task_starts_and_finishes_whatever_its_payload(name: str, kind: type, payload: Any) -> None:
    message = event(name)
    message["payload"] = payload
    if payload == "absent":
        del message["payload"]
    assert isinstance(decode(message), kind)


def test_a_failure_without_code_or_message_is_still_a_failure() -> None:
    failed = decode({"header": {"event": "task-failed", "task_id": None, "error_code": None}})
    assert isinstance(failed, TaskFailedEvent)
    assert (failed.task_id, failed.code, failed.message) == ("", "Unknown", "")


@pytest.mark.parametrize(
    "field", ["begin_time", "end_time", "words", "sentence_id", "heartbeat", "channel_id", "emo_tag"]
)
def test_a_sentence_is_decoded_with_any_field_null_or_missing(field: str) -> None:
    assert sentence_of(result(FINAL | {field: None})).text == "今天天气。"
    assert sentence_of(result({key: value for key, value in FINAL.items() if key != field})).text == "今天天气。"


@pytest.mark.parametrize("field", ["begin_time", "end_time", "text", "punctuation", "fixed"])
def test_a_null_in_one_word_does_not_lose_the_sentence(field: str) -> None:
    sentence = sentence_of(result(FINAL | {"words": [WORDS[0] | {field: None}, WORDS[1]]}))
    assert sentence.words is not None
    assert [sentence.text, sentence.words[1].text] == ["今天天气。", "天气"]


@pytest.mark.parametrize("usage", [[], {"duration": "four"}, {"duration": None}, {"duration": 4, "characters": 9}])
def test_an_unexpected_usage_does_not_lose_the_sentence(usage: Any) -> None:
    assert sentence_of(result(FINAL, usage)).text == "今天天气。"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stash", []),
        ("stash", {"text": None, "words": None}),
        ("stash", {"words": [{"text": None}]}),
        ("stash", "later"),
        ("vad_pre_end", "maybe"),
        ("pre_end_timemillis", 12.5),
        ("pre_end_start_time", "soon"),
        ("channel_id", "left"),
        ("speaker_id", {"id": 1}),
        ("emo_tag", 3),
        ("emo_confidence", "high"),
        ("sentence_begin", "yes, it does"),
    ],
)
def test_an_undocumented_field_of_another_type_does_not_lose_the_sentence(field: str, value: Any) -> None:
    assert sentence_of(result(FINAL | {field: value})).text == "今天天气。"


def test_the_next_sentence_in_stash_is_decoded() -> None:
    stash = sentence_of(result(FINAL)).stash
    assert stash is not None
    assert (stash["sentence_id"], stash["begin_time"], stash["text"]) == (2, 2340, "")


# ----------------------------------------------------------------------------------------------- encoding events


def test_an_encoded_event_is_decoded_to_an_equal_one() -> None:
    words = [WordResult(10, 20, "a", ",", True, 3, 0.5), WordResult(20, None, "b")]
    sentence = SentenceResult(10, 20, "a, b", words, True, False, 4, False, 0, "s", "positive", 0.25)
    written = ResultGeneratedEvent(TASK, sentence, TaskUsage(7))
    for one in (
        TaskStartedEvent(TASK),
        written,
        TaskFinishedEvent(TASK, TaskUsage(7)),
        TaskFailedEvent(TASK, "C", "m"),
    ):
        text = encode_event(one).encode()
        back = decode_event(text)
        assert back.raw == text
        assert type(back)(**{name: getattr(back, name) for name in back.__struct_fields__} | {"raw": b""}) == one


def test_events_have_the_keys_that_the_vendors_sdks_require() -> None:
    partial = json.loads(
        encode_event(ResultGeneratedEvent(TASK, SentenceResult(0, None, "a", [WordResult(0, 5, "a")])))
    )
    assert partial["payload"]["usage"] is None
    sentence = partial["payload"]["output"]["sentence"]
    assert sentence["end_time"] is None
    assert {"begin_time", "text", "words", "sentence_end", "sentence_id"} <= sentence.keys()
    assert {"begin_time", "end_time", "text", "punctuation", "fixed"} <= sentence["words"][0].keys()
    finished = json.loads(encode_event(TaskFinishedEvent(TASK)))
    assert finished["payload"] == {"output": {}, "usage": None}
    failed = json.loads(encode_event(TaskFailedEvent(TASK, "C", "m")))
    assert failed["header"] | {"attributes": {}} == failed["header"]
    assert {"task_id", "error_code", "error_message"} <= failed["header"].keys()
    assert failed["payload"] == {}


def test_a_sentence_without_words_is_encoded_with_an_empty_list() -> None:
    text = encode_event(ResultGeneratedEvent(TASK, SentenceResult(text="a")))
    assert json.loads(text)["payload"]["output"]["sentence"]["words"] == []
    assert " " not in text


# --------------------------------------------------------------------------------------------------------- commands


def test_a_command_is_encoded_as_the_vendor_documents() -> None:
    resources = [{"resource_id": "x", "resource_type": "asr_phrase"}]
    run = RunTask(TASK, "paraformer-realtime-v1", {"format": "pcm", "sample_rate": 16000}, resources)
    assert json.loads(encode_command(run)) == {
        "header": {"action": "run-task", "task_id": TASK, "streaming": "duplex"},
        "payload": {
            "task_group": "audio",
            "task": "asr",
            "function": "recognition",
            "model": "paraformer-realtime-v1",
            "parameters": {"format": "pcm", "sample_rate": 16000},
            "input": {},
            "resources": resources,
        },
    }
    assert "resources" not in encode_command(RunTask(TASK, "paraformer-realtime-v2"))
    assert json.loads(encode_command(FinishTask(TASK))) == REAL_COMMANDS[2]


@pytest.mark.parametrize(
    "command",
    [
        RunTask(TASK, "m", {"a": [1]}, [{"resource_id": "x"}], {"context": [{}]}),
        RunTask(TASK, "m"),
        ContinueTask(TASK, {"context": [{"text": "x"}]}, {"heartbeat": True}),
        FinishTask(TASK),
    ],
)
def test_an_encoded_command_is_decoded_to_an_equal_one(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize("name", ["input", "model"])
@pytest.mark.parametrize("how", ["missing", "null"])
def test_a_run_task_without_model_or_input_is_refused_with_the_services_message(name: str, how: str) -> None:
    message = json.loads(json.dumps(REAL_COMMANDS[0]))
    message["payload"][name] = None
    if how == "missing":
        del message["payload"][name]
    with pytest.raises(ValueError, match=rf"Missing required parameter 'payload\.{name}'! Please follow the protocol!"):
        decode_command(json.dumps(message))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "hello",
        "{}",
        '{"header":{}}',
        '{"header":{"action":"run-task"}}',
        '{"header":null}',
        '{"header":{"action":"run-task","task_id":"x"},"payload":null}',
        '{"header":{"action":"dance","task_id":"x"}}',
    ],
)
def test_a_text_that_is_not_a_command_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid payload data|Please follow the protocol"):
        decode_command(text)


# ------------------------------------------------------------------------------------------------------ any bytes

_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_json = st.recursive(_scalars, lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(), some, max_size=4))
_settings = settings(deadline=None, derandomize=True, database=None)


def _paths(message: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a message."""
    items = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    return [path] + [deeper for key, value in items for deeper in _paths(value, (*path, key))]


@st.composite
def _mutated(draw: st.DrawFn, messages: list[dict[str, Any]]) -> bytes:
    """Draw a real message with a few values replaced or removed, and possibly some damaged bytes."""
    message = json.loads(json.dumps(draw(st.sampled_from(messages))))
    for _ in range(draw(st.integers(0, 3))):
        *parents, last = draw(st.sampled_from([path for path in _paths(message) if path] or [("header",)]))
        parent = message
        for key in parents:
            parent = parent[key]
        if draw(st.booleans()):
            parent[last] = draw(_json)
        else:
            parent.pop(last, None) if isinstance(parent, dict) else parent.pop(last)
    data = bytearray(json.dumps(message, ensure_ascii=False).encode())
    for _ in range(draw(st.integers(0, 3))):
        offset = draw(st.integers(0, len(data)))
        data[offset : offset + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


def _is_event(text: bytes) -> None:
    decoded = decode_event(text)
    assert isinstance(decoded, Event)
    assert decoded.raw == text


def _is_command_or_value_error(text: bytes) -> None:
    try:
        decoded = decode_command(text)
    except ValueError:
        return
    assert decoded.task_id


@_settings
@given(_mutated(REAL_EVENTS) | st.binary() | _json.map(lambda value: json.dumps(value).encode()))
def test_decoding_any_bytes_as_an_event_does_not_raise_and_keeps_them(text: bytes) -> None:
    _is_event(text)


@_settings
@given(_mutated(REAL_COMMANDS) | st.binary() | _json.map(lambda value: json.dumps(value).encode()))
def test_decoding_any_bytes_as_a_command_raises_only_value_errors(text: bytes) -> None:
    _is_command_or_value_error(text)


@pytest.mark.parametrize("depth", [500, 5_000, 200_000])
def test_deep_nesting_is_refused_like_any_other_invalid_message(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    _is_event(b'{"header":{"event":"task-started","x":' + nested + b"}}")
    start = b'{"header":{"action":"run-task","task_id":"x"},"payload":{"model":"m","input":{},"parameters":{"a":'
    _is_command_or_value_error(start + nested + b"}}}")
