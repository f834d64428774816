"""The API key is in nothing that people look at, log or save: wherever it came from, whatever goes wrong."""

from __future__ import annotations

import asyncio
import copy
import getpass
import logging
import os
import pickle
import pty
import secrets
import socket
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from servers import Cloud, RawServer, Talk, ended, failure, result, texts, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb import _loop, errors, keys
from paraformer_nb.protocol.server import ENGINE_HEADER
from paraformer_nb.services import default_service

TESTS = Path(__file__).parent


@pytest.fixture
def key() -> str:
    """A key that nothing else in the world holds. It is made here: a repository has none."""
    return f"sk-{secrets.token_hex(16)}"


@pytest.fixture(autouse=True)
def _logged_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_key", None)


# ---------------------------------------------------------------------------------------------------- what people see


class _Listener(logging.Handler):
    """Keeps all that is logged."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("websockets"):  # the test's own server
            self._texts += [self.format(record), repr(vars(record))]

    def takes_step(self, record: logging.LogRecord) -> bool:
        """A filter for asyncio's logger: its steps are kept, and are nothing for others to complain of."""
        if record.msg != "Executing %s took %.3f seconds":
            return True
        self.emit(record)
        return False


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What every logger says at DEBUG, asyncio's of each step, and every warning."""
    texts: list[str] = []
    listener, loop = _Listener(texts), _loop.get_loop()
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


def all_of(error: BaseException | None) -> Iterator[str]:
    """An error as anything may show it: with its variables, its frames' variables, causes and contexts."""
    waiting, known = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in known:
            continue
        known.add(id(each))
        yield from (str(each), repr(each), repr(vars(each)), *traceback.format_exception(each))
        waiting += [each.__cause__, each.__context__]
        for frame, _ in traceback.walk_tb(_below_tests(each.__traceback__)):
            values = list(frame.f_locals.values())
            yield from map(saferepr, values)
            ours = [value for value in values if type(value).__module__.startswith("paraformer_nb")]
            yield from (saferepr(vars(value)) for value in ours if hasattr(value, "__dict__"))
            waiting += [value for value in values if isinstance(value, BaseException)]


def _below_tests(frames: TracebackType | None) -> TracebackType | None:
    """A traceback without the tests' own frames, which hold the key."""
    while frames is not None and Path(frames.tb_frame.f_code.co_filename).parent == TESTS:
        frames = frames.tb_next
    return frames


def saferepr(value: Any) -> str:
    """As a debugger shows it, whatever a half-made object makes of that."""
    try:
        return repr(value)
    except AttributeError as error:
        return repr(error)


def all_of_run(run: pnb.Transcription) -> Iterator[str]:
    """A run as anything may show or keep it."""
    yield from (repr(run), repr(run.service), repr(run.recording), repr(run.clip), run.text, run.state)
    for frame in (run.words, run.sentences, run.events, run.gaps):
        yield from (frame.to_json(), str(frame.attrs))
    view = run.timeline()
    yield from (repr(view), view._in_words(), str(view.get_state()))
    view.close()
    yield run.recording.path.read_text(encoding="utf-8")
    loaded = pnb.load(run.recording.path)
    yield from (repr(loaded), *all_of(loaded.error))


def all_of_service(service: Any) -> Iterator[str]:
    """A service as anything may show or keep it."""
    endpoint = asyncio.run(service.endpoint())
    yield from (repr(service), str(service), f"{service}", repr(vars(service)))
    yield from (repr(endpoint), str(endpoint), repr(vars(endpoint)))


def assert_hidden(secret: str, case: str, texts: list[str]) -> None:
    """No text holds it, not even most of it."""
    needle = secret[5:20]
    shown = [text for text in texts if needle in text]
    where = [f"...{text[max(0, text.index(needle) - 300) : text.index(needle) + 60]}..." for text in shown[:3]]
    assert not shown, f"{case}: " + "\n".join(where)


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
    **{f"HTTP {status}": cloud(status=status, body='{{"message":"Bearer {key} is not welcome"}}')
       for status in (401, 403, 404, 429, 500)},
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
}  # fmt: skip


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
            run = pnb.transcribe(tone(0.3), service=service, pace=None, max_attempts=1, save=tmp_path / f"{number}")
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
        run = pnb.transcribe(tone(0.2), service=service, max_attempts=1)
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
    run = pnb.transcribe(tone(0.2), service=service, max_attempts=1)
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

    functions: list[Any] = [raises, raises_from, lambda: f"{key} {key}", lambda: f"{key}\0", lambda: key.encode(),
                            lambda: [key], lambda _: key, partial(str, key, key)]  # fmt: skip
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
        {"url": "ws://{}@127.0.0.1/"}, {"url": "wss://:{}@host/"}, {"url": "wss://host/?api_key={}"},
        {"url": "wss://host/#{}"}, {"url": "https://host/"}, {"link_timeout": 0}, {"api_key": ["{}"]},
        {"api_key": b"{}"}, {"api_key": 3},
    ],
    ids=str,
)  # fmt: skip
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


# -------------------------------------------------------------------------------------------------------------- login


