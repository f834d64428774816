"""The API key is in nothing that people look at, log or save: wherever it came from, whatever goes wrong."""

from __future__ import annotations

import asyncio
import copy
import getpass
import logging
import os
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
from seen import Listener, all_of, all_of_run, all_of_service, assert_hidden
from servers import Cloud, RawServer, Talk, ended, failure, result, texts, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb import loop as _loop
from paraformer_nb.dashscope.server_protocol import ENGINE_HEADER
from paraformer_nb.services import keys


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What every logger says at DEBUG, asyncio's of each step, and every warning."""
    texts: list[str] = []
    listener, loop = Listener(texts), _loop.get_loop()
    loggers = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    before = [(each, each.level) for each in (logging.root, *loggers)]
    logging.root.addHandler(listener)
    logging.getLogger("asyncio").addFilter(listener.takes_step)
    for each, _ in before:
        each.setLevel(logging.DEBUG)
    loop.set_debug(True)
    slow, loop.slow_callback_duration = loop.slow_callback_duration, 0.0
    with warnings.catch_warnings(record=True) as warned:
        yield texts
        texts += [str(each) for each in warned]
    loop.set_debug(False)
    loop.slow_callback_duration = slow
    logging.getLogger("asyncio").removeFilter(listener.takes_step)
    logging.root.removeHandler(listener)
    for each, level in before:
        each.setLevel(level)


# ------------------------------------------------------------------------------------------- whatever a service does


def cloud(behave: Callable[[Talk, str], Any] | None = None, **answer: Any) -> Callable[[str], Cloud]:
    """A service that knows the key, and repeats it where `{key}` stands."""

    def made(key: str) -> Cloud:
        async def behaviour(talk: Talk) -> None:
            await talk.begin()
            await talk.block()
            assert behave is not None
            await behave(talk, key)

        told = {name: text.format(key=key) if isinstance(text, str) else text for name, text in answer.items()}
        return Cloud(behaviour if behave else well, **told)

    return made


def raw(answer: str) -> Callable[[str], RawServer]:
    """A server that gives this answer to a handshake, and then resets the connection."""

    def made(key: str) -> RawServer:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.format(key=key).encode())
            await writer.drain()

        return RawServer(handle)

    return made


async def repeats_it_in_a_result(talk: Talk, key: str) -> None:
    await talk.say(key, f"mid{key}dle", final=False)
    await talk.say("key", key, f"mid{key}dle")
    sentence = {"speaker_id": key, "emo_tag": key, key: key}
    await talk.send(result(talk.task, "more", number=2, **sentence))
    await talk.command()
    await talk.finish()


async def repeats_it_in_odd_messages(talk: Talk, key: str) -> None:
    for text in (f'{{"header":{{"event":"{key}","task_id":"{talk.task}"}}}}', key, f'{{"{key}"', f"[{key}]"):
        await talk.send(text)
    await talk.send(key.encode())
    await talk.command()
    await talk.finish()


class NamesAnEngine(Cloud):
    """A service that says in the handshake what it recognises with."""

    engine = ""

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        super()._answer(connection, request)
        response = connection.protocol.accept(request)
        response.headers[ENGINE_HEADER] = self.engine
        return response


def engine_of_that_name(key: str) -> Cloud:
    named = NamesAnEngine(well)
    named.engine = f"engine {key}"
    return named


FINE = ("all is well", "a result repeats it", "odd messages repeat it", "the engine's name")
CASES: dict[str, Callable[[str], Any]] = {
    "all is well": cloud(),
    "the engine's name": engine_of_that_name,
    "a result repeats it": cloud(repeats_it_in_a_result),
    "odd messages repeat it": cloud(repeats_it_in_odd_messages),
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
    "a reset in the midst": cloud(lambda talk, _: asyncio.sleep(0, talk.reset())),
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
def test_it_stays_out_wherever_it_came_from_and_whatever_a_service_does(
    key: str, said: list[str], tmp_path: Path
) -> None:
    for number, (case, way) in enumerate(zip(CASES, cycle(WAYS))):
        with CASES[case](key) as server, pytest.MonkeyPatch.context() as patch:
            service = pnb.DashScope(way(key, patch), url=server.url)
            run = pnb.transcribe(
                tone(0.3), service=service, pace=None, retry=pnb.Retry(attempts=1), save=tmp_path / f"{number}"
            )
            (ended if case in FINE else failure)(run)
            texts = [*all_of_service(service), *all_of_run(run), *all_of(run.error)]
            patch.setattr(keys, "_key", None)
        if isinstance(server, Cloud):
            assert server.headers[0]["authorization"] == f"Bearer {key}"
        assert_hidden(key, case, texts + said)


def test_it_stays_out_where_nobody_listens(key: str, said: list[str]) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        service = pnb.DashScope(key, url=f"ws://127.0.0.1:{taken.getsockname()[1]}/")
        run = pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1))
        assert isinstance(failure(run), errors.ConnectionFailed)
    assert_hidden(key, "refused", [*all_of_run(run), *all_of(run.error), *said])


@pytest.mark.parametrize(
    "proxy", ["http://me:{}@127.0.0.1:9", "ftp://me:{}@127.0.0.1:9", "http://me:{}@[half", "socks5://{}:me@x:1"]
)
def test_it_stays_out_of_what_a_proxy_refuses_and_so_does_the_proxy_s_password(
    proxy: str, key: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    password = secrets.token_hex(16)
    for name in ("wss_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.format(password))
    service = pnb.DashScope(key, url="wss://nowhere.invalid/inference")
    run = pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1))
    assert "Check the network, the proxy" in str(failure(run))
    texts = [*all_of_run(run), *all_of(run.error), *said]
    assert_hidden(key, "key", texts)
    assert_hidden(password, "password", texts)


