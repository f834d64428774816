"""The API key is not in anything that people read, log or save: wherever it came from, whatever fails."""

from __future__ import annotations

import asyncio
import copy
import getpass
import logging
import pickle
import secrets
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from seen import LogCollector, assert_hidden, texts_of_error, texts_of_run, texts_of_service
from servers import Cloud, RawServer, Talk, ended, failure, result, texts, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope.server_protocol import ENGINE_HEADER
from paraformer_nb.loop import get_loop
from paraformer_nb.services import keys


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that is logged at DEBUG, asyncio's report of each step, and every warning."""
    texts: list[str] = []
    collector, loop = LogCollector(texts), get_loop()
    loggers = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    before = [(each, each.level) for each in (logging.root, *loggers)]
    logging.root.addHandler(collector)
    logging.getLogger("asyncio").addFilter(collector.filter_steps)
    for each, _ in before:
        each.setLevel(logging.DEBUG)
    loop.set_debug(True)
    slow, loop.slow_callback_duration = loop.slow_callback_duration, 0.0
    with warnings.catch_warnings(record=True) as caught:
        yield texts
        texts += [str(each) for each in caught]
    loop.set_debug(False)
    loop.slow_callback_duration = slow
    logging.getLogger("asyncio").removeFilter(collector.filter_steps)
    logging.root.removeHandler(collector)
    for each, level in before:
        each.setLevel(level)


# ------------------------------------------------------------------------------------------- whatever a service sends


def cloud(behave: Callable[[Talk, str], Any] | None = None, **answer: Any) -> Callable[[str], Cloud]:
    """A service that repeats the key wherever a text has `{key}`."""

    def made(key: str) -> Cloud:
        async def behaviour(talk: Talk) -> None:
            await talk.begin()
            await talk.block()
            assert behave is not None
            await behave(talk, key)

        filled = {name: text.format(key=key) if isinstance(text, str) else text for name, text in answer.items()}
        return Cloud(behaviour if behave else well, **filled)

    return made


def raw(answer: str) -> Callable[[str], RawServer]:
    """A server that answers a handshake with these bytes, and then resets the connection."""

    def made(key: str) -> RawServer:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.format(key=key).encode())
            await writer.drain()

        return RawServer(handle)

    return made


async def repeat_in_a_result(talk: Talk, key: str) -> None:
    await talk.say(key, f"mid{key}dle", final=False)
    await talk.say("key", key, f"mid{key}dle")
    sentence = {"speaker_id": key, "emo_tag": key, key: key}
    await talk.send(result(talk.task, "more", number=2, **sentence))
    await talk.command()
    await talk.finish()


async def repeat_in_unreadable_messages(talk: Talk, key: str) -> None:
    for text in (f'{{"header":{{"event":"{key}","task_id":"{talk.task}"}}}}', key, f'{{"{key}"', f"[{key}]"):
        await talk.send(text)
    await talk.send(key.encode())
    await talk.command()
    await talk.finish()


class NamesAnEngine(Cloud):
    """A service that names its engine in the handshake."""

    engine = ""

    def answer_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        super().answer_handshake(connection, request)
        response = connection.protocol.accept(request)
        response.headers[ENGINE_HEADER] = self.engine
        return response


def engine_with_that_name(key: str) -> Cloud:
    named = NamesAnEngine(well)
    named.engine = f"engine {key}"
    return named


FINISHED = ("no fault", "a result repeats it", "unreadable messages repeat it", "the engine's name")
CASES: dict[str, Callable[[str], Any]] = {
    "no fault": cloud(),
    "the engine's name": engine_with_that_name,
    "a result repeats it": cloud(repeat_in_a_result),
    "unreadable messages repeat it": cloud(repeat_in_unreadable_messages),
    **{
        f"HTTP {status}": cloud(status=status, body='{{"message":"Bearer {key} is not welcome"}}')
        for status in (401, 403, 404, 429, 500)
    },
    "a redirect": cloud(status=302, location="/{key}?api_key={key}"),
    "two redirects": raw("HTTP/1.1 302 Found\r\nLocation: /{key}\r\nLocation: /{key}{key}\r\n\r\n"),
    "a redirect to nowhere": cloud(status=302, location="http://{key}@127.0.0.1:9/{key}"),
    "task-failed": cloud(lambda talk, key: talk.fail("InvalidApiKey", f"Incorrect API key provided: {key}. ")),
    "task-failed, in its code": cloud(lambda talk, key: talk.fail(f"Throttling.{key}", "")),
    "a reason to close": cloud(lambda talk, key: talk.connection.close(1011, f"no more for {key}")),
    "a reset after a block": cloud(lambda talk, _: asyncio.sleep(0, talk.reset())),
    "a reset in the handshake": raw(""),
    "no HTTP": raw("{key}\r\n{key}: {key}\r\n\r\n"),
    "an answer with it in its header": raw("HTTP/1.1 200 {key}\r\nX-Key: {key}\r\nUpgrade: {key}\r\n\r\n"),
    "half a handshake": raw("HTTP/1.1 101 {key}\r\nUpgrade: websocket\r\nConnection: {key}\r\n\r\n"),
}


