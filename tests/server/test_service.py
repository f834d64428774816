"""The embedded service as other clients meet it: hand-written ones, the vendor's samples, the vendor's SDK."""

from __future__ import annotations

import asyncio
import json
import threading
import wave
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from paraformer_nb.audio import Clip, open_clip
from paraformer_nb.server import connection as served
from paraformer_nb.server.engines import make_engine
from paraformer_nb.server.service import Service

pytestmark = pytest.mark.usefixtures("nothing_left")

KEY = "a-key-of-this-test"
TEXTS = ["今天天气很好。", "我们一起去公园散步。", "语音识别把声音变成文字。"]


@pytest.fixture
def factory(chinese: Path) -> Callable[[], Any]:
    return make_engine("scripted", {"script": chinese.with_suffix(".json")})


@pytest.fixture
def wav(chinese: Path, tmp_path: Path) -> Path:
    """The Chinese clip as a WAV file."""
    return _wav(tmp_path / "lesson.wav", _pcm(chinese))


def _wav(path: Path, pcm: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


def _pcm(clip: Path) -> bytes:
    opened = open_clip(clip, sample_rate=16000)
    assert isinstance(opened, Clip)
    try:
        return b"".join(opened.blocks(16000))
    finally:
        opened.close()


def talk_to(factory: Callable[[], Any], talk: Callable[[Service], Coroutine[Any, Any, Any]], engine: str = "scripted",
            ) -> Any:  # fmt: skip
    """Start a service, talk to it, close it; bounded."""

    async def main() -> Any:
        service = Service(engine, factory, KEY)
        await service.start()
        try:
            async with asyncio.timeout(30):
                return await talk(service)
        finally:
            await service.close()

    return asyncio.run(main())


@asynccontextmanager
async def socket_to(service: Service, **headers: str) -> AsyncIterator[ClientConnection]:
    async with connect(
        service.url, additional_headers=headers or {"Authorization": f"bearer {KEY}"}, proxy=None, compression=None
    ) as socket:
        yield socket


def run_task(task: str = "task-1", *, model: str = "paraformer-realtime-v2", **parameters: Any) -> str:
    given = {"format": "pcm", "sample_rate": 16000} | parameters
    payload = {"task_group": "audio", "task": "asr", "function": "recognition", "model": model, "parameters": given,
               "input": {}}  # fmt: skip
    return json.dumps({"header": {"action": "run-task", "task_id": task, "streaming": "duplex"}, "payload": payload})


def finish_task(task: str = "task-1") -> str:
    header = {"action": "finish-task", "task_id": task, "streaming": "duplex"}
    return json.dumps({"header": header, "payload": {"input": {}}})


async def events(socket: ClientConnection) -> list[dict[str, Any]]:
    """All events up to the task's last one."""
    found = []
    while True:
        message = await socket.recv()
        assert isinstance(message, str), "the SDK takes binary frames for output"
        found.append(json.loads(message))
        if found[-1]["header"]["event"] in ("task-finished", "task-failed"):
            return found


def finals(found: list[dict[str, Any]]) -> list[str]:
    sentences = [event["payload"]["output"]["sentence"] for event in found
                 if event["header"]["event"] == "result-generated"]  # fmt: skip
    return [sentence["text"] for sentence in sentences if sentence["sentence_end"]]


async def hear(socket: ClientConnection, run: str, audio: bytes, finish: str, size: int = 3200) -> list[dict[str, Any]]:
    """One task by hand: events from task-started on."""
    await socket.send(run)
    first = json.loads(await socket.recv())
    assert first["header"]["event"] == "task-started", first

    async def send() -> None:
        for at in range(0, len(audio), size):
            await socket.send(audio[at : at + size])
        await socket.send(finish)

    sending = asyncio.create_task(send())
    found = await events(socket)
    await sending
    return [first, *found]


# ------------------------------------------------------------------------------------------------------ the handshake


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("", f"Bearer {KEY}", 101), ("/", f"bearer {KEY}", 101), ("", KEY, 101), ("?api_key=" + KEY, "", 101),
        ("", "Bearer another", 401), ("", "", 401), ("?api_key=another", "", 401), ("?api_key=%D0%BA", "", 401),
        ("/more", f"Bearer {KEY}", 404),
    ],
)  # fmt: skip
def test_who_is_let_in(factory: Callable[[], Any], path: str, key: str, status: int) -> None:
    async def talk(service: Service) -> int:
        headers = {"Authorization": key} if key else {}
        try:
            async with connect(service.url + path, additional_headers=headers, proxy=None) as socket:
                assert socket.response is not None
                assert socket.response.headers["X-Paraformer-NB-Engine"] == "scripted"
                assert "Sec-WebSocket-Extensions" not in socket.response.headers
                return 101
        except InvalidStatus as error:
            assert KEY.encode() not in (error.response.body or b"")
            return error.response.status_code

    assert talk_to(factory, talk) == HTTPStatus(status)