class Keyring:
    """What stands in for the system's keyring: a package called keyring in a folder that is on sys.path."""

    def __init__(self, folder: Path, problem: str = "") -> None:
        package = folder / "keyring"
        package.mkdir()
        (package / "errors.py").write_text(
            "class KeyringError(Exception): pass\nclass PasswordSetError(KeyringError): pass\n"
        )
        code = f"""
from . import errors
kept = {{}}
def _check(name):
    if name in {problem!r}.split():
        raise errors.PasswordSetError(name)
def get_password(service, user):
    _check("get")
    return kept.get((service, user))
def set_password(service, user, password):
    _check("set")
    assert type(password) is str, "some of them cannot take another"
    kept[service, user] = password
def delete_password(service, user):
    _check("delete")
    del kept[service, user]
"""
        (package / "__init__.py").write_text(code)

    @property
    def kept(self) -> dict[tuple[str, str], str]:
        import keyring

        kept: dict[tuple[str, str], str] = keyring.kept
        return kept


@pytest.fixture
def make_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Keyring]]:
    """Makes a keyring; without one, there is none, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    def make(problem: str = "") -> Keyring:
        for name in ("keyring", "keyring.errors"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        return Keyring(tmp_path, problem)

    yield make
    for name in ("keyring", "keyring.errors"):
        sys.modules.pop(name, None)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What somebody types, each in turn, where getpass asks for it."""
    answers: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: answers.pop(0))
    return answers


def test_login_keeps_a_key_for_this_process(
    key: str, typed: list[str], make_keyring: object, capfd: pytest.CaptureFixture[str]
) -> None:
    typed.append(f"  {key} ")
    assert pnb.login() is None
    assert asyncio.run(pnb.DashScope().endpoint()).headers["Authorization"] == f"Bearer {key}"
    assert isinstance(default_service(), pnb.DashScope)
    pnb.logout()
    assert isinstance(default_service(), pnb.Embedded)
    with pytest.raises(errors.ParameterError, match=r"pnb\.login\(\)"):
        pnb.DashScope()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", ["", "  ", "{} {}", "{}\0", "ключ{}", "{}\x1b[0m"])
def test_login_takes_no_rubbish(wrong: str, key: str, typed: list[str], make_keyring: object) -> None:
    typed += [key, wrong.format(key, key)]
    pnb.login()
    with pytest.raises(errors.ParameterError, match="Nothing was kept") as caught:
        pnb.login()
    assert_hidden(key, wrong, list(all_of(caught.value)))
    assert keys.known_key() == key, "the one from before is still there"


def test_login_to_be_remembered_needs_a_keyring(typed: list[str], make_keyring: Callable[..., Keyring]) -> None:
    for make in (
        lambda: None,
        lambda: make_keyring("get"),
    ):  # not installed; installed, and there is none or it is locked
        make()
        with pytest.raises(errors.MissingDependency, match="pip install keyring"):
            pnb.login(remember=True)
        assert keys.known_key() is None
    typed.append("asked-for-all-the-same")
    pnb.login()
    assert keys.known_key() == "asked-for-all-the-same"
    pnb.logout()


def test_login_remembers_and_does_not_ask_again(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    keyring = make_keyring()
    typed.append(key)
    pnb.login(remember=True)
    assert list(keyring.kept.values()) == [key]
    keys._key = None  # another process
    pnb.login()
    assert keys.known_key() == key
    pnb.logout()
    assert (keyring.kept, keys.known_key()) == ({}, None)
    pnb.logout()


def test_login_without_remember_leaves_the_keyring_alone(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    typed.append(key)
    keyring = make_keyring()
    pnb.login()
    assert keyring.kept == {}


def test_a_keyring_that_does_not_obey_costs_no_key_and_shows_none(
    key: str, typed: list[str], make_keyring: Callable[..., Keyring]
) -> None:
    keyring = make_keyring("set delete")
    typed.append(key)
    with pytest.raises(errors.ParaformerError, match=r"PasswordSetError.*this process only") as caught:
        pnb.login(remember=True)
    assert_hidden(key, "set", list(all_of(caught.value)))
    assert keys.known_key() == key
    keyring.kept["paraformer_nb", "dashscope"] = key
    with pytest.raises(errors.ParaformerError, match="This process forgot it") as caught:
        pnb.logout()
    assert_hidden(key, "delete", list(all_of(caught.value)))
    assert keys.known_key() is None


def test_nothing_of_what_is_typed_is_seen_on_a_terminal(key: str) -> None:
    code = "import paraformer_nb as pnb; pnb.login(); print(len(pnb.DashScope()._key))"
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=child, stdout=child, stderr=child, start_new_session=True
    )
    os.close(child)
    shown = b""
    try:
        while b"DashScope API key" not in shown:
            shown += os.read(parent, 1000)
        os.write(parent, f"{key}\n".encode())
        while b"35" not in shown:
            shown += os.read(parent, 1000)
    finally:
        process.kill()
        process.wait(10)
        os.close(parent)
    assert_hidden(key, "terminal", [shown.decode()])


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
run.to_html("run.html", audio=None)
run.save("run.jsonl")
pnb.panel(".")
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{refusing}"))
#
pnb.transcribe(clip, service=pnb.DashScope(url="{failing}")).wait()
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{closing}"), max_attempts=1)
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
        "AuthenticationError", "TaskFailed", "ConnectionLost", "AuthenticationError", "ParameterError", "TypeError"
    ]  # fmt: skip
    assert notebook.metadata.widgets, "the widgets' state was saved"
    files = {file.name: file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()}
    assert {"saved.ipynb", "run.html", "run.jsonl"} <= set(files)
    for name, text in files.items():
        assert_hidden(key, name, [text])