def in_the_environment(key: str, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("DASHSCOPE_API_KEY", key)


def by_login(key: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(getpass, "getpass", lambda _prompt: key)
    pnb.login()


WAYS: list[Callable[[str, pytest.MonkeyPatch], Any]] = [
    lambda key, _: key,
    lambda key, _: lambda: f" {key}\n",
    lambda key, _: partial(str, key),
    in_the_environment,
    by_login,
]


@pytest.mark.usefixtures("nothing_left")
def test_the_key_is_hidden_wherever_it_came_from_and_whatever_a_service_sends(
    key: str, logged: list[str], tmp_path: Path
) -> None:
    for number, (case, way) in enumerate(zip(CASES, cycle(WAYS))):
        with CASES[case](key) as server, pytest.MonkeyPatch.context() as patch:
            service = pnb.DashScope(way(key, patch), url=server.url)
            run = pnb.transcribe(
                tone(0.3), service=service, pace=None, retry=pnb.Retry(attempts=1), save=tmp_path / f"{number}"
            )
            (ended if case in FINISHED else failure)(run)
            texts = [*texts_of_service(service), *texts_of_run(run), *texts_of_error(run.error)]
            keys.forget_key()
        if isinstance(server, Cloud):
            assert server.headers[0]["authorization"] == f"Bearer {key}"
        assert_hidden(key, case, texts + logged)


def test_the_key_is_hidden_where_the_connection_is_refused(key: str, logged: list[str]) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        service = pnb.DashScope(key, url=f"ws://127.0.0.1:{unused.getsockname()[1]}/")
        run = pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1))
        assert isinstance(failure(run), errors.ConnectionFailed)
    assert_hidden(key, "refused", [*texts_of_run(run), *texts_of_error(run.error), *logged])


@pytest.mark.parametrize(
    "proxy", ["http://me:{}@127.0.0.1:9", "ftp://me:{}@127.0.0.1:9", "http://me:{}@[half", "socks5://{}:me@x:1"]
)
def test_the_key_and_a_proxys_password_are_hidden_where_the_proxy_fails(
    proxy: str, key: str, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    password = secrets.token_hex(16)
    for name in ("wss_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.format(password))
    service = pnb.DashScope(key, url="wss://nowhere.invalid/inference")
    run = pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1))
    assert "proxy" in str(failure(run))
    texts = [*texts_of_run(run), *texts_of_error(run.error), *logged]
    assert_hidden(key, "key", texts)
    assert_hidden(password, "password", texts)


@pytest.mark.usefixtures("nothing_left")
def test_the_key_is_hidden_where_a_function_for_it_fails_or_returns_something_else(key: str, logged: list[str]) -> None:
    def raises() -> str:
        raise LookupError(key)

    def raises_from() -> str:
        try:
            return {"a": "b"}[key]
        except KeyError as error:
            raise RuntimeError(f"no {key}") from error

    functions: list[Any] = [
        raises,
        raises_from,
        lambda: f"{key} {key}",
        lambda: f"{key}\0",
        lambda: key.encode(),
        lambda: [key],
        lambda _: key,
        partial(str, key, key),
    ]
    with Cloud(well) as server:
        for function in functions:
            service = server.service(function)
            run = pnb.transcribe(tone(0.2), service=service)
            error = failure(run)
            assert isinstance(error, errors.AuthenticationError)
            assert "Nothing was sent." in str(error)
            assert_hidden(key, repr(error), [repr(vars(service)), *texts_of_run(run), *texts_of_error(error), *logged])
    assert server.headers == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ws://{}@127.0.0.1/"},
        {"url": "wss://:{}@host/"},
        {"url": "wss://host/?api_key={}"},
        {"url": "wss://host/#{}"},
        {"url": "https://host/"},
        {"url": "no address"},
        {"api_key": ["{}"]},
        {"api_key": b"{}"},
        {"api_key": 3},
    ],
    ids=str,
)
def test_the_key_is_hidden_in_the_errors_for_wrong_arguments(wrong: dict[str, Any], key: str) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.replace(b"{}", key.encode())
        return (
            [filled(each) for each in value]
            if isinstance(value, list)
            else (value.format(key) if isinstance(value, str) else value)
        )

    with pytest.raises(errors.ParameterError) as caught:
        pnb.DashScope(**{"api_key": key} | {name: filled(value) for name, value in wrong.items()})
    assert_hidden(key, str(wrong), list(texts_of_error(caught.value)))


def _token() -> str:
    return "a-token"


def test_a_service_is_pickled_without_its_key_or_not_at_all(key: str) -> None:
    for service in (pnb.DashScope(key), asyncio.run(pnb.DashScope(key).endpoint())):
        for duplicate in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="an API key is not pickled") as caught:
                duplicate(service)
            assert_hidden(key, "pickle", list(texts_of_error(caught.value)))
    back = pickle.loads(pickle.dumps(pnb.DashScope(_token)))
    assert asyncio.run(back.endpoint()).headers["Authorization"] == f"Bearer {_token()}"


@pytest.mark.parametrize("word", ["output", "punctuation", "hello"])
def test_a_key_that_is_a_common_word_costs_no_word(word: str) -> None:
    with Cloud(well) as server:
        assert texts(ended(pnb.transcribe(tone(0.2), service=server.service(word), pace=None))) == ["hello", "there"]


def test_the_embedded_services_own_key_is_hidden_too(logged: list[str], chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    run = ended(pnb.transcribe(chinese, service=service))
    key = str(asyncio.run(service.endpoint()).headers["Authorization"]).removeprefix("Bearer ")
    assert len(key) == 32
    assert_hidden(key, "embedded", [*texts_of_service(service), *texts_of_run(run), *logged])
