"""Stored hotword lists over real HTTP, from create to delete, and temporary keys, with the embedded service."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import ended, eventually

import paraformer_nb as pnb
from paraformer_nb.errors import AuthenticationError, ParameterError, ServiceError

QWEN = "qwen-audio-3.1-asr-flash-streaming"
LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac"
RIGHT, WRONG = "公园", "工元"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson, of which two words are recognised only as hotwords, or with them in the context."""
    folder = tmp_path_factory.mktemp("script")
    (folder / "lesson.flac").write_bytes(LESSON.read_bytes())
    given = json.loads(LESSON.with_suffix(".json").read_text(encoding="utf-8"))
    for sentence in given["sentences"]:
        for word in sentence["words"]:
            if word["text"] in RIGHT:
                word["without_hotword"] = WRONG[RIGHT.index(word["text"])]
    path = folder / "lesson.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


@pytest.fixture
def service(script: Path) -> Iterator[pnb.Embedded]:
    embedded = pnb.Embedded("scripted", script=script, limits=pnb.Limits(deployment=0.3))
    yield embedded
    embedded.close()


def text(service: Any, **parameters: Any) -> str:
    return str(ended(pnb.transcribe(LESSON, service=service, **{"model": QWEN} | parameters)).text)


def refusal(words: Any, **options: Any) -> str:
    """The error for words; a service that nothing listens to shows that nothing was sent."""
    closed = pnb.DashScope("never-shown-key", url="ws://127.0.0.1:9/api-ws/v1/inference")
    with pytest.raises(ParameterError) as caught:
        pnb.hotwords.create(words, service=closed, **{"model": QWEN} | options)
    return str(caught.value)


def test_a_list_is_created_awaited_used_updated_and_deleted(service: pnb.Embedded) -> None:
    assert WRONG in text(service)
    made = pnb.hotwords.create({RIGHT: 4}, model=QWEN, prefix="lecture", service=service)
    assert made.startswith("vocab-lecture-")
    assert not pnb.hotwords.get(made, service=service).is_ready
    ready = pnb.hotwords.wait_ready(made, timeout=20, service=service)
    assert (ready.status, ready.model) == ("OK", QWEN)
    assert [tuple(word) for word in ready.words] == [(RIGHT, 4, None)]
    assert RIGHT in text(service, vocabulary_id=made)
    assert [each.vocabulary_id for each in pnb.hotwords.list(prefix="lecture", service=service)] == [made]
    assert pnb.hotwords.list(prefix="other", service=service) == []

    pnb.hotwords.update(made, ["别的"], service=service)
    pnb.hotwords.wait_ready(made, timeout=20, service=service)
    assert WRONG in text(service, vocabulary_id=made)

    pnb.hotwords.delete(made, service=service)
    assert pnb.hotwords.list(service=service) == []
    with pytest.raises(ServiceError, match="does not exist"):
        pnb.hotwords.get(made, service=service)


def test_a_change_soon_after_another_is_made_and_warned_of(service: pnb.Embedded) -> None:
    made = pnb.hotwords.create(["a"], model=QWEN, service=service)
    with pytest.warns(UserWarning, match=f"{made} was changed before .* update once more"):
        pnb.hotwords.update(made, [RIGHT], service=service)
    ready = pnb.hotwords.wait_ready(made, timeout=20, service=service)
    assert [word.text for word in ready.words] == [RIGHT]
    assert RIGHT in text(service, vocabulary_id=made)
    with pytest.warns(UserWarning, match="5 minutes"):  # it has applied, but in the cloud a moment is not enough
        pnb.hotwords.update(made, ["b"], service=elsewhere(service, pnb.temporary_key(60, service=service)))


def test_a_list_of_another_model_is_ignored_as_in_the_cloud(service: pnb.Embedded) -> None:
    made = pnb.hotwords.create({RIGHT: 4}, model="fun-asr-realtime", service=service)
    pnb.hotwords.wait_ready(made, timeout=20, service=service)
    assert WRONG in text(service, vocabulary_id=made)
    assert RIGHT in text(service, vocabulary_id=made, model="fun-asr-realtime")