def test_it_listens_on_loopback_only(factory: Callable[[], Any]) -> None:
    async def talk(service: Service) -> list[str]:
        assert service._server is not None
        return [socket.getsockname()[0] for socket in service._server.sockets]

    assert talk_to(factory, talk) == ["127.0.0.1"]


# -------------------------------------------------------------------------------------------------- tasks on a socket


def test_a_task_by_hand_has_every_field_that_clients_read(factory: Callable[[], Any], chinese: Path) -> None:
    async def talk(service: Service) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await hear(socket, run_task(), _pcm(chinese), finish_task())

    found = talk_to(factory, talk)
    assert finals(found) == TEXTS
    assert all(event["header"]["task_id"] == "task-1" for event in found)
    assert all(event["header"]["attributes"] == {} and "payload" in event for event in found)
    for event in found[1:-1]:
        sentence, usage = event["payload"]["output"]["sentence"], event["payload"]["usage"]
        assert {"begin_time", "end_time", "text", "words", "sentence_end", "sentence_id", "heartbeat"} <= set(sentence)
        assert (sentence["end_time"] is not None) == sentence["sentence_end"] == (usage is not None)
        for word in sentence["words"]:
            assert {"begin_time", "end_time", "text", "punctuation", "fixed"} <= set(word)
    assert found[-1]["payload"] == {"output": {}, "usage": {"duration": 11}}


def test_tasks_follow_one_another_on_a_socket(factory: Callable[[], Any], chinese: Path) -> None:
    async def talk(service: Service) -> list[list[str]]:
        async with socket_to(service) as socket:
            return [finals(await hear(socket, run_task(name), _pcm(chinese), finish_task(name))) for name in "abc"]

    assert talk_to(factory, talk) == [TEXTS] * 3


def test_two_sockets_at_once_do_not_mix(factory: Callable[[], Any], chinese: Path) -> None:
    async def one(service: Service, name: str) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await hear(socket, run_task(name), _pcm(chinese), finish_task(name))

    async def talk(service: Service) -> list[list[dict[str, Any]]]:
        return list(await asyncio.gather(one(service, "a"), one(service, "b")))

    for name, found in zip("ab", talk_to(factory, talk), strict=True):
        assert finals(found) == TEXTS
        assert {event["header"]["task_id"] for event in found} == {name}