@pytest.mark.usefixtures("nothing_left")
def test_it_stays_out_where_a_function_that_gives_it_fails_or_gives_rubbish(key: str, said: list[str]) -> None:
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
            assert_hidden(key, repr(error), [repr(vars(service)), *all_of_run(run), *all_of(error), *said])
    assert server.headers == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ws://{}@127.0.0.1/"},
        {"url": "wss://:{}@host/"},
        {"url": "wss://host/?api_key={}"},
        {"url": "wss://host/#{}"},
        {"url": "https://host/"},
        {"link_timeout": 0},
        {"api_key": ["{}"]},
        {"api_key": b"{}"},
        {"api_key": 3},
    ],
    ids=str,
)
def test_it_stays_out_of_what_is_said_of_wrong_arguments(wrong: dict[str, Any], key: str) -> None:
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
    assert_hidden(key, str(wrong), list(all_of(caught.value)))


def _token() -> str:
    return "a-token-of-no-interest"


def test_a_service_travels_to_another_process_without_its_key_or_not_at_all(key: str) -> None:
    for service in (pnb.DashScope(key), asyncio.run(pnb.DashScope(key).endpoint())):
        for travel in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="an API key is not pickled") as caught:
                travel(service)
            assert_hidden(key, "pickle", list(all_of(caught.value)))
    back = pickle.loads(pickle.dumps(pnb.DashScope(_token)))
    assert asyncio.run(back.endpoint()).headers["Authorization"] == f"Bearer {_token()}"


@pytest.mark.parametrize("word", ["output", "punctuation", "hello"])
def test_a_key_that_is_any_word_costs_no_word(word: str) -> None:
    with Cloud(well) as server:
        assert texts(ended(pnb.transcribe(tone(0.2), service=server.service(word), pace=None))) == ["hello", "there"]


def test_the_embedded_service_s_own_key_stays_out_too(said: list[str], chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    run = ended(pnb.transcribe(chinese, service=service))
    key = str(asyncio.run(service.endpoint()).headers["Authorization"]).removeprefix("Bearer ")
    assert len(key) == 32
    assert_hidden(key, "embedded", [*all_of_service(service), *all_of_run(run), *said])


# ------------------------------------------------------------------------------------------------------- in a notebook

_CELLS = """
%xmode Verbose
import logging, numpy, paraformer_nb as pnb
from IPython.display import display
logging.basicConfig(level=logging.DEBUG)
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
clip = numpy.ones(4800, numpy.int16), 16000
#
run = pnb.transcribe(clip, service=pnb.DashScope(url="{well}"))
await run
run
#
display(run.words, run.events, run.service, pnb.DashScope(), vars(pnb.DashScope()), run.plot())
run.timeline()
#
run.export("run.html", audio=None)
run.save("run.jsonl")
pnb.panel(".")
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{refusing}"))
#
pnb.transcribe(clip, service=pnb.DashScope(url="{failing}")).wait()
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{closing}"), retry=pnb.Retry(attempts=1))
#
def token():
    raise LookupError(pnb.DashScope()._key.strip())
await pnb.transcribe(clip, service=pnb.DashScope(token, url="{well}"))
#
pnb.DashScope(url="wss://host/?api_key=" + pnb.DashScope()._key)
#
import pickle
pickle.dumps(pnb.DashScope())
"""


async def _executed(notebook: Any, key: str, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook in a kernel of its own, logged in by hand; returns the questions that the kernel asked."""
    from nbclient import NotebookClient

    asked = []

    def answer(message: dict[str, Any]) -> None:
        asked.append(message["content"])
        client.kc.input(key)

    client = NotebookClient(
        notebook, kernel_name="python3", timeout=60, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    async with client.async_setup_kernel(env=os.environ | {"IPYTHONDIR": str(folder)}):
        told: list[Any] = []
        reply = await client.kc.execute_interactive(
            "import paraformer_nb as pnb; pnb.login()",
            allow_stdin=True,
            stdin_hook=answer,
            output_hook=told.append,
            timeout=60,
        )
        assert reply["content"]["status"] == "ok", told
        assert key not in str(told)
        for number, cell in enumerate(notebook.cells):
            await client.async_execute_cell(cell, number)
        client.set_widgets_metadata()
    return asked


def test_it_stays_out_of_a_notebook_that_is_saved(key: str, tmp_path: Path) -> None:
    import nbformat

    async def fails(talk: Talk) -> None:
        await talk.begin()
        await talk.fail("InvalidApiKey", f"Incorrect API key provided: {key}.")

    async def closes(talk: Talk) -> None:
        await talk.begin()
        await talk.connection.close(1011, f"no more for {key}")

    async def repeats(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello", key)
        await talk.command()
        await talk.finish()

    with (
        Cloud(repeats) as fine,
        Cloud(well, status=401, body=f"who is {key}?") as refusing,
        Cloud(fails) as failing,
        Cloud(closes) as closing_,
    ):
        code = _CELLS.format(well=fine.url, refusing=refusing.url, failing=failing.url, closing=closing_.url)
        cells = [nbformat.v4.new_code_cell(text.strip()) for text in code.split("\n#\n")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        asked = asyncio.run(_executed(notebook, key, tmp_path))
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    assert [(each["prompt"][:9], each["password"]) for each in asked] == [("DashScope", True)]
    raised = [output["ename"] for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert raised == [
        "AuthenticationError",
        "TaskFailed",
        "ConnectionLost",
        "AuthenticationError",
        "ParameterError",
        "TypeError",
    ]
    assert notebook.metadata.widgets, "the widgets' state was saved"
    files = {file.name: file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()}
    assert {"saved.ipynb", "run.html", "run.jsonl"} <= set(files)
    for name, text in files.items():
        assert_hidden(key, name, [text])