def test_hints_switch_off_the_hotwords_of_other_languages(service: pnb.Embedded) -> None:
    made = pnb.hotwords.create([{"text": RIGHT, "weight": 50, "lang": "zh"}], model=QWEN, service=service)
    pnb.hotwords.wait_ready(made, timeout=20, service=service)
    assert RIGHT in text(service, vocabulary_id=made, language_hints=["zh"])
    assert WRONG in text(service, vocabulary_id=made, language_hints=["en"])


def test_inline_hotwords_and_context_apply_at_once(service: pnb.Embedded) -> None:
    assert RIGHT in text(service, vocabulary={RIGHT: 5})
    assert RIGHT in text(service, context=f"我们说{RIGHT}")
    assert WRONG in text(service, context="别的")


def test_a_context_is_replaced_in_mid_run(service: pnb.Embedded) -> None:
    run = pnb.transcribe(LESSON, service=service, model=QWEN, pace=4)
    assert eventually(lambda: run.state == "streaming")
    run.update_context(RIGHT)
    ended(run)
    assert RIGHT in run.text
    sent = [record.body for record in run.journal if type(record).__name__ == "Sent"]
    commands = [json.loads(bytes(body)) for body in sent]
    assert [command["header"]["action"] for command in commands] == ["run-task", "continue-task", "finish-task"]
    message = {"role": "user", "content": [{"type": "input_text", "text": RIGHT}]}
    assert commands[1]["payload"] == {"input": {"context": [message]}}
    with pytest.raises(ParameterError, match="has ended"):
        run.update_context(RIGHT)


def test_a_run_that_is_resumed_has_the_newest_context(service: pnb.Embedded, tmp_path: Path) -> None:
    run = pnb.transcribe(LESSON, service=service, model=QWEN, pace=1, save=tmp_path / "run.jsonl")
    assert eventually(lambda: run.state == "streaming")
    run.update_context(RIGHT)
    run.stop()
    ended(run)
    resumed = ended(pnb.resume(tmp_path / "run.jsonl", service=service))
    assert RIGHT in resumed.text
    sent = [json.loads(bytes(record.body)) for record in resumed.journal if type(record).__name__ == "Sent"]
    contexts = [each["payload"]["input"] for each in sent if each["header"]["action"] != "finish-task"]
    assert contexts[0] == {}
    assert contexts[1] == contexts[2] != {}


def test_a_context_that_the_model_cannot_use_is_refused(service: pnb.Embedded) -> None:
    run = pnb.transcribe(LESSON, service=service, pace=10)
    with pytest.raises(ParameterError, match="paraformer-realtime-v2 has no parameter context"):
        run.update_context(RIGHT)
    run.cancel()


@pytest.mark.parametrize(
    ("words", "options", "problem"),
    [
        ({}, {}, "at least one"),
        ({"a": 6}, {}, "weight 6"),
        ({"a": 50}, {"model": "paraformer-realtime-v2"}, "does not have 50"),
        ({f"w{number}": 50 for number in range(51)}, {}, "51 words have the weight 50"),
        ({f"w{number}": 4 for number in range(2001)}, {}, "2001 words, and at most 2000"),
        ({f"w{number}": 4 for number in range(501)}, {"model": "paraformer-realtime-v2"}, "at most 500"),
        (["a", "a"], {}, "twice"),
        ([{"text": "a", "lang": "tlh"}], {}, "language 'tlh'"),
        ([5], {}, "not a hotword"),
        ("abc", {}, "not one text"),
        (["傅" * 16], {}, "16 characters"),
        (["a"], {"prefix": "Lecture"}, "prefix"),
        (["a"], {"prefix": "0123456789"}, "prefix"),
        (["a"], {"model": "paraformer-realtime-v1"}, "uses no stored"),
    ],
)
def test_words_outside_the_limits_are_refused_before_anything_is_sent(
    words: Any, options: dict[str, Any], problem: str
) -> None:
    assert problem in refusal(words, **options)