REFUSED = [
    ([finish_task()], "InvalidParameter", "no task is running"),
    ([b"\0" * 3200], "InvalidParameter", "before task-started"),
    (["not json"], "InvalidParameter", "Invalid payload data"),
    (["[1]"], "InvalidParameter", "Invalid payload data"),
    (['{"header":{"action":"dance","task_id":"1"}}'], "InvalidParameter", "Unknown action 'dance'"),
    (['{"header":{"action":"run-task","task_id":"1"},"payload":{"model":"paraformer-realtime-v2"}}'],
     "InvalidParameter", "Missing required parameter 'payload.input'! Please follow the protocol!"),
    (['{"header":{"action":"run-task"},"payload":{"model":"x","input":{}}}'], "InvalidParameter", "header.task_id"),
    ([run_task(model="whisper")], "ModelNotFound", "Model not exist: whisper"),
    ([run_task(format="mp3")], "UNSUPPORTED_FORMAT", "pcm and wav, not mp3"),
    ([run_task(format="midi")], "UNSUPPORTED_FORMAT", "midi"),
    ([run_task(sample_rate=1000)], "InvalidParameter", "sample_rate 1000"),
    ([run_task(sample_rate="fast")], "InvalidParameter", "sample_rate"),
    ([run_task(model="paraformer-realtime-8k-v2", sample_rate=16000)], "InvalidParameter", "8000 only"),
    ([run_task(), run_task("task-2")], "InvalidParameter", "a task is running"),
    ([run_task(), finish_task()], "NO_VALID_AUDIO_ERROR", "no speech"),
    ([run_task(), b"\0" * 3200, finish_task()], "NO_VALID_AUDIO_ERROR", "no speech"),
]  # fmt: skip


@pytest.mark.parametrize(("messages", "code", "what"), REFUSED)
def test_what_is_refused_and_how(factory: Callable[[], Any], messages: list[Any], code: str, what: str) -> None:
    """task-failed says why, and the connection is closed after it."""

    async def talk(service: Service) -> dict[str, Any]:
        async with socket_to(service) as socket:
            for message in messages:
                await socket.send(message)
                if message == messages[0] and len(messages) > 1:
                    assert json.loads(await socket.recv())["header"]["event"] == "task-started"
            failed = (await events(socket))[-1]
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            return failed

    failed = talk_to(factory, talk)
    assert failed["header"]["event"] == "task-failed"
    assert failed["header"]["error_code"] == code
    assert what in failed["header"]["error_message"]
    assert "payload" in failed


def test_a_task_id_is_taken_once(factory: Callable[[], Any], chinese: Path) -> None:
    async def talk(service: Service) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await hear(socket, run_task(), _pcm(chinese), finish_task())
            await socket.send(run_task())
            return (await events(socket))[-1]

    assert "every task needs its own" in talk_to(factory, talk)["header"]["error_message"]


def test_another_language_is_refused_by_the_english_engine() -> None:
    async def talk(service: Service) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(language_hints=["zh"]))
            return (await events(socket))[-1]

    failed = talk_to(make_engine("pocketsphinx", {}), talk, "pocketsphinx")
    assert failed["header"]["error_code"] == "InvalidParameter"
    assert "knows en only" in failed["header"]["error_message"]


def test_a_client_that_falls_silent(factory: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_NO_DATA_TIMEOUT", 0.2)
    monkeypatch.setattr(served, "_IDLE_TIMEOUT", 0.2)

    async def talk(service: Service) -> tuple[dict[str, Any], int | None]:
        async with socket_to(service) as idle, socket_to(service) as socket:
            await socket.send(run_task())
            failed = (await events(socket))[-1]
            with pytest.raises(ConnectionClosed):
                await idle.recv()
            return failed, idle.close_code

    failed, code = talk_to(factory, talk)
    assert failed["header"]["error_code"] == "CLIENT_ERROR"
    assert failed["header"]["error_message"] == "request timeout after 23 seconds."
    assert code == 1000


def test_a_frame_beyond_all_bounds_ends_its_connection_and_no_other(factory: Callable[[], Any], chinese: Path) -> None:
    async def talk(service: Service) -> tuple[int | None, list[str]]:
        async with socket_to(service) as bad, socket_to(service) as good:
            await bad.send(run_task())
            await bad.recv()
            with pytest.raises(ConnectionClosed):
                await bad.send(b"\0" * (2**20 + 1))
                await bad.recv()
            return bad.close_code, finals(await hear(good, run_task(), _pcm(chinese), finish_task()))

    assert talk_to(factory, talk) == (1009, TEXTS)


# ----------------------------------------------------------------------------------------------- the vendor's samples


def test_what_the_vendor_s_samples_send(factory: Callable[[], Any], chinese: Path, tmp_path: Path) -> None:
    """WAV bytes under pcm, null and [] for {}, no parameters, another id in finish-task, 64 KiB frames.

    The clip begins with its second sentence: a header that is taken for sound would hide its place in the script.
    """
    go = json.dumps({
        "header": {"action": "run-task", "task_id": "a-b-c", "streaming": "duplex", "event": "", "attributes": None},
        "payload": {
            "task_group": "audio", "task": "asr", "function": "recognition", "model": "paraformer-realtime-v2",
            "parameters": {"format": "pcm", "sample_rate": 16000, "vocabulary_id": "", "language_hints": None,
                           "disfluency_removal_enabled": False},
            "resources": None, "input": {}, "output": {"sentence": {"text": "", "words": None}, "usage": None},
        },
    })  # fmt: skip
    go_finish = json.dumps({
        "header": {"action": "finish-task", "task_id": "a-b-c", "streaming": "duplex", "event": "", "attributes": None},
        "payload": {"task_group": "", "model": "", "parameters": {"format": "", "sample_rate": 0}, "resources": None,
                    "input": {}, "output": {}},
    })  # fmt: skip
    php = json.loads(run_task("php"))
    php["payload"]["input"], php["payload"]["resources"] = [], [{"resource_id": "x", "resource_type": "asr_phrase"}]
    node = json.loads(run_task("node"))
    node["payload"]["parameters"] = {}
    samples = [
        (go, go_finish, 1024), (json.dumps(php), finish_task("another"), 1024),
        (json.dumps(node), finish_task("node"), 65536), (run_task("wav", format="wav"), finish_task("wav"), 12800),
    ]  # fmt: skip

    audio = _wav(tmp_path / "part.wav", _pcm(chinese)[2 * 3 * 16000 :]).read_bytes()

    async def talk(service: Service) -> list[list[str]]:
        heard = []
        for run, finish, size in samples:
            async with socket_to(service) as socket:
                heard.append(finals(await hear(socket, run, audio, finish, size)))
        return heard

    assert talk_to(factory, talk) == [TEXTS[1:]] * 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("audio_format", ["wav", "pcm"])
def test_the_vendor_s_sdk_unmodified(audio_format: str, factory: Callable[[], Any], wav: Path) -> None:
    from dashscope.audio.asr import Recognition, RecognitionCallback

    def call(url: str) -> Any:
        recognition = Recognition(
            model="paraformer-realtime-v2", callback=RecognitionCallback(), format=audio_format, sample_rate=16000
        )
        return recognition.call(str(wav), api_key=KEY, base_address=url)

    answer = talk_to(factory, lambda service: asyncio.to_thread(call, service.url))
    assert answer.status_code == 200
    assert [sentence["text"] for sentence in answer.get_sentence()] == TEXTS
    assert [len(sentence["words"]) for sentence in answer.get_sentence()] == [6, 9, 11]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_vendor_s_sdk_hears_of_a_wrong_key(factory: Callable[[], Any], wav: Path) -> None:
    from dashscope.audio.asr import Recognition, RecognitionCallback

    done = threading.Event()

    def call(url: str) -> Any:
        try:
            recognition = Recognition(
                model="paraformer-realtime-v2", callback=RecognitionCallback(), format="wav", sample_rate=16000
            )
            return recognition.call(str(wav), api_key="another", base_address=url)
        finally:
            done.set()

    answer = talk_to(factory, lambda service: asyncio.to_thread(call, service.url))
    assert answer.status_code == 401
    assert done.is_set()