def test_the_eleventh_list_is_refused_with_the_ten_that_are_there(service: pnb.Embedded) -> None:
    made = [pnb.hotwords.create(["a"], model=QWEN, service=service) for _ in range(10)]
    with pytest.raises(ParameterError) as caught:
        pnb.hotwords.create(["a"], model=QWEN, service=service)
    assert all(each in str(caught.value) for each in made)
    assert len(pnb.hotwords.list(service=service)) == 10


# ---------------------------------------------------------------------------------------------------- temporary keys


@pytest.fixture
def cloud(service: pnb.Embedded) -> pnb.DashScope:
    """The embedded service as a cloud whose key is temporary."""
    return elsewhere(service, pnb.temporary_key(1800, service=service))


def elsewhere(service: pnb.Embedded, key: Any) -> pnb.DashScope:
    """The same service at its URL, with another key."""
    from paraformer_nb.loop import submit

    return pnb.DashScope(key, url=submit(service.endpoint()).result(10).url)


def test_a_temporary_key_is_accepted_and_its_repr_hidden(service: pnb.Embedded, cloud: pnb.DashScope) -> None:
    assert "语音识别" in text(cloud, pace=None)
    key = pnb.temporary_key(1, service=service)
    assert str(key).startswith("st-")
    assert key not in repr(key)


@pytest.mark.parametrize("seconds", [0, 1801, -1, 1.5, True, "60"])
def test_a_temporary_key_lasts_from_one_second_to_half_an_hour(service: pnb.Embedded, seconds: Any) -> None:
    with pytest.raises(ParameterError, match="1800"):
        pnb.temporary_key(seconds, service=service)


def test_a_wrong_key_makes_no_temporary_one(service: pnb.Embedded) -> None:
    with pytest.raises(AuthenticationError, match="Nothing was changed") as caught:
        pnb.temporary_key(service=elsewhere(service, "a-wrong-key-of-this-test"))
    assert "a-wrong-key" not in str(caught.value)


def test_a_function_is_asked_anew_where_the_temporary_key_has_ended_in_mid_run(script: Path) -> None:
    embedded = pnb.Embedded("scripted", script=script, faults=["drop:seconds=3.2,how=reset,times=1"])
    asked: list[str] = []

    def key() -> str:
        asked.append(str(pnb.temporary_key(3, service=embedded)))
        return asked[-1]

    try:
        run = ended(pnb.transcribe(LESSON, service=elsewhere(embedded, key), model=QWEN, pace=1, end=4))
        assert len(set(asked)) == 2
        assert run.state == "finished"
        assert run.gaps.empty
        with pytest.raises(AuthenticationError):
            pnb.transcribe(LESSON, service=elsewhere(embedded, asked[0])).wait(20)
    finally:
        embedded.close()


def test_a_text_that_has_expired_in_mid_run_ends_it_with_what_to_do(script: Path) -> None:
    embedded = pnb.Embedded("scripted", script=script, faults=["drop:seconds=4,how=reset,times=1"])
    try:
        run = pnb.transcribe(LESSON, service=elsewhere(embedded, pnb.temporary_key(3, service=embedded)), pace=1.5)
        with pytest.raises(AuthenticationError, match="accepted before.*as a function"):
            run.wait(60)
        assert run.state == "failed"
    finally:
        embedded.close()


# ----------------------------------------------------------------------------------------------------------- raw HTTP


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", 401),
        ("POST /api/v1/other HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", 404),
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n", 403),
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ("POST /api/v1/tokens HTTP/1.1\r\nbroken\r\n\r\n", 400),
        ("POST " + "/" * 20_000, 431),
        ("POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n" + "x" * 300_000, 413),
    ],
    ids=["no key", "path", "host", "length", "too long", "chunked", "header", "endless", "arriving"],
)
def test_a_request_that_is_not_right_is_refused_and_the_service_goes_on(
    service: pnb.Embedded, request_text: str, status: int
) -> None:
    from paraformer_nb.loop import submit

    port = int(submit(service.endpoint()).result(10).url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        for byte in (request_text[:3], request_text[3:]):  # in two parts, of which the first does not say POST yet
            raw.sendall(byte.encode())
        answer = b""
        while part := raw.recv(4096):
            answer += part
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"]
    assert pnb.hotwords.list(service=service) == []
